"""How sure is a score? Intervals for means, shares and pairwise judgements."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from helpers.checks import require_count, require_numbers, require_share

MOST_TRIALS = 10**12
MOST_RESAMPLES = 1_000_000


class Interval(NamedTuple):
    """An estimate and the ends of its confidence interval."""

    value: float
    low: float
    high: float


class WinRate(NamedTuple):
    """Pairwise judgements: the share of wins, its interval and a sign test."""

    value: float
    low: float
    high: float
    wins: int
    losses: int
    ties: int
    p_value: float


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """Return a share and its Wilson score interval.

    Unlike the textbook interval it stays inside [0, 1] and holds its promise for
    few trials and for shares near 0 and 1.

    Args:
        successes: An integer, 0 <= successes <= trials.
        trials: An integer, 1 to 10^12.
        confidence: Between 0 and 1.

    Raises:
        ValueError: If a count or the confidence is out of range.

    Source: Wilson 1927, Probable inference, the law of succession.
    """
    from scipy.stats import binomtest

    trials = require_count(trials, "wilson_interval's trials", most=MOST_TRIALS)
    where = "wilson_interval's successes"
    successes = require_count(successes, where, least=0, most=trials)
    confidence = require_share(confidence, "confidence")
    test = binomtest(successes, trials)
    low, high = test.proportion_ci(confidence, method="wilson")
    return Interval(successes / trials, float(low), float(high))


def win_rate(
    judgements: Sequence[str], system: str = "a", confidence: float = 0.95
) -> WinRate:
    """Summarise pairwise human judgements of two systems.

    Ties are counted and shown, and leave rate, interval and test alone: those
    speak of the judgements that prefer one side (Dixon and Mood's sign test).

    Args:
        judgements: "a", "b" or "tie" a comparison, independent of one another.
        system: The side whose wins are counted, "a" or "b".
        confidence: Of the Wilson interval.

    Raises:
        ValueError: If a judgement is another word or none prefers a side.

    Example:
        >>> win_rate(["a", "a", "b", "tie"]).wins
        2
    """
    from scipy.stats import binomtest

    if isinstance(judgements, str) or system not in ("a", "b"):
        raise ValueError('win_rate wants a list of "a", "b", "tie" and a system a or b')
    odd = [j for j in judgements if j not in ("a", "b", "tie")]
    if odd:
        raise ValueError(f'judgements are "a", "b" or "tie", received {odd[:3]}')
    counts = Counter(judgements)
    wins, losses = counts[system], counts["b" if system == "a" else "a"]
    if wins + losses == 0:
        raise ValueError(
            f"win_rate wants a judgement that prefers a side, received"
            f" {counts['tie']} ties and nothing else"
        )
    interval = wilson_interval(wins, wins + losses, confidence)
    p_value = binomtest(wins, wins + losses, 0.5).pvalue
    return WinRate(*interval, wins, losses, counts["tie"], float(p_value))


def bootstrap_interval(
    values: Sequence[float] | np.ndarray,
    other: Sequence[float] | np.ndarray | None = None,
    *,
    statistic: Callable[[np.ndarray], float] | None = None,
    confidence: float = 0.95,
    resamples: int = 2_000,
    seed: int = 0,
) -> Interval:
    """Return a statistic and its percentile bootstrap interval.

    Items are drawn with replacement, as many as there are, again and again; the
    interval holds the middle share of the statistic's values. With `other` the
    bootstrap is paired: both systems are scored on the same drawn items, and the
    value is statistic(values) - statistic(other).

    Args:
        values: One row an item, shape (n,) or (n, columns), n >= 2.
        other: A second system's rows on the same items, same shape.
        statistic: From drawn rows to a number; the mean by default. A corpus
            score such as BLEU takes each item's counts as its row and adds them.
        confidence: Between 0 and 1.
        resamples: Number of draws, 1 to a million.
        seed: Seed of the draws, 0 or more.

    Raises:
        ValueError: If there are fewer than two items, shapes differ, a value is
            no finite real number, the statistic gives such a value, or confidence,
            resamples or seed is out of range.

    Source: Efron 1979; for text metrics Koehn 2004.
    """
    rows = require_numbers(values, "bootstrap_interval's values")
    tables = [rows]
    if other is not None:
        tables.append(require_numbers(other, "bootstrap_interval's other"))
    if len({table.shape for table in tables}) > 1:
        shapes = [table.shape for table in tables]
        raise ValueError(f"paired values want one shape, received {shapes}")
    if rows.ndim == 0 or len(rows) < 2:
        size = 1 if rows.ndim == 0 else len(rows)
        raise ValueError(f"an interval wants two or more items, received {size}")
    resamples = require_count(resamples, "resamples", most=MOST_RESAMPLES)
    seed = require_count(seed, "seed", least=0)
    tail = 100 * (1 - require_share(confidence, "confidence")) / 2
    score = statistic or (lambda drawn: drawn.mean())
    rng = np.random.default_rng(seed)
    draws = (rng.integers(0, len(rows), len(rows)) for _ in range(resamples))

    def value(drawn: np.ndarray | slice) -> float:
        first, *second = (float(score(table[drawn])) for table in tables)
        return first - sum(second)

    found = require_numbers([value(d) for d in draws], "bootstrap_interval's statistic")
    low, high = np.percentile(found, [tail, 100 - tail])
    return Interval(value(slice(None)), float(low), float(high))
