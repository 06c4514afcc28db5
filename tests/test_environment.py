"""The environment check finds what is there and says what is not."""

import tomllib
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from helpers import course, environment
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


def test_floors_are_those_of_the_project():
    from packaging.requirements import Requirement

    with open(course.root() / "pyproject.toml", "rb") as file:
        texts = tomllib.load(file)["project"]["dependencies"]
    bounds = {wanted.name: str(wanted.specifier) for wanted in map(Requirement, texts)}
    for name, floor in environment.FLOORS.items():
        assert bounds[name] == f">={floor}", name
    contributing = (course.root() / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for name, floor in environment.FLOORS.items():  # as the floors are installed
        assert f"'{name}=={floor}.*'" in contributing


def test_a_cache_on_a_drive_that_is_not_there_is_reported(monkeypatch):
    class Absent(type(Path())):
        """A path as on a lost drive: neither it nor a parent exists."""

        asked = 0

        def exists(self):
            Absent.asked += 1
            assert Absent.asked < 100, "goes round for ever"
            return False

    monkeypatch.setattr(course, "cache_dir", lambda: Absent("/z/cache"))
    rows = {row.what: row for row in check_environment()}
    assert rows["cache folder"].found == "on no drive here"
    assert not rows["cache folder"].ok and not rows["free disk"].ok


@pytest.mark.parametrize(
    ("low", "high"), [("3.9", "3.13"), ("2.20.0", "2.21.0"), ("0.9.9", "0.26")]
)
def test_versions_compare_by_number_not_by_letter(low, high):
    assert version_tuple(low) < version_tuple(high)


def test_a_suffix_is_ignored_and_no_number_is_refused():
    assert version_tuple("3.15.1rc0") == (3, 15, 1)
    with pytest.raises(ValueError, match="wanted numbers"):
        version_tuple("unknown")
