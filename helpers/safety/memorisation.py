"""Measure what a language model has learnt by heart: canaries and membership."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from helpers.checks import require_count, require_numbers, require_share


class Membership(NamedTuple):
    """How well losses tell training examples from others."""

    auc: float
    true_positives: float
    false_positives: float


def secrets(
    count: int, length: int, letters: str, rng: np.random.Generator
) -> list[str]:
    """Draw different random words.

    Args:
        count: How many; at most len(letters) ** length.
        length: Letters a word.
        letters: The alphabet, each letter once.
        rng: The source of chance.

    Raises:
        ValueError: If there are not so many words.
    """
    room = len(letters) ** length
    if not 1 <= count <= room:
        raise ValueError(f"`secrets` wants 1 to {room} words, received {count}")
    numbers = rng.choice(room, count, replace=False)
    places = numbers[:, None] // len(letters) ** np.arange(length) % len(letters)
    return ["".join(letters[i] for i in row) for row in places]


def plant(
    documents: Sequence[str], canaries: dict[str, int], rng: np.random.Generator
) -> list[str]:
    """Insert each canary as a document of its own, as often as it says.

    Args:
        documents: The texts.
        canaries: Canary -> copies, at least 1.
        rng: Chooses the places.

    Returns:
        Documents and canaries; the documents keep their order.

    Raises:
        ValueError: If a number of copies is below 1.
    """
    copies = []
    for canary, count in canaries.items():
        copies += [canary] * require_count(count, f"`plant`, copies of {canary!r},")
    order = rng.permutation(len(copies))
    places = np.sort(rng.integers(0, len(documents) + 1, len(copies)))
    planted, last = [], 0
    for place, which in zip(places, order, strict=True):
        planted += [*documents[last:place], copies[which]]
        last = place
    return [*planted, *documents[last:]]


def exposure(losses: Sequence[float], references: Sequence[float]) -> np.ndarray:
    """Return exposures in bits: log2 of the number of references over the rank.

    A canary that is likelier than every reference has rank 1 and the largest exposure,
    log2(n). A canary that was never seen has 1.44 bits in the mean over its ranks.
    References of equal loss count as ahead, so that a constant model exposes nothing.

    Args:
        losses: Losses of canaries, in any unit, lower is likelier.
        references: Losses of n random alternatives that were not planted.

    Raises:
        ValueError: If either is empty or not finite.

    Source: Carlini et al. 2019, The Secret Sharer, section 4.2, with references that
    stand for all alternatives.
    """
    given, ordered = _losses(losses, references)
    ahead = np.searchsorted(np.sort(ordered), given, side="right")
    return np.log2(len(ordered)) - np.log2(np.minimum(ahead + 1, len(ordered)))


def exposure_by_fit(losses: Sequence[float], references: Sequence[float]) -> np.ndarray:
    """Return exposures from a distribution fitted to the references, in bits.

    The ranks end at log2(n); the fit goes on, if its tail can be believed.

    Args:
        losses: As in `exposure`.
        references: As in `exposure`, at least 100 of them.

    Raises:
        ValueError: As `exposure`, or if there are fewer references.

    Source: Carlini et al. 2019, section 4.3: minus log2 of a skew-normal's
    probability of a loss at most this large.
    """
    from scipy.stats import skewnorm

    given, known = _losses(losses, references)
    if len(known) < 100:
        raise ValueError(
            f"`exposure_by_fit` wants 100 references, received {len(known)}"
        )
    shape = skewnorm.fit(known)
    return -skewnorm.logcdf(given, *shape) / np.log(2)


def membership(
    members: Sequence[float], others: Sequence[float], at: float = 0.01
) -> Membership:
    """Guess by a threshold on the loss who was in the training data.

    Args:
        members: Losses of training examples.
        others: Losses of examples that were not in it, of the same kind.
        at: Share of false positives at which the true ones are counted.

    Returns:
        AUC (0.5: no better than chance), the true positives, and the share of false
        positives that they cost.

    Raises:
        ValueError: If a list is empty or `at` is no share.

    Source: Yeom et al. 2018; for the low false positives Carlini et al. 2022.
    """
    seen, fresh = _losses(members, others)
    at = require_share(at, "`membership`, at,")
    ordered = np.sort(fresh)
    below = np.searchsorted(ordered, seen, "left")
    ties = np.searchsorted(ordered, seen, "right") - below
    auc = 1 - np.mean(below + ties / 2) / len(fresh)
    bar = ordered[int(at * len(fresh))]  # as many others lie strictly below
    return Membership(
        float(auc), float(np.mean(seen < bar)), float(np.mean(fresh < bar))
    )


def _losses(first, second) -> tuple[np.ndarray, np.ndarray]:
    pair = [require_numbers(x, "losses").astype(float).ravel() for x in (first, second)]
    if not all(len(one) for one in pair):
        raise ValueError("losses want at least one number in each list, received none")
    return pair[0], pair[1]
