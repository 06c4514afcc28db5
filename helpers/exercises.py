"""Check a learner's answer in words: say what was wanted and received, never raise.

A check cell holds an answer against what is wanted and ends with its praise:

    with exercises.checking():
        exercises.close(sentence_loss([0.5, 0.25]), 1.0397, "Natural logarithm?")
        print("Right.")

Nothing here is an `assert`, so a check judges the same under `python -O`.
"""

import reprlib
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real
from typing import Any, NoReturn

import numpy as np

NOTHING = "there is no answer so far"


class NotYet(Exception):  # noqa: N818 - it is no error, but the verdict of a check
    """An answer is missing or wrong; the message says what is wanted."""


@contextmanager
def checking() -> Iterator[None]:
    """Print "Not yet: …" where the block finds a wrong answer, or where it falls over.

    An answer of an unexpected kind may break the lines that look at it, and a
    learner's function may be unfinished: either is a wrong answer, not a traceback.
    """
    try:
        yield
    except NotYet as verdict:
        print(f"Not yet: {verdict}")
    except Exception as error:
        print(f"Not yet: {type(error).__name__}: {error}{_place(error)}")


def _refuse(verdict: str, hint: str) -> NoReturn:
    """Give the verdict, and the hint as a sentence of its own."""
    raise NotYet(f"{verdict}. {hint}".strip())


def _place(error: Exception) -> str:
    """Return the learner's line that an error came from, if there is one."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        in_a_cell = "ipykernel" in frame.filename or frame.filename.startswith("<")
        if in_a_cell and frame.name != "<module>":
            return f" ({frame.name}, line {frame.lineno}: {frame.line})"
    return ""


def require(met: Any, wanted: str) -> None:
    """Refuse an answer that does not meet a condition.

    Args:
        met: bool: what a right answer makes true. NaN in a comparison makes it false.
        wanted: a sentence that says what is wanted.

    Raises:
        NotYet: if it is not met; `checking` prints it.
    """
    if not met:
        raise NotYet(wanted)


def numbers(answer: Any, shape: tuple | None = None, hint: str = "") -> np.ndarray:
    """Return an answer as an array, if it holds finite numbers in the wanted shape.

    Args:
        answer: a number, an array, a tensor, or lists of numbers.
        shape: the wanted one, () for a single number; None stands for any length, and
            in place of the tuple for any shape.
        hint: what may help, appended to the verdict.

    Raises:
        NotYet: if it is None, holds anything but numbers, NaN or an infinity, is empty,
            or has another shape.
    """
    if answer is None:
        _refuse(NOTHING, hint)
    wanted = "numbers" if shape is None else f"an array of shape {shape}"
    wanted = "a number" if shape == () else wanted.replace("None", "any")
    try:
        array = np.asarray(answer)
    except (TypeError, ValueError):  # lists of unequal lengths, for instance
        array = np.array("")
    if array.dtype == object and all(isinstance(one, Real) for one in array.flat):
        array = array.astype(float)  # fractions, for instance
    if array.dtype.kind not in "biuf":
        _refuse(f"wanted {wanted}, received {_shown(answer)}", hint)
    fits = shape is None or len(shape) == array.ndim
    if not fits or any(
        n not in (None, m) for n, m in zip(shape or (), array.shape, strict=False)
    ):
        _refuse(f"wanted {wanted}, received shape {array.shape}", hint)
    if not array.size or not np.isfinite(array).all():
        what = "an empty array" if not array.size else "NaN or an infinity in it"
        _refuse(f"wanted {wanted}, received {what}", hint)
    return array


def close(answer: Any, wanted: Any, hint: str = "", atol: float = 1e-5) -> None:
    """Refuse an answer that differs from the wanted numbers.

    Args:
        answer: a number, an array, a tensor, or lists of numbers.
        wanted: the same; its shape is wanted, too.
        hint: what may help, appended to the verdict.
        atol: absolute difference that passes, beside a relative one of 1e-5.

    Raises:
        NotYet: as `numbers`, or with the first place that differs.
    """
    expected = np.asarray(wanted)
    array = numbers(answer, expected.shape, hint)
    near = np.isclose(array, expected, rtol=1e-5, atol=atol)
    if not near.all():
        place = tuple(int(i) for i in np.argwhere(~near)[0])
        at = f" at {list(place)}" if place else ""
        difference = f"wanted {expected[place]:.6g}, received {array[place]:.6g}{at}"
        _refuse(difference, hint)


def parts(answer: Any, count: int, hint: str = "") -> tuple:
    """Return an answer that has several parts, such as an output and its weights.

    Args:
        answer: a tuple or list; an array is one part.
        count: how many parts are wanted.
        hint: what may help, appended to the verdict.

    Raises:
        NotYet: if it is something else, has another length, or a part is None.
    """
    several = isinstance(answer, tuple | list)
    if answer is None or several and any(part is None for part in answer):
        _refuse(NOTHING, hint)
    if not several or len(answer) != count:
        _refuse(f"wanted {count} parts, received {_shown(answer)}", hint)
    return tuple(answer)


def flag(answer: Any, wanted: bool, hint: str = "") -> None:
    """Refuse an answer that is not the wanted one of True and False.

    Args:
        answer: bool, or an array or tensor that holds a single one.
        wanted: the right one.
        hint: what may help, appended to the verdict.

    Raises:
        NotYet: if it is the other one, or neither.
    """
    if answer is None:
        _refuse(NOTHING, hint)
    array = np.asarray(answer)
    if array.dtype != bool or array.size != 1 or bool(array.item()) != wanted:
        shown = f"wanted {wanted}, received {_shown(answer)}"
        _refuse(shown, hint)


def _shown(answer: Any) -> str:
    """Return an answer in a few characters."""
    shape = getattr(answer, "shape", ())
    return f"an array of shape {tuple(shape)}" if shape else reprlib.repr(answer)
