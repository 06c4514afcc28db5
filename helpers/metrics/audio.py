"""Metrics of sound and of what listeners say: errors, distances, mean opinion scores.

Word and character errors follow jiwer's definitions, counted here by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from helpers.checks import require_text


class Alignment(NamedTuple):
    """The cheapest way from a reference to a hypothesis.

    `pairs` holds (reference word or None, hypothesis word or None), left to right.
    """

    hits: int
    substitutions: int
    deletions: int
    insertions: int
    pairs: list[tuple[str | None, str | None]]

    @property
    def errors(self) -> int:
        """The edit distance."""
        return self.substitutions + self.deletions + self.insertions


def align(reference: Sequence[str], hypothesis: Sequence[str]) -> Alignment:
    """Align two sequences with the fewest substitutions, deletions and insertions.

    Args:
        reference: words, or a str for characters.
        hypothesis: as reference; either may be empty.

    Source: Wagner & Fischer 1974, "The string-to-string correction problem".

    Example:
        align("one two".split(), "one too two".split()).insertions -> 1
    """
    rows, columns = len(reference), len(hypothesis)
    cost = np.zeros((rows + 1, columns + 1), int)
    cost[:, 0], cost[0] = np.arange(rows + 1), np.arange(columns + 1)
    for i in range(1, rows + 1):
        for j in range(1, columns + 1):
            change = int(reference[i - 1] != hypothesis[j - 1])
            best = min(cost[i - 1, j], cost[i, j - 1]) + 1
            cost[i, j] = min(cost[i - 1, j - 1] + change, best)
    pairs, i, j = [], rows, columns
    while i or j:
        change = i and j and int(reference[i - 1] != hypothesis[j - 1])
        if i and j and cost[i, j] == cost[i - 1, j - 1] + change:
            i, j = i - 1, j - 1
            pairs.append((reference[i], hypothesis[j]))
        elif i and cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
            pairs.append((reference[i], None))
        else:
            j -= 1
            pairs.append((None, hypothesis[j]))
    pairs.reverse()
    hits = sum(a == b for a, b in pairs)
    deletions = sum(b is None for _, b in pairs)
    insertions = sum(a is None for a, _ in pairs)
    changed = len(pairs) - hits - deletions - insertions
    return Alignment(hits, changed, deletions, insertions, pairs)


def _error_rate(references, hypotheses, cut, unit: str) -> float:
    """Return all errors over all reference units, each text cut into units."""
    both = {}
    for name, texts in (("references", references), ("hypotheses", hypotheses)):
        texts = [texts] if isinstance(texts, str) else list(texts)
        both[name] = [
            require_text(t, f"{name}, text {i},") for i, t in enumerate(texts)
        ]
    references, hypotheses = both.values()
    if len(references) != len(hypotheses) or not references:
        raise ValueError(
            "wanted as many hypotheses as references, at least one, received "
            f"{len(hypotheses)} and {len(references)}"
        )
    errors = total = 0
    for number, (reference, hypothesis) in enumerate(
        zip(references, hypotheses, strict=True)
    ):
        units = cut(reference)
        if not units:
            raise ValueError(f"reference {number} has no {unit}: {reference!r}")
        errors += align(units, cut(hypothesis)).errors
        total += len(units)
    return errors / total


def wer(references: str | Sequence[str], hypotheses: str | Sequence[str]) -> float:
    """Return the word error rate: edits over words of the references, can exceed 1.

    Args:
        references: what was said, one text or several, each with a word.
        hypotheses: what was recognised, as many; an empty text is all deletions.

    Raises:
        ValueError: if the numbers of texts differ or a reference has no word.

    Example:
        wer("three four", "tree four") -> 0.5
    """
    return _error_rate(references, hypotheses, str.split, "word")


def cer(references: str | Sequence[str], hypotheses: str | Sequence[str]) -> float:
    """Return the character error rate: as `wer`, in characters, blanks counted.

    Args:
        references: what was said.
        hypotheses: what was recognised.

    Raises:
        ValueError: as `wer`.
    """
    return _error_rate(references, hypotheses, lambda t: list(t.strip()), "character")


def log_mel_error(
    reference: np.ndarray, other: np.ndarray, above: float | None = None
) -> float:
    """Return the mean absolute difference of two log-mel spectrograms, in dB.

    Args:
        reference: (…, frames, n_mels) in dB.
        other: as reference, same shape.
        above: count only where the reference is louder than this many dB, so that
            silence, easy to copy, does not hide errors in speech; None counts all.

    Raises:
        ValueError: for different shapes, values not finite, or nothing to count.
    """
    a, b = np.asarray(reference, float), np.asarray(other, float)
    finite = np.isfinite(a).all() and np.isfinite(b).all()
    if a.shape != b.shape or a.ndim not in (2, 3) or not a.size or not finite:
        raise ValueError(
            "wanted two finite log-mel spectrograms of one shape (…, frames, n_mels), "
            f"received {a.shape} and {b.shape}"
        )
    counted = np.ones(a.shape, bool) if above is None else a > above
    if not counted.any():
        raise ValueError(f"no value of the reference is above {above} dB")
    return float(np.abs(a - b)[counted].mean())


def equal_error_rate(
    scores: Sequence[float] | np.ndarray, same: Sequence[bool] | np.ndarray
) -> tuple[float, float]:
    """Return the error rate where false alarms and misses are equally many.

    A pair is called alike if its score reaches the threshold. Between two neighbouring
    thresholds the rates are joined by a line.

    Args:
        scores: float (n,), higher means more alike.
        same: bool (n,), whether the pair is alike; both kinds must occur.

    Returns:
        The rate, 0 to 1 (0.5 is guessing), and the threshold.

    Raises:
        ValueError: for different lengths, scores not finite, or one kind only.
    """
    scores, same = np.asarray(scores, float), np.asarray(same, bool)
    if scores.shape != same.shape or scores.ndim != 1 or not np.isfinite(scores).all():
        raise ValueError(
            "wanted finite scores (n,) and as many truths, received "
            f"{scores.shape} and {same.shape}"
        )
    if same.all() or not same.any():
        raise ValueError(
            f"wanted alike and unlike pairs, received {same.sum()} of {len(same)} alike"
        )
    thresholds = np.unique(scores)
    thresholds = np.append(thresholds, np.nextafter(thresholds[-1], np.inf))
    misses = np.searchsorted(np.sort(scores[same]), thresholds) / same.sum()
    alarms = 1 - np.searchsorted(np.sort(scores[~same]), thresholds) / (~same).sum()
    after = int(np.argmax(misses >= alarms))  # the first place past the crossing
    gap = (alarms - misses)[[after - 1, after]]
    share = gap[0] / (gap[0] - gap[1])
    rate = misses[after - 1] + share * (misses[after] - misses[after - 1])
    return float(rate), float(thresholds[after])
