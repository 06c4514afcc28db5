"""Recommend from behaviour alone: histories in order, EASE, and item k-NN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def in_order(ratings: pd.DataFrame, items: np.ndarray) -> pd.DataFrame:
    """Number readers and items from 0, and sort each reader's history.

    Of equal times, the item with the smaller number comes first. This is the fixed
    tie-break: without one, what is "last" would depend on the file.

    Args:
        ratings: user, item, timestamp, in any order.
        items: All item ids, sorted.

    Returns:
        reader, item (0-based), timestamp, and `back`: 0 for a reader's last item, 1
        for the one before, and so on.

    Raises:
        ValueError: If an item is not among `items`.
    """
    rows = ratings.sort_values(["user", "timestamp", "item"], kind="stable")
    place = np.searchsorted(items, rows["item"])
    if not np.array_equal(np.take(items, place, mode="clip"), rows["item"]):
        raise ValueError("`in_order` wants all items listed, received others")
    reader = np.unique(rows["user"], return_inverse=True)[1]
    back = rows.groupby("user").cumcount(ascending=False)
    columns = {"reader": reader, "item": place, "timestamp": rows["timestamp"]}
    return rows[[]].assign(**columns, back=back).reset_index(drop=True)


def matrix(
    rows: pd.DataFrame, shape: tuple[int, int], half_life: float | None = None
) -> np.ndarray:
    """Return who read what, float32 (readers, items).

    Args:
        rows: A part of what `in_order` returns.
        shape: Number of readers, number of items.
        half_life: After how many later items a reading counts half; None: never.
    """
    table = np.zeros(shape, np.float32)
    weight = 1.0
    if half_life is not None:
        age = rows["back"] - rows.groupby("reader")["back"].transform("min")
        weight = 0.5 ** (age / half_life)
    table[rows["reader"], rows["item"]] = weight
    return table


def last_items(rows: pd.DataFrame, readers: int, count: int) -> np.ndarray:
    """Return each reader's last items in order, int (readers, count).

    Args:
        rows: A part of what `in_order` returns.
        readers: How many there are.
        count: How many are wanted; -1 stands at the left where there are fewer.
    """
    rows = rows.assign(age=rows.groupby("reader").cumcount(ascending=False))
    rows = rows[rows["age"] < count]
    table = np.full((readers, count), -1)
    table[rows["reader"], count - 1 - rows["age"]] = rows["item"]
    return table


class Ease:
    """EASE: each item's score is a weighted sum of the history, items being their keys.

    The item-by-item matrix P = (XᵀX + λI)⁻¹ is never built. By Woodbury's identity
    P = (I − Xᵀ(λI + XXᵀ)⁻¹X)/λ, so one inverse of readers by readers is enough.

    Args:
        seen: float32 (readers, items), 1 where read, else 0.
        strength: λ, above 0.

    Source: Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data", eq. 8.
    """

    def __init__(self, seen: np.ndarray, strength: float):
        if not strength > 0:
            raise ValueError(f"`Ease` wants a strength above 0, received {strength}")
        gram = seen @ seen.T  # of zeros and ones: counts, exact in float32
        inverse = np.linalg.inv(gram + strength * np.eye(len(seen)))
        self.seen, self.strength = seen, strength
        self.folded = inverse.astype(np.float32) @ seen  # (readers, items)
        spread = np.einsum("ri,ri->i", seen, self.folded)
        self.diagonal = (1 - spread) / strength  # of P

    def scores(self, history: np.ndarray) -> np.ndarray:
        """Return float32 (n, items), history @ B with B = I − P / diag(P).

        Args:
            history: float32 (n, items), such as `matrix` with a half-life.
        """
        spread = (history @ self.seen.T) @ self.folded
        np.subtract(history, spread, out=spread)  # in place: the matrices are large
        spread /= self.strength * self.diagonal
        return np.subtract(history, spread, out=spread)


class ItemKnn:
    """Score items by their similarity to the history, each item's nearest ones only.

    Args:
        seen: float32 (readers, items), 1 where read, else 0.
        shrink: Added to the denominator of the cosine; large means that few common
            readers prove little.
        neighbours: How many nearest items of each item count.
    """

    def __init__(self, seen: np.ndarray, shrink: float, neighbours: int = 200):
        from scipy.sparse import csr_array, vstack

        readings, norm = csr_array(seen), np.sqrt(seen.sum(axis=0))
        strips = []
        for start in range(0, seen.shape[1], 512):  # of 9,000 x 9,000, one at a time
            part = slice(start, start + 512)
            alike = (readings[:, part].T @ readings).toarray()  # readers in common
            alike /= norm[part, None] * norm + shrink + 1e-9
            places = np.arange(len(alike))
            alike[places, places + start] = 0
            if neighbours < alike.shape[1]:
                cut = np.partition(alike, -neighbours, axis=1)[:, -neighbours]
                alike[alike < cut[:, None]] = 0
            strips.append(csr_array(alike))
        self.alike = vstack(strips).tocsr()  # sparse (items, items): item, neighbour

    def scores(self, history: np.ndarray) -> np.ndarray:
        """Return float32 (n, items), the summed similarities to each history.

        Args:
            history: float32 (n, items), such as `matrix` with a half-life.
        """
        from scipy.sparse import csr_array

        return (csr_array(history) @ self.alike.T).toarray()


def examples(rows: pd.DataFrame, length: int) -> tuple[np.ndarray, ...]:
    """Cut histories into examples: what came before an item, when, and the item.

    Args:
        rows: A part of what `in_order` returns.
        length: How many earlier items are kept.

    Returns:
        history (n, length), int32, the newest at the right, and target (n,), int32,
        both counting from 1, with 0 for "nothing"; and the positions (n,) in `rows`.
    """
    item = rows["item"].to_numpy(np.int32) + 1
    reader = rows["reader"].to_numpy(np.int32)
    places = np.arange(len(item), dtype=np.int32)
    back = places[:, None] - np.arange(length, 0, -1, dtype=np.int32)  # (n, length)
    inside = (back >= 0) & (reader[back] == reader[:, None])
    history = item[back] * inside
    positions = np.flatnonzero(inside[:, -1])
    return history[positions], item[positions], positions
