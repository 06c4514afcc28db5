"""Checks of text, token ids and cache positions that several modules share."""

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
        vocabulary_size: Upper bound, or None for what int32 holds, 2**31.

    Raises:
        ValueError: If the shape or type is wrong or an id is out of range.
    """
    array = np.asarray(ids)
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
