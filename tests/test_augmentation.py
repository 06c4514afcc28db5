"""Moved, turned and cut pictures against scipy, scikit-image, Keras and slices."""

import numpy as np
import pytest
from scipy import ndimage
from skimage import transform

from helpers.images import augmentation, geometry

RNG = np.random.default_rng(0)
IMAGES = RNG.uniform(-1, 1, (5, 10, 12, 1)).astype(np.float32)
SQUARE = RNG.uniform(-1, 1, (40, 28, 28, 1)).astype(np.float32)
RANDOM = [
    augmentation.random_shift,
    augmentation.random_rotation,
    augmentation.random_flip,
    augmentation.random_crop,
    augmentation.random_erase,
    augmentation.random_brightness,
    augmentation.random_contrast,
]


def test_whole_shift_is_a_slice():
    moved = augmentation.shift(IMAGES, 2, -3)
    np.testing.assert_allclose(moved[:, 2:, :-3], IMAGES[:, :-2, 3:], atol=1e-6)
    assert (moved[:, :2] == -1).all()
    assert (moved[:, :, -3:] == -1).all()


@pytest.mark.parametrize("move", [(0.5, 0.25), (-1.75, 2.5)])
def test_shift_by_parts_equals_scipy(move):
    expected = [
        ndimage.shift(p, move, order=1, mode="grid-constant", cval=-1)
        for p in IMAGES[..., 0]
    ]
    moved = augmentation.shift(IMAGES, *move)
    np.testing.assert_allclose(moved[..., 0], expected, atol=1e-5)


@pytest.mark.parametrize("degrees", [17, -40, 125])
def test_rotation_equals_scipy(degrees):
    settings = {"reshape": False, "order": 1, "mode": "grid-constant", "cval": -1}
    expected = [ndimage.rotate(p, degrees, **settings) for p in IMAGES[..., 0]]
    turned = augmentation.rotate(IMAGES, degrees)
    np.testing.assert_allclose(turned[..., 0], expected, atol=1e-5)


def test_quarter_turn_of_a_square_is_rot90():
    turned = augmentation.rotate(SQUARE, 90)
    np.testing.assert_allclose(turned, np.rot90(SQUARE, axes=(1, 2)), atol=1e-5)


def test_each_picture_has_its_own_angle():
    angles = np.array([0, 10, 20, 30, 40])
    together = augmentation.rotate(IMAGES, angles)
    for i, angle in enumerate(angles):
        alone = augmentation.rotate(IMAGES[i : i + 1], angle)
        np.testing.assert_allclose(together[i : i + 1], alone, atol=1e-6)


def test_crop_equals_scikit_images_resize_of_the_slice():
    cut = augmentation.crop(SQUARE, 3, 5, 0.5)
    part = SQUARE[:, 3:17, 5:19, 0]
    expected = [transform.resize(p, (28, 28), order=1, mode="edge") for p in part]
    inner = slice(1, -1)  # at its edge a window sees what lies beside it
    got = cut[:, inner, inner, 0]
    np.testing.assert_allclose(got, np.array(expected)[:, inner, inner], atol=1e-5)
    np.testing.assert_allclose(augmentation.crop(SQUARE, 0, 0, 1), SQUARE, atol=1e-6)


@pytest.mark.parametrize("change", RANDOM)
def test_random_changes_repeat_with_the_seed_and_stay_in_range(change):
    first = change(SQUARE, np.random.default_rng(1))
    again = change(SQUARE, np.random.default_rng(1))
    other = change(SQUARE, np.random.default_rng(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == SQUARE.shape
    assert first.dtype == np.float32
    assert np.abs(first).max() <= 1
    assert np.abs(first - other).max() > 0.01
    assert np.abs(first - SQUARE).max() > 0.01


def test_amount_zero_changes_nothing():
    for change in RANDOM:
        amount = 1 if change is augmentation.random_crop else 0
        same = change(SQUARE, np.random.default_rng(0), amount)
        np.testing.assert_allclose(same, SQUARE, atol=1e-6)


def test_random_shift_reaches_all_places():
    dots = np.full((600, 9, 9, 1), -1, np.float32)
    dots[:, 4, 4] = 1
    moved = augmentation.random_shift(dots, np.random.default_rng(0), 1)
    places = {tuple(p) for p in np.argwhere(moved[..., 0] == 1)[:, 1:]}
    assert places == {(y, x) for y in (3, 4, 5) for x in (3, 4, 5)}


def test_flip_and_erase_do_what_they_say():
    flipped = augmentation.random_flip(SQUARE, RNG, 1)
    np.testing.assert_array_equal(flipped, SQUARE[:, :, ::-1])
    half = augmentation.random_flip(SQUARE, np.random.default_rng(0))
    mirrored = (half != SQUARE).any(axis=(1, 2, 3)).sum()
    assert 10 <= mirrored <= 30
    white = np.ones((50, 28, 28, 1), np.float32)
    erased = augmentation.random_erase(white, RNG, 5)
    assert ((erased == -1).sum(axis=(1, 2, 3)) == 25).all()
    assert ((erased == -1).any(axis=2).sum(axis=1) == 5).all()  # one square


def test_brightness_and_contrast_move_mean_and_spread():
    dim = SQUARE * 0.3
    brighter = augmentation.random_brightness(dim, RNG, 0.5)
    added = (brighter - dim).reshape(40, -1)
    np.testing.assert_allclose(added, added[:, :1] * np.ones((1, 784)), atol=1e-5)
    assert 0.3 < np.abs(added).max() <= 0.5
    stretched = augmentation.random_contrast(dim, RNG, 0.5)
    np.testing.assert_allclose(stretched.mean((1, 2)), dim.mean((1, 2)), atol=1e-5)
    factors = stretched.std((1, 2)) / dim.std((1, 2))
    assert 0.5 <= factors.min() < 0.8
    assert 1.2 < factors.max() <= 1.5


def test_pipeline_changes_pictures_only_in_training():
    change = augmentation.augmenter(shift=2, rotation=10, brightness=0.1, crop=0.9)
    np.testing.assert_array_equal(change(SQUARE, training=False), SQUARE)
    changed = np.array(change(SQUARE, training=True))
    assert changed.shape == SQUARE.shape
    assert np.abs(changed).max() <= 1 + 1e-5
    assert np.abs(changed - SQUARE).max() > 0.1


def test_pipeline_runs_in_tf_data_and_varies_from_batch_to_batch():
    import tensorflow as tf

    change = augmentation.augmenter(flip=False, shift=3, erase=6, contrast=0.3)
    data = tf.data.Dataset.from_tensors(SQUARE).repeat(2)
    data = data.map(lambda x: change(x, training=True))
    first, second = (batch.numpy() for batch in data)
    assert np.abs(first - second).max() > 0.1


def test_pipelines_shift_fills_with_black_and_erases_one_square():
    white = np.ones((60, 28, 28, 1), np.float32)
    shifted = augmentation.augmenter(flip=False, shift=4)(white, training=True)
    lost = 28**2 - (np.array(shifted) + 1).sum(axis=(1, 2, 3)) / 2
    assert 100 < lost.max() <= 28**2 - 24**2 + 1
    erased = augmentation.augmenter(flip=False, shift=0, erase=7)(white, training=True)
    black = (np.array(erased) == -1).sum(axis=(1, 2, 3))
    assert black.min() >= 36
    assert black.max() <= 64


def test_pipelines_flip_is_the_mirror():
    changed = np.array(augmentation.augmenter(shift=0)(SQUARE, training=True))
    same = (changed == SQUARE).all(axis=(1, 2, 3))
    mirrored = (changed == SQUARE[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (same | mirrored).all()
    assert 0 < mirrored.sum() < 40


@pytest.mark.parametrize(
    ("change", "bad"),
    [
        (augmentation.random_shift, 1.5),
        (augmentation.random_shift, -1),
        (augmentation.random_shift, np.nan),
        (augmentation.random_shift, np.inf),
        (augmentation.random_rotation, 200),
        (augmentation.random_flip, 2),
        (augmentation.random_crop, 0),
        (augmentation.random_erase, 29),
        (augmentation.random_erase, 2.5),
        (augmentation.random_erase, np.nan),
        (augmentation.random_brightness, -0.1),
        (augmentation.random_contrast, 1.5),
    ],
)
def test_amounts_out_of_range_are_refused(change, bad):
    with pytest.raises(ValueError, match=f"received {bad}"):
        change(SQUARE, RNG, bad)


def test_bad_settings_and_places_are_refused():
    with pytest.raises(ValueError, match="crop is from 0.001 to 1"):
        augmentation.augmenter(crop=1.2)
    with pytest.raises(ValueError, match="shift is from 0 to 28"):
        augmentation.augmenter(shift=-1)
    with pytest.raises(ValueError, match="inside the picture"):
        augmentation.crop(SQUARE, 20, 0, 0.5)
    with pytest.raises(ValueError, match="places want shape"):
        geometry.sample(SQUARE, np.zeros((2, 3, 3)), np.zeros((2, 3, 3)))
    places = np.zeros((len(SQUARE), 3, 3))
    for bad in (places + np.nan, places * 1j, [["a"]]):
        with pytest.raises(ValueError, match="sample, rows, wants"):
            geometry.sample(SQUARE, bad, places)
    with pytest.raises(ValueError, match="fill from -1 to 1, received 7"):
        geometry.sample(SQUARE, places, places, fill=7)
    for bad in (0, 28.5, np.nan, "28"):
        with pytest.raises(ValueError, match=f"whole number.*received {bad!r}"):
            augmentation.augmenter(size=bad)
    for bad in (np.nan, np.inf, 1j):
        for move in (augmentation.rotate, lambda x, by: augmentation.shift(x, 0, by)):
            with pytest.raises(ValueError, match="wants finite numbers"):
                move(SQUARE, bad)
    with pytest.raises(ValueError, match="NaN"):
        augmentation.rotate(SQUARE * np.nan, 5)
