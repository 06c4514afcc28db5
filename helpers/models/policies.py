"""Give the layers inside a model the model's own numeric type."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import keras
from keras import ops


@contextmanager
def policy_of(layer: keras.layers.Layer) -> Iterator[None]:
    """Let layers made meanwhile have the dtype policy of `layer`.

    A layer that is given no `dtype` takes the global policy, so a model made with
    `dtype="mixed_bfloat16"` would hold float32 layers without this.

    Args:
        layer: a Keras layer or model, after `super().__init__`.

    Example:
        with policy_of(self):
            self.head = keras.layers.Dense(10)
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(layer.dtype_policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def in_float32(x: keras.KerasTensor) -> keras.KerasTensor:
    """Return floats as float32, in which losses, norms and samples are computed.

    float16 reaches only 65,504 and knows nothing between 0 and 6e-8; bfloat16 keeps
    three digits. Sums of 784 squares, and NumPy, want more.

    Args:
        x: float tensor of any shape.
    """
    return ops.cast(x, "float32")
