"""Train diffusion or flow matching: endless noisy batches, steps or seconds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
import numpy as np

from helpers.checks import require_count
from helpers.images.scaling import require_images
from helpers.models.diffusion.base import NoiseToImage
from helpers.models.image_parts import check_labels, require_seed
from helpers.training.callbacks import TimeLimit
from helpers.training.fitting import fit_for
from helpers.training.optimizers import StackedMuon, warmup_cosine


def noisy_batches(
    model: NoiseToImage,
    images: np.ndarray,
    labels: np.ndarray,
    batch_size: int = 128,
    label_drop: float = 0.1,
    seed: int = 0,
    start: int = 0,
):
    """Return an endless data set of what the network sees and should say.

    Every pass over the pictures has its own order, and every batch depends on the seed
    and its number alone, so that a training can go on from any step. Times are spread
    evenly over each batch, which makes its loss less noisy.

    Args:
        model: mixes pictures with noise; its label K stands for any class.
        images: float32 (n, S, S, 1) in [-1, 1].
        labels: int (n,), 0 … K - 1.
        batch_size: pictures in a batch, 1 … n.
        label_drop: share of labels that become K, 0 … 1; from these the model learns
            to be unconditional, which guidance needs.
        seed: decides order, times, noise and dropped labels, 0 … 2³¹ - 1.
        start: number of the first batch.

    Returns:
        `tf.data.Dataset` of ((noisy, times, labels), velocities).

    Raises:
        ValueError: for pictures, labels or settings outside these ranges.
    """
    import tensorflow as tf

    name = "noisy_batches"
    images = require_images(images, name, (model.side, model.side))
    labels = check_labels(labels, len(images), model.num_classes, name)
    require_count(batch_size, f"{name}, batch_size,", most=len(labels))
    require_count(start, f"{name}, start,", least=0)
    seed = require_seed(seed, name)
    if not 0 <= label_drop <= 1:
        raise ValueError(f"{name} wants label_drop 0 … 1, received {label_drop}")
    any_class, count = model.num_classes, len(labels)
    images, labels = tf.constant(images), tf.constant(labels)

    def random(kind, step, number, shape):  # of its own for each use in each step
        return kind(shape, seed=tf.stack([seed * 8 + number, step]))

    def batch(step):
        chosen = _order(step * batch_size, batch_size, count, seed)
        x, label = tf.gather(images, chosen), tf.gather(labels, chosen)
        noise = random(tf.random.stateless_normal, step, 1, tf.shape(x))
        # A comb of equal gaps, shifted at random: each batch sees early and late times.
        places = tf.range(batch_size, dtype=tf.float32) / batch_size
        places = (places + random(tf.random.stateless_uniform, step, 2, ())) % 1.0
        drop = random(tf.random.stateless_uniform, step, 3, (batch_size,))
        label = tf.where(drop < label_drop, any_class, label)
        noisy, times, velocity = model.corrupt(x, noise, places)
        return (noisy, times, label), velocity

    plain = tf.autograph.experimental.do_not_convert(batch)  # no branch to rewrite
    numbers = tf.data.Dataset.counter(start=start)
    return numbers.map(plain, num_parallel_calls=1).prefetch(2)


def train(
    model: NoiseToImage,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    steps: int | None = None,
    seconds: float | None = None,
    batch_size: int = 128,
    peak: float = 0.01,
    seed: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.callbacks.History:
    """Train for `steps` steps or `seconds`, whichever ends first.

    The averaged weights stay in the model. With seconds alone the learning rate follows
    the clock, else the steps.

    Args:
        model: changed in place.
        images: float32 (n, S, S, 1) in [-1, 1].
        labels: int (n,), 0 … K - 1.
        steps: training steps.
        seconds: training time.
        batch_size: images in a step.
        peak: highest learning rate.
        seed: decides all that is random in the batches.
        callbacks: further Keras callbacks.

    Returns:
        Keras's history; its loss is the mean squared error of the velocities.

    Raises:
        ValueError: as `fit_for`, `noisy_batches` and `prepare`.
    """
    data = noisy_batches(model, images, labels, batch_size, seed=seed)
    prepare(model, steps, peak)
    if steps is None and seconds is not None:
        callbacks, seconds = [TimeLimit(seconds, peak), *callbacks], None
    return fit_for(model, data, steps, seconds, callbacks)


def prepare(model: NoiseToImage, steps: int | None, peak: float = 0.01) -> None:
    """Compile a model with loss and optimizer: Muon, and an average of the weights.

    Args:
        model: changed in place.
        steps: training steps of the schedule; None for a constant rate.
        peak: highest learning rate, above 0 and finite.

    Raises:
        ValueError: for a rate or steps out of range.
    """
    if steps is not None:
        require_count(steps, "`prepare`, steps,")
    if not 0 < peak < math.inf:
        raise ValueError(f"`prepare` wants a finite peak above 0, received {peak}")
    rate = peak if steps is None else warmup_cosine(peak, steps, min(100, steps // 10))
    # The mean reaches back over the last 3 % of the steps.
    average = 0.99 if steps is None else 1 - 1 / max(2.0, 0.03 * steps)
    optimizer = StackedMuon(
        rate,
        adam_beta_2=0.99,
        exclude_layers=["/head/"],
        adam_lr_ratio=0.5,
        momentum=0.95,
        weight_decay=0.1,
        adam_weight_decay=0.0,
        use_ema=True,
        ema_momentum=average,
    )
    model.compile(optimizer, "mse", jit_compile=False)


def _order(first, batch_size: int, count: int, seed: int):
    """Return the indices of one batch in an endless row of shuffled passes."""
    import tensorflow as tf

    places = first + tf.range(batch_size, dtype=tf.int64)
    passes = tf.cast(places // count, tf.int32)

    def shuffled(number):
        keys = tf.stack([seed, number])
        return tf.random.experimental.index_shuffle(places % count, keys, count - 1)

    one, other = shuffled(passes[0]), shuffled(passes[-1])  # a batch may touch two
    return tf.where(passes == passes[0], one, other)
