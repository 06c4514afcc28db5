"""Colab keeps what fits, and gets what is missing or too old."""

import subprocess
from importlib.metadata import PackageNotFoundError

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from helpers import colab
from tools import notebooks


@pytest.fixture
def installed(monkeypatch):
    """Return a table of installed versions that stands for Colab's."""
    there = {"tensorflow": "2.18.0", "keras": "3.8.0", "numpy": "1.26.4"}

    def version(name):
        if name not in there:
            raise PackageNotFoundError(name)
        return there[name]

    monkeypatch.setattr(colab, "version", version)
    return there


def test_too_old_counts_as_missing(installed):
    installed |= {"keras-hub": "0.21.1", "tokenizers": "0.15.0", "pooch": "1.10.0"}
    wanted = ["keras-hub>=0.26", "pooch>=1.8", "tokenizers>=0.20", "jiwer>=3.0"]
    assert colab.missing_packages(wanted) == [wanted[0], wanted[2], wanted[3]]


def test_what_colab_brings_is_never_touched(installed):
    wanted = ["tensorflow>=99", "keras>=99", "NumPy>=99", "jupyterlab>=99", "ipykernel"]
    assert colab.missing_packages(wanted) == []


def test_one_of_several_markers_is_enough(installed):
    wanted = [
        "x>=5.1 ; python_version != '3.12'",
        "x==5.0.4 ; python_version == '3.12'",
    ]
    assert colab.missing_packages(wanted) == wanted  # pip reads the markers
    installed["x"] = "5.0.4"
    assert colab.missing_packages(wanted) == []


@pytest.mark.parametrize("bounds", [">=1.8", ">1.9,<3", "==1.26", "!=1.9", "<=2.0", ""])
@pytest.mark.parametrize(
    "version", ["1.8", "1.10", "1.9.0", "1.26.0", "2.0rc1", "2.0", "0.9", "1.26.0+cpu"]
)
def test_bounds_are_read_as_packaging_reads_them(version, bounds):
    expected = SpecifierSet(bounds).contains(Version(version), prereleases=True)
    assert colab.within(version, bounds) is expected


def test_bounds_of_another_kind_are_left_to_pip():
    assert not colab.within("1.9", "~=1.8")


@pytest.mark.parametrize("text", ["", ">=1.8", "; python_version > '3'"])
def test_no_requirement_is_refused(text):
    with pytest.raises(ValueError, match="`split` wants a requirement, received"):
        colab.missing_packages([text])


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("keras-hub>=0.26", "keras-hub>=0.26,<1"),
        ("Keras_Hub", "keras-hub<1"),
        ("pooch[x]>=1.8 ; os_name == 'posix'", "pooch[x]>=1.8,<3 ; os_name == 'posix'"),
        ("unlocked>=1", "unlocked>=1"),
    ],
)
def test_ranges_end_with_the_locks_major(requirement, expected):
    lock = "keras-hub==0.32.0 \\\n    --hash=sha256:0\npooch==2.9.0\n"
    assert Requirement(colab.capped(requirement, lock)) == Requirement(expected)


def test_installs_ranges_and_pins_what_colab_brings(installed, monkeypatch):
    commands = []
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: commands.append(command)
    )
    wanted = colab.install_missing()
    (command,) = commands
    assert {"tensorflow==2.18.0", "keras==3.8.0", "numpy==1.26.4"} <= set(command)
    lock = (notebooks.ROOT / "requirements.txt").read_text(encoding="utf-8")
    for one in map(Requirement, wanted):
        assert one.name not in colab.BROUGHT_BY_COLAB
        assert any(bound.operator == "<" for bound in one.specifier), str(one)
        locked = [v for v in lock.split() if v.startswith(f"{one.name}==")]
        assert any(one.specifier.contains(v.split("==")[1]) for v in locked), str(one)


def test_nothing_is_installed_where_all_is_there(monkeypatch):
    monkeypatch.setattr(colab, "missing_packages", lambda dependencies: [])
    monkeypatch.setattr(subprocess, "run", None)
    assert colab.install_missing() == []
