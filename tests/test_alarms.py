"""Alarms against Siegmund's approximation, normal tails and hand-worked numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, poisson

from helpers.apps.market import alarms


def run_lengths(shift, threshold, streams=2_000, windows=3_000, seed=0):
    """Return how long an upward CUSUM takes to its first alarm, window by window."""
    rng, level = np.random.default_rng(seed), np.zeros(streams)
    lengths = np.full(streams, windows)
    for t in range(1, windows + 1):
        level = np.maximum(0, level + rng.normal(shift, 1, streams) - 0.5)
        first = (level > threshold) & (lengths == windows)
        lengths[first] = t
        if (lengths < windows).all():
            break
    return lengths


@pytest.mark.parametrize(("shift", "threshold"), [(0, 3), (0.5, 4), (1, 4), (2, 5)])
def test_siegmund_agrees_with_simulation(shift, threshold):
    lengths = run_lengths(shift, threshold)
    wanted = alarms.siegmund_run_length(threshold, shift)
    assert lengths.mean() == pytest.approx(wanted, rel=0.08)


def test_siegmund_knows_the_published_value():
    # Montgomery, "Introduction to Statistical Quality Control": h = 5, k = 1/2
    assert alarms.siegmund_run_length(5) == pytest.approx(938.2, abs=0.1)
    assert alarms.siegmund_run_length(5, 1) == pytest.approx(10.34, abs=0.01)


def test_cusum_by_hand():
    up, down, raised = alarms.cusum([1.0, 1.5, -0.5, 3.0, 0.0, -4.0], threshold=2.9)
    assert up.tolist() == [0.5, 1.5, 0.5, 3.0, 0.0, 0.0]  # starts again behind 3.0
    assert down.tolist() == [0, 0, 0, 0, 0, 3.5]
    assert raised.tolist() == [False, False, False, True, False, True]


def test_cusum_of_many_series_is_that_of_each():
    z = np.random.default_rng(0).normal(size=(3, 4, 60))
    many = alarms.cusum(z, 2.0)
    for place in np.ndindex(3, 4):
        for one, all_of_them in zip(alarms.cusum(z[place], 2.0), many, strict=True):
            assert np.array_equal(one, all_of_them[place])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30))
def test_cusum_of_the_mirrored_series_is_mirrored(z):
    up, down, raised = alarms.cusum(z, 3.0)
    down2, up2, raised2 = alarms.cusum(np.negative(z), 3.0)
    assert np.array_equal(up, up2) and np.array_equal(down, down2)
    assert np.array_equal(raised, raised2)
    assert (up >= 0).all() and (down >= 0).all()


def test_cusum_finds_a_small_shift_sooner_than_z_at_equal_false_alarms():
    rng = np.random.default_rng(1)
    quiet, moved = rng.normal(size=(400, 100)), rng.normal(1, 1, size=(400, 100))
    first = {}
    for name, raised in (
        ("z", lambda z, h: alarms.z_alarms(z, h)),
        ("cusum", lambda z, h: alarms.cusum(z, h)[2]),
    ):
        bars = np.arange(1, 8, 0.1)
        bar = next(h for h in bars if raised(quiet, h).mean() < 0.01)
        first[name] = raised(moved, bar).argmax(axis=1).mean()
    assert first["cusum"] < 0.8 * first["z"]


def test_z_scores():
    z = alarms.z_scores([0.5, np.nan, -1.0], [4, 0, 9], 0.1, 0.5)
    assert np.allclose(z, [1.6, 0, -6.6])
    rng = np.random.default_rng(0)
    values = rng.normal(2, 3, size=(20_000, 7))
    z = alarms.z_scores(values.mean(axis=1), np.full(20_000, 7), 2, 3)
    assert np.mean(alarms.z_alarms(z, 1.5)) == pytest.approx(2 * norm.sf(1.5), abs=0.01)


def test_onsets_and_false_alarms():
    raised = np.array([1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1], bool)
    assert np.flatnonzero(alarms.onsets(raised)).tolist() == [0, 3, 6, 10]
    assert alarms.false_alarms(raised, [(6, 7)], after=1) == 3
    assert alarms.false_alarms(raised, [(5, 8)], after=2) == 2
    assert alarms.false_alarms(raised, []) == 4


def test_detection_delays():
    raised = np.zeros(20, bool)
    raised[[3, 7, 15]] = True
    assert alarms.detection_delays(raised, [2, 4, 7, 12, 13]) == [1, None, 0, None, 2]
    assert alarms.detection_delays(raised, [4], within=4) == [3]


@pytest.mark.parametrize("count", [0, 1, 5, 30])
def test_poisson_interval_inverts_the_distribution(count):
    rate, low, high = alarms.poisson_interval(count, 10)
    assert rate == count / 10
    assert poisson.cdf(count, 10 * high) == pytest.approx(0.025)
    if count:
        assert poisson.sf(count - 1, 10 * low) == pytest.approx(0.025)
    else:
        assert low == 0 and high == pytest.approx(0.3689, abs=1e-4)


def test_stability_index():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 200_000))
    assert alarms.stability_index(a, b) < 0.02
    # Jeffreys' divergence of two normals a shift apart is the shift squared
    assert alarms.stability_index(a, b + 0.5, bins=50) == pytest.approx(0.25, abs=0.02)
    one, two = alarms.stability_index(a, b + 1), alarms.stability_index(a, b + 2)
    assert one < two < np.inf
    assert alarms.stability_index([1, 1, 1], [1, 1, 1]) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: alarms.cusum([0, np.nan]), "finite"),
        (lambda: alarms.cusum([0, 1], 0), "above 0"),
        (lambda: alarms.cusum(1.0), "series"),
        (lambda: alarms.cusum([1.0], 1, -1), "allowance"),
        (lambda: alarms.z_alarms([1], -1), "above 0"),
        (lambda: alarms.z_scores([1], [-1], 0, 1), "counts from 0"),
        (lambda: alarms.z_scores([1], [1], 0, 0), "spread above 0"),
        (lambda: alarms.onsets([1, 0]), "booleans"),
        (lambda: alarms.detection_delays([True], [0], 0), "within"),
        (lambda: alarms.poisson_interval(-1, 1), "count"),
        (lambda: alarms.poisson_interval(1, 0), "above 0"),
        (lambda: alarms.stability_index([], [1]), "both sides"),
        (lambda: alarms.stability_index([1], [1], 1), "bins"),
    ],
)
def test_what_alarms_refuse(call, message):
    with pytest.raises(ValueError, match=message):
        call()
