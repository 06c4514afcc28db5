"""Folding pixels into channels against TensorFlow's own space_to_depth."""

import numpy as np
import pytest
import tensorflow as tf

from helpers.models.image_parts import fold, unfold


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
