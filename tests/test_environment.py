"""The environment check finds what is there and says what is not."""

from collections import namedtuple

import numpy as np
import pytest

from helpers import environment
from helpers.environment import check_environment, check_package, version_tuple


def test_this_environment_passes():
    rows = {row.what: row for row in check_environment()}
    assert rows["numpy"].found == np.__version__
    assert all(rows[name].ok for name in ("Python", "tensorflow", "keras", "keras-hub"))


def test_a_missing_package_fails_with_its_name():
    row = check_package("no-such-package-at-all", "1.0")
    assert (row.found, row.ok, row.mark) == ("not installed", False, "✗")


def test_an_old_package_fails():
    assert not check_package("numpy", "99.0").ok
    assert check_package("numpy", np.__version__).mark == "✓"


def test_little_memory_and_disk_are_reported(monkeypatch):
    import psutil

    size = namedtuple("size", "total free")(2**30, 2**20)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: size)
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda path: size)
    rows = {row.what: row for row in check_environment()}
    assert not rows["memory"].ok and rows["memory"].found == "1.0 GiB"
    assert not rows["free disk"].ok


@pytest.mark.parametrize(
    ("low", "high"), [("3.9", "3.13"), ("2.20.0", "2.21.0"), ("0.9.9", "0.26")]
)
def test_versions_compare_by_number_not_by_letter(low, high):
    assert version_tuple(low) < version_tuple(high)


def test_a_suffix_is_ignored_and_no_number_is_refused():
    assert version_tuple("3.15.1rc0") == (3, 15, 1)
    with pytest.raises(ValueError, match="wanted numbers"):
        version_tuple("unknown")
