"""Two towers: readers and items become vectors, and likely pairs have large products.

The reader's tower sees behaviour: which items, in which order, and when. The item's
tower sees the item's number and its features, so an item without any history has a
vector, too.
"""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from helpers import memory
from helpers.checks import require_count

HALF_LIVES = (1.0, 4.0, 12.0, 1e9)  # of the four averages, before training, in items


class ItemTower(keras.Model):
    """Map item numbers to vectors; item 0 stands for "nothing" and 1 is the first.

    Args:
        features: float32 (items, columns), what is known of each item.
        known: bool (items,), whether an item has a history. The others' vectors come
            from their features alone.
        width: Length of the vectors.
        forget: 0 to 1, how often training hides an item's number, so that the features
            learn to stand alone.
    """

    def __init__(
        self, features: np.ndarray, known: np.ndarray, width: int, forget: float = 0.3
    ):
        super().__init__(name="items")
        blank = np.zeros((1, features.shape[1]), np.float32)
        self.features = tf.constant(np.concatenate([blank, features]), tf.float32)
        self.known = tf.constant(np.r_[0.0, known], tf.float32)
        small = keras.initializers.RandomNormal(stddev=0.05)
        self.numbers = layers.Embedding(len(features) + 1, width, small, name="numbers")
        self.describe = layers.Dense(width, name="describe")
        self.forget = forget

    def call(self, items, training: bool = False):
        """Map int (…) to (…, width)."""
        keep = tf.gather(self.known, items)
        if training:
            shown = tf.random.uniform(tf.shape(keep)) >= self.forget
            keep *= tf.cast(shown, keep.dtype)
        described = self.describe(tf.gather(self.features, items))
        return described + keep[..., None] * self.numbers(items)


class TwoTowers(keras.Model):
    """Score items for readers by the cosine of two vectors.

    Args:
        features: As in `ItemTower`.
        counts: int (items,), how many readings each item has in the training part.
        width: Length of the vectors.
        length: How many of a reader's last items are looked at.
        hidden: Units of the reader's hidden layer.
        forget: As in `ItemTower`.

    Raises:
        ValueError: If features and counts are not of the same items.

    Source: Covington et al. 2016, "Deep Neural Networks for YouTube Recommendations",
    section 3; Yi et al. 2019, "Sampling-Bias-Corrected Neural Modeling", section 3.
    """

    def __init__(
        self,
        features: np.ndarray,
        counts: np.ndarray,
        width: int = 64,
        length: int = 30,
        hidden: int = 128,
        forget: float = 0.3,
    ):
        super().__init__(name="towers")
        features, counts = np.asarray(features, np.float32), np.asarray(counts)
        if features.ndim != 2 or counts.shape != features.shape[:1]:
            shapes = f"{features.shape} and {counts.shape}"
            raise ValueError(
                f"`TwoTowers` wants features (items, columns) and counts (items,), "
                f"received {shapes}"
            )
        self.length = require_count(length, "TwoTowers, length,")
        self.items = ItemTower(features, counts > 0, width, forget)
        chance = np.maximum(counts, 1) / max(counts.sum(), 1)
        self.log_chance = tf.constant(np.log(np.r_[1.0, chance]), tf.float32)
        constant = keras.initializers.Constant
        self.scale = self.add_weight(shape=(), initializer=constant(2.0), name="scale")
        fading = -np.log(2) * np.arange(length)[::-1, None] / np.array(HALF_LIVES)
        shape = fading.shape  # (length, averages)
        self.places = self.add_weight(shape=shape, initializer="zeros", name="places")
        self.places.assign(fading)
        self.hidden = layers.Dense(hidden, activation="relu", name="hidden")
        self.out = layers.Dense(width, name="out")
        self.clock = layers.Dense(16, activation="relu", name="clock")
        nothing = np.zeros((1, length), np.int32)
        self.readers(nothing, np.zeros(1, np.float32))  # builds the weights

    def readers(self, history, when, training: bool = False):
        """Turn histories into unit vectors.

        Args:
            history: int (batch, length), the last item at the right; 0 where none is.
            when: float32 (batch,), the time of the recommendation, about -1 to 1.
            training: Whether numbers are hidden at random.

        Returns:
            float32 (batch, width).
        """
        vectors = self.items(history, training=training)  # (batch, length, width)
        absent = ops.cast(ops.equal(history, 0), "float32")[..., None]
        shares = ops.softmax(self.places[None] - 1e9 * absent, axis=1)
        means = ops.einsum("bla,blw->baw", shares, vectors)  # (batch, averages, width)
        flat = ops.reshape(means, (-1, means.shape[1] * means.shape[2]))
        clock = self.clock(ops.stack([when, when * when], axis=-1))
        mixed = self.out(self.hidden(ops.concatenate([flat, clock], axis=-1)))
        return ops.normalize(mixed + ops.mean(means, axis=1), axis=-1)

    def catalogue(self):
        """Return the unit vectors of all items, float32 (items, width)."""
        numbers = tf.range(1, self.items.features.shape[0])
        return ops.normalize(self.items(numbers), axis=-1)

    def in_batch_loss(self, history, when, target):
        """Return the in-batch sampled softmax, in nats.

        The other readers' items are each reader's wrong answers. A popular item is a
        wrong answer more often, so the log of its chance is taken off.

        Args:
            history: As in `readers`.
            when: As in `readers`.
            target: int (batch,), the item that came next.
        """
        readers = self.readers(history, when, training=True)
        items = ops.normalize(self.items(target, training=True), axis=-1)
        logits = ops.exp(self.scale) * ops.matmul(readers, ops.transpose(items))
        logits -= tf.gather(self.log_chance, target)[None]
        same = ops.cast(ops.equal(target[:, None], target[None]), "float32")
        right = ops.eye(ops.shape(target)[0])
        logits -= 1e9 * (same - right)  # the same item is no wrong answer
        return -ops.mean(ops.sum(right * ops.log_softmax(logits, axis=-1), axis=-1))

    def scores(self, history, when) -> np.ndarray:
        """Return the logits of all items, float32 (batch, items).

        Args:
            history: As in `readers`.
            when: As in `readers`.
        """
        vectors = self.readers(tf.constant(history), tf.constant(when))
        products = ops.matmul(vectors, ops.transpose(self.catalogue()))
        return np.asarray(ops.exp(self.scale) * products)


def train_towers(
    towers: TwoTowers,
    history: np.ndarray,
    when: np.ndarray,
    target: np.ndarray,
    epochs: int = 5,
    batch: int = 512,
    peak: float = 2e-3,
    seed: int = 0,
) -> list[float]:
    """Train with Adam and a cosine schedule; return the mean loss of each epoch.

    Args:
        towers: Fresh ones; set Keras's seed before making them.
        history: int32 (n, length).
        when: float32 (n,).
        target: int32 (n,).
        epochs: Passes over the examples.
        batch: Examples a step; what does not fill a batch is left out.
        peak: The first learning rate.
        seed: Of the order.
    """
    steps = max(1, len(target) // batch) * epochs
    rate = keras.optimizers.schedules.CosineDecay(peak, steps)
    optimizer = keras.optimizers.Adam(rate)
    weights = towers.trainable_variables
    optimizer.build(weights)

    @tf.function(jit_compile=False, autograph=False)
    def step(history, when, target):
        with tf.GradientTape() as tape:
            loss = towers.in_batch_loss(history, when, target)
        optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    rng, means = np.random.default_rng(seed), []
    for _ in range(epochs):
        order, losses = rng.permutation(len(target)), []
        for start in range(0, max(1, len(order) - batch + 1), batch):
            rows = order[start : start + batch]
            arrays = (history[rows], when[rows], target[rows])
            losses.append(step(*map(tf.constant, arrays)))
        means.append(float(np.mean(losses)))
    return means


def listwise_weights(
    parts: Mapping[str, np.ndarray],
    chosen: np.ndarray,
    hidden: np.ndarray,
    candidates: int = 300,
    steps: int = 300,
) -> dict[str, float]:
    """Learn the weights of a sum of scores, so that what was chosen stands high.

    For each reader, the loss is the cross entropy of a softmax over the candidates:
    the films with the largest plain sum of the parts.

    Args:
        parts: name -> float32 (readers, items).
        chosen: int (readers, n), items from 0 that came next.
        hidden: bool (readers, items), what cannot be recommended.
        candidates: How many items of each reader are looked at.
        steps: Of Adam, each over all readers.

    Raises:
        ValueError: If no chosen item is among the candidates.

    Source: Cao et al. 2007, "Learning to Rank: From Pairwise Approach to Listwise
    Approach", section 4.
    """
    count = min(candidates, hidden.shape[1])
    total = np.where(hidden, -np.inf, sum(parts.values()))
    best = np.argpartition(-total, count - 1, axis=1)[:, :count]
    stacked = [np.take_along_axis(part, best, axis=1) for part in parts.values()]
    rows = np.stack(stacked, axis=-1).astype(np.float32)  # (readers, count, parts)
    right = (best[:, :, None] == chosen[:, None]).any(axis=-1).astype(np.float32)
    if not right.any():
        raise ValueError("`listwise_weights` received no candidate that was chosen")
    blocked = np.take_along_axis(hidden, best, axis=1).astype(np.float32)
    weights = keras.Variable(np.full(len(parts), 0.5, np.float32))
    optimizer = keras.optimizers.Adam(0.02)
    optimizer.build([weights])
    inputs = [tf.constant(array) for array in (rows, right, blocked)]

    @tf.function(autograph=False)
    def step(rows, right, blocked):
        with tf.GradientTape() as tape:
            logits = tf.linalg.matvec(rows, weights.value) - 1e9 * blocked
            losses = right * tf.nn.log_softmax(logits)
            loss = -tf.reduce_sum(losses) / tf.reduce_sum(right)
            loss += 1e-3 * tf.reduce_sum(weights.value**2)
        optimizer.apply(tape.gradient(loss, [weights.value]), [weights])

    for _ in range(steps):
        step(*inputs)
    del step
    memory.release()  # the compiled step, and what choosing the candidates took
    return dict(zip(parts, map(float, weights.numpy()), strict=True))
