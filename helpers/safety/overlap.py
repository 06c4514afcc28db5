"""Find passages of a text that stand in a corpus too, exactly or nearly."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

import numpy as np

from helpers.checks import require_count, require_share

BASE = np.uint64(1_000_003)


class Copy(NamedTuple):
    """A stretch of the text, where it stands in the corpus, and how alike they are."""

    start: int
    end: int
    source: int
    source_end: int
    likeness: float


def _signs(sequence: str | Sequence[int] | np.ndarray) -> np.ndarray:
    """Return characters or ids as uint64."""
    if isinstance(sequence, str):
        return np.frombuffer(sequence.encode("utf-32-le"), np.uint32).astype(np.uint64)
    return np.asarray(sequence).ravel().astype(np.uint64)


class Corpus:
    """An index of all stretches of a certain width, by their hashes.

    Args:
        sequence: A text, or ids such as a tune's; 16 bytes of memory for each sign.
        width: Signs of a seed, the shortest exact match that is looked for.

    Raises:
        ValueError: If the sequence is shorter than a seed.

    Example:
        >>> Corpus("the quick brown fox", width=5).exact("a quick browny dog", 8)
        [Copy(start=1, end=13, source=3, source_end=15, likeness=1.0)]
    """

    def __init__(self, sequence: str | Sequence[int] | np.ndarray, width: int = 12):
        self.signs = _signs(sequence)
        self.width = require_count(width, "`Corpus`, width,")
        if len(self.signs) < width:
            raise ValueError(
                f"`Corpus` wants {width} signs, received {len(self.signs)}"
            )
        hashes = self._hashes(self.signs)
        self.order = np.argsort(hashes, kind="stable")
        self.sorted = hashes[self.order]

    def _hashes(self, signs: np.ndarray) -> np.ndarray:
        """Return the hash of every stretch, as a polynomial in uint64."""
        count = len(signs) - self.width + 1
        if count < 1:
            return np.zeros(0, np.uint64)
        value = np.zeros(count, np.uint64)
        with np.errstate(over="ignore"):
            for i in range(self.width):
                value = value * BASE + signs[i : i + count] + np.uint64(1)
        return value

    def _places(self, value: np.uint64, most: int) -> np.ndarray:
        first, last = (
            np.searchsorted(self.sorted, value, s) for s in ("left", "right")
        )
        return self.order[first : min(last, first + most)]

    def exact(
        self, sequence: str | Sequence[int] | np.ndarray, least: int = 30
    ) -> list[Copy]:
        """Find the longest stretches that stand in the corpus sign for sign.

        Args:
            sequence: The text to examine, of the corpus's kind.
            least: Signs that a stretch must have, at least the seed's width.

        Returns:
            Copies that do not overlap, in the order of the text.

        Raises:
            ValueError: If `least` is below the seed's width.
        """
        if least < self.width:
            raise ValueError(f"`exact` wants at least {self.width}, received {least}")
        signs, found = _signs(sequence), []
        hashes = self._hashes(signs)
        for i in range(len(hashes)):
            places = self._places(hashes[i], 256).tolist()
            lengths = [(self._run(signs, i, j), -j) for j in places]
            length, source = max(lengths, default=(0, 0))
            if length >= least:
                found.append(Copy(i, i + length, -source, length - source, 1.0))
        return _apart(found)

    def _run(self, signs: np.ndarray, i: int, j: int) -> int:
        """Return how many signs agree from two places on."""
        n = min(len(signs) - i, len(self.signs) - j)
        differ = np.flatnonzero(signs[i : i + n] != self.signs[j : j + n])
        return int(differ[0]) if len(differ) else int(n)

    def near(
        self,
        sequence: str | Sequence[int] | np.ndarray,
        window: int = 60,
        likeness: float = 0.8,
    ) -> list[Copy]:
        """Find stretches that stand in the corpus with small changes.

        Windows of the text that share a seed with the corpus are laid over it there,
        and compared with `difflib`.

        Args:
            sequence: The text to examine.
            window: Signs that are compared at a time.
            likeness: Least ratio, 0 to 1: twice the signs in common over all signs.

        Returns:
            Copies, windows that follow each other joined, in the order of the text.
        """
        signs, found = _signs(sequence), []
        likeness = require_share(likeness, "`near`, likeness,", one=True)
        hashes = self._hashes(signs)
        last = max(0, len(signs) - window)
        for start in sorted({*range(0, last, max(1, window // 4)), last}):
            best = Copy(0, 0, 0, 0, 0.0)
            tried: set[int] = set()
            for i in range(start, min(start + window - self.width + 1, len(hashes))):
                for j in map(int, self._places(hashes[i], 16)):
                    place = max(0, j - (i - start))
                    if place // 4 in tried:  # the same place but for a few signs
                        continue
                    tried.add(place // 4)
                    part = signs[start : start + window].tolist()
                    there = self.signs[place : place + window].tolist()
                    ratio = SequenceMatcher(None, part, there, autojunk=False).ratio()
                    if ratio > best.likeness:
                        ends = start + len(part), place + len(there)
                        best = Copy(start, ends[0], place, ends[1], ratio)
            if best.likeness >= likeness:
                found.append(best)
        return _joined(found)


def _apart(found: list[Copy]) -> list[Copy]:
    """Keep the longer of two copies that overlap."""
    kept: list[Copy] = []
    for one in sorted(found, key=lambda c: c.start - c.end):
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return sorted(kept)


def _joined(found: list[Copy]) -> list[Copy]:
    """Join windows that overlap and come from one place."""
    joined: list[Copy] = []
    for one in found:
        last = joined[-1] if joined else None
        if (
            last
            and one.start <= last.end
            and last.source <= one.source <= last.source_end
        ):
            alike = min(last.likeness, one.likeness)
            joined[-1] = Copy(last.start, one.end, last.source, one.source_end, alike)
        else:
            joined.append(one)
    return joined
