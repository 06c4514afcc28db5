"""Pictures as arrays: checks, scaling to [-1, 1] and back, resizing.

The course's picture is float32 (n, height, width, 1) from -1 (black) to 1 (white).
`helpers.augmentation` changes pictures at random.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SLACK = 1e-3  # how far outside [-1, 1] a rounding error may lie


def _stack(images: np.ndarray | Sequence[np.ndarray], where: str) -> np.ndarray:
    """Return one array of pictures, or say which picture has another size."""
    if isinstance(images, (list, tuple)):
        shapes = [np.shape(image) for image in images]
        odd = next((i for i, shape in enumerate(shapes) if shape != shapes[0]), None)
        if odd is not None:
            raise ValueError(
                f"{where} wants pictures of one size, received {shapes[0]} and, as"
                f" picture {odd}, {shapes[odd]}; helpers.images.resize levels them"
            )
    array = np.asarray(images)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4 or array.shape[-1] != 1 or 0 in array.shape:
        raise ValueError(
            f"{where} wants grey pictures (n, height, width) or (n, height, width, 1),"
            f" at least one, received shape {np.shape(images)}"
        )
    return array


def require_images(
    images: np.ndarray | Sequence[np.ndarray],
    where: str = "images",
    size: tuple[int, int] | None = None,
) -> np.ndarray:
    """Return `images` as float32 (n, height, width, 1) if they lie in [-1, 1].

    Args:
        images: Float pictures, (n, height, width) or (n, height, width, 1), or a
            sequence of pictures of one size; values -1 to 1. Values outside by less
            than 0.001 pass, and are clipped.
        where: Name of the caller, quoted in the message.
        size: Wanted height and width in pixels; None for any.

    Raises:
        ValueError: If there is no picture, sizes are mixed or not as wanted, pixels
            are integers, not finite or out of range.
    """
    array = _stack(images, where)
    if array.dtype.kind != "f":
        raise ValueError(
            f"{where} wants float pictures in [-1, 1], received {array.dtype};"
            " helpers.images.to_float scales 0 to 255"
        )
    if size is not None and array.shape[1:3] != tuple(size):
        raise ValueError(
            f"{where} wants pictures of {size[0]} x {size[1]} pixels, received"
            f" {array.shape[1]} x {array.shape[2]}"
        )
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).any(axis=(1, 2, 3)).sum())
        raise ValueError(
            f"{where} wants finite pixels, received {bad} of {len(array)} pictures"
            " with NaN or infinity"
        )
    low, high = float(array.min()), float(array.max())
    if low < -1 - SLACK or high > 1 + SLACK:
        raise ValueError(
            f"{where} wants pixels in [-1, 1], received {low:.3g} to {high:.3g}"
        )
    return np.clip(array.astype(np.float32, copy=False), -1, 1)


def to_float(images: np.ndarray | Sequence[np.ndarray]) -> np.ndarray:
    """Scale pictures of bytes to [-1, 1]: x / 127.5 - 1.

    Args:
        images: uint8 pictures, 0 to 255, (n, height, width) or (n, height, width, 1),
            or a sequence of pictures of one size.

    Returns:
        float32 (n, height, width, 1), -1 to 1.

    Raises:
        ValueError: If there is no picture, sizes are mixed or the type is another.

    Example:
        >>> to_float(np.array([[[0, 255]]], np.uint8)).ravel().tolist()
        [-1.0, 1.0]
    """
    array = _stack(images, "to_float")
    if array.dtype != np.uint8:
        raise ValueError(f"to_float wants uint8 pictures, received {array.dtype}")
    return array.astype(np.float32) / np.float32(127.5) - np.float32(1)


def to_uint8(images: np.ndarray | Sequence[np.ndarray]) -> np.ndarray:
    """Scale pictures in [-1, 1] back to bytes, rounded to the nearest.

    Args:
        images: Float pictures as in `require_images`.

    Returns:
        uint8 (n, height, width, 1), 0 to 255.

    Raises:
        ValueError: As `require_images`.
    """
    array = require_images(images, "to_uint8")
    return np.rint((array + 1) * 127.5).astype(np.uint8)


def _weights(old: int, new: int) -> np.ndarray:
    """Return the (new, old) weights of linear interpolation along one axis."""
    position = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    distance = np.abs(position[:, None] - np.arange(old))
    return np.clip(1 - distance, 0, 1).astype(np.float32)


def resize(
    images: np.ndarray | Sequence[np.ndarray], height: int, width: int
) -> np.ndarray:
    """Resize pictures by linear interpolation between pixel centres.

    Shrinking by more than 2 skips pixels: average first where that matters.

    Args:
        images: Float pictures as in `require_images`; a sequence may hold pictures of
            different sizes.
        height: New height in pixels, 1 or more.
        width: New width in pixels, 1 or more.

    Returns:
        float32 (n, height, width, 1), -1 to 1.

    Raises:
        ValueError: If a size is below 1, or as `require_images`.
    """
    if height < 1 or width < 1:
        raise ValueError(f"resize wants sizes of 1 or more, got {height} x {width}")
    if isinstance(images, (list, tuple)) and len({np.shape(i) for i in images}) > 1:
        return np.concatenate([resize([image], height, width) for image in images])
    array = require_images(images, "resize")[..., 0]
    down, across = _weights(array.shape[1], height), _weights(array.shape[2], width)
    return (down @ array @ across.T)[..., np.newaxis]
