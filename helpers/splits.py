"""Split items into training, validation and test parts that share nothing."""

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import pairwise

import numpy as np

MOST_ITEMS = 100_000_000  # their indices take 0.8 GB


def _part_sizes(count: int, fractions: Sequence[float]) -> np.ndarray:
    """Round count * fractions to whole numbers with the right sum, none 0."""
    wanted = _fractions(fractions)
    if not (needed := int((wanted > 0).sum())) <= count <= MOST_ITEMS:
        bound = f"to {MOST_ITEMS:,}" if count > needed else "or more"
        raise ValueError(f"split wants {needed} {bound} items, received {count}")
    sizes = np.maximum(np.floor(wanted * count + 1e-9), wanted > 0).astype(int)
    while sizes.sum() < count:
        sizes[np.argmax(wanted * count - sizes)] += 1
    while sizes.sum() > count:
        sizes[np.argmax(np.where(sizes > 1, sizes - wanted * count, -np.inf))] -= 1
    return sizes


def _fractions(fractions: Sequence[float]) -> np.ndarray:
    """Return the fractions as an array, or refuse what are none."""
    try:
        wanted = np.asarray(fractions, float)
    except (TypeError, ValueError):  # text, complex numbers, ragged rows
        wanted = np.array([])
    # NaN fails every comparison, so ask for what is right
    right = wanted.ndim == 1 and wanted.size >= 2 and (wanted >= 0).all()
    if not (right and abs(wanted.sum() - 1) <= 1e-6):
        raise ValueError(f"fractions are >= 0 and sum to 1, received {fractions}")
    return wanted


def _count(items: int | Sequence) -> int:
    """Return how many items there are."""
    if isinstance(items, (int, np.integer)) and not isinstance(items, bool):
        return int(items)
    try:
        return len(items)
    except TypeError as error:
        raise ValueError(
            f"split wants a number of items, or items, received {items!r}"
        ) from error


def _labels(groups: Sequence, count: int, name: str) -> np.ndarray:
    """Return one int label an item, from labels or from sets of indices."""
    groups = list(groups)
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
        groups = labels.tolist()
    if len(groups) != count:
        raise ValueError(f"{name} wants {count} labels, received {len(groups)}")
    return _numbered(groups, name)


def _numbered(labels: list, name: str) -> np.ndarray:
    """Number labels from 0, in their order or, if they have none, as they come.

    NumPy would turn 1 and "1" into one label, and tuples into rows.
    """
    for label in labels:
        if _is_missing(label):
            raise ValueError(f"{name} wants a label for each item, received {label!r}")
    different = dict.fromkeys(labels)
    with suppress(TypeError):  # such as 1 and "1"
        different = sorted(different)
    numbers = {label: number for number, label in enumerate(different)}
    return np.array([numbers[label] for label in labels], int)


def _is_missing(label: object) -> bool:
    """Tell whether a label is None or NaN, alone or in a tuple, or cannot be one."""
    if isinstance(label, tuple):
        return any(map(_is_missing, label))
    try:
        hash(label)
        return label is None or bool(label != label)
    except TypeError:  # a list; pandas.NA, which is neither equal nor not
        return True


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
            the parts, there are more than 100 million items, lengths differ, a label
            is None, NaN or a list, a set of `groups` is empty or holds what is no
            item's index, `stratify` holds one class, or both `groups` and `stratify`
            are given.
    """
    count = _count(items)
    sizes = _part_sizes(count, fractions)  # refuses bad fractions
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"split wants a seed of 0 or more, received {seed!r}")
    rng = np.random.default_rng(seed)
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
        ValueError: If a class has fewer than three groups, one for each place, or a
            class is missing.
    """
    groups, places = list(groups), {}
    numbers = _numbered(list(classes), "split_by_group")
    for number, name in dict(zip(numbers, classes, strict=True)).items():
        pairs = zip(groups, numbers, strict=True)
        own = sorted({group for group, of in pairs if of == number}, key=_sha256)
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
    if not isinstance(text, str):
        raise ValueError(f"a split by hash wants strings, received {text!r}")
    return hashlib.sha256(text.encode()).hexdigest()
