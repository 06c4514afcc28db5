"""Change pictures at random so that their class stays: augmentation, 数据增强.

Each `random_…` function draws its numbers from a NumPy generator and changes a whole
batch, float32 (n, height, width, 1) in [-1, 1]; what moves in from outside is `FILL`.
`augmenter` makes a pipeline of Keras layers that does the same inside `tf.data` or a
model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from helpers.checks import require_count
from helpers.images.geometry import FILL, crop, one_each, pixel_places, rotate, shift
from helpers.images.scaling import require_images

if TYPE_CHECKING:
    import keras


def random_shift(
    images: np.ndarray, rng: np.random.Generator, pixels: int = 2
) -> np.ndarray:
    """Move each picture by up to so many whole pixels, both ways.

    Args:
        images: Float pictures in [-1, 1], (n, height, width, 1).
        rng: Source of the random numbers.
        pixels: Most pixels, 0 or more.

    Returns:
        float32, shape of images.

    Raises:
        ValueError: If `pixels` is negative or no whole number.
    """
    if not 0 <= pixels <= 10_000 or pixels != int(pixels):  # nor NaN, nor infinity
        raise ValueError(f"pixels is a whole number, 0 or more, received {pixels}")
    down, right = rng.integers(-int(pixels), int(pixels) + 1, (2, len(images)))
    return shift(images, down, right)


def random_rotation(
    images: np.ndarray, rng: np.random.Generator, degrees: float = 10
) -> np.ndarray:
    """Turn each picture by an angle from -degrees to degrees.

    Args:
        images: Float pictures in [-1, 1], (n, height, width, 1).
        rng: Source of the random numbers.
        degrees: Largest angle, 0 to 180.

    Returns:
        float32, shape of images.

    Raises:
        ValueError: If `degrees` is out of range.
    """
    _within("degrees", degrees, 0, 180)
    return rotate(images, rng.uniform(-degrees, degrees, len(images)))


def random_flip(
    images: np.ndarray, rng: np.random.Generator, chance: float = 0.5
) -> np.ndarray:
    """Mirror each picture, left to right, with some probability.

    Args:
        images: Float pictures in [-1, 1], (n, height, width, 1).
        rng: Source of the random numbers.
        chance: Probability, 0 to 1.

    Returns:
        float32, shape of images.

    Raises:
        ValueError: If `chance` is out of range.
    """
    _within("chance", chance, 0, 1)
    images = require_images(images, "random_flip")
    mirrored = (rng.random(len(images)) < chance)[:, None, None, None]
    return np.where(mirrored, images[:, :, ::-1], images)


def random_crop(
    images: np.ndarray, rng: np.random.Generator, least: float = 0.8
) -> np.ndarray:
    """Cut a window out of each picture and enlarge it again.

    Args:
        images: Float pictures in [-1, 1], (n, height, width, 1).
        rng: Source of the random numbers.
        least: Smallest part of the sides that a window keeps, above 0, up to 1.

    Returns:
        float32, shape of images.

    Raises:
        ValueError: If `least` is out of range.
    """
    _within("least", least, 1e-3, 1)
    images = require_images(images, "random_crop")
    share, top, left = rng.uniform(size=(3, len(images)))
    share = least + (1 - least) * share
    height, width = images.shape[1:3]
    return crop(images, top * (1 - share) * height, left * (1 - share) * width, share)


def random_erase(
    images: np.ndarray, rng: np.random.Generator, side: int = 8, fill: float = FILL
) -> np.ndarray:
    """Paint over a square of each picture ("cutout").

    Args:
        images: Float pictures in [-1, 1], (n, height, width, 1).
        rng: Source of the random numbers.
        side: Side of the square in whole pixels, 0 up to the picture's shorter side;
            it lies inside the picture.
        fill: Value of the square, -1 to 1.

    Returns:
        float32, shape of images.

    Raises:
        ValueError: If `side` or `fill` is out of range or `side` no whole number.

    Source: DeVries & Taylor 2017, Improved regularization with cutout.
    """
    images = require_images(images, "random_erase")
    height, width = images.shape[1:3]
    _within("side", side, 0, min(height, width))
    if side != int(side):
        raise ValueError(f"side is a whole number of pixels, received {side}")
    side = int(side)
    _within("fill", fill, -1, 1)
    top = rng.integers(0, height - side + 1, len(images))[:, None, None]
    left = rng.integers(0, width - side + 1, len(images))[:, None, None]
    rows, columns = pixel_places(images)
    erased = (rows >= top) & (rows < top + side)
    erased = erased & (columns >= left) & (columns < left + side)
    return np.where(erased[..., None], np.float32(fill), images)


def random_brightness(
    images: np.ndarray, rng: np.random.Generator, amount: float = 0.2
) -> np.ndarray:
    """Add one number to each picture, then clip.

    Args:
        images: Float pictures in [-1, 1], (n, height, width, 1).
        rng: Source of the random numbers.
        amount: Largest number added or taken away, 0 to 2.

    Returns:
        float32, shape of images.

    Raises:
        ValueError: If `amount` is out of range.
    """
    _within("amount", amount, 0, 2)
    images = require_images(images, "random_brightness")
    added = one_each(rng.uniform(-amount, amount, len(images)), images)[..., None]
    return np.clip(images + added, -1, 1).astype(np.float32)


def random_contrast(
    images: np.ndarray, rng: np.random.Generator, amount: float = 0.2
) -> np.ndarray:
    """Stretch or shrink each picture's distance from its mean, then clip.

    Args:
        images: Float pictures in [-1, 1], (n, height, width, 1).
        rng: Source of the random numbers.
        amount: The factor lies between 1 - amount and 1 + amount, 0 to 1.

    Returns:
        float32, shape of images.

    Raises:
        ValueError: If `amount` is out of range.
    """
    _within("amount", amount, 0, 1)
    images = require_images(images, "random_contrast")
    factor = one_each(rng.uniform(1 - amount, 1 + amount, len(images)), images)[
        ..., None
    ]
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    return np.clip(mean + factor * (images - mean), -1, 1).astype(np.float32)


def augmenter(
    *,
    size: int = 28,
    flip: bool = True,
    shift: float = 2,
    rotation: float = 0,
    crop: float = 1,
    erase: float = 0,
    brightness: float = 0,
    contrast: float = 0,
    seed: int = 0,
) -> keras.Sequential:
    """Return a pipeline of Keras layers that changes pictures while training.

    Call it with `training=True`; as part of a model `fit` does so, and pictures pass
    unchanged when the model predicts.

    Args:
        size: Side of the pictures in pixels.
        flip: Whether to mirror half of them, left to right.
        shift: Most pixels to move, 0 or more; parts of a pixel occur.
        rotation: Largest angle in degrees, 0 to 180.
        crop: Smallest part of the sides to keep and enlarge, from the middle, above 0,
            up to 1.
        erase: Side of a square to paint black, in pixels, 0 or more.
        brightness: Largest number added, 0 to 2.
        contrast: Largest change of the factor around the mean, 0 up to (not) 1.
        seed: Seed of all layers.

    Returns:
        A model from float (n, size, size, 1) in [-1, 1] to the same.

    Raises:
        ValueError: If a number is out of range.

    Example:
        change = augmenter(shift=3, rotation=10)
        data = data.map(lambda x, y: (change(x, training=True), y))
    """
    import keras

    size = require_count(size, "augmenter, size,", most=10_000)
    _within("shift", shift, 0, size)
    _within("rotation", rotation, 0, 180)
    _within("crop", crop, 1e-3, 1)
    _within("erase", erase, 0, size)
    _within("brightness", brightness, 0, 2)
    _within("contrast", contrast, 0, 0.999)
    amounts = {"flip": flip, "crop": 1 - crop, "shift": shift / size}
    amounts |= {"rotation": rotation / 360, "contrast": contrast}
    amounts |= {"brightness": brightness / 2, "erase": (erase / size) ** 2}
    chosen = [
        _layer(name, amount, seed + place)
        for place, (name, amount) in enumerate(amounts.items())
        if amount
    ]
    return keras.Sequential([keras.Input((size, size, 1)), *chosen], name="augmenter")


def _layer(name: str, amount: float, seed: int) -> keras.layers.Layer:
    """Return one layer of `augmenter`, its amount in Keras's own unit."""
    from keras import layers

    edge = {"fill_mode": "constant", "fill_value": FILL, "seed": seed}
    pixels = {"value_range": (-1, 1), "seed": seed}
    if name == "flip":
        return layers.RandomFlip("horizontal", seed=seed)
    if name == "crop":
        return layers.RandomZoom((-amount, 0), **edge)
    if name == "shift":
        return layers.RandomTranslation(amount, amount, **edge)
    if name == "rotation":
        return layers.RandomRotation(amount, **edge)
    if name == "contrast":
        return layers.RandomContrast(amount, **pixels)
    if name == "brightness":
        return layers.RandomBrightness(amount, **pixels)
    area = (amount, amount)  # and always, which is the first argument
    return layers.RandomErasing((1.0, 1.0), scale=area, fill_value=FILL, **pixels)


def _within(name: str, value: float, least: float, most: float) -> None:
    """Raise ValueError if a setting is out of range."""
    if not least <= value <= most:
        raise ValueError(f"{name} is from {least:g} to {most:g}, received {value}")
