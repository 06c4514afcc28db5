"""Training with noise: clip each example's gradient, add noise, and count the cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers.checks import require_count, require_share

if TYPE_CHECKING:
    import tensorflow as tf

ORDERS = (*range(2, 65), 80, 96, 128, 192, 256, 512)


def private_gradients(
    loss_of: Callable,
    variables: Sequence,
    inputs: tf.Tensor,
    targets: tf.Tensor,
    clip: float,
    noise: float,
    seed: tf.Tensor,
) -> tuple[list[tf.Tensor], tf.Tensor]:
    """Return the mean of clipped gradients plus Gaussian noise (DP-SGD).

    Args:
        loss_of: Maps inputs (1, …) and targets (1, …) to a scalar loss.
        variables: The Keras variables to train.
        inputs: A batch (B, …).
        targets: A batch (B, …).
        clip: The largest norm C of one example's gradient, over all variables.
        noise: The multiplier σ; the noise on the sum has deviation σ C.
        seed: int32 (2,), another one at every step.

    Returns:
        The gradients, and each example's norm (B,) before clipping.

    Source: Abadi et al. 2016, Deep Learning with Differential Privacy, algorithm 1.
    """
    import tensorflow as tf

    # A Keras variable's `value` is the TensorFlow variable that the tape knows.
    values = [v if isinstance(v, tf.Variable) else v.value for v in variables]

    def clipped(pair):
        x, y = pair
        with tf.GradientTape() as tape:
            loss = loss_of(x[None], y[None])
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, values)]
        # Not tf.linalg.global_norm, which vectorized_map runs example by example.
        norm = tf.sqrt(tf.add_n([tf.reduce_sum(tf.square(g)) for g in gradients]))
        scale = tf.minimum(1.0, clip / tf.maximum(norm, 1e-12))
        return [g * scale for g in gradients], norm

    gradients, norms = tf.vectorized_map(clipped, (inputs, targets))
    noisy = []
    for i, gradient in enumerate(gradients):
        total = tf.reduce_sum(gradient, axis=0)
        chance = tf.random.stateless_normal(tf.shape(total), seed + [0, i])
        noisy.append(
            (total + noise * clip * chance) / tf.cast(tf.shape(inputs)[0], total.dtype)
        )
    return noisy, norms


def epsilon(noise: float, rate: float, steps: int, delta: float) -> float:
    """Return the ε for which such a training is (ε, δ) differentially private.

    Args:
        noise: The multiplier σ, above 0.
        rate: Share of the examples that a batch holds, each drawn independently.
        steps: Number of steps.
        delta: δ, above 0 and below 1; below one over the number of examples.

    Raises:
        ValueError: If a number is out of range.

    Example:
        >>> round(epsilon(noise=1.3, rate=250 / 60_000, steps=3_600, delta=1e-5), 2)
        1.18

    Source: Mironov, Talwar and Zhang 2019, equation 9 (integer orders); Mironov 2017,
    proposition 3, turns Rényi privacy into (ε, δ).
    """
    delta = require_share(delta, "`epsilon`, delta,")
    rate = require_share(rate, "`epsilon`, rate,", one=True)
    steps = require_count(steps, "`epsilon`, steps,")
    if not noise > 0:
        raise ValueError(f"`epsilon` wants a noise above 0, received {noise}")
    best = math.inf
    for order in ORDERS:
        k = np.arange(order + 1)
        logs = [math.lgamma(order + 1) - math.lgamma(i + 1) - math.lgamma(order - i + 1)
                for i in k]  # fmt: skip
        with np.errstate(divide="ignore", invalid="ignore"):
            kept = np.where(k == order, 0.0, (order - k) * np.log1p(-rate))
        terms = np.array(logs) + kept + k * math.log(rate) + k * (k - 1) / 2 / noise**2
        log_moment = float(np.logaddexp.reduce(terms))
        spent = steps * log_moment / (order - 1)
        best = min(best, spent + math.log(1 / delta) / (order - 1))
    return max(0.0, best)
