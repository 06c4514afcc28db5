"""Scaling and checks of pictures against plain arithmetic and scikit-image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage import transform

from helpers import images

RNG = np.random.default_rng(0)
PICTURES = RNG.uniform(-1, 1, (3, 9, 12, 1)).astype(np.float32)


@given(arrays(np.uint8, (2, 3, 4)))
def test_bytes_survive_the_round_trip(pixels):
    scaled = images.to_float(pixels)
    assert scaled.shape == (2, 3, 4, 1)
    assert scaled.dtype == np.float32
    assert np.abs(scaled).max() <= 1
    np.testing.assert_array_equal(images.to_uint8(scaled)[..., 0], pixels)


def test_scaling_hits_its_ends_and_middle():
    scaled = images.to_float([np.array([[0, 51, 255]], np.uint8)])
    np.testing.assert_allclose(scaled.ravel(), [-1, -0.6, 1], atol=1e-7)
    slightly_over = np.full((1, 2, 2), 1.0005)
    assert images.to_uint8(slightly_over).max() == 255


@given(st.integers(1, 20), st.integers(1, 20))
def test_resize_keeps_a_flat_picture(height, width):
    flat = np.full((1, 5, 7, 1), 0.25, np.float32)
    resized = images.resize(flat, height, width)
    np.testing.assert_allclose(resized, np.full((1, height, width, 1), 0.25), atol=1e-6)


@pytest.mark.parametrize("size", [(9, 12), (18, 24), (27, 30), (7, 10)])
def test_resize_equals_scikit_image(size):
    expected = [
        transform.resize(p[..., 0], size, order=1, mode="edge", anti_aliasing=False)
        for p in PICTURES
    ]
    got = images.resize(PICTURES, *size)
    np.testing.assert_allclose(got[..., 0], expected, atol=1e-5)


def test_resize_levels_mixed_sizes():
    mixed = [PICTURES[0], PICTURES[1, :5], PICTURES[2, :, :3]]
    with pytest.raises(ValueError, match="one size.*picture 1"):
        images.require_images(mixed)
    assert images.resize(mixed, 6, 6).shape == (3, 6, 6, 1)


def with_nan():
    bad = PICTURES.copy()
    bad[1, 0, 0] = np.nan
    return bad


@pytest.mark.parametrize(
    ("given_images", "said"),
    [
        (with_nan(), "1 of 3 pictures with NaN"),
        (PICTURES * 3, r"in \[-1, 1\], received"),
        (PICTURES[:0], "at least one"),
        (PICTURES[0, 0], "grey pictures"),
        (np.repeat(PICTURES, 3, -1), "grey pictures"),
        (np.zeros((1, 4, 4), np.uint8), "to_float scales"),
        ([], "grey pictures"),
    ],
)
def test_bad_pictures_are_refused(given_images, said):
    with pytest.raises(ValueError, match=said):
        images.require_images(given_images)


def test_wrong_types_and_sizes_are_refused():
    with pytest.raises(ValueError, match="uint8 pictures, received float32"):
        images.to_float(PICTURES)
    with pytest.raises(ValueError, match="28 x 28 pixels, received 9 x 12"):
        images.require_images(PICTURES, size=(28, 28))
    with pytest.raises(ValueError, match="1 or more, got 0 x 4"):
        images.resize(PICTURES, 0, 4)
