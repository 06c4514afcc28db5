"""Train two networks against each other: losses, steps, averages, limits.

Pictures are float32 (B, 28, 28, 1) in [-1, 1]. The networks are in
`helpers.models.gan_networks` and offered here too.
"""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from helpers.models.gan_networks import Discriminator, Generator
from helpers.models.picture_parts import fit_pictures

__all__ = [
    "GAN",
    "Discriminator",
    "Generator",
    "conditional_gan",
    "discriminator_loss",
    "fit_gan",
    "generator_loss",
]

LOSSES = ("standard", "hinge", "wasserstein")


def discriminator_loss(kind: str, real, fake):
    """Return what the discriminator makes small.

    Args:
        kind: "standard" (cross-entropy, nats), "hinge" or "wasserstein".
        real: (B, 1) scores of real pictures, logits for the standard loss.
        fake: (B, 1) scores of generated ones.

    Source: Goodfellow et al. 2014, equation 1; Lim & Ye 2017, "Geometric GAN",
        equation 9 (hinge); Arjovsky et al. 2017, "Wasserstein GAN", equation 3.
    """
    if kind == "standard":
        return ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))
    if kind == "hinge":
        return ops.mean(ops.relu(1.0 - real)) + ops.mean(ops.relu(1.0 + fake))
    return ops.mean(fake) - ops.mean(real)


def generator_loss(kind: str, fake):
    """Return what the generator makes small: the standard loss does not saturate.

    Args:
        kind: as in `discriminator_loss`.
        fake: (B, 1) scores of generated pictures.

    Source: Goodfellow et al. 2014, section 3, for "standard".
    """
    if kind == "standard":
        return ops.mean(ops.softplus(-fake))
    return -ops.mean(fake)


@keras.saving.register_keras_serializable(package="aigc")
class GAN(keras.Model):
    """Train a generator and a discriminator in turns, with `compile` and `fit`.

    Args:
        generator: maps [noise, labels] to pictures.
        discriminator: maps [pictures, labels] to scores.
        loss: "standard", "hinge" or "wasserstein"; see `discriminator_loss`.
        critic_steps: discriminator steps for each generator step. `fit` wants batches
            that many times larger, one part for each.
        gradient_penalty: weight of (‖∇D‖ - 1)² between real and generated pictures.
        decay: share of the averaged generator kept at each step, 0 to below 1. The
            average is what `sample` draws from; 0 makes it the generator itself.
        seed: seed of the training noise.

    Raises:
        ValueError: for an unknown loss, or settings out of range.

    Source: Goodfellow et al. 2014, algorithm 1; Gulrajani et al. 2017, "Improved
        Training of Wasserstein GANs", equation 3; Yazıcı et al. 2019, "The Unusual
        Effectiveness of Averaging in GAN Training".
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        loss: str = "hinge",
        critic_steps: int = 1,
        gradient_penalty: float = 0.0,
        decay: float = 0.0,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if loss not in LOSSES or critic_steps < 1:
            raise ValueError(
                f"loss is {loss!r}, critic_steps {critic_steps}; wanted one of {LOSSES}"
                " and critic_steps ≥ 1"
            )
        if gradient_penalty < 0 or not 0 <= decay < 1:
            raise ValueError(
                f"gradient_penalty is {gradient_penalty}, decay {decay}; wanted "
                "gradient_penalty ≥ 0 and 0 ≤ decay < 1"
            )
        self.generator, self.discriminator = generator, discriminator
        self.loss_kind, self.critic_steps = loss, critic_steps
        self.gradient_penalty, self.decay = gradient_penalty, decay
        self.average = Generator.from_config(generator.get_config())
        self.average.set_weights(generator.get_weights())
        self.random = keras.random.SeedGenerator(seed)
        self.seen = {
            "discriminator_loss": keras.metrics.Mean("discriminator_loss"),
            "generator_loss": keras.metrics.Mean("generator_loss"),
        }
        self.built = True

    def compile(self, generator_optimizer, discriminator_optimizer, **kwargs):
        """Set one optimizer for each network."""
        super().compile(optimizer=generator_optimizer, **kwargs)
        self.discriminator_optimizer = discriminator_optimizer
        generator_optimizer.build(self.generator.trainable_variables)
        discriminator_optimizer.build(self.discriminator.trainable_variables)

    @property
    def optimizers(self) -> list[keras.optimizers.Optimizer]:
        """The optimizers of both networks, whose states a stopped training keeps."""
        return [self.optimizer, self.discriminator_optimizer]

    @property
    def metrics(self):
        """The running means that `fit` shows and empties at every epoch."""
        return list(self.seen.values())

    def _fake(self, labels):
        """Return generated pictures (B, 28, 28, 1), one a label."""
        shape = (ops.shape(labels)[0], self.generator.latent_dim)
        noise = keras.random.normal(shape, seed=self.random)
        return self.generator([noise, labels], training=True)

    def train_step(self, data):
        """Take `critic_steps` discriminator steps, one generator step; average."""
        images, labels = data[:2]
        parts = zip(
            tf.split(images, self.critic_steps),
            tf.split(labels, self.critic_steps),
            strict=True,
        )
        for real, classes in parts:
            loss = self._discriminator_step(real, classes)
            self.seen["discriminator_loss"].update_state(loss)
        self.seen["generator_loss"].update_state(self._generator_step(classes))
        self._update_average()
        return {name: metric.result() for name, metric in self.seen.items()}

    def _discriminator_step(self, real, labels):
        fake = self._fake(labels)
        both, twice = ops.concatenate([real, fake]), ops.concatenate([labels, labels])
        weights = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            scores = self.discriminator([both, twice], training=True)
            loss = discriminator_loss(self.loss_kind, *ops.split(scores, 2))
            total = loss
            if self.gradient_penalty:
                total += self.gradient_penalty * self._penalty(real, fake, labels)
        self.discriminator_optimizer.apply(tape.gradient(total, weights), weights)
        return loss

    def _penalty(self, real, fake, labels):
        """Return the mean (‖∇D‖ - 1)² at random points between pairs of pictures."""
        shape = (ops.shape(labels)[0], 1, 1, 1)
        share = keras.random.uniform(shape, seed=self.random)
        between = real + share * (fake - real)
        with tf.GradientTape() as tape:
            tape.watch(between)
            scores = self.discriminator([between, labels], training=True)
        slopes = tape.gradient(scores, between)
        norms = ops.sqrt(ops.sum(slopes**2, axis=(1, 2, 3)) + 1e-12)
        return ops.mean((norms - 1.0) ** 2)

    def _generator_step(self, labels):
        weights = self.generator.trainable_variables
        with tf.GradientTape() as tape:
            fake = self._fake(labels)
            scores = self.discriminator([fake, labels], training=False)
            loss = generator_loss(self.loss_kind, scores)
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

    def _update_average(self):
        """Move the averaged generator towards the trained one, fast at first."""
        step = ops.cast(self.optimizer.iterations, "float32")
        keep = ops.minimum(self.decay, step / (step + 10.0))
        for mean, new in zip(self.average.weights, self.generator.weights, strict=True):
            mean.assign(keep * mean + (1.0 - keep) * new)

    def sample(self, request: int | np.ndarray, seed: int = 0) -> np.ndarray:
        """Draw from the averaged generator; see `Generator.sample`."""
        return self.average.sample(request, seed)

    def get_config(self) -> dict:
        """Return the arguments that make this model again."""
        keep = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "generator": keep(self.generator),
            "discriminator": keep(self.discriminator),
            "loss": self.loss_kind,
            "critic_steps": self.critic_steps,
            "gradient_penalty": self.gradient_penalty,
            "decay": self.decay,
        }

    @classmethod
    def from_config(cls, config):
        """Make the model that `get_config` describes, with fresh weights."""
        make = keras.saving.deserialize_keras_object
        parts = {
            name: make(config.pop(name)) for name in ("generator", "discriminator")
        }
        return cls(**parts, **config)


def conditional_gan(
    num_classes: int = 10,
    width: int = 32,
    latent_dim: int = 64,
    rate: float = 5e-4,
    decay: float = 0.998,
    seed: int = 0,
) -> GAN:
    """Return the course's best GAN, compiled: projection, spectral norm, hinge, mean.

    Args:
        num_classes: classes K, at least 1.
        width: channels at 14 × 14 of both networks.
        latent_dim: length of the noise.
        rate: learning rate of both networks.
        decay: of the averaged generator.
        seed: seed of the training noise.
    """
    model = GAN(
        Generator(latent_dim, width, num_classes),
        Discriminator(width, num_classes, spectral=True),
        loss="hinge",
        decay=decay,
        seed=seed,
    )
    adam = keras.optimizers.Adam
    model.compile(adam(rate, 0.5, 0.99), adam(rate, 0.5, 0.99), jit_compile=False)
    return model


def fit_gan(
    model: GAN,
    images: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    steps: int | None = None,
    seconds: float | None = None,
    batch_size: int = 64,
    seed: int = 0,
    callbacks: list | None = None,
) -> keras.callbacks.History:
    """Train for a number of generator steps, or for some seconds, or what ends first.

    Args:
        model: a compiled GAN.
        images: (n, 28, 28, 1) float32 in [-1, 1].
        labels: (n,) int, for a conditional model.
        steps: generator steps, at least 1.
        seconds: training time, compilation excluded, above 0.
        batch_size: pictures in each step of either network.
        seed: seed of the batches.
        callbacks: more Keras callbacks.

    Returns:
        What `fit` returns.

    Raises:
        ValueError: if neither limit is given, or images or labels are not as wanted.
    """
    limits = {"steps": steps, "seconds": seconds}
    many, classes = model.critic_steps * batch_size, model.generator.num_classes
    return fit_pictures(model, images, labels, classes, many, seed, callbacks, **limits)
