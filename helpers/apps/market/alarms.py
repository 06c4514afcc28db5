"""Watch a series for a change: z-scores, CUSUM, delay, false alarms, drift."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from helpers.checks import require_count, require_numbers, require_share
from helpers.metrics.intervals import Interval


def z_scores(
    means: object, counts: object, level: object, spread: object
) -> np.ndarray:
    """Return how many standard errors each window's mean lies above its level.

    Args:
        means: Means of the windows' values, any shape; an empty window's is not read.
        counts: How many values each window holds, 0 or more, same shape.
        level: The mean in quiet times, a number or broadcastable.
        spread: The standard deviation of one value in quiet times, above 0.

    Returns:
        float64 of that shape; 0 for an empty window, which says nothing.
    """
    counts = require_numbers(counts, "z_scores' counts")
    if counts.size and counts.min() < 0:
        raise ValueError(f"z_scores wants counts from 0, received {counts.min()}")
    means = np.where(counts > 0, np.asarray(means, float), 0.0)
    means = require_numbers(means, "z_scores' means")
    spread = require_numbers(spread, "z_scores' spread")
    if not (spread > 0).all():
        raise ValueError(f"z_scores wants a spread above 0, received {spread.min()}")
    level = require_numbers(level, "z_scores' level")
    return np.where(counts > 0, (means - level) * np.sqrt(counts) / spread, 0.0)


def z_alarms(z: object, threshold: float) -> np.ndarray:
    """Raise an alarm in each window whose z-score is large, up or down.

    Args:
        z: Real numbers, any shape.
        threshold: Above 0; |z| has to exceed it.
    """
    z = require_numbers(z, "z_alarms' z")
    return np.abs(z) > _above_zero(threshold, "z_alarms' threshold")


def cusum(
    z: object, threshold: float = np.inf, allowance: float = 0.5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Add up what z-scores exceed an allowance by, upwards and downwards.

    up_t = max(0, up_{t-1} + z_t - k) and down_t = max(0, down_{t-1} - z_t - k). When
    one of them exceeds the threshold, an alarm is raised and both start again from 0.

    Args:
        z: (..., windows): series in quiet times of mean 0 and standard deviation 1.
        threshold: h, above 0.
        allowance: k, 0 or more: half of the shift that should be found soonest.

    Returns:
        up and down, as they were before starting again, and alarms (bool).

    Source: Page 1954, "Continuous inspection schemes".
    """
    z = require_numbers(z, "cusum's z")
    if z.ndim < 1:
        raise ValueError("cusum wants a series (..., windows), received a number")
    threshold = _above_zero(threshold, "cusum's threshold")
    if not allowance >= 0:
        raise ValueError(f"cusum wants an allowance from 0, received {allowance}")
    up, down = np.zeros(z.shape), np.zeros(z.shape)
    a, b = np.zeros(z.shape[:-1]), np.zeros(z.shape[:-1])
    for t in range(z.shape[-1]):
        a = up[..., t] = np.maximum(0, a + z[..., t] - allowance)
        b = down[..., t] = np.maximum(0, b - z[..., t] - allowance)
        quiet = np.maximum(a, b) <= threshold
        a, b = a * quiet, b * quiet
    return up, down, np.maximum(up, down) > threshold


def siegmund_run_length(threshold: float, shift: float = 0, allowance: float = 0.5):
    """Approximate the mean number of windows to an alarm of a one-sided CUSUM.

    Args:
        threshold: h, above 0.
        shift: Mean of the values, which are normal with standard deviation 1.
        allowance: k.

    Source: Siegmund 1985, "Sequential Analysis": Brownian motion, with h + 1.166.
    """
    drift = shift - allowance
    height = _above_zero(threshold, "siegmund_run_length's threshold") + 1.166
    if abs(drift) < 1e-6:
        return height**2
    return (np.exp(-2 * drift * height) + 2 * drift * height - 1) / (2 * drift**2)


def onsets(alarms: object) -> np.ndarray:
    """Keep the first of each run of alarms: a bell that rings on is one alarm.

    Args:
        alarms: Booleans (..., windows).
    """
    alarms = np.asarray(alarms)
    if alarms.dtype != bool or alarms.ndim < 1:
        raise ValueError(f"onsets wants booleans (..., windows), received {alarms!r}")
    before = np.zeros_like(alarms)
    before[..., 1:] = alarms[..., :-1]
    return alarms & ~before


def detection_delays(
    alarms: object, starts: Iterable[int], within: int = 3
) -> list[int | None]:
    """Return after how many windows each event is found: 0 is its first window.

    Args:
        alarms: Booleans (windows,).
        starts: The first window of each event.
        within: How many windows count, the first included; None stands for "missed".
    """
    alarms = np.asarray(alarms)
    within = require_count(within, "detection_delays' within")
    delays = []
    for start in starts:
        start = require_count(start, "detection_delays' start", least=0)
        hits = np.flatnonzero(alarms[start : start + within])
        delays.append(int(hits[0]) if len(hits) else None)
    return delays


def false_alarms(alarms: object, events: Iterable[tuple[int, int]], after: int = 2):
    """Count alarms, runs of them once, that no event explains.

    Args:
        alarms: Booleans (windows,).
        events: (first window, last window) of each event.
        after: How many windows behind an event its alarms still belong to it.
    """
    begun = onsets(alarms)
    for first, last in events:
        begun[first : last + after + 1] = False
    return int(begun.sum())


def poisson_interval(count: int, exposure: float, confidence: float = 0.95) -> Interval:
    """Return a rate and its exact interval (Garwood 1936).

    Args:
        count: Events seen, 0 or more.
        exposure: How long was watched, above 0, such as weeks.
        confidence: Between 0 and 1.
    """
    from scipy.stats import chi2

    count = require_count(count, "poisson_interval's count", least=0)
    exposure = _above_zero(exposure, "poisson_interval's exposure")
    tail = (1 - require_share(confidence, "confidence")) / 2
    low = chi2.ppf(tail, 2 * count) / 2 if count else 0.0
    high = chi2.ppf(1 - tail, 2 * count + 2) / 2
    return Interval(count / exposure, float(low) / exposure, float(high) / exposure)


def stability_index(expected: object, actual: object, bins: int = 10) -> float:
    """Return the population stability index: how far a sample's shares have moved.

    Bins hold equal shares of `expected`. The index sums (q - p) ln(q / p) over them.
    Half a value is added to each bin, so that an empty one gives no infinity.

    Args:
        expected: Real numbers (n,) of quiet times.
        actual: Real numbers (m,) to compare.
        bins: 2 to 100.

    Source: Siddiqi 2006, "Credit Risk Scorecards", chapter 9; it is the symmetric
        divergence of Jeffreys.
    """
    expected = require_numbers(expected, "stability_index's expected").ravel()
    actual = require_numbers(actual, "stability_index's actual").ravel()
    bins = require_count(bins, "stability_index's bins", least=2, most=100)
    if not (len(expected) and len(actual)):
        sizes = f"{len(expected)} and {len(actual)}"
        raise ValueError(
            f"stability_index wants values on both sides, received {sizes}"
        )
    cuts = np.unique(np.quantile(expected, np.linspace(0, 1, bins + 1)[1:-1]))
    shares = []
    for values in (expected, actual):
        place = np.searchsorted(cuts, values, side="right")
        counts = np.bincount(place, minlength=len(cuts) + 1) + 0.5
        shares.append(counts / counts.sum())
    p, q = shares
    return float(np.sum((q - p) * np.log(q / p)))


def _above_zero(value: object, where: str) -> float:
    """Return a number above 0, infinity allowed."""
    number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not number or not value > 0:
        raise ValueError(f"{where} wants a number above 0, received {value!r}")
    return float(value)
