"""How high do the right items stand? Hit rate, recall and nDCG, from ranks."""

from __future__ import annotations

import numpy as np

from helpers.checks import require_count


def ranks_of(scores: np.ndarray, held_out: np.ndarray, hidden: np.ndarray):
    """Return the rank of each held-out item among all that are not hidden.

    The other held-out items count, too. Of equal scores, each takes the mean rank of
    all of them: a constant score gains nothing from the order of the list.

    Args:
        scores: float (readers, items), larger is better, no NaN.
        held_out: int (readers, n), item numbers from 0; -1 where there is none.
        hidden: bool (readers, items), items that cannot be recommended, such as those
            in the reader's history; no held-out item is.

    Returns:
        float64 (readers, n), ranks from 1; NaN where there is no item.

    Raises:
        ValueError: If shapes do not fit, a score is NaN or a held-out item is hidden.
    """
    scores, hidden = np.asarray(scores), np.asarray(hidden, bool)
    held_out = np.asarray(held_out)
    if scores.shape != hidden.shape or held_out.shape[:1] != scores.shape[:1]:
        shapes = f"{scores.shape}, {held_out.shape} and {hidden.shape}"
        raise ValueError(
            f"`ranks_of` wants (readers, items), (readers, n), (readers, items), "
            f"received {shapes}"
        )
    if np.isnan(scores).any():
        raise ValueError("`ranks_of` wants numbers as scores, received NaN")
    found = np.full(held_out.shape, np.nan)
    for reader, items in enumerate(held_out):
        there = items >= 0
        if hidden[reader, items[there]].any():
            raise ValueError(f"`ranks_of` received a hidden item of reader {reader}")
        offered = scores[reader, ~hidden[reader]]
        for place in np.flatnonzero(there):
            own = scores[reader, items[place]]
            equal = (offered == own).sum()
            found[reader, place] = (offered > own).sum() + (equal + 1) / 2
    return found


def first_items(scores: np.ndarray, hidden: np.ndarray, k: int = 10) -> np.ndarray:
    """Return each reader's list: the k best items that are not hidden, the best first.

    Of equal scores, the item with the smaller number comes first.

    Args:
        scores: float (readers, items), larger is better.
        hidden: bool (readers, items), items that cannot be recommended.
        k: At least 1.

    Returns:
        int64 (readers, k), item numbers from 0.

    Raises:
        ValueError: If shapes differ, or a reader has fewer than k items left.
    """
    scores, hidden = np.asarray(scores), np.asarray(hidden, bool)
    require_count(k, "first_items, k,")
    if scores.shape != hidden.shape or scores.ndim != 2:
        raise ValueError(
            f"`first_items` wants (readers, items) twice, received {scores.shape} "
            f"and {hidden.shape}"
        )
    if len(hidden) and (~hidden).sum(axis=1).min() < k:
        raise ValueError(f"`first_items` wants {k} items to choose from, received less")
    lists = np.empty((len(scores), k), np.int64)
    for row, (own, gone) in enumerate(zip(scores, hidden, strict=True)):
        left = np.flatnonzero(~gone)
        lists[row] = left[np.argsort(-own[left], kind="stable")[:k]]
    return lists


def _ranks(ranks: np.ndarray, k: int, name: str) -> np.ndarray:
    """Return ranks as (readers, n), or refuse them."""
    require_count(k, f"{name}, k,")
    table = np.asarray(ranks, float)
    if table.ndim != 2 or (table < 1).any() or np.isnan(table).all(axis=1).any():
        raise ValueError(
            f"`{name}` wants ranks from 1, (readers, n), with one or more for each "
            f"reader, received {table.shape} from {np.nanmin(table, initial=np.inf)}"
        )
    return table


def hit_rate(ranks: np.ndarray, k: int = 10) -> np.ndarray:
    """Return, for each reader, 1 if any held-out item is among the first k, else 0.

    Args:
        ranks: float (readers, n), as `ranks_of` returns them.
        k: At least 1.
    """
    return (_ranks(ranks, k, "hit_rate") <= k).any(axis=1).astype(float)


def recall(ranks: np.ndarray, k: int = 10) -> np.ndarray:
    """Return, for each reader, the share of held-out items among the first k.

    Args:
        ranks: float (readers, n), as `ranks_of` returns them.
        k: At least 1.
    """
    table = _ranks(ranks, k, "recall")
    return (table <= k).sum(axis=1) / (~np.isnan(table)).sum(axis=1)


def ndcg(ranks: np.ndarray, k: int = 10) -> np.ndarray:
    """Return each reader's nDCG@k: gains fall with the log of the rank; best is 1.

    Args:
        ranks: float (readers, n), as `ranks_of` returns them.
        k: At least 1.

    Source: Järvelin and Kekäläinen 2002, section 2, with gains of 0 and 1.
    """
    table = _ranks(ranks, k, "ndcg")
    gained = np.where(table <= k, 1 / np.log2(np.nan_to_num(table, nan=1) + 1), 0)
    steps = np.cumsum(1 / np.log2(np.arange(2, k + 2)))
    most = np.minimum((~np.isnan(table)).sum(axis=1), k)
    return gained.sum(axis=1) / steps[most - 1]
