"""Does a model that says 0.8 turn out right eight times in ten?"""

from typing import NamedTuple

import numpy as np

from helpers.checks import require_count, require_ids, require_numbers, require_share


class Bin(NamedTuple):
    """Predictions of like confidence: bounds, mean confidence, share right, count."""

    low: float
    high: float
    confidence: float
    accuracy: float
    count: int


def reliability(probabilities: object, labels: object, bins: int = 10) -> list[Bin]:
    """Sort predictions by how sure the model is; return the bins that hold any.

    Args:
        probabilities: (n, classes), rows that sum to 1: the largest is the confidence.
            Or (n,): the confidence itself, 0 to 1.
        labels: (n,): the true class; or, beside (n,) confidences, 1 if right, else 0.
        bins: Number of bins of equal width, 1 to 1,000.
    """
    table = require_numbers(probabilities, "reliability's probabilities")
    bins = require_count(bins, "reliability's bins", most=1_000)
    if table.size and not (table.min() >= 0 and table.max() <= 1 + 1e-6):
        raise ValueError(f"wanted probabilities, received {table.min()}–{table.max()}")
    confidence, right = table, labels
    if table.ndim > 1:
        if table.ndim > 2 or not np.allclose(table.sum(axis=1), 1, atol=1e-3):
            raise ValueError(f"wanted rows that sum to 1, received {table.shape}")
        labels = require_ids(labels, "reliability's labels", table.shape[1])
        _require_pairs(table, labels)
        confidence, right = table.max(axis=1), table.argmax(axis=1) == labels
    right = _zero_one(confidence, right)
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, confidence) - 1, 0, bins - 1)
    rows = []
    for i in np.unique(place):
        inside = place == i
        mean, share = confidence[inside].mean(), right[inside].mean()
        ends = float(edges[i]), float(edges[i + 1])
        rows.append(Bin(*ends, float(mean), float(share), int(inside.sum())))
    return rows


def expected_calibration_error(
    probabilities: object, labels: object, bins: int = 10
) -> float:
    """Return the mean gap of confidence and accuracy (Guo et al. 2017, equation 3).

    Args:
        probabilities: As in `reliability`.
        labels: As in `reliability`.
        bins: As in `reliability`; a bin weighs as many as it holds.
    """
    rows = reliability(probabilities, labels, bins)
    total = sum(row.count for row in rows)
    return sum(row.count * abs(row.accuracy - row.confidence) for row in rows) / total


def temperature(logits: object, labels: object) -> float:
    """Return T, 0.05 to 20, where softmax(logits / T) has the least cross-entropy.

    Above 1 the model was too sure. No T changes which class comes first.

    Args:
        logits: (n, classes), of data that training has not seen.
        labels: Integers (n,), 0 <= label < classes.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    logits = require_numbers(logits, "temperature's logits")
    if logits.ndim != 2 or logits.shape[1] < 2:
        raise ValueError(f"temperature wants (n, classes), received {logits.shape}")
    labels = require_ids(labels, "temperature's labels", logits.shape[1])
    _require_pairs(logits, labels)

    def loss(log_t: float) -> float:  # in log T, halving and doubling weigh alike
        rows = log_softmax(logits / np.exp(log_t), axis=1)
        return -float(rows[np.arange(len(labels)), labels].mean())

    found = minimize_scalar(loss, bounds=tuple(np.log([0.05, 20])), method="bounded")
    return float(np.exp(found.x))


def coverage_accuracy(confidence: object, right: object) -> tuple[np.ndarray, ...]:
    """Return (coverage, accuracy, threshold): who answers only when sure errs less.

    For each value of confidence, from high to low: the share answered where confidence
    >= threshold, and the share right of those. Equal values stand or fall together.

    Args:
        confidence: Real numbers (n,), higher is surer.
        right: Booleans or 0/1 (n,).
    """
    confidence = require_numbers(confidence, "coverage_accuracy's confidence")
    right = _zero_one(confidence, right)
    order = np.argsort(-confidence, kind="stable")
    confidence, hits = confidence[order], right[order].cumsum()
    last = np.flatnonzero(np.r_[confidence[1:] < confidence[:-1], True])
    return (last + 1) / len(right), hits[last] / (last + 1), confidence[last]


def conformal_threshold(scores: object, alpha: float) -> float:
    """Return the score that a new one exceeds with probability at most `alpha`.

    It is the ceil((n + 1)(1 - alpha))-th smallest; infinity where n is too small for
    the promise (Angelopoulos and Bates 2021, section 1).

    Args:
        scores: (n,), of data exchangeable with what is to come; higher is stranger,
            such as 1 - p(true class).
        alpha: Between 0 and 1.
    """
    scores = require_numbers(scores, "conformal_threshold's scores")
    _require_pairs(scores, scores)
    share = 1 - require_share(alpha, "conformal_threshold's alpha")
    rank = int(np.ceil((len(scores) + 1) * share - 1e-9))  # less rounding: 9, not 9 + ε
    return float(np.sort(scores)[rank - 1]) if rank <= len(scores) else float("inf")


def _zero_one(confidence: np.ndarray, right: object) -> np.ndarray:
    """Return 0.0 or 1.0 for each confidence, or refuse other values."""
    array = np.asarray(right)
    array = array.astype(int) if array.dtype == bool else array
    array = require_numbers(array, "right or wrong")
    if not np.isin(array, (0, 1)).all():
        raise ValueError(f"right or wrong is 0 or 1, received {np.unique(array)[:4]}")
    _require_pairs(confidence, array)
    return array


def _require_pairs(rows: np.ndarray, labels: np.ndarray) -> None:
    """Refuse arrays of different lengths, labels not (n,), and none at all."""
    if labels.ndim != 1 or len(rows) != len(labels) or not len(labels):
        raise ValueError(f"wanted (n,), n > 0, received {labels.shape}, {rows.shape}")
