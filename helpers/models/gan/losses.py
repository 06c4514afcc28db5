"""What adversarial trainings share: losses, the slope of a score, averaged weights.

Scores are float (B,) or (B, 1): high means "real".
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import tensorflow as tf
from keras import ops

from helpers.models.policies import in_float32

LOSSES = ("standard", "wasserstein", "relativistic")


def discriminator_loss(kind: str, real, fake):
    """Return what the discriminator makes small.

    Args:
        kind: one of `LOSSES`; "standard" and "relativistic" are in nats.
        real: scores of real examples, logits for the standard loss.
        fake: scores of generated ones; "relativistic" compares them in pairs.

    Raises:
        ValueError: for another kind.

    Source: Goodfellow et al. 2014, equation 1; Arjovsky et al. 2017, "Wasserstein GAN",
        equation 3; Jolicoeur-Martineau 2019, "The relativistic discriminator",
        section 4.1.
    """
    require_kind(kind)
    if kind == "standard":
        return ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))
    if kind == "relativistic":
        return ops.mean(ops.softplus(fake - real))
    return ops.mean(fake) - ops.mean(real)


def generator_loss(kind: str, real, fake):
    """Return what the generator makes small: the standard loss does not saturate.

    Args:
        kind: as in `discriminator_loss`.
        real: scores of real examples; only "relativistic" looks at them.
        fake: scores of generated ones.

    Raises:
        ValueError: for another kind.

    Source: Goodfellow et al. 2014, section 3, for "standard"; else as above.
    """
    require_kind(kind)
    if kind == "standard":
        return ops.mean(ops.softplus(-fake))
    if kind == "relativistic":
        return ops.mean(ops.softplus(real - fake))
    return -ops.mean(fake)


def require_kind(kind: str) -> None:
    """Raise ValueError unless `kind` is one of `LOSSES`."""
    if kind not in LOSSES:
        raise ValueError(f"the loss is {kind!r}; wanted one of {LOSSES}")


def slopes(score: Callable, examples):
    """Return ‖∇ score‖ at each example, (B,), as a function of the score's weights.

    Args:
        score: maps examples to scores (B,) or (B, 1).
        examples: float (B, height, width, channels).
    """
    examples = ops.stop_gradient(examples)
    with tf.GradientTape() as tape:
        tape.watch(examples)
        scores = score(examples)
    # Each score depends on its own example only, so the gradient of their sum holds
    # every single gradient. Without 1e-12 the root has an infinite slope at 0.
    gradient = tape.gradient(scores, examples)
    return ops.sqrt(ops.sum(gradient**2, axis=(1, 2, 3)) + 1e-12)


def update_average(
    average: keras.Model, network: keras.Model, step, decay: float
) -> None:
    """Move averaged weights a little towards the present ones, quickly at first.

    Args:
        average: receives the mean; made like `network`.
        network: is in training.
        step: steps taken so far, a number or a scalar tensor.
        decay: share of the mean that stays in the long run, 0 to below 1.

    Source: Yazıcı et al. 2019, "The Unusual Effectiveness of Averaging in GAN
        Training".
    """
    # Early weights are noise: keep 1/11 of them after one step, 2/12 after two, ….
    step = ops.cast(step, "float32")
    keep = ops.minimum(decay, step / (step + 10.0))
    for mean, weight in zip(average.weights, network.weights, strict=True):
        old, new = in_float32(mean), in_float32(weight)
        mean.assign(keep * old + (1.0 - keep) * new)
