"""Move, turn and cut pictures: each new pixel says where its value comes from.

Pictures are float32 (n, height, width, 1) in [-1, 1]. `augmentation` draws the amounts
at random.
"""

from __future__ import annotations

import numpy as np

from helpers.checks import require_numbers
from helpers.images.scaling import require_images

FILL = -1.0  # black: the background of Fashion-MNIST


def sample(
    images: np.ndarray, rows: np.ndarray, columns: np.ndarray, fill: float = FILL
) -> np.ndarray:
    """Read pictures at any places by linear interpolation; outside lies `fill`.

    All that moves pixels is this one step: for every new pixel say where its value
    comes from.

    Args:
        images: Float pictures in [-1, 1], (n, height, width, 1).
        rows: Where each new pixel comes from, in pixels from the top, (n, new height,
            new width).
        columns: The same from the left.
        fill: Value outside the pictures, -1 to 1.

    Returns:
        float32 (n, new height, new width, 1).

    Raises:
        ValueError: If pictures are malformed, the places do not fit them or are not
            finite, or `fill` is out of range.
    """
    images = require_images(images, "sample")
    rows = require_numbers(rows, "sample, rows,")
    columns = require_numbers(columns, "sample, columns,")
    if not -1 <= fill <= 1:
        raise ValueError(f"sample wants a fill from -1 to 1, received {fill}")
    if rows.ndim != 3 or rows.shape != columns.shape or len(rows) != len(images):
        raise ValueError(
            f"places want shape ({len(images)}, height, width), received {rows.shape}"
            f" and {columns.shape}"
        )
    height, width = images.shape[1:3]
    frame = ((0, 0), (1, 1), (1, 1))
    padded = np.pad(images[..., 0], frame, constant_values=fill)
    rows = np.clip(rows, -1, height) + 1  # in the padded picture
    columns = np.clip(columns, -1, width) + 1
    top = np.minimum(rows.astype(int), height)
    left = np.minimum(columns.astype(int), width)
    down, right = rows - top, columns - left
    which = np.arange(len(images))[:, None, None]
    upper = (1 - right) * padded[which, top, left] + right * padded[
        which, top, left + 1
    ]
    top += 1
    lower = (1 - right) * padded[which, top, left] + right * padded[
        which, top, left + 1
    ]
    return ((1 - down) * upper + down * lower)[..., np.newaxis].astype(np.float32)


def pixel_places(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows (1, height, 1) and columns (1, 1, width) of checked `images`."""
    height, width = images.shape[1:3]
    return np.arange(height)[None, :, None], np.arange(width)[None, None, :]


def one_each(values: np.ndarray | float, images: np.ndarray) -> np.ndarray:
    """Return `values` as one number a picture of `images`, (n, 1, 1)."""
    array = np.asarray(values)
    if array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise ValueError(f"moving images wants finite numbers, received {values}")
    return np.broadcast_to(array.astype(float), (len(images),))[:, None, None]


def shift(
    images: np.ndarray, down: np.ndarray | float, right: np.ndarray | float
) -> np.ndarray:
    """Move pictures down and to the right.

    Args:
        images: Float pictures in [-1, 1], (n, height, width, 1).
        down: Pixels, one number for all or (n,); parts of a pixel and negative
            numbers may be.
        right: The same.

    Returns:
        float32, shape of images.

    Raises:
        ValueError: As `images.require_images`.
    """
    images = require_images(images, "shift")
    rows, columns = pixel_places(images)
    rows, columns = rows - one_each(down, images), columns - one_each(right, images)
    return sample(images, *np.broadcast_arrays(rows, columns))


def rotate(images: np.ndarray, degrees: np.ndarray | float) -> np.ndarray:
    """Turn pictures around their centre.

    Args:
        images: Float pictures in [-1, 1], (n, height, width, 1).
        degrees: Angle, one number for all or (n,), counter-clockwise.

    Returns:
        float32, shape of images.

    Raises:
        ValueError: As `images.require_images`.
    """
    images = require_images(images, "rotate")
    rows, columns = pixel_places(images)
    centre = (images.shape[1] - 1) / 2, (images.shape[2] - 1) / 2
    angle = np.deg2rad(one_each(degrees, images))
    y, x = rows - centre[0], columns - centre[1]
    old_y = np.cos(angle) * y + np.sin(angle) * x
    old_x = np.cos(angle) * x - np.sin(angle) * y
    return sample(images, old_y + centre[0], old_x + centre[1])


def crop(
    images: np.ndarray,
    top: np.ndarray | float,
    left: np.ndarray | float,
    share: np.ndarray | float,
) -> np.ndarray:
    """Cut a window out of each picture and enlarge it to the picture's size.

    Args:
        images: Float pictures in [-1, 1], (n, height, width, 1).
        top: First row of the window in pixels, one number for all or (n,).
        left: First column of the window in pixels.
        share: Part of the sides that the window keeps, above 0, up to 1.

    Returns:
        float32, shape of images.

    Raises:
        ValueError: If a window is empty or reaches out of its picture, or as
            `images.require_images`.
    """
    images = require_images(images, "crop")
    height, width = images.shape[1:3]
    share, top, left = (one_each(value, images) for value in (share, top, left))
    over = np.maximum(top - (1 - share) * height, left - (1 - share) * width)
    if share.min() <= 0 or min(top.min(), left.min()) < 0 or over.max() > 1e-6:
        raise ValueError(
            "windows want share above 0 and to lie inside the picture, received share"
            f" from {share.min():.3g}, reaching {max(over.max(), 0):.3g} pixels out"
        )
    rows, columns = pixel_places(images)
    rows = np.clip(top + (rows + 0.5) * share - 0.5, 0, height - 1)
    columns = np.clip(left + (columns + 0.5) * share - 0.5, 0, width - 1)
    return sample(images, *np.broadcast_arrays(rows, columns))
