"""Hold each exercise's check cell against right and wrong answers.

conftest.py lets nbval append these cells to each lesson, after its last one and in the
same kernel. A folded solution passes if its check says "right", and neither "not yet"
nor "wanted". A wrong answer passes if its check prints something else and nothing
raises; the wrong ones are what a hasty learner may leave, and those of
`tests/exercises/NN.py`. Open exercises fold hints and no Python.
"""

import re
import textwrap
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from tools.notebooks import NOTEBOOKS

ANSWERS = Path(__file__).resolve().parent.parent / "tests" / "exercises"
FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PLACE = re.compile(r"^([ \t]+)return None.*$", re.MULTILINE)
TASK = re.compile(r"^def (\w+)\(|^(\w+) = ", re.MULTILINE)
ANSWER = re.compile(r"^# %% (\S+) (right|wrong): (.+)\n", re.MULTILINE)
HASTY = {  # what somebody leaves who has not understood the task, as Python
    "None": "None",
    "NaN": "float('nan')",
    "a text": "'an answer'",
    "an empty list": "[]",
    "another shape": "[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]",
}


@dataclass
class Exercise:
    """A stub cell, the Python folded for it, and its check cell."""

    name: str
    stub: str
    solution: list[str] = field(default_factory=list)
    check: str = ""


@dataclass(frozen=True)
class Answer:
    """Python that answers an exercise, and whether its check should be content."""

    exercise: str
    what: str
    right: bool
    code: str


def exercises(cells: Sequence[dict]) -> list[Exercise]:
    """Find a lesson's exercises in its cells.

    A solution is folded into the text above its stub; or it opens the text below its
    check, above the next exercise.
    """
    found, above = [], []
    for cell in cells:
        tags = cell["metadata"].get("tags", [])
        if cell["cell_type"] == "markdown":
            text = cell["source"].split("## Exercises")[-1].strip()
            answer = FOLDED.match(text)
            if found and answer:
                found[-1].solution += PYTHON.findall(answer[0])
                text = text[answer.end() :]
            above = PYTHON.findall("\n".join(FOLDED.findall(text)))
        elif "exercise" in tags:
            found.append(Exercise(cell["id"], cell["source"], above))
            above = []
        elif "check" in tags and found:
            found[-1].check = cell["source"]
    return found


def solved(exercise: Exercise) -> str:
    """Return Python that does the exercise and checks it.

    Raises:
        ValueError: If the solution is the body of a function, and the stub has no line
            `return None` to put it in place of.
    """
    solution = "\n".join(exercise.solution)
    try:
        compile(solution, exercise.name, "exec")
        done = f"{exercise.stub}\n\n{solution}"
    except SyntaxError:  # 'return' outside function: the lines that the stub asks for
        place = PLACE.search(exercise.stub)
        if place is None:
            text = f"{exercise.name}: the solution is no Python, and the stub has no"
            raise ValueError(f"{text} line 'return None' to replace by it") from None
        body = textwrap.indent(solution, place[1])
        done = exercise.stub.replace(place[0], body)
    return f"{done}\n\n{exercise.check}"


def hasty(exercise: Exercise) -> list[Answer]:
    """Return the stub as it is, and answers that no exercise can want.

    Raises:
        ValueError: If the stub defines no function and sets no name to be filled.
    """
    names = TASK.findall(exercise.stub)
    if not names:
        raise ValueError(f"{exercise.name} wants a stub with a function or a name")
    mine = [pair for pair in names if pair[1].startswith("my_")]
    function, name = mine[0] if mine else names[-1]
    answers = [Answer(exercise.name, "the stub", False, exercise.stub)]
    for what, value in HASTY.items():
        code = f"{name} = {value}"
        if function:
            code = f"def {function}(*arguments, **options):\n    return {value}"
        answers.append(Answer(exercise.name, what, False, code))
    return answers


def given(lesson: str, folder: Path = ANSWERS) -> list[Answer]:
    """Return the answers of `NN.py`, each below a line that names exercise and verdict.

    Such a line is `# %% 00-exercise-1-stub wrong: base two`.
    """
    path = folder / f"{lesson}.py"
    if not path.exists():
        return []
    pieces = ANSWER.split(path.read_text(encoding="utf-8"))[1:]
    rows = zip(*[iter(pieces)] * 4, strict=True)
    return [
        Answer(name, what, kind == "right", code) for name, kind, what, code in rows
    ]


def accepted(said: str) -> bool:
    """Tell whether a check cell that printed this is content."""
    refused = re.search(r"\b(not yet|wanted)\b", said, re.IGNORECASE)
    return bool(re.search(r"\bright\b", said, re.IGNORECASE)) and not refused


class AnswerCell(IPyNbCell):
    """A cell that fails unless its check says what it should of this answer."""

    right = True

    def runtest(self) -> None:
        """Run it, and read what it printed."""
        super().runtest()
        self.user_properties.append(("answer", "right" if self.right else "wrong"))
        printed = (one for one in self.test_outputs if one.get("name") == "stdout")
        said = "".join(one.text for one in printed)
        if self.right and not accepted(said):
            message = "The check does not say that this solution is right"
            self.raise_cell_error(message, said or "(it prints nothing)")
        if not self.right and (accepted(said) or not said.strip()):
            message = "The check does not say what is wrong with this answer"
            self.raise_cell_error(message, said or "(it prints nothing)")

    def reportinfo(self):
        """Return what pytest calls it."""
        return self.path, 0, f"{self.path.name}::{self.name}"


def append_answers(lesson: IPyNbFile) -> None:
    """Let nbval try the answers after a lesson's cells, and not compare stderr.

    Native log lines reach stderr in some front ends only.
    """
    lesson.skip_compare += ("stderr",)
    collect, teardown = lesson.collect, lesson.teardown
    lesson.collect = lambda: [*collect(), *cells(lesson)]
    lesson.teardown = lambda: end(lesson, teardown)


def end(lesson: IPyNbFile, teardown: Callable, seconds: float = 60) -> None:
    """Stop a lesson's kernel, but do not wait for its sockets for ever.

    A client of a killed kernel may wait without end (jupyter_client issue 771). CI once
    stood still between two lessons until its time was over, probably for that reason.
    """
    manager = getattr(lesson.kernel, "km", None)  # gone if nbval has stopped it
    errors = []

    def stop() -> None:
        try:
            teardown()
        except Exception as error:
            errors.append(error)

    ending = threading.Thread(target=stop, daemon=True)
    ending.start()
    ending.join(seconds)
    if ending.is_alive() and manager and manager.has_kernel:
        manager.provisioner.process.kill()
    if errors:
        raise errors[0]


class Alone(pytest.File):
    """A file of answers that runs its lesson, where nbval was not asked to."""

    def collect(self) -> list[IPyNbFile]:
        """Return the lesson."""
        self.config.option.nbval_current_env = True
        (path,) = NOTEBOOKS.glob(f"{self.path.stem}_*.ipynb")
        lesson = IPyNbFile.from_parent(self, path=path)
        lesson.compare_outputs = False  # but for the cells that are tagged
        append_answers(lesson)
        return [lesson]


def counted(passed: Sequence[pytest.TestReport]) -> str:
    """Say in a line how many answers the checks judged as they should."""
    found = [
        (re.search(r"\d\d-exercise[\w-]*", report.nodeid), verdict)
        for report in passed
        for key, verdict in report.user_properties
        if key == "answer"
    ]
    verdicts = [verdict for _, verdict in found]
    return (
        f"{len({name[0] for name, _ in found if name})} exercises:"
        f" {verdicts.count('wrong')} wrong answers refused,"
        f" {verdicts.count('right')} right ones accepted"
    )


def cells(lesson: IPyNbFile) -> Iterator[AnswerCell]:
    """Yield the cells to append to a lesson that nbval has collected."""
    number = sum(cell.cell_type == "code" for cell in lesson.nb.cells)
    for title, code, right in _answers(lesson.path.name[:2], lesson.nb.cells):
        cell = AnswerCell.from_parent(
            lesson,
            name=title,
            cell_num=number,
            cell=nbformat.v4.new_code_cell(code),
            options=defaultdict(bool),
        )
        cell.right = right
        yield cell
        number += 1


def _answers(lesson: str, cells: Sequence[dict]) -> Iterator[tuple[str, str, bool]]:
    """Yield (title, code, whether it is right) of a lesson's solutions and answers."""
    own = given(lesson)
    for exercise in exercises(cells):
        if exercise.solution:
            yield f"Solution {exercise.name}", solved(exercise), True
        for answer in hasty(exercise) + [a for a in own if a.exercise == exercise.name]:
            title = f"{exercise.name}, {answer.what}"
            yield title, f"{answer.code}\n\n{exercise.check}", answer.right
