"""Autoencoders for 28 × 28 grey images: plain, variational, β and conditional.

A VAE is a *variational autoencoder* (变分自编码器); it has nothing adversarial in it.
Shapes: B batch, Z latent_dim, K num_classes (0 for a model without labels), D = 784
pixels. All losses are in nats per picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from helpers.images.scaling import require_images
from helpers.models.gan.networks import Generator, ImageSampler
from helpers.models.image_parts import (
    SpaceToDepth,
    check_labels,
    compiled,
    in_batches,
    random_batches,
    require_seed,
    require_shape,
)
from helpers.models.policies import in_float32, policy_of
from helpers.models.vae.prior import Prior
from helpers.models.vae.terms import PIXELS, gaussian_kl, gaussian_nats
from helpers.training.fitting import fit_for

LIKELIHOODS = ("unit", "calibrated")


@keras.saving.register_keras_serializable(package="aigc")
class VAE(ImageSampler, keras.Model):
    """Encode an image as a small Gaussian cloud, and decode it again.

    Args:
        latent_dim: length Z of the code.
        width: channels at 14 × 14; twice as many at 7 × 7.
        num_classes: classes K on which encoder and decoder are conditioned; 0 for none.
        beta: weight of the KL term; 1 for the evidence lower bound (ELBO).
        likelihood: "unit" for a decoder variance of 1 (squared error), "calibrated"
            for the variance that fits best, which is the mean squared error.
        variational: whether codes are clouds; without, it is a plain autoencoder.
        components: Gaussians of each class from which `sample` draws once `fit_prior`
            has fitted them.
        seed: seed of the training noise.

    Raises:
        ValueError: for sizes below 1, a negative beta or an unknown likelihood.

    Source: Kingma & Welling 2014, "Auto-Encoding Variational Bayes", equation 10;
        Higgins et al. 2017, "β-VAE", equation 4; Sohn et al. 2015, equation 5
        (conditional); Rybkin et al. 2021, "Calibrated Decoders", equation 6.

    Example:
        model = VAE(latent_dim=16, num_classes=10)
        pictures = model.sample([0, 0, 9], seed=1)  # (3, 28, 28, 1) in [-1, 1]
    """

    def __init__(
        self,
        latent_dim: int = 16,
        width: int = 32,
        num_classes: int = 0,
        beta: float = 1.0,
        likelihood: str = "calibrated",
        variational: bool = True,
        components: int = 1,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if min(latent_dim, width, components) < 1 or num_classes < 0:
            raise ValueError(
                f"latent_dim is {latent_dim}, width {width}, components {components}, "
                f"num_classes {num_classes}; wanted sizes ≥ 1 and num_classes ≥ 0"
            )
        if likelihood not in LIKELIHOODS or not 0 <= beta < math.inf:
            raise ValueError(
                f"likelihood is {likelihood!r}, beta {beta}; wanted one of "
                f"{LIKELIHOODS} and a finite beta ≥ 0"
            )
        self.latent_dim, self.width, self.num_classes = latent_dim, width, num_classes
        self.beta, self.likelihood, self.variational = beta, likelihood, variational
        self.components = components
        with policy_of(self):
            self.encoder = _encoder(width)
            self.code = layers.Dense(2 * latent_dim, name="code")  # mean, log-variance
            self.decoder = Generator(latent_dim, width, num_classes, name="decoder")
            groups = max(1, num_classes)
            self.prior = Prior(groups, components, latent_dim, name="prior")
        self.seed = require_seed(seed, "`VAE`")
        self.random = keras.random.SeedGenerator(seed)
        names = ("loss", "reconstruction", "kl")
        self.seen = {name: keras.metrics.Mean(name) for name in names}
        self._encode = None
        self.build((None, 28, 28, 1))

    def build(self, input_shape):
        """Create all weights; `VAE` does this itself."""
        if self.built:
            return
        self.encoder.build(input_shape)
        features = self.encoder.compute_output_shape(input_shape)[-1]
        self.code.build((None, features + self.num_classes))
        fixed = {"name": "variance", "trainable": False}
        self.pixel_variance = self.add_weight((), "ones", **fixed)
        self.built = True

    @property
    def metrics(self):
        """The running means that `fit` shows and empties at every epoch."""
        return list(self.seen.values())

    def posterior(self, images, labels, training=None):
        """Map pictures (B, 28, 28, 1), labels (B,) to mean and log-variance (B, Z)."""
        require_shape(images, (None, 28, 28, 1), "`VAE`, of images,")
        features = self.encoder(images, training=training)  # (B, 7 · 7 · 2 C)
        if self.num_classes:
            classes = ops.one_hot(labels, self.num_classes)
            features = ops.concatenate([features, classes], axis=-1)
        mean, log_variance = ops.split(in_float32(self.code(features)), 2, axis=-1)
        # Untrained weights would overflow exp: e^4 is a cloud far wider than the prior.
        return mean, ops.clip(log_variance, -12.0, 4.0)

    def call(self, inputs, training=None):
        """Map [pictures, labels] to (decoded pictures, mean, log-variance)."""
        mean, log_variance = self.posterior(*inputs, training=training)
        z = mean
        if self.variational:
            noise = keras.random.normal(ops.shape(mean), seed=self.random)
            z = mean + ops.exp(0.5 * log_variance) * noise  # reparameterised
        decoded = self.decoder([z, inputs[1]], training=training)
        return in_float32(decoded), mean, log_variance

    def terms(self, inputs, training=None):
        """Return reconstruction and KL, in nats, one number a picture each."""
        error, kl = self._errors(inputs, training)
        return gaussian_nats(error, in_float32(self.pixel_variance)), kl

    def _errors(self, inputs, training):
        """Return squared errors over the pixels, and KL, one number a picture each."""
        decoded, mean, log_variance = self(inputs, training=training)
        error = ops.sum((inputs[0] - decoded) ** 2, axis=(1, 2, 3))
        return error, gaussian_kl(mean, log_variance) if self.variational else 0 * error

    def train_step(self, data):
        """Take one step down reconstruction + β · KL."""
        with tf.GradientTape() as tape:
            error, kl = self._errors(data[:2], training=True)
            reconstruction = ops.mean(gaussian_nats(error, self._variance(error)))
            kl = ops.mean(kl)
            loss = reconstruction + self.beta * kl
            scaled = self.optimizer.scale_loss(loss)  # keeps float16 gradients above 0
        weights = self.trainable_variables
        self.optimizer.apply(tape.gradient(scaled, weights), weights)
        values = (loss, reconstruction, kl)
        for metric, value in zip(self.seen.values(), values, strict=True):
            metric.update_state(value)
        return {name: metric.result() for name, metric in self.seen.items()}

    def _variance(self, error):
        """Return a training batch's variance; keep the mean of the last ones."""
        if self.likelihood == "unit":
            return in_float32(self.pixel_variance)
        # σ² = mean squared error minimises the loss, so σ² needs no gradient.
        best = ops.stop_gradient(ops.mean(error)) / PIXELS + 1e-6
        step = ops.cast(self.optimizer.iterations, "float32")
        keep = ops.minimum(0.98, step / (step + 10.0))
        mean = keep * in_float32(self.pixel_variance) + (1 - keep) * best
        self.pixel_variance.assign(mean)
        return best

    def encode(
        self, images: np.ndarray, labels: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and log-variance (n, Z) of pictures' codes.

        Args:
            images: (n, 28, 28, 1) floats in [-1, 1].
            labels: (n,) int, for a conditional model.

        Raises:
            ValueError: for malformed pictures, or labels missing or unknown.
        """
        images = require_images(images, "encode", (28, 28))
        labels = check_labels(labels, len(images), self.num_classes, "encode")
        if self._encode is None:
            self._encode = compiled(
                lambda x, y: ops.concatenate(self.posterior(x, y, training=False), -1)
            )
        both = in_batches(self._encode, images, labels)
        return both[:, : self.latent_dim], both[:, self.latent_dim :]

    def decode(self, codes: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Return the mean pictures of codes.

        Args:
            codes: (n, Z) floats, n ≥ 1.
            labels: (n,) int, for a conditional model.

        Returns:
            (n, 28, 28, 1) float32 in [-1, 1].

        Raises:
            ValueError: for labels missing or unknown.
        """
        return self.decoder.decode(codes, labels)

    def fit_prior(self, images: np.ndarray, labels: np.ndarray | None = None) -> None:
        """Sample from where the codes are, from now on, instead of from N(0, I).

        `components` Gaussians with full covariance are fitted to the clouds, for each
        class if the model knows classes.

        Args:
            images: (n, 28, 28, 1) floats in [-1, 1], training pictures.
            labels: (n,) int, for a conditional model.

        Raises:
            ValueError: as `encode`, or if a class has fewer than 2 pictures for each
                Gaussian.

        Source: Ghosh et al. 2020, "From Variational to Deterministic Autoencoders",
            section 4.
        """
        mean, log_variance = self.encode(images, labels)
        groups = check_labels(labels, len(mean), self.num_classes, "fit_prior")
        variance = np.exp(log_variance) if self.variational else np.zeros_like(mean)
        self.prior.fit(mean, variance, groups)

    def draw(self, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw codes (n, Z) from the prior of each label's class."""
        return self.prior.draw(labels, rng)

    def codes(self, noise, labels, component: int = 0) -> np.ndarray:
        """Move standard normal noise (n, Z) to one Gaussian of each label's class."""
        return self.prior.codes(noise, labels, component)

    def get_config(self) -> dict:
        """Return the arguments that make this model again."""
        names = "latent_dim width num_classes beta likelihood variational components"
        values = {name: getattr(self, name) for name in [*names.split(), "seed"]}
        return {**super().get_config(), **values}


def _encoder(width: int) -> keras.Sequential:
    """Return the layers from a picture to its features (B, 7 · 7 · 2 C)."""
    stack = [SpaceToDepth()]  # (B, 14, 14, 4)
    for channels, kernel, stride in ((1, 3, 1), (2, 4, 2), (2, 3, 1)):
        stack.append(layers.Conv2D(channels * width, kernel, stride, "same"))
        stack += [layers.BatchNormalization(momentum=0.9), layers.LeakyReLU(0.2)]
    return keras.Sequential([*stack, layers.Flatten()], name="encoder")


def fit_vae(
    model: VAE,
    images: np.ndarray,
    labels: np.ndarray | None = None,
    *,
    steps: int | None = None,
    seconds: float | None = None,
    rate: float = 1e-3,
    batch_size: int = 64,
    seed: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.callbacks.History:
    """Compile, and train for `steps` steps or `seconds`, whichever ends first.

    Args:
        model: a VAE.
        images: (n, 28, 28, 1) float32 in [-1, 1].
        labels: (n,) int, for a conditional model.
        steps: training steps.
        seconds: training time.
        rate: learning rate of Adam.
        batch_size: images in a step.
        seed: seed of the batches.
        callbacks: further Keras callbacks.

    Returns:
        What `fit` returns.

    Raises:
        ValueError: as `fit_for`, or if images or labels are not as wanted.

    Example:
        model = VAE(latent_dim=16, num_classes=10)
        fit_vae(model, images, labels, seconds=60)
    """
    images = require_images(images, "`fit_vae`", (28, 28))
    labels = check_labels(labels, len(images), model.num_classes, "`fit_vae`")
    batches = random_batches(images, labels, batch_size, seed=seed)
    model.compile(keras.optimizers.Adam(rate, beta_2=0.99), jit_compile=False)
    return fit_for(model, batches, steps, seconds, callbacks)
