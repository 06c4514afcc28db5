"""Nearest rows against scipy's table of all distances; copies against fresh draws."""

import tracemalloc

import numpy as np
import pytest
from scipy.spatial import distance

from helpers.metrics.nearest import copy_share, nearest

RNG = np.random.default_rng(0)
SOME, OTHERS = RNG.normal(size=(23, 5)), RNG.normal(size=(40, 5))


@pytest.mark.parametrize("chunk", [1, 30, 64, 1_000])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_nearest_equals_the_table_of_all_distances(chunk, kind):
    some, others = SOME.astype(kind), OTHERS.astype(kind)
    table = distance.cdist(some, others)
    found, place = nearest(some, others, chunk)
    np.testing.assert_allclose(found, table.min(axis=1), rtol=1e-6)
    np.testing.assert_array_equal(place, table.argmin(axis=1))


def test_rows_of_any_shape_are_compared_as_a_whole():
    pictures, known = RNG.integers(0, 255, (2, 30, 4, 6, 1)).astype(np.uint8)
    flat = [rows.reshape(30, -1).astype(float) for rows in (pictures, known)]
    found, place = nearest(pictures, known)
    np.testing.assert_allclose(found, distance.cdist(*flat).min(axis=1))
    np.testing.assert_array_equal(place, distance.cdist(*flat).argmin(axis=1))


def test_a_copy_far_from_the_origin_has_no_distance_and_the_first_place():
    known = np.concatenate([OTHERS, OTHERS]) + 1e4
    found, place = nearest(known[:40], known, chunk=100)
    assert (found == 0).all()
    np.testing.assert_array_equal(place, np.arange(40))


@pytest.mark.parametrize(
    ("n", "m", "dim"), [(2_000, 60_000, 64), (300, 2_700, 4_096)], ids=str
)
def test_large_sets_take_little_memory(n, m, dim):
    others = np.zeros((m, dim), np.float32)
    others[:, 0] = np.arange(m)
    places = RNG.integers(0, m, n)
    some = others[places]
    tracemalloc.start()
    _, found = nearest(some, others)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(found, places)
    assert peak < 100e6


def test_copies_are_many_and_honest_draws_about_the_quantile():
    train, held_out, fresh = RNG.normal(size=(3, 4_000, 3))
    honest = nearest(held_out, train)[0]
    assert copy_share(nearest(fresh, train)[0], honest) == pytest.approx(0.01, abs=6e-3)
    assert copy_share(nearest(fresh, train)[0], honest, 0.2) == pytest.approx(
        0.2, abs=0.03
    )
    stored = train + 1e-4 * RNG.normal(size=train.shape)
    assert copy_share(nearest(stored, train)[0], honest) == 1
    mixed = np.concatenate([stored[:1_000], fresh[:3_000]])
    assert copy_share(nearest(mixed, train)[0], honest) == pytest.approx(
        0.257, abs=0.02
    )


@pytest.mark.parametrize(
    ("some", "others", "said"),
    [
        (SOME, OTHERS[:, :4], r"one shape, received rows of \(5,\) and \(4,\)"),
        (SOME[:0], OTHERS, "some wants numbers .* at least one row"),
        (SOME, OTHERS[:0], "others wants numbers"),
        (SOME[:, 0], OTHERS[:, 0], "some wants numbers"),
        (SOME.astype(str), OTHERS, "some wants numbers"),
        (SOME, OTHERS * np.nan, "others wants finite numbers"),
        (np.where(SOME > 1, np.inf, SOME), OTHERS, "some wants finite numbers"),
    ],
)
def test_bad_rows_are_refused(some, others, said):
    with pytest.raises(ValueError, match=said):
        nearest(some, others)


def test_bad_settings_are_refused():
    with pytest.raises(ValueError, match="chunk wants .*received 0"):
        nearest(SOME, OTHERS, 0)
    for quantile in (0, 1, np.nan):
        with pytest.raises(ValueError, match="quantile wants .*between 0"):
            copy_share([1.0], [1.0], quantile)
    for bad in ([], [-1.0], [np.nan], [[1.0]]):
        with pytest.raises(ValueError, match="generated wants"):
            copy_share(bad, [1.0])
        with pytest.raises(ValueError, match="held_out wants"):
            copy_share([1.0], bad)
