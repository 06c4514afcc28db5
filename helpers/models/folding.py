"""Fold squares of pixels into channels and back: nothing is lost, less is computed.

Shapes: B batch, h and w rows and columns of squares, C channels.
"""

from __future__ import annotations

import keras
from keras import ops


def fold(x: keras.KerasTensor) -> keras.KerasTensor:
    """Move each 2 × 2 square of pixels into channels: (B, 2h, 2w, C) to (B, h, w, 4C).

    Args:
        x: tensor (B, 2h, 2w, C) of any type, the sides known and even.
    """
    height, width, channels = x.shape[1:]
    x = ops.reshape(x, (-1, height // 2, 2, width // 2, 2, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))  # (B, h, w, 2, 2, C)
    return ops.reshape(x, (-1, height // 2, width // 2, 4 * channels))


def unfold(x: keras.KerasTensor) -> keras.KerasTensor:
    """Undo `fold`: (B, h, w, 4C) to (B, 2h, 2w, C).

    Args:
        x: tensor (B, h, w, 4C) of any type.

    Source: Shi et al. 2016, "sub-pixel convolution", equation 4.
    """
    height, width, channels = x.shape[1:]
    x = ops.reshape(x, (-1, height, width, 2, 2, channels // 4))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))  # (B, h, 2, w, 2, C)
    return ops.reshape(x, (-1, 2 * height, 2 * width, channels // 4))
