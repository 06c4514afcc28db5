"""Distances as multiples of the floor: known answers on Gaussian features."""

import numpy as np
import pytest

from helpers.metrics.floor import balanced_order, balanced_parts, over_floor
from helpers.metrics.image import frechet_distance

RNG = np.random.default_rng(0)
LABELS = RNG.permutation(np.repeat(np.arange(5), 400))
REAL = RNG.standard_normal((2_000, 6)) + LABELS[:, None]


def test_order_takes_classes_in_turn_and_leaves_nothing_out():
    order = balanced_order(LABELS, seed=1)
    assert sorted(order) == list(range(2_000))
    turns = LABELS[order].reshape(-1, 5)
    assert all(sorted(turn) == [0, 1, 2, 3, 4] for turn in turns)
    assert (balanced_order(LABELS, seed=2) != order).any()


@pytest.mark.parametrize(("size", "count"), [(400, 5), (1_000, 2), (100, 10), (700, 2)])
def test_parts_are_disjoint_and_balanced(size, count):
    numbered = np.arange(2_000)[:, None]
    parts = balanced_parts(numbered, LABELS, size)
    assert len(parts) == count
    rows = np.concatenate(parts)[:, 0]
    assert len(set(rows)) == count * size
    for part in parts:
        assert np.ptp(np.bincount(LABELS[part[:, 0]])) <= 1


def test_too_few_for_two_parts_are_refused():
    with pytest.raises(ValueError, match="size, wants|size wants"):
        balanced_parts(REAL, LABELS, 1_001)
    with pytest.raises(ValueError, match="number of parts"):
        over_floor([REAL], REAL)
    with pytest.raises(ValueError, match="confidence"):
        over_floor([REAL[:1_000], REAL[1_000:]], REAL, confidence=2)


def fresh(count, seed, shift=0.0):
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 5
    return rng.standard_normal((count, 6)) + labels[:, None] + shift


def test_the_data_themselves_stand_at_the_floor_and_a_shift_above():
    parts = balanced_parts(REAL, LABELS, 400)
    same = [over_floor(parts, fresh(400, seed)) for seed in range(12)]
    assert np.mean([one.value for one in same]) == pytest.approx(1, abs=0.15)
    inside = [one.low <= 1 <= one.high for one in same]
    assert np.mean(inside) >= 0.75
    shifted = over_floor(parts, fresh(400, 0, shift=0.5))
    assert shifted.low > 3
    # A shift of one half in six dimensions adds 6 · 0.25 to the distance.
    floor = np.mean([frechet_distance(parts[i], parts[(i + 1) % 5]) for i in range(5)])
    assert (shifted.value - same[0].value) * floor == pytest.approx(1.5, rel=0.2)


def test_more_confidence_is_a_wider_interval_around_one_value():
    parts = balanced_parts(REAL, LABELS, 400)
    one, other = (over_floor(parts, fresh(400, 1), c) for c in (0.8, 0.99))
    assert one.value == other.value
    assert other.low < one.low < one.value < one.high < other.high
