"""The Makefile and make_env.sh: what is given stays data, and nothing else goes."""

import os
import shutil
import subprocess
import sys

import pytest

from tools import notebooks

ROOT = notebooks.ROOT
# Stands for an environment's Python: notes what it was called with.
STUB = """#!/bin/sh
printf '%s\\n' "$@" "NB=$NB" "NAME=$NAME" "URL=$URL" "LAB_ARGS=$LAB_ARGS" \\
    "PYTEST_ADDOPTS=$PYTEST_ADDOPTS" >"$(dirname "$0")/called"
"""
# Stands for a Python that makes an environment without its packages.
MAKER = """#!/bin/sh
[ "$1" = --version ] && echo Python 3.12.99 && exit
[ "$1" = -c ] && exec "{python}" "$@"
[ "$2" = venv ] && mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && : >"$3/pyvenv.cfg"
exit 0
"""
needs_make = pytest.mark.skipif(not shutil.which("make"), reason="there is no make")


def executable(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def clean(**more):
    """Return this process's environment without what would steer make."""
    ours = ("AIGC_", "CONDA_", "MAKE", "MFLAGS", "PYTEST_", "LAB_ARGS", "TEST_ARGS")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    return {**kept, **more}


def make(*words, where=ROOT, **environment):
    done = subprocess.run(
        ["make", "-s", *words],
        cwd=where,
        env=clean(**environment),
        capture_output=True,
        text=True,
    )
    return done


@pytest.fixture
def course(tmp_path):
    """Return a folder with a blank in its name that holds what makes environments."""
    folder = tmp_path / "my course"
    (folder / "tools").mkdir(parents=True)
    for name in ("Makefile", "tools/make_env.sh", "requirements.txt"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@needs_make
@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("/srv/my data", "/srv/my data"),
        ("cache", "{cwd}/cache"),
        ("../a  b", "{parent}/a  b"),
        ("~/mirror", "{home}/mirror"),
        ("~", "{home}"),
        ('/it\'s a "$HOME" `x`', '/it\'s a "$HOME" `x`'),
    ],
)
@pytest.mark.parametrize("name", ["AIGC_DATA", "AIGC_CACHE"])
@pytest.mark.parametrize("as_word", [True, False], ids=["word", "environment"])
def test_folders_reach_programs_whole_and_absolute(
    name, given, wanted, as_word, course
):
    probe = course / "probe.mk"
    probe.write_text(f'include Makefile\nprobe:\n\t@printf %s "$${name}"\n')
    home = course / "a home"
    if as_word:  # make expands $ in its own words; $$ is its way to write one
        word = given.replace("$", "$$")
        done = make(
            "-f", "probe.mk", "probe", f"{name}={word}", where=course, HOME=str(home)
        )
        wanted = wanted.replace("$", "$$")
    else:
        more = {name: given, "HOME": str(home)}
        done = make("-f", "probe.mk", "probe", where=course, **more)
    places = {"cwd": course, "parent": course.parent, "home": home}
    assert done.stdout == wanted.format(**places), done.stderr


@needs_make
@pytest.mark.parametrize(
    "text",
    [
        "6; touch RAN",
        '6"; touch RAN; "',
        "6'; touch RAN; '",
        "$(shell touch RAN)",
        "`touch RAN`",
        "$(touch RAN)",
    ],
)
@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("run", "NB"),
        ("render", "NB"),
        ("pack", "NB"),
        ("unpack", "NB"),
        ("bench", "NB"),
        ("train", "NAME"),
        ("address", "URL"),
        ("lab", "LAB_ARGS"),
        ("test", "TEST_ARGS"),
        ("env", "PYTHON"),
    ],
)
@pytest.mark.parametrize("as_word", [True, False], ids=["word", "environment"])
def test_values_never_become_commands(target, name, text, as_word, course):
    prefix = course / "it's my $HOME"
    executable(prefix / "bin" / "python", STUB)
    executable(course / "tools" / "make_env.sh", "#!/bin/sh\nexit 0\n")
    conda = {"CONDA_DEFAULT_ENV": "aigc-course", "CONDA_PREFIX": str(prefix)}
    if as_word:
        done = make(target, f"{name}={text}", where=course, **conda)
    else:
        done = make(target, where=course, **conda, **{name: text})
    assert not done.returncode, done.stderr
    assert not list(course.rglob("RAN"))
    if target != "env":
        called = (prefix / "bin" / "called").read_text().splitlines()
        shown = "PYTEST_ADDOPTS" if name == "TEST_ARGS" else name
        assert f"{shown}={text}" in called


def make_env(course, folder, **environment):
    return subprocess.run(
        ["bash", course / "tools" / "make_env.sh", folder],
        env=clean(FETCH="", **{"PYTHON": "", **environment}),
        capture_output=True,
        text=True,
    )


def test_a_folder_that_is_no_environment_is_never_removed(course, tmp_path):
    for marked in (False, True):  # one of somebody else's project has the mark, too
        other = tmp_path / f"other {marked}"
        other.mkdir()
        (other / "thesis.txt").write_text("precious")
        if marked:
            (other / "pyvenv.cfg").touch()
        done = make_env(
            course, other, PYTHON=sys.executable, CONDA_PREFIX=str(tmp_path / "conda")
        )
        assert done.returncode == 1
        assert "received a folder of something else" in done.stderr
        assert (other / "thesis.txt").read_text() == "precious"


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "conda-meta/history"])
def test_a_broken_environment_is_made_again_in_folders_with_blanks(
    mark, course, tmp_path
):
    prefix = tmp_path / "a conda" / "envs" / "aigc-course"
    maker = executable(
        tmp_path / "a bin" / "python", MAKER.format(python=sys.executable)
    )
    for folder in (".venv", prefix):
        place = course / folder
        (place / mark).parent.mkdir(parents=True, exist_ok=True)
        (place / mark).touch()
        (place / "broken").touch()
        done = make_env(course, folder, PYTHON=str(maker), CONDA_PREFIX=str(prefix))
        assert not done.returncode, done.stderr
        assert not (place / "broken").exists()
        assert (place / "bin" / "python").exists()
        assert len((place / ".requirements.sha256").read_text().strip()) == 64


@pytest.mark.parametrize(
    ("system", "machine", "version", "said"),
    [
        ("Darwin", "x86_64", "15.1", "no package for Intel Macs"),
        ("Darwin", "arm64", "13.6.1", "no package for macOS 13.6.1"),
        ("Darwin", "arm64", "14.0", ""),
        ("Linux", "x86_64", "", ""),
        ("Linux", "aarch64", "", ""),
        ("Linux", "armv7l", "", "no package for Linux on armv7l"),
        ("Linux", "x86_64", "musl libc (x86_64)", "no package for Linux with musl"),
        ("MINGW64_NT-10.0", "x86_64", "", "on Windows use WSL"),
    ],
)
def test_a_machine_that_cannot_install_is_told_so(
    system, machine, version, said, course, tmp_path
):
    stubs = tmp_path / "stubs"
    answer = f'#!/bin/sh\n[ "$1" = -m ] && echo {machine} || echo {system}\n'
    executable(stubs / "uname", answer)
    executable(stubs / "sw_vers", f"#!/bin/sh\necho {version}\n")
    executable(stubs / "sysctl", "#!/bin/sh\necho 0\n")
    executable(stubs / "ldd", f"#!/bin/sh\necho '{version}' >&2; exit 1\n")
    path = f"{stubs}{os.pathsep}{os.environ['PATH']}"
    done = make_env(course, ".venv", PYTHON="/nonexistent", PATH=path)
    assert done.returncode == 1
    assert said in done.stderr and bool(said) == ("has no package" in done.stderr)
    assert done.stderr.count("\n") == (1 if said else 2)  # else it finds no Python
    assert not (course / ".venv").exists()
