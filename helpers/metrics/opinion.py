"""Mean opinion scores: what listeners say, how sure it is, and how raters differ."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

from helpers.checks import require_share
from helpers.metrics.intervals import Interval


class RaterEffects(NamedTuple):
    """The parts of rating = level + clip + rater + rest.

    `clips` holds each clip's level, free of who rated it, on the 1 to 5 scale;
    `raters` how far above the average rater each one votes (they sum to 0); `rest` the
    standard deviation of what neither explains.
    """

    clips: dict[str, float]
    raters: dict[str, float]
    rest: float


def check_ratings(ratings: Sequence[float] | np.ndarray, least: int = 1) -> np.ndarray:
    """Return ratings as floats.

    Args:
        ratings: numbers from 1 to 5, shape (n,).
        least: fewest ratings allowed.

    Raises:
        ValueError: if there are fewer, or one is not a number from 1 to 5.
    """
    array = np.asarray(ratings)
    if array.ndim != 1 or array.dtype.kind not in "iuf":
        raise ValueError(
            f"wanted ratings as numbers (n,), received {array.dtype} {array.shape}"
        )
    array = array.astype(float)
    if len(array) < least:
        raise ValueError(f"wanted {least} or more ratings, received {len(array)}")
    odd = array[~((array >= 1) & (array <= 5))]
    if odd.size:
        raise ValueError(f"ratings are from 1 to 5, received {odd[0]}")
    return array


def mos(ratings: Sequence[float] | np.ndarray, confidence: float = 0.95) -> Interval:
    """Return the mean opinion score and Student's t interval.

    It takes the ratings as independent. Where each rater gave many, give one mean a
    rater (or a clip) instead: `mos_by`.

    Args:
        ratings: numbers from 1 to 5, two or more, by people.
        confidence: between 0 and 1.

    Raises:
        ValueError: for fewer than two ratings, or one outside 1 to 5.

    Source: Student 1908; ITU-T P.1401 (2020), clause 7.4.
    """
    from scipy.stats import t

    confidence = require_share(confidence, "confidence")
    array = check_ratings(ratings, least=2)
    mean = float(array.mean())
    error = float(array.std(ddof=1)) / np.sqrt(len(array))
    half = float(t.ppf((1 + confidence) / 2, len(array) - 1)) * error
    return Interval(mean, mean - half, mean + half)


def mos_by(
    ratings: Sequence[float] | np.ndarray,
    groups: Sequence[str],
    confidence: float = 0.95,
) -> Interval:
    """Return the mean of group means with its t interval: a rater counts once.

    Ten ratings by one person are not ten people's: the plain interval of all ratings
    is too narrow, this one counts as many values as there are groups.

    Args:
        ratings: numbers from 1 to 5, shape (n,).
        groups: who rated, or which clip was rated, n names of two or more.
        confidence: between 0 and 1.

    Raises:
        ValueError: as `mos`, or if there are not as many names as ratings.
    """
    array = check_ratings(ratings)
    names, places = _coded(groups, len(array), "groups")
    sums = np.bincount(places, array, len(names))
    return mos(sums / np.bincount(places), confidence)


def _coded(names: Sequence[str], count: int, what: str) -> tuple[list, np.ndarray]:
    """Return the different names, sorted, and each item's place among them."""
    if isinstance(names, str) or len(names) != count:
        raise ValueError(f"wanted {count} {what}, one a rating, received {len(names)}")
    # Not by NumPy, which would make one name of 1 and "1".
    known = sorted(dict.fromkeys(_names(names, what)), key=str)
    place = {name: i for i, name in enumerate(known)}
    return known, np.array([place[name] for name in names])


def _names(names: Sequence[str], what: str) -> list:
    """Return the names if each is equal to itself and can be told from others."""
    for name in names:
        missing = name is None or name != name  # NaN stands for a name that is missing
        if missing or not isinstance(name, Hashable):
            raise ValueError(f"wanted {what} as names, received {name!r}")
    return list(names)


def rater_effects(
    ratings: Sequence[float] | np.ndarray,
    clips: Sequence[str],
    raters: Sequence[str],
) -> RaterEffects:
    """Split ratings into clip and rater, by least squares.

    Not every rater need rate every clip, but a chain of shared clips must join all
    raters: else a strict rater cannot be told from a bad clip.

    Args:
        ratings: numbers from 1 to 5, shape (n,).
        clips: which clip each rating is of, n names.
        raters: who gave it, n names.

    Raises:
        ValueError: for other lengths or ratings, or if the raters fall into groups
            that share no clip.

    Source: the additive two-way model; Searle 1971, "Linear Models", chapter 7.
    """
    array = check_ratings(ratings, least=2)
    clip_names, clip = _coded(clips, len(array), "clips")
    rater_names, rater = _coded(raters, len(array), "raters")
    rows, count = np.arange(len(array)), len(clip_names)
    design = np.zeros((len(array) + 1, count + len(rater_names)))
    design[rows, clip] = design[rows, count + rater] = 1
    design[-1, count:] = 1  # the raters' effects sum to 0
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError(
            "the raters fall into groups that share no clip, so their strictness "
            "cannot be told from the clips'; let some clips be rated by all"
        )
    wanted = np.append(array, 0.0)
    effects, *_ = np.linalg.lstsq(design, wanted, rcond=None)
    rest = array - (design @ effects)[:-1]
    freedom = max(1, len(array) - (design.shape[1] - 1))
    return RaterEffects(
        dict(zip(clip_names, effects[:count].tolist(), strict=True)),
        dict(zip(rater_names, effects[count:].tolist(), strict=True)),
        float(np.sqrt(np.sum(rest**2) / freedom)),
    )
