"""Say from its pixels whether a grey picture of clothes is dark or pale."""

from __future__ import annotations

import numpy as np

BACKGROUND = 25  # of 255: Fashion-MNIST's ground is black, and so are pixels below this
THRESHOLD = 0.65  # the median brightness of Fashion-MNIST's 60,000 training pictures
MARGIN = 0.03  # pictures nearer to the threshold are neither: they are left out
TONES = ("dark", "pale")  # the words of `helpers.text.stories`, 0 and 1


def brightness(images: np.ndarray) -> np.ndarray:
    """Return the mean of the pixels that belong to the thing, not to the ground.

    Args:
        images: uint8 (n, 28, 28) or (n, 28, 28, 1), 0 is black.

    Returns:
        float64 (n,), 0 to 1; 0 for a picture that is all ground.

    Raises:
        ValueError: If the pictures are of another type or shape.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.shape[1:3] != (28, 28):
        raise ValueError(
            "`brightness` wants uint8 pictures of 28 by 28 pixels, received "
            f"{images.dtype} {images.shape}"
        )
    pixels = images.reshape(len(images), -1)
    thing = pixels > BACKGROUND
    total = (pixels * thing).sum(axis=1, dtype=np.int64)
    return total / np.maximum(thing.sum(axis=1), 1) / 255


def tones(images: np.ndarray) -> np.ndarray:
    """Return 0 (dark) or 1 (pale) for each picture, int (n,); see `TONES`.

    Args:
        images: As for `brightness`.
    """
    return (brightness(images) > THRESHOLD).astype(int)
