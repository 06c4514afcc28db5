"""Say which keys a query may see: make masks, check their meaning, hide by them.

Shapes: B batch, H heads, T query length, S key length; True = attend.
"""

from __future__ import annotations

import numbers
from typing import Any

import keras
import numpy as np
from keras import ops

Tensor = Any  # of the backend, or anything it makes one from
# A hidden score. exp(-1e30 - the largest) is exactly 0, and float32 and bfloat16 reach
# 1e38; float16 ends at 65,504, so it takes the value that Keras takes. Not -inf: a row
# that hides every key would be NaN, where these give it equal weights.
HIDDEN, HIDDEN_FLOAT16 = -1e30, -3e4


def causal_mask(query_length: int, key_length: int | None = None, offset=0):
    """Build the mask that lets position i see keys 0 … i + offset.

    Args:
        query_length: number of queries T, an integer of at least 1 or a scalar tensor.
        key_length: number of keys S; T if None.
        offset: position of the first query among the keys; an integer.

    Returns:
        bool tensor (T, S), True = attend.

    Raises:
        ValueError: if a length is below 1, or a number is no integer.

    Example:
        causal_mask(2) -> [[True, False], [True, True]]
    """
    key_length = query_length if key_length is None else key_length
    known = [n for n in (query_length, key_length) if isinstance(n, numbers.Real)]
    whole = all(
        isinstance(number, numbers.Integral)
        for number in (*known, offset)
        if isinstance(number, numbers.Real)  # a tensor has no value yet
    )
    if not whole or min(known, default=1) < 1:
        raise ValueError(
            "`causal_mask` wants integers, both lengths at least 1, received "
            f"{query_length}, {key_length} and offset {offset}"
        )
    queries = ops.arange(query_length, dtype="int32") + ops.cast(offset, "int32")
    keys = ops.arange(key_length, dtype="int32")
    return ops.expand_dims(queries, 1) >= ops.expand_dims(keys, 0)


def four_axes(attention_mask: Tensor, shape: tuple[int | None, ...]) -> Tensor:
    """Return a mask as bool with axes that broadcast to (B, H, T, S) as Keras means.

    Args:
        attention_mask: bool or integers (0 hides), (T, S) for all texts and heads,
            (B, T, S) for all heads, or (B, H, T, S); an axis may be 1. Without this
            rule (B, T, S) would be read as (H, T, S) wherever B = H.
        shape: (B, H, T, S) of the scores; None where it is not yet known.

    Returns:
        bool tensor (T, S) or (B, H, T, S), some axes 1.

    Raises:
        ValueError: if the mask has another shape or is of floats, which other
            libraries add to the scores.
    """
    mask = attention_mask
    mask = mask if hasattr(mask, "dtype") else np.asarray(mask)
    dtype = keras.backend.standardize_dtype(mask.dtype)
    given, axes = tuple(mask.shape), tuple(shape)
    wanted = {2: axes[2:], 3: (axes[0], *axes[2:]), 4: axes}.get(len(given), ())
    fits = len(given) == len(wanted) and all(
        size in (1, None) or full in (size, None)
        for size, full in zip(given, wanted, strict=True)
    )
    if not fits or "float" in dtype or "complex" in dtype:
        raise ValueError(
            f"`attention_mask` wants bool (T, S), (B, T, S) or (B, H, T, S) for "
            f"(B, H, T, S) = {axes}, received {dtype} {given}"
        )
    if len(given) == 3:
        mask = ops.expand_dims(mask, 1)  # (B, 1, T, S): the same for every head
    return mask if dtype == "bool" else ops.cast(mask, "bool")


def hide(scores: Tensor, attention_mask: Tensor) -> Tensor:
    """Lower the scores of hidden keys so far that softmax gives them 0.

    Args:
        scores: float (B, H, T, S).
        attention_mask: bool, as `four_axes` takes it; True = attend.

    Raises:
        ValueError: as `four_axes`.
    """
    mask = four_axes(attention_mask, scores.shape)
    dtype = keras.backend.standardize_dtype(scores.dtype)
    hidden = HIDDEN_FLOAT16 if dtype == "float16" else HIDDEN
    return ops.where(mask, scores, ops.cast(hidden, dtype))
