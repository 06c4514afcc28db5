"""What the generators of 28 × 28 grey images share: layers, batches, requests.

Images are float32 (B, 28, 28, 1) in [-1, 1]; labels are int32 (B,), 0 … K - 1, and
checked in the same way for the generator of spectrograms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import ops

from helpers.checks import require_count
from helpers.images.scaling import require_images
from helpers.models.policies import in_float32

if TYPE_CHECKING:
    import tensorflow as tf

MOST = 100_000  # images of one request: 0.3 GB of 28 × 28 float32
SEEDS = 2**31 - 1  # largest seed: TensorFlow's stateless draws take int32


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
        raise ValueError(
            f"{where} is conditional and wants {count} labels, received none"
        )
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
    request: int | np.ndarray, num_classes: int, where: str, unconditional: bool = False
) -> np.ndarray:
    """Turn "how many" or "which classes" into one int32 label per image.

    Args:
        request: a number of images, 1 to 100,000, whose classes then take turns; or
            labels (n,).
        num_classes: classes K of the model; 0 for a model that uses no labels.
        where: name of the caller, quoted in the message.
        unconditional: whether labels may be K too, which means "of any class".

    Raises:
        ValueError: a count or labels out of range, or labels for a model that
            knows no classes.
    """
    if isinstance(request, bool | int | np.integer):
        request = require_count(request, f"{where}, the count,", most=MOST)
        return (np.arange(request) % max(1, num_classes)).astype("int32")
    if num_classes == 0:
        raise ValueError(
            f"{where} knows no classes and wants a count, received labels "
            f"{np.asarray(request)!r}"
        )
    labels = np.atleast_1d(np.asarray(request))
    if not labels.size:
        raise ValueError(f"{where} wants one label or more, received none")
    return check_labels(labels, len(labels), num_classes + unconditional, where)


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
        # The last piece repeats the last row: another size would compile again.
        rows = np.minimum(np.arange(start, start + size), count - 1)
        piece = function(*[ops.convert_to_tensor(array[rows]) for array in arrays])
        pieces.append(ops.convert_to_numpy(in_float32(piece)))
    return np.concatenate(pieces)[:count]


def random_batches(
    images: np.ndarray,
    labels: np.ndarray | None,
    batch_size: int,
    steps: int | None = None,
    start: int = 0,
    seed: int = 0,
) -> tf.data.Dataset:
    """Yield batches of images and labels, drawn with replacement.

    Batch number i depends on `seed` and i alone, so a training that was stopped after
    `start` steps goes on with the batches that it would have seen.

    Args:
        images: (n, height, width, 1) floats in [-1, 1].
        labels: (n,) int; None for zeros.
        batch_size: images in a batch, 1 to 100,000.
        steps: number of the last batch, above `start`; None for endless batches.
        start: batches to leave out.
        seed: seed of the draw, 0 to 2³¹ - 1.

    Returns:
        `tf.data.Dataset` of (images, labels).

    Raises:
        ValueError: for unfit images or labels, or settings out of range.
    """
    import tensorflow as tf

    name = "random_batches"
    images = require_images(images, name)
    classes = 0 if labels is None else SEEDS  # any class may be right
    labels = tf.constant(check_labels(labels, len(images), classes, name))
    batch_size = require_count(batch_size, f"{name}, batch_size,", most=MOST)
    start = require_count(start, f"{name}, start,", least=0)
    seed = require_seed(seed, name)
    if steps is not None and require_count(steps, f"{name}, steps,") <= start:
        raise ValueError(f"{name} wants start < steps, received {start} and {steps}")
    images = tf.constant(images)

    def draw(number):
        state = tf.stack([tf.constant(seed, tf.int64), number])
        rows = tf.random.stateless_uniform(
            (batch_size,), state, maxval=len(images), dtype=tf.int32
        )
        return tf.gather(images, rows), tf.gather(labels, rows)

    endless = tf.data.Dataset.counter(start=start)
    numbers = endless if steps is None else endless.take(steps - start)
    return numbers.map(draw).prefetch(2)


def require_seed(seed: int, where: str) -> int:
    """Return a seed that NumPy, Keras and TensorFlow all take: 0 to 2³¹ - 1.

    Args:
        seed: the number.
        where: name of the caller, quoted in the message.

    Raises:
        ValueError: if it is no whole number, or out of range.
    """
    return require_count(seed, f"{where}, seed,", least=0, most=SEEDS)


def require_shape(x: keras.KerasTensor, shape: tuple, where: str) -> None:
    """Refuse a tensor of another shape, before TensorFlow fails inside a layer.

    Args:
        x: tensor or array.
        shape: wanted lengths, None for any; a length that `x` does not know passes.
        where: name of the caller, quoted in the message.

    Raises:
        ValueError: if the number of axes or a length is another.
    """
    found = tuple(x.shape)
    fits = len(found) == len(shape) and all(
        None in pair or pair[0] == pair[1] for pair in zip(found, shape, strict=True)
    )
    if not fits:
        raise ValueError(f"{where} wants shape {shape}, received {found}")


def compiled(function: Callable) -> Callable:
    """Return a function of tensors as one graph, compiled once for each shape."""
    import tensorflow as tf

    return tf.function(
        function, autograph=False, reduce_retracing=True, jit_compile=False
    )


def fold(x: keras.KerasTensor) -> keras.KerasTensor:
    """Move each 2 × 2 square of pixels into channels: (B, 2h, 2w, C) to (B, h, w, 4C).

    Args:
        x: tensor (B, 2h, 2w, C) of any type, the sides known and even.

    Raises:
        ValueError: for odd sides.
    """
    _, height, width, channels = x.shape
    if height % 2 or width % 2:
        raise ValueError(f"`fold` wants even sides, received {height} × {width}")
    x = ops.reshape(x, (-1, height // 2, 2, width // 2, 2, channels))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))  # (B, h, w, 2, 2, C)
    return ops.reshape(x, (-1, height // 2, width // 2, 4 * channels))


def unfold(x: keras.KerasTensor) -> keras.KerasTensor:
    """Undo `fold`: (B, h, w, 4C) to (B, 2h, 2w, C).

    Args:
        x: tensor (B, h, w, 4C) of any type.

    Raises:
        ValueError: for a number of channels that 4 does not divide.

    Source: Shi et al. 2016, "sub-pixel convolution", equation 4.
    """
    _, height, width, channels = x.shape
    if channels % 4:
        raise ValueError(f"`unfold` wants 4C channels, received {channels}")
    x = ops.reshape(x, (-1, height, width, 2, 2, channels // 4))
    x = ops.transpose(x, (0, 1, 3, 2, 4, 5))  # (B, h, 2, w, 2, C)
    return ops.reshape(x, (-1, 2 * height, 2 * width, channels // 4))
