"""Probe a model for associations, with intervals: contrasts of probabilities, WEAT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from helpers.checks import require_count, require_numbers
from helpers.metrics.intervals import Interval, bootstrap_interval


class Association(NamedTuple):
    """An effect size, and how often chance gives one as large."""

    effect: float
    p_value: float


def contrast(
    first: Mapping[str, Sequence[float]], second: Mapping[str, Sequence[float]]
) -> dict[str, Interval]:
    """Return, for each word, the mean log odds of two continuations over templates.

    Args:
        first: Word -> log-probabilities of the first continuation, one a template.
        second: The same words and templates for the second.

    Returns:
        Word -> mean of first minus second in nats, with a 95 % bootstrap interval over
        the templates: it speaks of templates like these, not of all language.

    Raises:
        ValueError: If words or templates differ, or there are fewer than two templates.
    """
    if first.keys() != second.keys() or not first:
        raise ValueError("`contrast` wants the same words on both sides, at least one")
    rows = {}
    for word in first:
        a, b = (require_numbers(side[word], word) for side in (first, second))
        if a.shape != b.shape:
            raise ValueError(
                f"`contrast` wants as many values of {word!r} on both sides"
            )
        rows[word] = bootstrap_interval(a - b)
    return rows


def association(
    x: np.ndarray,
    y: np.ndarray,
    a: np.ndarray,
    b: np.ndarray,
    draws: int = 10_000,
    seed: int = 0,
) -> Association:
    """Measure whether words x are nearer to a, and y nearer to b (WEAT).

    Args:
        x: Unit vectors (n, d) of the first group of words, such as sciences.
        y: Unit vectors (n, d) of the second, such as arts.
        a: Unit vectors (m, d) of the first attribute, such as *he, his*.
        b: Unit vectors (m, d) of the second.
        draws: Random divisions of the words for the p-value.
        seed: Of those draws.

    Returns:
        The effect size, -2 to 2, and the share of divisions with one as large.

    Raises:
        ValueError: If the groups differ in size or have fewer than two words.

    Source: Caliskan, Bryson and Narayanan 2017, Semantics derived automatically from
    language corpora contain human-like biases.
    """
    x, y, a, b = (require_numbers(v, "`association`, vectors,") for v in (x, y, a, b))
    if len(x) != len(y) or len(x) < 2:
        raise ValueError(
            f"`association` wants groups of one size, received {len(x)} and {len(y)}"
        )
    draws = require_count(draws, "`association`, draws,")
    words = np.concatenate([x, y])
    nearer = (words @ a.T).mean(axis=1) - (words @ b.T).mean(axis=1)
    n, spread = len(x), nearer.std(ddof=1)
    effect = (nearer[:n].mean() - nearer[n:].mean()) / max(spread, 1e-12)
    rng = np.random.default_rng(seed)
    mixed = rng.permuted(np.tile(nearer, (draws, 1)), axis=1)
    chance = mixed[:, :n].mean(axis=1) - mixed[:, n:].mean(axis=1)
    above = (chance >= nearer[:n].mean() - nearer[n:].mean() - 1e-12).sum()
    return Association(float(effect), float((above + 1) / (draws + 1)))
