"""Check cells refuse wrong answers in words, accept unusual right ones, never raise."""

import ast
import contextlib
import io
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from helpers import exercises
from tools import notebooks, solutions

LESSONS = sorted(notebooks.NOTEBOOKS.glob("*.ipynb"))


def stubs():
    return {
        exercise.name: exercise
        for path in LESSONS
        for exercise in solutions.exercises(notebooks.read_notebook(path)["cells"])
    }


EXERCISES = stubs()


@pytest.mark.parametrize("name", EXERCISES)
def test_three_wrong_answers_and_an_unusual_right_one(name):
    """tools/solutions.py runs them at the end of their lesson."""
    given = [one for one in solutions.given(name[:2]) if one.exercise == name]
    assert sum(not one.right for one in given) >= 3
    assert any(one.right for one in given)


def test_every_answer_belongs_to_an_exercise_and_is_python():
    files = sorted(solutions.ANSWERS.glob("*.py"))
    assert files
    for path in files:
        answers = solutions.given(path.stem)
        assert len(answers) == path.read_text(encoding="utf-8").count("# %%")
        for answer in answers:
            assert answer.exercise in EXERCISES
            ast.parse(answer.code)


def test_lesson_without_answers_has_none(tmp_path):
    assert solutions.given("42", tmp_path) == []


@pytest.mark.parametrize("name", EXERCISES)
def test_hasty_answers_set_the_name_that_the_check_reads(name):
    exercise = EXERCISES[name]
    read = {
        node.id
        for node in ast.walk(ast.parse(exercise.check))
        if isinstance(node, ast.Name)
    }
    for answer in solutions.hasty(exercise)[1:]:
        (made,) = ast.parse(answer.code).body
        assert (getattr(made, "name", None) or made.targets[0].id) in read


def verdict(check, *arguments, **options):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), exercises.checking():
        check(*arguments, **options)
        print("Right.")
    return said.getvalue().strip()


@pytest.mark.parametrize(
    ("answer", "wanted", "words"),
    [
        (None, 1.0, "Not yet: there is no answer so far."),
        ("1.0", 1.0, "Not yet: wanted a number, received '1.0'."),
        (float("nan"), 1.0, "Not yet: wanted a number, received NaN or an infinity"),
        (np.ones(3), 1.0, "Not yet: wanted a number, received shape (3,)."),
        (1.5, 1.0, "Not yet: wanted 1, received 1.5."),
        ([1, 5], [1, 2], "Not yet: wanted 2, received 5 at [1]."),
        ([[1], [1, 2]], [1, 2], "Not yet: wanted an array of shape (2,), received"),
        ({1, 2}, [1, 2], "Not yet: wanted an array of shape (2,), received {1, 2}."),
        (1j, 1.0, "Not yet: wanted a number, received 1j."),
        ([], [], "Not yet: wanted an array of shape (0,), received an empty array."),
        (np.float32(1), 1.0, "Right."),
        (np.array(1.0), 1.0, "Right."),
        ((1, 2), np.array([1.0, 2.0]), "Right."),
        (Fraction(1, 2), 0.5, "Right."),
        ([Fraction(1, 7), 2], [1 / 7, 2], "Right."),
        ([None, 2], [1, 2], "Not yet: wanted an array of shape (2,), received [None"),
    ],
)
def test_close_says_what_it_wants(answer, wanted, words):
    assert verdict(exercises.close, answer, wanted).startswith(words)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((1, 2), "Right."),
        ([1, np.ones(3)], "Right."),
        (None, "Not yet: there is no answer so far. A pair."),
        ((None, None), "Not yet: there is no answer so far. A pair."),
        (np.ones((2, 3)), "Not yet: wanted 2 parts, received an array of shape (2, 3)"),
        ("ab", "Not yet: wanted 2 parts, received 'ab'. A pair."),
        ((1, 2, 3), "Not yet: wanted 2 parts, received (1, 2, 3). A pair."),
    ],
)
def test_parts_are_a_tuple_or_list(answer, words):
    assert verdict(exercises.parts, answer, 2, "A pair.").startswith(words)


@pytest.mark.parametrize("answer", [True, np.True_, np.array([True])])
def test_flag_takes_a_single_truth_value(answer):
    assert verdict(exercises.flag, answer, True) == "Right."
    assert verdict(exercises.flag, answer, False).startswith("Not yet: wanted False")


@pytest.mark.parametrize("answer", [None, "yes", 1, float("nan"), [True, True], []])
def test_flag_refuses_what_is_merely_truthy(answer):
    assert verdict(exercises.flag, answer, True).startswith("Not yet: ")


def test_an_error_is_said_with_the_learners_line():
    names = {}
    exec(compile("def mine():\n    return 1 / 0", "<cell>", "exec"), names)
    said = verdict(lambda: names["mine"]())
    assert said.startswith("Not yet: ZeroDivisionError: division by zero (mine, line 2")


def test_checks_judge_the_same_when_python_drops_asserts():
    script = (
        "from helpers import exercises\n"
        "assert False, 'dropped'\n"
        "with exercises.checking():\n"
        "    exercises.close(float('nan'), 1)\n"
        "    print('Right.')\n"
    )
    command = [sys.executable, "-O", "-c", script]
    done = subprocess.run(
        command, cwd=notebooks.ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Not yet: wanted a number, received NaN")
