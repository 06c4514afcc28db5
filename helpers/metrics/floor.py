"""How many times the floor: a Fréchet distance beside that of real from real images.

Features (n, dim) are those of `helpers.metrics.image`.
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from helpers.checks import require_count, require_share
from helpers.metrics.image import frechet_distance
from helpers.metrics.intervals import Interval

GROUPS = 10  # of the jackknife
MOST_PARTS = 10


def balanced_order(labels: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the places of all labels in a random order in which classes take turns.

    Args:
        labels: int (n,), the classes.
        seed: Decides the order.
    """
    labels = np.asarray(labels)
    order = np.random.default_rng(seed).permutation(len(labels))
    turn = np.empty(len(order), int)  # first, second … of its class
    for label in np.unique(labels):
        own = labels[order] == label
        turn[own] = np.arange(own.sum())
    return order[np.argsort(turn, kind="stable")]


def balanced_parts(
    features: np.ndarray, labels: np.ndarray, size: int, seed: int = 0
) -> list[np.ndarray]:
    """Cut real features into disjoint parts with equally many of each class.

    Args:
        features: (n, dim).
        labels: int (n,), the classes.
        size: rows of a part, 1 to n / 2.
        seed: Which rows come into which part.

    Returns:
        Two to ten parts (size, dim), as many as there are rows for.

    Raises:
        ValueError: If there are not rows enough for two parts.
    """
    size = require_count(size, "balanced_parts' size", most=len(labels) // 2)
    order = balanced_order(labels, seed)
    count = min(len(order) // size, MOST_PARTS)
    return [features[order[i * size : (i + 1) * size]] for i in range(count)]


def over_floor(
    parts: Sequence[np.ndarray], fake: np.ndarray, confidence: float = 0.95
) -> Interval:
    """Return a generator's Fréchet distance as a multiple of the floor's.

    The distance is the mean over all parts of the real images. The floor is the mean
    distance of one part from the next: what a generator as good as the data would get.
    The interval adds up what other real images (the parts differ) and other generated
    ones (a jackknife over ten groups) would change.

    Args:
        parts: Two or more sets of real features (n, dim), disjoint: `balanced_parts`.
        fake: Features (m, dim) of generated images. With another m than n the bias of
            the distance, which falls as 1/m, would not cancel.
        confidence: Between 0 and 1.

    Returns:
        The multiple and its interval, 1 for a perfect generator.

    Raises:
        ValueError: If there are fewer than two parts, or as `frechet_distance`.
    """
    count = require_count(len(parts), "over_floor's number of parts", least=2)
    confidence = require_share(confidence, "over_floor's confidence")
    pairs = count if count > 2 else 1
    floors = [frechet_distance(parts[i], parts[(i + 1) % count]) for i in range(pairs)]
    distances = [frechet_distance(part, fake) for part in parts]
    # Groups of a generator of their own: drawn as the caller shuffled the rows, they
    # would undo the shuffling, and a group would be a class.
    group = np.random.default_rng((0, GROUPS)).permutation(len(fake)) % GROUPS
    without = [
        np.mean([frechet_distance(part, fake[group != g]) for part in parts])
        for g in range(GROUPS)
    ]
    distance, floor = np.mean(distances), np.mean(floors)
    # Relative variances of a ratio's parts add up.
    variance = (GROUPS - 1) * np.var(without) / distance**2
    variance += np.var(distances, ddof=1) / count / distance**2
    if pairs > 1:
        variance += np.var(floors, ddof=1) / pairs / floor**2
    value = distance / floor
    half = stats.t.ppf((1 + confidence) / 2, GROUPS - 1) * np.sqrt(variance) * value
    return Interval(float(value), float(value - half), float(value + half))
