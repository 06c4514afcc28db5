"""What a ranker may know about a reader and a film, besides the towers' score."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from scipy.sparse import csr_array

SECONDS = 31_556_952  # of a year
MIDDLE = 2005.0  # the year that counts as 0; ten years count as 1


def features(vectors: np.ndarray, years: np.ndarray, width: int = 64) -> np.ndarray:
    """Describe items by the main directions of their texts' vectors, and by their year.

    Args:
        vectors: float32 (items, columns), from a sentence encoder.
        years: float (items,).
        width: How many directions are kept.

    Returns:
        float32 (items, width + 2); the first direction has standard deviation 1.
    """
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)  # smallest first
    kept = centred @ directions[:, ::-1][:, :width]
    decades = decades_of_years(years)[:, None]
    parts = [kept / (kept[:, 0].std() + 1e-9), decades, decades**2]
    return np.concatenate(parts, axis=1).astype(np.float32)


def decades_of(timestamps: np.ndarray) -> np.ndarray:
    """Turn seconds since 1970 into decades since 2005, float32.

    Args:
        timestamps: int or float, any shape.
    """
    return decades_of_years(1970 + np.asarray(timestamps, float) / SECONDS)


def decades_of_years(years: np.ndarray) -> np.ndarray:
    """Turn years into decades since 2005, float32.

    Args:
        years: float, any shape.
    """
    return ((np.asarray(years, float) - MIDDLE) / 10).astype(np.float32)


def standardized(scores: np.ndarray) -> np.ndarray:
    """Bring each row to mean 0 and standard deviation 1, so that rows can be added.

    Args:
        scores: float (readers, items).
    """
    spread = scores.std(axis=1, keepdims=True) + 1e-9
    centred = scores - scores.mean(axis=1, keepdims=True)
    return np.divide(centred, spread, out=centred)  # in place: the matrices are large


def together(rows: pd.DataFrame, items: int, reach: int = 5) -> csr_array:
    """Count how often two items follow each other closely in a history.

    Args:
        rows: A part of what `collaborative.in_order` returns.
        items: How many there are.
        reach: Items up to so many places later count, with 1 / distance; the way back
            counts half.

    Returns:
        Sparse float64 (items, items): from, to. Frequent items' counts are damped by
        the square roots of both sums, plus 20.
    """
    from scipy.sparse import coo_array, diags_array

    item, reader = rows["item"].to_numpy(), rows["reader"].to_numpy()
    places, counts = [], []
    for distance in range(1, reach + 1):
        near = reader[distance:] == reader[:-distance]
        first, second = item[:-distance][near], item[distance:][near]
        places += [(first, second), (second, first)]
        counts += [np.full(len(first), share / distance) for share in (1, 0.5)]
    origins, targets = map(np.concatenate, zip(*places, strict=True))
    shape = (items, items)
    table = coo_array((np.concatenate(counts), (origins, targets)), shape).tocsr()
    left, right = (diags_array(1 / np.sqrt(table.sum(axis=a) + 20)) for a in (1, 0))
    return (left @ table @ right).tocsr()


def close(history: np.ndarray, table: csr_array) -> np.ndarray:
    """Score items by how closely they follow a history, log(1 + 20 x).

    Args:
        history: float32 (readers, items), such as `matrix` with a half-life of 2.
        table: From `together`.

    Returns:
        float32 (readers, items).
    """
    from scipy.sparse import csr_array

    found = csr_array(history) @ table
    found.data = np.log1p(20 * found.data)
    return found.astype(np.float32).toarray()


def recent_counts(
    rows: pd.DataFrame, items: int, now: np.ndarray, years: float = 2.0
) -> np.ndarray:
    """Count readings in the years before each reader's now; nothing after it.

    Args:
        rows: A part of what `collaborative.in_order` returns.
        items: How many there are.
        now: int (readers,), seconds since 1970.
        years: How far to look back.

    Returns:
        float32 (readers, items), log(1 + count).
    """
    rows = rows.sort_values("timestamp", kind="stable")
    time, item = rows["timestamp"].to_numpy(), rows["item"].to_numpy()
    ends = np.searchsorted(time, now)
    starts = np.searchsorted(time, np.asarray(now) - years * SECONDS)
    table = np.empty((len(ends), items), np.float32)
    for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
        table[row] = np.bincount(item[start:end], minlength=items)
    return np.log1p(table, out=table)
