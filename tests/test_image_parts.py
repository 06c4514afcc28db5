"""Folding pixels into channels against TensorFlow's own space_to_depth."""

import numpy as np
import pytest
import tensorflow as tf

from helpers.models.image_parts import fold, random_batches, unfold


@pytest.mark.parametrize("shape", [(3, 8, 6, 5), (1, 2, 2, 1), (2, 28, 28, 1)])
def test_folding_equals_tensorflow_and_unfolds_again(shape):
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    folded = fold(x)
    np.testing.assert_array_equal(folded, tf.nn.space_to_depth(x, 2))
    np.testing.assert_array_equal(unfold(folded), x)


def test_four_channels_become_four_pixels():
    x = np.random.default_rng(0).normal(size=(2, 3, 3, 8)).astype("float32")
    np.testing.assert_array_equal(unfold(x), tf.nn.depth_to_space(x, 2))


def test_unknown_batches_pass():
    @tf.function(input_signature=[tf.TensorSpec((None, 4, 4, 3))])
    def both(x):
        return unfold(fold(x))

    x = np.arange(2 * 48.0).reshape(2, 4, 4, 3).astype("float32")
    np.testing.assert_array_equal(both(x), x)


def test_what_cannot_be_folded_is_refused():
    with pytest.raises(ValueError, match="even sides"):
        fold(np.zeros((1, 3, 4, 1)))
    with pytest.raises(ValueError, match="4C channels"):
        unfold(np.zeros((1, 3, 4, 6)))


IMAGES = np.random.default_rng(0).uniform(-1, 1, (9, 4, 4, 1)).astype("float32")


def test_endless_batches_begin_as_the_counted_ones():
    labels = np.arange(9)
    counted = random_batches(IMAGES, labels, 4, steps=3, seed=1)
    endless = random_batches(IMAGES, labels, 4, seed=1)
    assert int(counted.cardinality()) == 3
    assert int(endless.cardinality()) == tf.data.INFINITE_CARDINALITY
    for (x, y), (u, v) in zip(counted, endless.take(3), strict=True):
        np.testing.assert_array_equal(x, u)
        np.testing.assert_array_equal(y, v)
        np.testing.assert_array_equal(x, IMAGES[y.numpy()])


@pytest.mark.parametrize(
    "wrong",
    [
        {"images": np.full_like(IMAGES, np.nan)},
        {"labels": np.full(9, np.nan)},
        {"labels": np.arange(8)},
        {"labels": np.full(9, -1)},
        {"batch_size": 0},
        {"batch_size": 10**9},
        {"batch_size": 2.5},
        {"steps": 0},
        {"steps": 2, "start": 2},
        {"start": -1},
        {"seed": -1},
        {"seed": 2**40},
    ],
    ids=lambda wrong: ", ".join(wrong),
)
def test_batches_refuse(wrong):
    settings = {"images": IMAGES, "labels": np.arange(9), "batch_size": 2, **wrong}
    with pytest.raises(ValueError, match="random_batches.* wants"):
        random_batches(**settings)
