"""The parts of the course, as README lists them, and which lessons `NB=…` means."""

from pathlib import Path

from tools.given import words
from tools.notebooks import ROOT, find

PARTS = {  # by the numbers of their lessons
    "1": range(4), "2": range(4, 6), "3": range(6, 14), "4": range(14, 18),
    "5": range(18, 20), "6": range(20, 26), "7": range(26, 28),
}  # fmt: skip


def lessons_of(part: str) -> range:
    """Return the numbers of a part's lessons.

    Args:
        part: its number, such as "3".

    Raises:
        ValueError: if there is no such part.
    """
    if part not in PARTS:
        wanted = f"`part` and a number of {', '.join(PARTS)}"
        raise ValueError(f"`NB=…` wants {wanted}; received {part!r}")
    return PARTS[part]


def chosen(action: str, numbers: list[str]) -> list[Path]:
    """Return the notebooks to execute: those of the numbers, or every one for `run`.

    Raises:
        ValueError: if a lesson is unknown, or `render` is asked for none.
    """
    numbers = numbers or words("NB", "lesson numbers such as 06")
    if action == "render" and not numbers:
        raise ValueError("`make render NB=…` rewrites a lesson and wants its number")
    every = sorted((ROOT / "notebooks").glob("*.ipynb"))
    paths, rest = [], iter(numbers)
    for number in rest:
        if number.lower() == "part":
            lessons = lessons_of(next(rest, ""))
            paths += [path for path in every if int(path.name[:2]) in lessons]
        else:
            paths.append(find(number))
    return paths or every
