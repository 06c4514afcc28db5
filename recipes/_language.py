"""Train one language model many times over, by one compiled step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

import keras
import numpy as np
from keras import ops

from helpers import training

RISE = 0.05  # share of a training in which the learning rate rises


def share_of_peak(done: float) -> float:
    """Return the learning rate as a share of its peak: a short rise, half a cosine.

    Args:
        done: share of the training that is over, 0 to 1.
    """
    fall = (1 + math.cos(math.pi * max(0.0, done - RISE) / (1 - RISE))) / 2
    return min(fall, (done + 0.001) / RISE)  # 0.001: the first step moves, too


def text_batches(token_ids: np.ndarray, length: int, batch: int, seed: int) -> Iterator:
    """Yield (inputs, targets, weights) of windows at random places, without end.

    Args:
        token_ids: the whole text, int (n,).
        length: tokens in a window.
        batch: windows in a batch.
        seed: of the places.
    """
    rng, weights = np.random.default_rng(seed), np.ones((batch, length), "float32")
    while True:
        starts = rng.integers(len(token_ids) - length, size=(batch, 1))
        rows = token_ids[starts + np.arange(length + 1)].astype("int32")
        yield rows[:, :-1], rows[:, 1:], weights


class Trainer:
    """A model, its optimizer and its training step, which is compiled only once.

    XLA takes 10 to 20 seconds for a step, and a table trains the same network from
    several seeds, for several lengths and with several learning rates.

    Args:
        make: returns a fresh model; its weights depend on Keras's seed.
        optimizer: of a plain number as its learning rate.
        jit_compile: whether XLA compiles the step.

    Attributes:
        model: the one that is trained, and trained again.
    """

    def __init__(
        self,
        make: Callable[[], keras.Model],
        optimizer: keras.optimizers.Optimizer,
        jit_compile: bool = True,
    ):
        import tensorflow as tf

        self.make, self.optimizer = make, optimizer
        self.model, loss = make(), training.token_loss()
        optimizer.build(self.model.trainable_variables)

        @tf.function(jit_compile=jit_compile, autograph=False)
        def step(inputs, targets, weights):
            with tf.GradientTape() as tape:
                nats = loss(targets, self.model(inputs, training=True), weights)
            variables = self.model.trainable_variables
            optimizer.apply(tape.gradient(nats, variables), variables)
            return nats

        self.step = step

    def restart(self, seed: int) -> None:
        """Put the model and its optimizer back to the start of a training."""
        keras.utils.set_random_seed(seed)
        self.model.set_weights(self.make().get_weights())
        for variable in self.optimizer.variables:
            variable.assign(ops.zeros_like(variable))

    def train(
        self,
        batches: Iterator,
        peak: float,
        steps: int | None = None,
        seconds: float | None = None,
        clock: Callable[[], float] = time.process_time,
    ) -> tuple[int, float]:
        """Train from where the model stands.

        Args:
            batches: endless (inputs, targets, weights), ids and weights (B, T).
            peak: highest learning rate.
            steps: training steps; or
            seconds: training time by the clock; take a step before, to compile, and
                `restart`.
            clock: returns seconds. Process time, on one core, is what other work on
                the machine does not change.

        Returns:
            The steps taken, and the seconds they took.
        """
        taken, spent = 0, 0.0
        while taken < steps if steps is not None else spent < seconds:
            batch = next(batches)
            start = clock()
            done = taken / steps if steps is not None else spent / seconds
            self.optimizer.learning_rate = peak * share_of_peak(done)
            self.step(*batch)
            spent += clock() - start
            taken += 1
        return taken, spent
