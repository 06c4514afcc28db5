"""Train two networks against each other: losses, steps, averages, limits.

Pictures are float32 (B, 28, 28, 1) in [-1, 1].
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from helpers.images.scaling import require_images
from helpers.models.gan.losses import (
    discriminator_loss,
    generator_loss,
    require_kind,
    slopes,
    update_average,
)
from helpers.models.gan.networks import Discriminator, Generator
from helpers.models.image_parts import (
    check_labels,
    random_batches,
    require_seed,
    require_shape,
)
from helpers.models.policies import in_float32
from helpers.training.fitting import fit_for


@keras.saving.register_keras_serializable(package="aigc")
class GAN(keras.Model):
    """Train a generator and a discriminator in turns, with `compile` and `fit`.

    Args:
        generator: maps [noise, labels] to pictures.
        discriminator: maps [pictures, labels] to scores.
        loss: "standard", "wasserstein" or "relativistic"; see `adversarial`.
        critic_steps: discriminator steps for each generator step. `fit` wants batches
            that many times larger, one part for each.
        gradient_penalty: weight of (‖∇D‖ - 1)² between real and generated pictures for
            the Wasserstein loss, and of ½ ‖∇D‖² at pictures of both kinds for others.
        decay: share of the averaged generator kept at each step, 0 to below 1. The
            average is what `sample` draws from; 0 makes it the generator itself.
        seed: seed of the training noise.

    Raises:
        ValueError: for an unknown loss, or settings out of range.

    Source: Goodfellow et al. 2014, algorithm 1; Gulrajani et al. 2017, "Improved
        Training of Wasserstein GANs", equation 3; Huang et al. 2024, "The GAN is dead;
        long live the GAN!", equations 2 and 3.
    """

    def __init__(
        self,
        generator: Generator,
        discriminator: Discriminator,
        loss: str = "relativistic",
        critic_steps: int = 1,
        gradient_penalty: float = 0.0,
        decay: float = 0.0,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        require_kind(loss)
        penalty_fits = 0 <= gradient_penalty < math.inf
        if critic_steps < 1 or not penalty_fits or not 0 <= decay < 1:
            raise ValueError(
                f"critic_steps is {critic_steps}, gradient_penalty {gradient_penalty}, "
                f"decay {decay}; wanted ≥ 1, ≥ 0 and 0 ≤ decay < 1"
            )
        self.generator, self.discriminator = generator, discriminator
        self.loss_kind, self.critic_steps = loss, critic_steps
        self.gradient_penalty, self.decay = gradient_penalty, decay
        # `sample` draws from the mean of the weights: the last ones swing around it.
        self.average = Generator.from_config(generator.get_config())
        self.average.set_weights(generator.get_weights())
        self.seed = require_seed(seed, "`GAN`")
        self.random = keras.random.SeedGenerator(seed)
        self.seen = {
            "discriminator_loss": keras.metrics.Mean("discriminator_loss"),
            "generator_loss": keras.metrics.Mean("generator_loss"),
        }
        self.built = True

    def compile(self, generator_optimizer, discriminator_optimizer, **kwargs):
        """Set one optimizer for each network.

        Raises:
            ValueError: for networks that compute in float16.
        """
        half = {net.compute_dtype for net in (self.generator, self.discriminator)}
        if "float16" in half:  # ‖∇D‖ of such scores overflows or is 0
            raise ValueError("`GAN` wants to train in float32 or bfloat16, not float16")
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
        return in_float32(self.generator([noise, labels], training=True))

    def train_step(self, data):
        """Take `critic_steps` discriminator steps, one generator step; average."""
        images, labels = data[:2]  # (critic_steps · B, 28, 28, 1), (critic_steps · B,)
        require_shape(images, (None, 28, 28, 1), "`GAN`, of images,")
        parts = zip(
            tf.split(images, self.critic_steps),
            tf.split(labels, self.critic_steps),
            strict=True,
        )
        for real, classes in parts:
            loss = self._discriminator_step(real, classes)
            self.seen["discriminator_loss"].update_state(loss)
        loss = self._generator_step(real, classes)
        self.seen["generator_loss"].update_state(loss)
        steps = self.optimizer.iterations
        update_average(self.average, self.generator, steps, self.decay)
        return {name: metric.result() for name, metric in self.seen.items()}

    def _discriminator_step(self, real, labels):
        fake = self._fake(labels)
        both, twice = ops.concatenate([real, fake]), ops.concatenate([labels, labels])
        weights = self.discriminator.trainable_variables
        with tf.GradientTape() as tape:
            # One call for both kinds: (2B, 1), real scores first.
            scores = in_float32(self.discriminator([both, twice], training=True))
            loss = discriminator_loss(self.loss_kind, *ops.split(scores, 2))
            total = loss
            if self.gradient_penalty:
                total += self.gradient_penalty * self._penalty(real, fake, labels)
        self.discriminator_optimizer.apply(tape.gradient(total, weights), weights)
        return loss

    def _penalty(self, real, fake, labels):
        """Return the mean penalty on the slope of D; see `gradient_penalty`."""
        if self.loss_kind == "wasserstein":
            shape = (ops.shape(labels)[0], 1, 1, 1)
            # The slope should be 1 on the lines between real and generated images.
            share = keras.random.uniform(shape, seed=self.random)
            norms = slopes(self._score(labels), real + share * (fake - real))
            return ops.mean((norms - 1.0) ** 2)
        few = (ops.shape(labels)[0] + 3) // 4  # a quarter of the batch is enough
        some, twice = ops.concatenate([real[:few], fake[:few]]), [labels[:few]] * 2
        return ops.mean(slopes(self._score(ops.concatenate(twice)), some) ** 2) / 2

    def _score(self, labels):
        """Return the discriminator as a function of pictures with these labels."""
        return lambda x: in_float32(self.discriminator([x, labels], training=True))

    def _generator_step(self, real, labels):
        weights = self.generator.trainable_variables
        real_scores = in_float32(self.discriminator([real, labels], training=False))
        with tf.GradientTape() as tape:
            fake = self._fake(labels)
            scores = in_float32(self.discriminator([fake, labels], training=False))
            loss = generator_loss(self.loss_kind, real_scores, scores)
        self.optimizer.apply(tape.gradient(loss, weights), weights)
        return loss

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
            "seed": self.seed,
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
    rate: float = 1e-3,
    decay: float = 0.998,
    seed: int = 0,
) -> GAN:
    """Return the course's best GAN, compiled.

    It has a projection discriminator, the relativistic loss, a penalty on steep slopes,
    and an averaged generator.

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
        Discriminator(width, num_classes),
        gradient_penalty=0.5,
        decay=decay,
        seed=seed,
    )
    adam = keras.optimizers.Adam
    model.compile(adam(rate, 0.0, 0.99), adam(rate, 0.0, 0.99), jit_compile=False)
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
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.callbacks.History:
    """Train for `steps` generator steps or `seconds`, whichever ends first.

    Args:
        model: a compiled GAN.
        images: (n, 28, 28, 1) float32 in [-1, 1].
        labels: (n,) int, for a conditional model.
        steps: generator steps.
        seconds: training time.
        batch_size: images in each step of either network.
        seed: seed of the batches.
        callbacks: further Keras callbacks.

    Returns:
        What `fit` returns.

    Raises:
        ValueError: as `fit_for`, or if images or labels are not as wanted.
    """
    images = require_images(images, "`fit_gan`", (28, 28))
    classes = model.generator.num_classes
    labels = check_labels(labels, len(images), classes, "`fit_gan`")
    many = model.critic_steps * batch_size  # `train_step` cuts it into parts
    batches = random_batches(images, labels, many, seed=seed)
    return fit_for(model, batches, steps, seconds, callbacks)
