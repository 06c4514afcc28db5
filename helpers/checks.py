"""Checks of text, token ids, numbers and cache positions that modules share."""

import numbers
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np


def require_text(text: object, where: str, allow_empty: bool = True) -> str:
    """Return `text` if it is a well-formed string.

    Args:
        text: The value to check.
        where: Name of the caller, quoted in the message.
        allow_empty: Whether "" passes.

    Raises:
        ValueError: If `text` is not a str, holds a lone surrogate, or is empty
            where that is not allowed.
    """
    if not isinstance(text, str):
        raise ValueError(f"{where} wants a str, received {type(text).__name__}")
    if not text and not allow_empty:
        raise ValueError(f"{where} wants at least one character, received ''")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        bad = f"U+{ord(text[error.start]):04X} at position {error.start}"
        raise ValueError(
            f"{where} wants valid Unicode, received the lone surrogate {bad};"
            " helpers.text.clean replaces it"
        ) from error
    return text


def require_ids(
    ids: Sequence[int] | np.ndarray, where: str, vocabulary_size: int | None = None
) -> np.ndarray:
    """Return `ids` as a one-dimensional int32 array.

    Args:
        ids: Integers, shape (n,), 0 <= id < `vocabulary_size`.
        where: Name of the caller, quoted in the message.
        vocabulary_size: Upper bound, 1 to 2**31, or None for what int32 holds.

    Raises:
        ValueError: If the shape or type is wrong or an id is out of range.
    """
    if vocabulary_size is not None:
        size = f"{where}'s vocabulary_size"
        vocabulary_size = require_count(vocabulary_size, size, most=2**31)
    try:
        array = np.asarray(ids)
    except ValueError:  # rows of different lengths
        raise ValueError(f"{where} wants ids (n,), received ragged rows") from None
    if array.ndim != 1:
        raise ValueError(f"{where} wants ids of shape (n,), received {array.shape}")
    if array.size == 0:
        return array.astype(np.int32)
    if not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"{where} wants integer ids, received {array.dtype}")
    low, high = int(array.min()), int(array.max())
    if low < 0:
        raise ValueError(f"{where} wants ids >= 0, received {low}")
    if vocabulary_size is None and high >= 2**31:
        raise ValueError(f"{where} wants ids below 2**31, received {high}")
    if vocabulary_size is not None and high >= vocabulary_size:
        raise ValueError(
            f"{where} wants ids below the vocabulary size {vocabulary_size},"
            f" received {high}"
        )
    return array.astype(np.int32)


def require_count(
    value: object, where: str, least: int = 1, most: int | None = None
) -> int:
    """Return `value` as an int if it is a whole number in range.

    Args:
        value: An int of Python or NumPy; neither a bool nor a float is one.
        where: Name of the caller and its argument, quoted in the message.
        least: Smallest value allowed.
        most: Largest value allowed, or None for no bound.

    Raises:
        ValueError: If it is no whole number or out of range.
    """
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        wanted = f">= {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{where} wants a whole number {wanted}, received {value!r}")
    return int(value)


def require_numbers(values: object, where: str) -> np.ndarray:
    """Return `values` as float64 if all of them are finite real numbers.

    Args:
        values: A number or an array of any shape; bool and complex are refused.
        where: Name of the caller and its argument, quoted in the message.

    Raises:
        ValueError: If one is no real number, NaN or infinite, or rows are ragged.
    """
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        raise ValueError(f"{where} wants an array, received ragged rows") from None
    if array.dtype.kind not in "iuf" and array.size:
        raise ValueError(f"{where} wants real numbers, received {array.dtype}")
    array = array.astype(np.float64)
    if not np.isfinite(array).all():
        raise ValueError(f"{where} wants finite numbers, received NaN or infinity")
    return array


def require_share(value: object, where: str, one: bool = False) -> float:
    """Return `value` as a float if it is a number above 0 and below 1.

    Args:
        value: The number.
        where: Name of the caller and its argument, quoted in the message.
        one: Whether 1 itself is allowed.

    Raises:
        ValueError: If it is no number or out of range.
    """
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not real or not (0 < value < 1 or (one and value == 1)):
        wanted = "above 0 and up to 1" if one else "between 0 and 1"
        raise ValueError(f"{where} wants a number {wanted}, received {value!r}")
    return float(value)


def require_option(value: object, wanted: Sequence, name: str) -> None:
    """Refuse what is none of the `wanted` values of an option.

    Args:
        value: What was received; 1 is not True here.
        wanted: The values allowed.
        name: The caller and its option, quoted in the message.

    Raises:
        ValueError: If it is another value, or one of another type.
    """
    if not any(type(value) is type(one) and value == one for one in wanted):
        names = ", ".join(map(repr, wanted))
        raise ValueError(f"{name} wants one of {names}, received {value!r}")


def require_flag(value: object, name: str) -> None:
    """Refuse what is neither True nor False: any other value would count as one.

    Args:
        value: What was received.
        name: The caller and its option, quoted in the message.
    """
    require_option(value, (True, False), name)


def require_texts(texts: Sequence[str], name: str, least: int = 1) -> list[str]:
    """Return `texts` as a list if it holds enough texts with words in them.

    Args:
        texts: The texts, none of them empty or blank.
        name: What they are, quoted in the message.
        least: Fewest texts allowed.

    Raises:
        ValueError: If there are fewer, or one is no str, not valid or blank.
    """
    if isinstance(texts, str):
        raise ValueError(f"{name} wants a list of texts, received one str")
    checked = []
    for i, text in enumerate(texts):
        checked.append(require_text(text, f"{name}, text {i},"))
        if not text.strip():
            raise ValueError(f"{name} wants texts with words, text {i} is {text!r}")
    if len(checked) < least:
        raise ValueError(f"{name} wants {least} or more texts, got {len(checked)}")
    return checked


def require_room(index: Any, length: int, room: int) -> None:
    """Check that tokens fit into a cache before they are written: writing clamps.

    Args:
        index: Position of the first token: an integer of any kind. A tensor inside a
            compiled program has no value yet and passes.
        length: Number of tokens; it may be such a tensor, too.
        room: Number of positions, likewise.

    Raises:
        ValueError: If index is None, no integer, or leaves no room for the tokens.
    """
    if index is None:
        raise ValueError("a cache was given without cache_index; wanted both")
    try:
        first, length, room = map(operator.index, (index, length, room))
    except (TypeError, AttributeError):  # the latter from a float tensor
        if isinstance(index, numbers.Real) and not isinstance(index, numbers.Integral):
            raise ValueError(f"cache_index is {index!r}; wanted an integer") from None
        return
    if not 0 <= first <= room - length:
        raise ValueError(
            f"{length} tokens at position {first} do not fit a cache of {room}"
        )
