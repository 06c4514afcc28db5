"""Run every exercise's folded solution, and hold its own check cell against it.

conftest.py lets nbval append these cells to each lesson, after its last one and in the
same kernel. A solution passes if its check cell says "right", and neither "not yet" nor
"wanted". Open exercises, which fold hints and no Python, are left out.
"""

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import nbformat
from nbval.plugin import IPyNbCell, IPyNbFile

FOLDED = re.compile(r"<details>.*?</details>", re.DOTALL)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PLACE = re.compile(r"^([ \t]+)return None.*$", re.MULTILINE)


@dataclass
class Exercise:
    """A stub cell, the Python folded for it, and its check cell."""

    name: str
    stub: str
    solution: list[str] = field(default_factory=list)
    check: str = ""


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


def accepted(said: str) -> bool:
    """Tell whether a check cell that printed this is content."""
    refused = re.search(r"\b(not yet|wanted)\b", said, re.IGNORECASE)
    return bool(re.search(r"\bright\b", said, re.IGNORECASE)) and not refused


class SolutionCell(IPyNbCell):
    """A cell that fails unless its check is content."""

    def runtest(self) -> None:
        """Run it, and read what it printed."""
        super().runtest()
        printed = (one for one in self.test_outputs if one.get("name") == "stdout")
        said = "".join(one.text for one in printed)
        if not accepted(said):
            message = "The check does not say that this solution is right"
            self.raise_cell_error(message, said or "(it prints nothing)")

    def reportinfo(self):
        """Return what pytest calls it."""
        return self.path, 0, f"{self.path.name}::{self.name}"


def cells(lesson: IPyNbFile) -> Iterator[SolutionCell]:
    """Yield the cells to append to a lesson that nbval has collected."""
    number = sum(cell.cell_type == "code" for cell in lesson.nb.cells)
    for exercise in exercises(lesson.nb.cells):
        if exercise.solution:
            yield SolutionCell.from_parent(
                lesson,
                name=f"Solution {exercise.name}",
                cell_num=number,
                cell=nbformat.v4.new_code_cell(solved(exercise)),
                options=defaultdict(bool),
            )
            number += 1
