"""Metrics of audio: word errors, distances of spectrograms, equal error rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from helpers.checks import require_numbers, require_text
from helpers.metrics.words import require_words


def wer(references: str | Sequence[str], hypotheses: str | Sequence[str]) -> float:
    """Return the word error rate: edits over words of the references, can exceed 1.

    Args:
        references: what was said, one text or several, each with a word.
        hypotheses: what was recognised, as many; an empty text is all deletions.

    Raises:
        ValueError: if the numbers of texts differ, a reference has no word, or a text
            has no blanks between its words, as a Chinese one.

    Example:
        wer("three four", "tree four") -> 0.5
    """
    import jiwer

    said, heard = (
        [texts] if isinstance(texts, str) else list(texts)
        for texts in (references, hypotheses)
    )
    if len(said) != len(heard) or not said:
        raise ValueError(
            "wer wants as many hypotheses as references, at least one, received "
            f"{len(heard)} and {len(said)}"
        )
    said, heard = _spaced(said, "references"), _spaced(heard, "hypotheses")
    if "" in said:
        raise ValueError(f"wer wants words, reference {said.index('')} has no word")
    return float(jiwer.wer(said, heard))


def _spaced(texts: list[str], name: str) -> list[str]:
    """Return texts whose words stand one blank apart, as jiwer cuts them."""
    found = []
    for i, text in enumerate(texts):
        words = require_text(text, f"wer's {name}, text {i},").split()
        if words:
            require_words(words, text, f"wer's {name}", "jiwer.cer, of characters")
        found.append(" ".join(words))
    return found


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
    a = require_numbers(reference, "log_mel_error's reference")
    b = require_numbers(other, "log_mel_error's other")
    if above is not None:
        above = require_numbers(above, "log_mel_error's above")
    if a.shape != b.shape or a.ndim not in (2, 3) or not a.size:
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
    scores, same = require_numbers(scores, "scores"), np.asarray(same)
    if same.dtype != bool:  # "False" and NaN would count as true
        raise ValueError(f"wanted truths as bool (n,), received {same.dtype}")
    if scores.shape != same.shape or scores.ndim != 1:
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
