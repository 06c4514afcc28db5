"""What the generators of 28 × 28 grey pictures share: layers, batches, requests.

Pictures are float32 (B, 28, 28, 1) in [-1, 1]; labels are int32 (B,), 0 … K - 1, and
checked in the same way for the generator of sounds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import ops

from helpers import memory
from helpers.images.scaling import require_images
from helpers.training.callbacks import TimeLimit

if TYPE_CHECKING:
    import tensorflow as tf

ENDLESS = 1_000_000  # steps of a training that a clock ends


@keras.saving.register_keras_serializable(package="aigc")
class SpaceToDepth(keras.layers.Layer):
    """Fold each 2 × 2 square of pixels into channels: (B, 2h, 2w, c) -> (B, h, w, 4c).

    Nothing is lost, and the next convolution has a quarter of the places to visit.
    """

    def call(self, x):
        """Map (B, 2h, 2w, c) to (B, h, w, 4c)."""
        return fold(x)

    def compute_output_shape(self, input_shape):
        """Return the shape that `call` gives."""
        batch, height, width, channels = input_shape
        return (batch, height // 2, width // 2, 4 * channels)


@keras.saving.register_keras_serializable(package="aigc")
class DepthToSpace(keras.layers.Layer):
    """Unfold channels into 2 × 2 squares: (B, h, w, 4c) -> (B, 2h, 2w, c)."""

    def call(self, x):
        """Map (B, h, w, 4c) to (B, 2h, 2w, c)."""
        return unfold(x)

    def compute_output_shape(self, input_shape):
        """Return the shape that `call` gives."""
        batch, height, width, channels = input_shape
        return (batch, 2 * height, 2 * width, channels // 4)


def check_labels(
    labels: np.ndarray | None, count: int, num_classes: int, where: str
) -> np.ndarray:
    """Return `count` int32 labels; zeros for a model without classes.

    Args:
        labels: (count,) whole numbers, 0 … num_classes - 1; None without classes.
        count: how many there should be.
        num_classes: classes K of the model; 0 for a model that uses no labels.
        where: name of the caller, quoted in the message.

    Raises:
        ValueError: labels missing, of another length or type, or out of range.
    """
    if num_classes == 0:
        return np.zeros(count, "int32")
    if labels is None:
        raise ValueError(f"{where} is conditional and wants {count} labels, got none")
    labels = np.asarray(labels)
    if labels.shape != (count,) or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"{where} wants {count} whole numbers as labels, received "
            f"{labels.dtype} {labels.shape}"
        )
    if count and not 0 <= labels.min() <= labels.max() < num_classes:
        raise ValueError(
            f"{where} wants labels 0 … {num_classes - 1}, received {labels.min()} … "
            f"{labels.max()}"
        )
    return labels.astype("int32")


def requested_labels(
    request: int | np.ndarray, num_classes: int, where: str, untold: bool = False
) -> np.ndarray:
    """Turn "how many" or "which classes" into one int32 label a picture.

    Args:
        request: a number of pictures, whose classes then take turns; or labels (n,).
        num_classes: classes K of the model; 0 for a model that uses no labels.
        where: name of the caller, quoted in the message.
        untold: whether labels may be K too, which means "not told".

    Raises:
        ValueError: a count below 1, labels out of range, or labels for a model that
            knows no classes.
    """
    if isinstance(request, int | np.integer):
        if request < 1:
            raise ValueError(f"{where} wants a count of 1 or more, received {request}")
        return (np.arange(request) % max(1, num_classes)).astype("int32")
    if num_classes == 0:
        raise ValueError(
            f"{where} knows no classes and wants a count, received labels "
            f"{np.asarray(request)!r}"
        )
    labels = np.atleast_1d(np.asarray(request))
    if not labels.size:
        raise ValueError(f"{where} wants one label or more, received none")
    return check_labels(labels, len(labels), num_classes + untold, where)


def in_batches(
    function: Callable, *arrays: np.ndarray, batch_size: int = 200
) -> np.ndarray:
    """Apply a compiled function to equally long arrays, piece by piece.

    Args:
        function: tensors of up to `batch_size` rows -> a tensor with as many rows.
        arrays: its inputs, (n, …), n ≥ 1.
        batch_size: rows of one call; the last piece is filled up, so that one
            compiled graph serves all.

    Returns:
        The results in order, as one array (n, …).
    """
    count, pieces = len(arrays[0]), []
    size = min(batch_size, count)
    for start in range(0, count, size):
        rows = np.minimum(np.arange(start, start + size), count - 1)
        piece = function(*[ops.convert_to_tensor(array[rows]) for array in arrays])
        pieces.append(ops.convert_to_numpy(piece))
    return np.concatenate(pieces)[:count]


def random_batches(
    images: np.ndarray,
    labels: np.ndarray,
    batch_size: int,
    steps: int,
    start: int = 0,
    seed: int = 0,
) -> tf.data.Dataset:
    """Yield batches of pictures and labels, drawn with replacement.

    Batch number i depends on `seed` and i alone, so a training that was stopped after
    `start` steps goes on with the batches that it would have seen.

    Args:
        images: (n, 28, 28, 1) float32 in [-1, 1].
        labels: (n,) int32.
        batch_size: pictures in a batch, at least 1.
        steps: number of the last batch, above `start`.
        start: batches to leave out.
        seed: seed of the draw.

    Raises:
        ValueError: if no batch is left or a batch is empty.
    """
    import tensorflow as tf

    if batch_size < 1 or not 0 <= start < steps:
        raise ValueError(
            f"batch_size is {batch_size}, start {start}, steps {steps}; wanted "
            "batch_size ≥ 1 and 0 ≤ start < steps"
        )
    images, labels = tf.constant(images), tf.constant(labels)

    def draw(number):
        state = tf.stack([tf.constant(seed, tf.int64), number])
        rows = tf.random.stateless_uniform(
            (batch_size,), state, maxval=len(images), dtype=tf.int32
        )
        return tf.gather(images, rows), tf.gather(labels, rows)

    return tf.data.Dataset.range(start, steps).map(draw).prefetch(2)


def compiled(function: Callable) -> Callable:
    """Return a function of tensors as one graph, compiled once for each shape."""
    import tensorflow as tf

    return tf.function(
        function, autograph=False, reduce_retracing=True, jit_compile=False
    )


def fit_pictures(
    model: keras.Model,
    images: np.ndarray,
    labels: np.ndarray | None,
    num_classes: int,
    batch_size: int,
    seed: int,
    callbacks: list | None,
    steps: int | None,
    seconds: float | None,
) -> keras.callbacks.History:
    """Check the data and `fit` a compiled model for some steps or some seconds.

    Args:
        model: takes batches (images, labels).
        images: (n, 28, 28, 1) float32 in [-1, 1].
        labels: (n,) int; None if num_classes is 0.
        num_classes: classes K of the model.
        batch_size: pictures in a batch.
        seed: seed of the batches.
        callbacks: more Keras callbacks, or None.
        steps: training steps, or None.
        seconds: training time, compilation excluded, or None.

    Raises:
        ValueError: if neither limit is given, or images or labels are not as wanted.
    """
    name = type(model).__name__
    if steps is None and seconds is None:
        raise ValueError(f"training a {name} wants steps or seconds, received neither")
    images = require_images(images, name, (28, 28))
    labels = check_labels(labels, len(images), num_classes, name)
    steps = ENDLESS if steps is None else steps
    batches = random_batches(images, labels, batch_size, steps, seed=seed)
    limit = [] if seconds is None else [TimeLimit(seconds)]
    history = model.fit(batches, verbose=0, callbacks=[*limit, *(callbacks or [])])
    model.train_function = None  # some 100 MB a model, which a lesson trains many of
    del batches
    memory.release()
    return history


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
