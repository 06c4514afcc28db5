"""Split items into training, validation and test parts that share nothing."""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np


def _part_sizes(count: int, fractions: Sequence[float]) -> np.ndarray:
    """Round count * fractions to whole numbers with the right sum, none 0."""
    wanted = np.asarray(fractions, float)
    if wanted.size < 2 or (wanted < 0).any() or abs(wanted.sum() - 1) > 1e-6:
        raise ValueError(f"fractions are >= 0 and sum to 1, received {fractions}")
    if count < (needed := int((wanted > 0).sum())):
        raise ValueError(f"split wants {needed} or more items, received {count}")
    sizes = np.maximum(np.floor(wanted * count + 1e-9), wanted > 0).astype(int)
    while sizes.sum() < count:
        sizes[np.argmax(wanted * count - sizes)] += 1
    while sizes.sum() > count:
        sizes[np.argmax(np.where(sizes > 1, sizes - wanted * count, -np.inf))] -= 1
    return sizes


def _labels(groups: Sequence, count: int, name: str) -> np.ndarray:
    """Return one int label an item, from labels or from sets of indices."""
    if all(isinstance(group, (set, frozenset)) for group in groups):  # or no group
        labels, indices = np.arange(count), set(range(count))
        for group in groups:
            if not group or not group <= indices:
                received = set(group - indices) or "an empty set"
                raise ValueError(
                    f"{name} wants indices from 0 to {count - 1}, received {received}"
                )
            merged = np.isin(labels, labels[sorted(map(int, group))])
            labels[merged] = labels[merged].min()
    elif len(groups) == count:
        labels = groups
    else:
        raise ValueError(f"{name} wants {count} labels, received {len(groups)}")
    return np.unique(np.asarray(labels), return_inverse=True)[1]


def _split_groups(labels: np.ndarray, fractions: Sequence[float], rng) -> list:
    """Give whole groups to parts, large ones first, to the part most in need."""
    counts = np.bincount(labels)
    _part_sizes(len(counts), fractions)
    order = rng.permutation(len(counts))
    order = order[np.argsort(-counts[order], kind="stable")]
    wanted = np.asarray(fractions, float) * len(labels)
    room, part = wanted.copy(), np.zeros(len(counts), int)
    for position, group in enumerate(order):
        empty = (room == wanted) & (wanted > 0)
        must_fill = empty.sum() >= len(order) - position
        part[group] = np.argmax(np.where(empty | (not must_fill), room, -np.inf))
        room[part[group]] -= counts[group]
    return [np.flatnonzero(part[labels] == p) for p in range(len(wanted))]


def split(
    items: int | Sequence,
    fractions: Sequence[float] = (0.8, 0.1, 0.1),
    seed: int = 0,
    groups: Sequence | None = None,
    stratify: Sequence | None = None,
    shuffle: bool = True,
) -> tuple[np.ndarray, ...]:
    """Split items into parts that share nothing: train, validation, test.

    Args:
        items: Their number, or anything with a length.
        fractions: Share of each part, summing to 1.
        seed: Seed of the shuffle.
        groups: Items that must stay together: one label an item (an author, a
            source), or sets of indices as `near_duplicates` returns them.
        stratify: One class label an item; each part gets every class's share.
        shuffle: False cuts running text in order.

    Returns:
        One rising int64 index array a part.

    Raises:
        ValueError: If fractions do not sum to 1, items or groups are too few for
            the parts, lengths differ, a set of `groups` is empty or holds what is
            no item's index, `stratify` holds one class, or both `groups` and
            `stratify` are given.
    """
    count = items if isinstance(items, (int, np.integer)) else len(items)
    rng = np.random.default_rng(seed)
    sizes = _part_sizes(count, fractions)  # refuses bad fractions
    if groups is not None and stratify is not None:
        raise ValueError("split wants groups or stratify, received both")
    if groups is not None:
        return tuple(_split_groups(_labels(groups, count, "groups"), fractions, rng))
    labels = np.zeros(count, int)
    if stratify is not None:
        labels = _labels(stratify, count, "stratify")
        if labels.max() == 0:
            raise ValueError("stratify wants two or more classes, received one")
    parts: list[list] = [[] for _ in sizes]
    for label in range(labels.max() + 1):
        found = np.flatnonzero(labels == label)
        found = rng.permutation(found) if shuffle else found
        cuts = np.cumsum([0, *_part_sizes(len(found), fractions)])
        for part, (start, stop) in zip(parts, pairwise(cuts), strict=True):
            part.append(found[start:stop])
    return tuple(np.sort(np.concatenate(part)) for part in parts)


def split_by_content(texts: Iterable[str]) -> list[str]:
    """Say of each text whether it is for training, validation or testing.

    The text's own SHA-256 decides, so the answer is the same on every machine, does
    not depend on the other texts, and equal texts never part.

    Args:
        texts: One string an item.

    Returns:
        ``train`` (eight tenths), ``validation`` or ``test`` (about a tenth each).
    """
    shares = [int(_sha256(text)[:8], 16) / 2**32 for text in texts]
    return ["train" if s < 0.8 else "validation" if s < 0.9 else "test" for s in shares]


def split_by_group(groups: Sequence[str], classes: Sequence[str]) -> list[str]:
    """Place whole groups of kindred items, each class by itself.

    Args:
        groups: What an item was made from, one string an item.
        classes: Each item's class; a group belongs to one class.

    Returns:
        ``train``, ``validation`` or ``test``: of each class a tenth of the groups, at
        least one, for validation and as many for testing; no group is in two places.

    Raises:
        ValueError: If a class has fewer than three groups, one for each place.
    """
    places = {}
    for name in sorted(set(classes)):
        pairs = zip(groups, classes, strict=True)
        own = sorted({group for group, of in pairs if of == name}, key=_sha256)
        if len(own) < 3:
            raise ValueError(
                f"class {name!r} has {len(own)} groups, {own}; wanted three or more"
            )
        tenth = max(1, round(len(own) / 10))
        ends = ["test"] * tenth + ["validation"] * tenth
        places |= dict(zip(own, ends + ["train"] * len(own), strict=False))
    return [places[group] for group in groups]


def _sha256(text: str) -> str:
    """Hash a text, for choices that are the same on every machine."""
    return hashlib.sha256(text.encode()).hexdigest()
