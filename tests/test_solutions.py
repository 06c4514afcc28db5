"""Solutions are found in both layouts, run after a lesson, and fail if not accepted."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from tools import notebooks, solutions

LESSONS = sorted(notebooks.NOTEBOOKS.glob("*.ipynb"))
CHECK = """if double(3) is None:
    print("Not yet: return a number.")
elif double(3) != 6:
    print(f"Yours is {double(3)}; wanted 6.")
else:
    print("Right.", "set in a cell:", setting)
"""
BLIND = """if double(3) == "an answer":
    raise ValueError("a check should not")
print("Right.")
"""
LESSON = f"""# %% id=42-setup
setting = 1
# %% [markdown] id=42-above
# ## Check yourself
# <details><summary>Answer</summary>
#
# ```python
# no = solution
# ```
# </details>
#
# ## Exercises
# **1.** Double it.
#
# <details><summary>Solution</summary>
#
# ```python
# def double(x):
#     return 2 * x
# ```
#
# It is linear.
# </details>
# %% id=42-whole tags=exercise
def double(x):
    return None
# %% id=42-whole-check tags=check
{CHECK}# %% [markdown] id=42-next
# **2.** Again, now with the solution below.
# %% id=42-body tags=exercise
def double(x):
    \"\"\"Double x.\"\"\"
    return None  # your lines here
# %% id=42-body-check tags=check
{CHECK}# %% [markdown] id=42-below
# <details><summary>Solution</summary>
#
# ```python
# twice = x + x
# return twice
# ```
#
# </details>
#
# **3.** A wrong one.
# %% id=42-wrong tags=exercise
def double(x):
    return None
# %% id=42-wrong-check tags=check
{CHECK}# %% [markdown] id=42-below-wrong
# <details><summary>Solution</summary>
#
# ```python
# return x**2
# ```
# </details>
#
# **4.** One that falls over.
# %% id=42-error tags=exercise
def double(x):
    return None
# %% id=42-error-check tags=check
{CHECK}# %% [markdown] id=42-below-error
# <details><summary>Solution</summary>
#
# ```python
# return x + no_such_name
# ```
# </details>
#
# **5.** Open.
#
# <details><summary>Hints</summary>Try `twice`.</details>
# %% id=42-open tags=exercise
def double(x):
    return None
# %% id=42-open-check tags=check
{BLIND}"""


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """Write a lesson of five exercises, the last check blind, and return its path."""
    path = tmp_path_factory.mktemp("lesson") / "42_example.ipynb"
    url = notebooks.repository()
    notebooks.write_notebook(path, notebooks.to_notebook(LESSON, path.stem, url))
    return path


def test_solutions_are_found_above_and_below(lesson):
    cells = notebooks.read_notebook(lesson)["cells"]
    found = {one.name: one for one in solutions.exercises(cells)}
    counts = {name: len(one.solution) for name, one in found.items()}
    wanted = {"42-whole": 1, "42-body": 1, "42-wrong": 1, "42-error": 1, "42-open": 0}
    assert counts == wanted
    assert found["42-whole"].solution == ["def double(x):\n    return 2 * x\n"]
    assert {one.check for one in found.values()} == {CHECK.rstrip(), BLIND.rstrip()}


def test_lines_for_a_stub_take_its_place(lesson):
    cells = notebooks.read_notebook(lesson)["cells"]
    body = solutions.exercises(cells)[1]
    code = solutions.solved(body)
    assert code.startswith(
        'def double(x):\n    """Double x."""\n    twice = x + x\n    return twice\n'
    )
    body.stub = "pass"
    with pytest.raises(ValueError, match="42-body: .*'return None'"):
        solutions.solved(body)


@pytest.mark.parametrize("workers", [[], ["-n", "2", "--dist", "loadscope"]])
def test_right_solutions_pass_and_others_fail(lesson, workers):
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env"]
    command += ["-p", "conftest", "-p", "no:cacheprovider", "-c", os.devnull, "-rA"]
    command += ["--rootdir", lesson.parent, *workers, lesson]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    folder = str(lesson.parent)
    places = {"JUPYTER_RUNTIME_DIR": folder, "IPYTHONDIR": folder}
    done = subprocess.run(
        command,
        env={**clean, **places, "PYTHONPATH": str(notebooks.ROOT)},
        capture_output=True,
        text=True,
    )
    line = r"^(PASSED|FAILED) .*::(Solution \S+|Cell \d+|42-\w+, .+?)(?: - .*)?$"
    found = re.findall(line, done.stdout, re.MULTILINE)
    wanted = [("PASSED", f"Cell {n}") for n in range(11)]
    wanted += [("PASSED", f"Solution 42-{name}") for name in ("whole", "body")]
    wanted += [("FAILED", f"Solution 42-{name}") for name in ("wrong", "error")]
    for name in ("whole", "body", "wrong", "error", "open"):
        result = "FAILED" if name == "open" else "PASSED"
        hasty = ["the stub", *solutions.HASTY]
        wanted += [(result, f"42-{name}, {what}") for what in hasty]
    assert sorted(found) == sorted(wanted), done.stdout
    assert "Yours is 9; wanted 6." in done.stdout and "no_such_name" in done.stdout


@pytest.mark.parametrize("stuck", [False, True])
def test_a_kernel_that_cannot_be_stopped_does_not_hold_the_tests_up(stuck):
    process, let_go = subprocess.Popen(["sleep", "60"]), threading.Event()
    manager = SimpleNamespace(
        has_kernel=True, provisioner=SimpleNamespace(process=process)
    )
    lesson = SimpleNamespace(kernel=SimpleNamespace(km=manager))
    try:
        start = time.monotonic()
        solutions.end(lesson, let_go.wait if stuck else process.terminate, 0.5)
        assert time.monotonic() - start < 10
        assert process.wait(10) == -(signal.SIGKILL if stuck else signal.SIGTERM)
    finally:
        let_go.set()
        process.kill()
    lesson.kernel = SimpleNamespace()  # as nbval leaves it after a cell without end
    solutions.end(lesson, lambda: None)
    with pytest.raises(ZeroDivisionError):  # an error is not lost in the thread
        solutions.end(lesson, lambda: 1 / 0)


@pytest.mark.parametrize(
    ("said", "content"),
    [
        ("Right.\n", True),
        ("a: right\nb: right", True),
        ("Upright in 97 % of the cases", False),
        ("a: right\nb: not yet – got None, wanted shape (3,)", False),
        ("a: right\nb: at (0,) wanted 1, got 2", False),
        ("share 0.5: precision 0.9", False),
        ("", False),
    ],
)
def test_acceptance(said, content):
    assert solutions.accepted(said) is content


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_solution_of_the_course_is_python(path):
    found = solutions.exercises(notebooks.read_notebook(path)["cells"])
    assert len(found) == 3
    for exercise in found:
        if exercise.solution:
            compile(solutions.solved(exercise), exercise.name, "exec")


def test_answers_can_be_tried_alone_and_are_not_run_twice():
    def collected(*arguments):
        command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments]
        done = subprocess.run(
            command, cwd=notebooks.ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout

    alone = collected("tests/exercises/00.py")
    assert "00_start_here.ipynb::Cell 0" in alone
    assert "00-exercise-1-stub, NaN" in alone
    assert "Cell 0" not in collected("tests/exercises", "--nbval-lax")
    assert "Cell 0" not in collected("tests", "--ignore-glob=tests/test_*")


def test_answers_are_counted_by_verdict():
    class Report:
        def __init__(self, nodeid, *verdicts):
            self.nodeid = f"notebooks/42_x.ipynb::{nodeid}"
            self.user_properties = [("answer", verdict) for verdict in verdicts]

    passed = [
        Report("42-exercise-1-stub, NaN", "wrong"),
        Report("42-exercise-1-stub, by hand", "wrong"),
        Report("Solution 42-exercise-2", "right"),
        Report("Cell 0"),
    ]
    said = "2 exercises: 2 wrong answers refused, 1 right ones accepted"
    assert solutions.counted(passed) == said
