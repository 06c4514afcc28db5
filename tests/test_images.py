"""Scaling and checks of pictures against plain arithmetic and scikit-image."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

from helpers import images
from helpers.images import augmentation, geometry
from helpers.judges.images import ImageJudge
from helpers.metrics import pixels
from helpers.models.diffusion.diffusion import Diffusion
from helpers.models.diffusion.training import noisy_batches
from helpers.models.gan.gan import conditional_gan, fit_gan
from helpers.models.vae.vae import VAE, fit_vae

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
def test_bad_pictures_say_what_is_wrong(given_images, said):
    with pytest.raises(ValueError, match=said):
        images.require_images(given_images)


def test_wrong_types_and_sizes_are_refused():
    with pytest.raises(ValueError, match="uint8 pictures, received float32"):
        images.to_float(PICTURES)
    with pytest.raises(ValueError, match="28 x 28 pixels, received 9 x 12"):
        images.require_images(PICTURES, size=(28, 28))


def test_pictures_in_range_are_not_copied():
    assert images.require_images(PICTURES) is PICTURES


@pytest.fixture(scope="module")
def judge():
    return ImageJudge.load("digits")


def drawn(change):
    return lambda pictures, judge: change(pictures, np.random.default_rng(0))


LABELS = np.zeros(3, int)
USES = {  # every public function that takes pictures
    "to_uint8": lambda p, judge: images.to_uint8(p),
    "sample": lambda p, judge: geometry.sample(p, *np.zeros((2, 3, 5, 5))),
    "shift": lambda p, judge: geometry.shift(p, 1, 0),
    "rotate": lambda p, judge: geometry.rotate(p, 10),
    "crop": lambda p, judge: geometry.crop(p, 0, 0, 0.5),
    "random_shift": drawn(augmentation.random_shift),
    "random_rotation": drawn(augmentation.random_rotation),
    "random_flip": drawn(augmentation.random_flip),
    "random_crop": drawn(augmentation.random_crop),
    "random_erase": drawn(augmentation.random_erase),
    "random_brightness": drawn(augmentation.random_brightness),
    "random_contrast": drawn(augmentation.random_contrast),
    "psnr": lambda p, judge: pixels.psnr(p, p),
    "ssim": lambda p, judge: pixels.ssim(p, p),
    "ImageJudge.features": lambda p, judge: judge.features(p),
    "ImageJudge.classify": lambda p, judge: judge.classify(p),
    "ImageJudge.score": lambda p, judge: judge.score(p),
    "ImageJudge.interval": lambda p, judge: judge.interval(p),
    "VAE.encode": lambda p, judge: VAE(2, 2).encode(p),
    "VAE.fit_prior": lambda p, judge: VAE(2, 2).fit_prior(p),
    "fit_vae": lambda p, judge: fit_vae(VAE(2, 2), p, steps=1),
    "fit_gan": lambda p, judge: fit_gan(conditional_gan(2, 2), p, LABELS, steps=1),
    "noisy_batches": lambda p, judge: noisy_batches(Diffusion((4, 4)), p, LABELS, 1),
    "inpaint": lambda p, judge: Diffusion((4, 4)).inpaint(p, True, LABELS, steps=1),
}
GOOD = RNG.uniform(-1, 1, (3, 28, 28, 1)).astype(np.float32)
NAN = np.where(np.arange(28) == 5, np.nan, GOOD[..., 0]).astype(np.float32)


@pytest.mark.parametrize(
    ("pictures", "said"),
    [
        ([GOOD[0], GOOD[1, :20], GOOD[2]], "pictures of one size.* as picture 1,"),
        (NAN, "finite pixels"),
        (GOOD[0, ..., 0], r"received shape \(28, 28\) \(a single one\?"),
        (GOOD[0], r"received shape \(28, 28, 1\) \(a single one\?"),
        (GOOD[:0], "at least one, received shape"),
    ],
    ids=["mixed sizes", "NaN", "single", "single with channel", "none"],
)
@pytest.mark.parametrize("use", USES)
def test_bad_pictures_are_refused_everywhere(use, pictures, said, judge):
    with pytest.raises(ValueError, match=said):
        USES[use](pictures, judge)


@pytest.mark.parametrize("use", [use for use in USES if use not in ("psnr", "ssim")])
def test_bytes_are_refused_where_scaled_pictures_are_wanted(use, judge):
    with pytest.raises(ValueError, match="to_float scales 0 to 255"):
        USES[use](images.to_uint8(GOOD), judge)
