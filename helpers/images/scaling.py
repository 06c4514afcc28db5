"""Pictures as arrays: checks, scaling to [-1, 1] and back.

The course's picture is float32 (n, height, width, 1) from -1 (black) to 1 (white).
`helpers.images.augmentation` changes pictures at random.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

SLACK = 1e-3  # how far outside [-1, 1] a rounding error may lie


def stack_images(
    images: np.ndarray | Sequence[np.ndarray], where: str = "images"
) -> np.ndarray:
    """Return grey pictures of one size as one array (n, height, width, 1).

    Args:
        images: Pictures of any type and range, (n, height, width) or (n, height, width,
            1), or a sequence of pictures of one size.
        where: Name of the caller, quoted in the message.

    Raises:
        ValueError: If there is no picture, sizes are mixed, there are colours, or it is
            a single picture.
    """
    if isinstance(images, (list, tuple)):
        shapes = [np.shape(image) for image in images]
        odd = next((i for i, shape in enumerate(shapes) if shape != shapes[0]), None)
        if odd is not None:
            raise ValueError(
                f"{where} wants pictures of one size, received {shapes[0]} and, as"
                f" picture {odd}, {shapes[odd]}; keras.ops.image.resize levels them"
            )
    array = np.asarray(images)
    single = array.ndim == 2 or (array.ndim == 3 and array.shape[-1] == 1)
    if array.ndim == 3 and not single:
        array = array[..., np.newaxis]
    if array.ndim != 4 or array.shape[-1] != 1 or 0 in array.shape:
        hint = " (a single one? put it into a list)" if single else ""
        raise ValueError(
            f"{where} wants grey pictures (n, height, width) or (n, height, width, 1),"
            f" at least one, received shape {np.shape(images)}{hint}"
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
    array = stack_images(images, where)
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
    array = array.astype(np.float32, copy=False)
    return np.clip(array, -1, 1) if low < -1 or high > 1 else array  # or no copy


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
    array = stack_images(images, "to_float")
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
