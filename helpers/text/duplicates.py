"""Find texts that are the same but for small changes: shingles, MinHash, Jaccard."""

from collections.abc import Iterable, Sequence

import numpy as np

from helpers.checks import require_share, require_text


def shingles(text: str, width: int = 5) -> frozenset[str]:
    """Return the set of all `width`-character pieces of a text.

    Case and white space are levelled first. Characters rather than words, so
    that Chinese text works; a text shorter than `width` is its own only piece.
    """
    text = " ".join(text.casefold().split())
    count = max(1, len(text) - width + 1)
    return frozenset(text[i : i + width] for i in range(count))


def _bands(threshold: float, permutations: int = 128) -> tuple[int, int]:
    """Return (bands, rows) so that a pair at the threshold is missed < 1 in 10^6.

    Source: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, section 3.4.2.
    """
    for rows in range(permutations // 2, 1, -1):
        bands = permutations // rows
        if (1 - threshold**rows) ** bands < 1e-6:
            return bands, rows
    return permutations, 1


def _candidates(sets: Sequence[frozenset[str]], threshold: float) -> Iterable:
    """Yield index pairs that MinHash with banding finds similar."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=128, params=_bands(threshold))
    pieces = ([piece.encode() for piece in s] for s in sets)
    for i, sketch in enumerate(MinHash.generator(pieces, num_perm=128)):
        for j in index.query(sketch):
            yield j, i
        index.insert(i, sketch)


def near_duplicates(texts: Sequence[str], threshold: float = 0.8) -> list[set[int]]:
    """Group texts that are the same but for small changes.

    Two texts belong together when the Jaccard similarity of their `shingles` is
    at least `threshold`, or when a chain of such pairs joins them. MinHash finds
    the candidates in about linear time; every candidate is verified exactly.

    Args:
        texts: The texts, none of them empty.
        threshold: Least similarity, 0 < threshold <= 1.

    Returns:
        Sets of two or more indices, in the order of their smallest member.

    Raises:
        ValueError: If there is no text, one is empty or the threshold is off.

    Source: Broder 1997, On the resemblance and containment of documents.
    """
    if isinstance(texts, str) or len(texts) == 0:
        raise ValueError(f"near_duplicates wants a list of texts, received {texts!r}")
    threshold = require_share(threshold, "near_duplicates, threshold,", one=True)
    members: dict[frozenset[str], list[int]] = {}
    for i, text in enumerate(texts):
        checked = require_text(text, f"near_duplicates, text {i},", allow_empty=False)
        members.setdefault(shingles(checked), []).append(i)
    sets = list(members)
    parent = list(range(len(sets)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = i = parent[parent[i]]
        return i

    for i, j in _candidates(sets, threshold):
        a, b = root(i), root(j)
        if a != b and len(sets[i] & sets[j]) >= threshold * len(sets[i] | sets[j]):
            parent[max(a, b)] = min(a, b)
    groups: dict[int, set[int]] = {}
    for i, found in enumerate(sets):
        groups.setdefault(root(i), set()).update(members[found])
    return sorted((g for g in groups.values() if len(g) > 1), key=min)


def deduplicate(texts: Sequence[str], threshold: float = 0.8) -> np.ndarray:
    """Return the indices to keep: the first text of each near-duplicate group.

    `texts`, `threshold` and errors as in `near_duplicates`. Returns int64, rising.
    """
    dropped = [i for g in near_duplicates(texts, threshold) for i in g - {min(g)}]
    return np.setdiff1d(np.arange(len(texts)), dropped)
