"""The block of layers that the course's classifiers of pictures and sounds repeat."""

from __future__ import annotations

from keras import layers


def convolution(filters: int, stride: int) -> list[layers.Layer]:
    """Return a 3 x 3 convolution, its batch normalisation and ReLU.

    Args:
        filters: channels of the result.
        stride: pixels from one place of the kernel to the next; 2 halves both sides.
    """
    return [
        layers.Conv2D(filters, 3, stride, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("relu"),
    ]
