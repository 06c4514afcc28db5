"""Is it a copy? Distances of made things to the nearest one that was learned from.

Shapes: n rows are asked for, m rows are looked through, each of any equal shape, for
instance features (64,) or spectrograms (64, 64).
"""

from __future__ import annotations

import numpy as np

from helpers.checks import require_count, require_numbers, require_share

LARGEST = 1e100  # numbers whose squares still add up to finite distances


def nearest(
    some: np.ndarray, others: np.ndarray, chunk: int = 1_000_000
) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest of `others` for each of `some`, by Euclidean distance.

    Divide by the square root of a row's numbers for the root mean square difference.

    Args:
        some: Numbers (n, …), finite, n ≥ 1.
        others: Numbers (m, …), each row of the same shape, m ≥ 1.
        chunk: Most numbers in a table, 1 or more; there are three tables of 8 bytes a
            number in memory at a time, below 25 MB together.

    Returns:
        The distances, float64 (n,), and the places in `others`, int64 (n,); the first
        place where several are equally near.

    Raises:
        ValueError: If there is no row, rows differ in shape, a number is not finite or
            chunk is below 1.

    Example:
        distance, place = nearest(judge.features(made), judge.features(known))
    """
    some, others = _rows(some, "some"), _rows(others, "others")
    chunk = require_count(chunk, "nearest's chunk")
    if some.shape[1:] != others.shape[1:]:
        raise ValueError(
            "nearest wants rows of one shape, received rows of"
            f" {some.shape[1:]} and {others.shape[1:]} numbers"
        )
    best, place = np.full(len(some), np.inf), np.zeros(len(some), np.int64)
    rows = max(1, min(len(others), chunk // some.shape[1]))
    step = max(1, chunk // max(rows, some.shape[1]))
    for first in range(0, len(others), rows):
        block = others[first : first + rows].astype(np.float64)
        for start in range(0, len(some), step):
            part = slice(start, start + step)
            squares = squared_distances(some[part].astype(np.float64), block)
            lowest = squares.min(axis=1)
            nearer = lowest < best[part]
            place[part] = np.where(nearer, first + squares.argmin(axis=1), place[part])
            best[part] = np.where(nearer, lowest, best[part])
    apart = [
        np.linalg.norm(row.astype(np.float64) - others[found])  # without rounding away
        for row, found in zip(some, place, strict=True)
    ]
    return np.array(apart), place


def copy_share(
    generated: np.ndarray, held_out: np.ndarray, quantile: float = 0.01
) -> float:
    """Return the share of generated things that are suspiciously near to a known one.

    Near is what only the `quantile` of the held-out things are, which nobody can have
    copied: an honest generator has about that share, a tape recorder 1. A generator of
    another quality than the data may have less.

    Args:
        generated: Distances (n,) of generated things to the nearest known one.
        held_out: Distances (m,) of held-out things to the nearest known one; 1 /
            quantile of them or more give a steady threshold.
        quantile: Above 0 and below 1.

    Returns:
        0 to 1.

    Raises:
        ValueError: If there are no distances, one is not finite or negative, or
            quantile is out of range.

    Source: Meehan, Chaudhuri & Dasgupta 2020, "A Non-Parametric Test to Detect
        Data-Copying in Generative Models", for the comparison with held-out data.
    """
    quantile = require_share(quantile, "copy_share's quantile")
    names = ("generated", "held_out")
    pairs = zip((generated, held_out), names, strict=True)
    sets = [require_numbers(*pair) for pair in pairs]
    for name, distances in zip(names, sets, strict=True):
        if distances.ndim != 1 or not distances.size or not (distances >= 0).all():
            raise ValueError(
                f"{name} wants distances (n,), 0 or more, received shape"
                f" {distances.shape}"
            )
    return float(np.mean(sets[0] < np.quantile(sets[1], quantile)))


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return squared Euclidean distances (rows of a, rows of b).

    Args:
        a: Float64 (n, dim).
        b: Float64 (m, dim).
    """
    distances = (-2 * a) @ b.T
    distances += np.einsum("ij,ij->i", a, a)[:, None]
    distances += np.einsum("ij,ij->i", b, b)
    return np.maximum(distances, 0, out=distances)


def _rows(values: np.ndarray, name: str) -> np.ndarray:
    """Return finite numbers as rows (n, dim), without a copy of floats."""
    array = np.asarray(values)
    if array.ndim < 2 or not array.size or array.dtype.kind not in "fiu":
        raise ValueError(
            f"{name} wants numbers (n, …), at least one row, received {array.dtype}"
            f" {array.shape}"
        )
    if not np.isfinite([array.min(), array.max()]).all():
        raise ValueError(f"{name} wants finite numbers, received NaN or infinity")
    if max(abs(float(array.min())), abs(float(array.max()))) > LARGEST:
        raise ValueError(
            f"{name} wants numbers up to {LARGEST:g}, received larger ones"
        )
    return array.reshape(len(array), -1)
