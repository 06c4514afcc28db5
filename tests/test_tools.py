"""What the Makefile calls: executing, installing, locking, opening the course."""

import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import time

import nbformat
import psutil
import pytest
from nbformat.sign import NotebookNotary

from tools import browser, execute, given, install, lab, lock, notebooks, peak_memory
from tools import check_notebooks as checks
from tools.parts import PARTS

ROOT = notebooks.ROOT
# What uv 0.13.9 wrote: a build without a compiler, no network, an Intel Mac, a file
# that is not the lock's.
NO_COMPILER = """Resolved 1 package in 93ms
   Building pocketsphinx==5.1.1
error: Failed to build `pocketsphinx==5.1.1`
  cause: The build backend returned an error
  cause: Call to `scikit_build_core.build.build_wheel` failed (exit status: 1)

         [stderr]
         CMake Error at CMakeDetermineCCompiler.cmake:49 (message):
           Could not find compiler set in environment variable CC:
"""
NO_NETWORK = """error: Request failed after 3 retries in 7.2s
  cause: Failed to fetch: `simple/pocketsphinx/`
  cause: client error (Connect)
  cause: tcp connect error
"""
NO_WHEEL = """error: No solution found when resolving dependencies
  cause: Because tensorflow==2.21.0 has no wheels with a matching platform tag (e.g.,
`macosx_13_0_x86_64`) and you require tensorflow==2.21.0, we can conclude that
"""
OTHER_FILE = """error: Failed to download `jiwer==4.0.0`
  cause: Hash mismatch for `jiwer==4.0.0`
"""


def clean_environment(**more):
    """Return this process's environment without pytest's variables."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    return {**kept, **more}


def lesson(path, *sources):
    """Write a notebook with these cells of code, and return its path."""
    cells = [
        nbformat.v4.new_code_cell(one, id=f"c{n}") for n, one in enumerate(sources)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


@pytest.mark.parametrize("text", ["99; rm x", "$(rm x)", "`rm`", "a'b", "ä", "*"])
def test_words_have_the_characters_of_names_only(text, monkeypatch):
    monkeypatch.setenv("NB", text)
    with pytest.raises(ValueError, match="`NB=…` wants numbers, received"):
        given.words("NB", "numbers")


def test_a_pytest_that_a_test_starts_has_its_own_options():
    script = "import conftest, os; print('PYTEST_ADDOPTS' in os.environ)"
    for worker, kept in [({}, True), ({"PYTEST_XDIST_WORKER": "gw0"}, False)]:
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env=clean_environment(PYTEST_ADDOPTS="-k nothing", **worker),
            capture_output=True,
            text=True,
        )
        assert done.stdout == f"{kept}\n", done.stderr


def test_words_are_parted_by_blanks(monkeypatch):
    monkeypatch.setenv("NB", "  05 06\thttps://a.b/c-d_e ")
    assert given.words("NB", "numbers") == ["05", "06", "https://a.b/c-d_e"]
    monkeypatch.delenv("NB")
    assert given.words("NB", "numbers") == []


@pytest.mark.parametrize("nb", ["99", "0", "*", "00_start_here", ""])
def test_an_unknown_lesson_is_one_sentence(nb):
    command = [sys.executable, "tools/execute.py", "render"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "NB": nb}, capture_output=True, text=True
    )
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "NB=…` " in done.stderr
    assert "wants" in done.stderr


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '"x"', "", '{"cells": 3}', '{"cells": [{}]}', "\x00"]
)
def test_a_file_that_is_no_notebook_is_a_failed_lesson(text, tmp_path, capsys):
    path = tmp_path / "42_broken.ipynb"
    path.write_text(text)
    measured = execute.render(path)
    assert measured.problem.startswith("`execute` wants a notebook, received another")
    assert "\n" not in measured.problem and path.read_text() == text
    assert "42_broken" in execute.table([measured])
    (problem,) = checks.problems(path)
    assert problem.startswith("`read_notebook` wants a notebook, received 42_broken")


@pytest.mark.parametrize("sources", [(), ("",), ("  \n",)])
def test_a_notebook_without_code_is_not_ok(sources, tmp_path):
    measured = execute.execute(lesson(tmp_path / "42_empty.ipynb", *sources))[1]
    assert "wants a cell of code at least" in measured.problem


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
@pytest.mark.parametrize("action", ["run", "render"])
def test_an_interrupt_stops_all_and_says_so(action, tmp_path):
    started, ran = tmp_path / "started", tmp_path / "ran"
    wait = f"import time\nopen({str(started)!r}, 'w').close()\ntime.sleep(99)"
    first = lesson(tmp_path / "41_first.ipynb", "1 + 1", wait)
    second = lesson(tmp_path / "42_second.ipynb", f"open({str(ran)!r}, 'w').close()")
    before = first.read_bytes()
    script = (
        "import pathlib, sys; from tools import execute\n"
        "folder = pathlib.Path(sys.argv[2])\n"
        "execute.ROOT, sys.argv = folder, sys.argv[:2]\n"
        "execute.chosen = lambda *_: sorted(folder.glob('*.ipynb'))\n"
        "execute.main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, action, tmp_path],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not started.exists():
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 130, said
    assert "Stopped in 41_first.ipynb, which is as it was." in said
    assert "dead" not in said.lower() and "Traceback" not in said
    assert first.read_bytes() == before and second.exists() and not ran.exists()


def hold(megabytes, started, done):
    """Fill memory, and fork a child that shares it."""
    held = b"x" * (megabytes << 20)
    child = multiprocessing.get_context("fork").Process(target=done.wait)
    child.start()
    started.set()
    child.join()
    assert held


def peak_of_two() -> int:
    """Return the peak memory of a process that holds 200 MiB and of its fork."""
    fork = multiprocessing.get_context("fork")
    started, done = fork.Event(), fork.Event()
    memory = peak_memory.PeakMemory(0.02)
    memory.start()
    parent = fork.Process(target=hold, args=(200, started, done))
    parent.start()
    started.wait()
    time.sleep(1)
    done.set()
    parent.join()
    return memory.stop()


def test_a_part_is_the_lessons_below_its_heading_in_the_readme():
    readme = (notebooks.ROOT / "README.md").read_text(encoding="utf-8")
    sections = re.split(r"^### Part [IV]+ ", readme, flags=re.MULTILINE)[1:]
    assert len(sections) == len(PARTS)
    for number, section in enumerate(sections, start=1):
        rows = re.findall(r"^\| (\d\d) \|", section, re.MULTILINE)
        assert [int(row) for row in rows] == list(PARTS[str(number)])
        written = re.findall(r"\(notebooks/(.+\.ipynb)\)", section)
        found = execute.chosen("run", ["part", str(number)])
        assert [path.name for path in found] == written


def test_parts_and_lessons_are_asked_for_together_or_refused(monkeypatch):
    monkeypatch.setenv("NB", "08 Part 2")
    names = [path.name[:2] for path in execute.chosen("run", [])]
    assert names == ["08", "04", "05"]
    for wrong in (["part", "8"], ["part"], ["part", "two"]):
        with pytest.raises(ValueError, match="number of 1, 2"):
            execute.chosen("run", wrong)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is shared")
def test_memory_shared_with_an_outsider_counts_whole():
    held = b"x" * (200 << 20)  # in this process, which is not measured
    fork = multiprocessing.get_context("fork")
    done = fork.Event()
    child = fork.Process(target=done.wait)
    child.start()
    try:
        one = psutil.Process(child.pid)
        assert one.memory_full_info().pss < one.memory_info().rss - (90 << 20)
        assert peak_memory.together([one]) == pytest.approx(
            one.memory_info().rss, abs=20 << 20
        )
    finally:
        done.set()
        child.join()
    assert held


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is shared")
def test_shared_memory_counts_once():
    # In a process of its own: forks of pytest's share what other tests have loaded.
    code = "from tests import test_tools; print(test_tools.peak_of_two())"
    command = [sys.executable, "-c", code]
    answer = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True
    )
    # Resident memory would be above 400 MiB.
    assert 200 << 20 < int(answer.stdout) < 390 << 20


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (NO_COMPILER, "pocketsphinx 5.1.1 has no ready-made package for Python 3"),
        (NO_COMPILER + NO_NETWORK, "the package index does not answer"),
        (NO_NETWORK, "the package index does not answer"),
        (NO_WHEEL, "tensorflow==2.21.0 has no package for Python 3"),
        (OTHER_FILE, "jiwer==4.0.0 is another file than requirements.txt records"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("error: something new\n  cause: x\n", "error: something new"),
        ("", "the installer said nothing"),
    ],
)
def test_a_failed_installation_is_one_sentence(said, wanted):
    sentence = install.diagnose(said)
    assert sentence.startswith(wanted) and "\n" not in sentence
    if "compil" in sentence:
        assert "install a C compiler" in sentence and "make env PYTHON=" in sentence


def test_an_installer_shows_one_line_and_its_words_go_to_the_log(
    tmp_path, monkeypatch, capsys
):
    lines = "".join(f"print(' + package-{n}==1')\n" for n in range(190))
    uv = tmp_path / "uv.py"
    uv.write_text(
        f"import sys\n{lines}print({NO_COMPILER!r})\nsys.exit('-e' in sys.argv)"
    )
    monkeypatch.setattr(install, "LOG", install.ROOT / "build" / "test_install.log")
    monkeypatch.setattr(install, "installer", lambda: [sys.executable, uv])
    with pytest.raises(SystemExit) as stopped:
        install.main()
    said = capsys.readouterr().out
    assert re.sub(r"\d+ s", "N s", said).splitlines() == [
        "Installing the packages of requirements.txt …",
        "Installing the packages of requirements.txt: N s",
        "Installing the course …",
        "Installing the course: failed after N s",
    ]
    assert re.fullmatch(r"`make env` failed: pocketsphinx .*", str(stopped.value))
    assert install.LOG.read_text().count("package-") == 380
    install.LOG.unlink()


def test_a_packages_block_has_its_hashes_and_nothing_else():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for name in ("uv", "setuptools"):
        found = install.block(name, text)
        assert found.startswith(f"{name}==") and found.count("==") == 1
        assert found.count("--hash=sha256:") >= 2
    assert install.block("no-such-package", text) == ""


# Stands for uv: no wheel for what the file `missing` names, one after the other.
UV = """#!{python}
import pathlib, sys
wanted = pathlib.Path(sys.argv[sys.argv.index("-r") + 1]).read_text()
for line in pathlib.Path({missing!r}).read_text().split():
    if line.split("{{")[0].split("==")[0] + "==" in wanted:
        sys.exit(f"error: No solution\\n  cause: Because {{line}} has no wheels with")
"""


def test_a_lock_tells_what_lacks_a_wheel(tmp_path, capsys):
    missing, uv = tmp_path / "missing", tmp_path / "uv"
    uv.write_text(UV.format(python=sys.executable, missing=str(missing)))
    uv.chmod(0o755)
    lines = ["a-b==1 \\", "b==2 ; x \\", "rouge-score==3 \\", "d==4 \\"]
    text = "".join(f"{line}\n    --hash=x\n" for line in lines)
    packages = lock.blocks(text)
    assert [one.split("==")[0] for one in packages] == ["a-b", "b", "rouge-score", "d"]
    missing.write_text("")
    assert lock.report(packages, str(uv)) == 0
    assert capsys.readouterr().out.count("all have wheels") == 12
    missing.write_text("a-b{python_full_version<'3'}==1\nb==2\nrouge-score==3")
    assert lock.without_wheel(packages, str(uv), "x", "3.12") == ["a-b 1", "b 2"]
    missing.write_text("other==1")
    uv.write_text(f"#!{sys.executable}\nraise SystemExit('no network')")
    with pytest.raises(ValueError, match="uv failed: no network"):
        lock.without_wheel(packages, str(uv), "x", "3.12")


def test_what_has_no_wheel_is_locked_and_has_a_reason():
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for name, reason in lock.KNOWN.items():
        assert install.block(name, text) and len(reason.split()) > 5


def test_what_the_browser_tests_want_has_one_version_each():
    assert browser.wanted()
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", one) for one in browser.wanted())


@pytest.mark.parametrize(
    ("said", "setting", "code"),
    [("", "required", None), (NO_NETWORK, "1", 0), (NO_NETWORK, "required", 1)],
)
def test_browser_packages_are_installed_alone_or_said_to_be_missing(
    said, setting, code, monkeypatch, capsys
):
    commands = []
    monkeypatch.setattr(browser, "wanted", lambda: ["pytest==0.0", "no-such-one==1"])
    monkeypatch.setattr(
        install, "run", lambda command, title: commands.append(command) or said
    )
    monkeypatch.setenv("AIGC_BROWSER", setting)
    if code is None:
        browser.main()
    else:
        with pytest.raises(SystemExit) as stopped:
            browser.main()
        assert stopped.value.code == code
        told = capsys.readouterr().out
        assert "no-such-one==1: the package index does not answer" in told
    (command,) = commands
    assert command[-3:] == ["--no-deps", "pytest==0.0", "no-such-one==1"]


def test_browser_packages_that_are_there_are_left_alone(monkeypatch):
    monkeypatch.setattr(browser, "wanted", lambda: [f"pytest=={pytest.__version__}"])
    monkeypatch.setattr(install, "run", None)
    browser.main()


@pytest.fixture
def jupyter(tmp_path, monkeypatch):
    """Give Jupyter an empty folder for what it knows, as on a new machine."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))


def test_opening_the_course_trusts_its_notebooks(jupyter, tmp_path):
    path = lesson(tmp_path / "42_sound.ipynb", "1")
    read = nbformat.read(path, as_version=4)
    read.cells[0].outputs = [
        nbformat.v4.new_output("display_data", {"text/html": "<audio controls>"})
    ]
    nbformat.write(read, path)
    assert not NotebookNotary().check_signature(nbformat.read(path, as_version=4))
    lab.trust([path])
    assert NotebookNotary().check_signature(nbformat.read(path, as_version=4))
    path.write_text(path.read_text().replace("<audio", "<script"))
    assert not NotebookNotary().check_signature(nbformat.read(path, as_version=4))


def test_every_way_in_trusts_the_notebooks():
    assert "jupyter trust notebooks/*.ipynb" in (ROOT / "postBuild").read_text()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (conda,) = re.findall(r"```\n(git clone .*?)```", readme, re.DOTALL)
    assert conda.strip().splitlines()[-1] == "python tools/lab.py"
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"^lab: env.*\n\t@\$\(PY\) tools/lab\.py$", makefile, re.MULTILINE)


def test_tools_are_installed_as_locked():
    for name in ("postBuild", "README.md", "tools/make_env.sh", "tools/install.py"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            assert not re.search(r"pip install[^-]* (uv|setuptools)\b", line), name
            if "-e ." in line:
                assert "--no-deps --no-build-isolation" in line, name


def test_the_printed_address_opens_the_first_lesson(jupyter, tmp_path, monkeypatch):
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    monkeypatch.setenv("LAB_ARGS", f"--no-browser --port '{port}'")
    process = subprocess.Popen(
        [sys.executable, ROOT / "tools" / "lab.py", "--ServerApp.port_retries=0"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\S+", line):
                break
        place = f":{port}/lab/tree/{lab.FIRST}?token="
        assert found and place in found[0], "".join(said)
        assert (ROOT / lab.FIRST).exists()
    finally:
        process.kill()
        process.communicate()


def test_lab_arguments_are_words_and_no_commands(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["lab.py", "--debug"])
    monkeypatch.setenv("LAB_ARGS", "--ip='a b'; rm $x")
    assert lab.arguments()[-4:] == ["--ip=a b;", "rm", "$x", "--debug"]
    monkeypatch.setenv("LAB_ARGS", "it's")
    with pytest.raises(ValueError, match="`LAB_ARGS=…` wants arguments, received"):
        lab.arguments()
