"""The two networks of a generative adversarial network for 28 × 28 grey pictures.

Shapes: B batch, Z latent_dim, C width, K num_classes (0 for a model without labels).
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from helpers.models.image_parts import (
    DepthToSpace,
    SpaceToDepth,
    check_labels,
    compiled,
    in_batches,
    requested_labels,
    require_seed,
    require_shape,
)
from helpers.models.policies import policy_of


class ImageSampler:
    """Give `sample` to a model with `latent_dim`, `num_classes` and `decode`.

    Attributes:
        components: how many kinds of codes a class has; see `codes`.
    """

    components = 1

    def sample(self, request: int | np.ndarray, seed: int = 0) -> np.ndarray:
        """Draw pictures; the same request and seed give the same pictures.

        Args:
            request: how many, classes taking turns; or labels (n,) of what to draw.
            seed: seed of the noise.

        Returns:
            (n, 28, 28, 1) float32 in [-1, 1].

        Raises:
            ValueError: for a count outside 1 … 100,000, labels that the model does not
                know, or a negative seed.
        """
        labels = requested_labels(request, self.num_classes, "sample")
        rng = np.random.default_rng(require_seed(seed, "sample"))
        return self.decode(self.draw(labels, rng), labels)

    def draw(self, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw what `decode` wants for labels (n,): (n, Z)."""
        return self.codes(rng.normal(size=(len(labels), self.latent_dim)), labels)

    def codes(
        self, noise: np.ndarray, labels: np.ndarray, component: int = 0
    ) -> np.ndarray:
        """Turn normal noise (n, Z) into what `decode` wants for labels (n,).

        Args:
            noise: float (n, Z), standard normal.
            labels: int (n,).
            component: which of a class's kinds of codes, 0 … components - 1.
        """
        return noise


@keras.saving.register_keras_serializable(package="aigc")
class Generator(ImageSampler, keras.Model):
    """Turn noise, and a class if there are any, into pictures.

    Args:
        latent_dim: length Z of the noise vector.
        width: channels C at 14 × 14; twice as many at 7 × 7.
        num_classes: classes K; 0 for a generator that takes none.
        normalize: whether batch normalisation follows each layer but the last.

    Raises:
        ValueError: for sizes below 1, or a negative number of classes.

    Source: Radford et al. 2016, "DCGAN", figure 1; the last layer is that of Shi et al.
        2016, "sub-pixel convolution".

    Example:
        generator = Generator(latent_dim=64, width=48, num_classes=10)
        pictures = generator.sample([0, 0, 9], seed=1)  # (3, 28, 28, 1) in [-1, 1]
    """

    def __init__(
        self,
        latent_dim: int = 64,
        width: int = 32,
        num_classes: int = 0,
        normalize: bool = True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if min(latent_dim, width) < 1 or num_classes < 0:
            raise ValueError(
                f"latent_dim is {latent_dim}, width {width}, num_classes {num_classes};"
                " wanted sizes ≥ 1 and num_classes ≥ 0"
            )
        self.latent_dim, self.width = latent_dim, width
        self.num_classes, self.normalize = num_classes, normalize
        self.embedding = None
        with policy_of(self):
            if num_classes:
                self.embedding = layers.Embedding(num_classes, latent_dim, "normal")
            self.stack = keras.Sequential(self._make_stack(), name="stack")
        self._sampler = None
        self.build([(None, latent_dim), (None,)])

    def _make_stack(self) -> list:
        """List the layers from the noise to the picture."""
        wide, thin = 2 * self.width, self.width
        linear = [
            (layers.Dense(7 * 7 * wide), layers.Reshape((7, 7, wide))),
            (layers.Conv2D(wide, 3, padding="same"),),
            (layers.Conv2DTranspose(thin, 4, 2, padding="same"),),  # 14 × 14
            (layers.Conv2D(thin, 3, padding="same"),),
        ]
        stack = []
        for group in linear:
            stack += group
            if self.normalize:
                stack.append(layers.BatchNormalization(momentum=0.9))
            stack.append(layers.LeakyReLU(0.2))
        # Four numbers at each of 14 × 14 places are a 2 × 2 square each; tanh: [-1, 1].
        last = layers.Conv2D(4, 3, padding="same", activation="tanh")
        return [*stack, last, DepthToSpace()]  # (B, 28, 28, 1)

    def build(self, input_shape):
        """Create all weights; `Generator` does this itself."""
        if self.built:
            return
        if self.embedding is not None:
            self.embedding.build((None,))
        both = 2 if self.num_classes else 1
        self.stack.build((None, both * self.latent_dim))
        self.built = True

    def call(self, inputs, training=None):
        """Map [noise (B, Z), labels (B,)] to pictures (B, 28, 28, 1)."""
        noise, labels = inputs
        require_shape(noise, (None, self.latent_dim), "`Generator`, of noise,")
        if self.embedding is not None:
            # The class is a vector as long as the noise: (B, 2 Z) enter the stack.
            noise = ops.concatenate([noise, self.embedding(labels)], axis=-1)
        return self.stack(noise, training=training)

    def decode(self, noise: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Turn given noise and labels into pictures.

        Args:
            noise: float (n, Z), n ≥ 1, finite; it has learned from normal noise.
            labels: int (n,), 0 … K - 1, for a generator with classes.

        Returns:
            (n, 28, 28, 1) float32 in [-1, 1].

        Raises:
            ValueError: for noise of another shape or with NaN, or unfit labels.
        """
        noise = np.asarray(noise, "float32")
        if noise.ndim != 2 or not len(noise) or noise.shape[1] != self.latent_dim:
            raise ValueError(
                f"decode wants noise (n, {self.latent_dim}), received {noise.shape}"
            )
        if not np.isfinite(noise).all():
            raise ValueError("decode wants finite noise, received NaN or infinity")
        labels = check_labels(labels, len(noise), self.num_classes, "decode")
        if self._sampler is None:
            self._sampler = compiled(lambda z, y: self([z, y], training=False))
        return in_batches(self._sampler, noise, labels)

    def get_config(self) -> dict:
        """Return the arguments that make this model again."""
        return {
            **super().get_config(),
            "latent_dim": self.latent_dim,
            "width": self.width,
            "num_classes": self.num_classes,
            "normalize": self.normalize,
        }


@keras.saving.register_keras_serializable(package="aigc")
class Discriminator(keras.Model):
    """Give each picture one score: high for real, low for generated.

    With classes it is a projection discriminator: the score gains the inner product
    of the picture's features and a vector of its class.

    Args:
        width: channels C at 14 × 14; up to four times as many behind.
        num_classes: classes K; 0 for a discriminator that sees no labels.

    Raises:
        ValueError: for a width below 1, or a negative number of classes.

    Source: Miyato & Koyama 2018, "cGANs with Projection Discriminator", equation 3.
    """

    def __init__(self, width: int = 32, num_classes: int = 0, **kwargs):
        super().__init__(**kwargs)
        if width < 1 or num_classes < 0:
            raise ValueError(
                f"width is {width}, num_classes {num_classes}; wanted width ≥ 1 and "
                "num_classes ≥ 0"
            )
        self.width, self.num_classes = width, num_classes
        self.class_vectors = None
        with policy_of(self):
            self.stack = keras.Sequential(self._make_stack(), name="stack")
            self.score = layers.Dense(1)
            if num_classes:  # a matrix of one-hot labels: one vector per class
                self.class_vectors = layers.Dense(4 * width, use_bias=False)
        self.build([(None, 28, 28, 1), (None,)])

    def _make_stack(self) -> list:
        """List the layers from the image to its features (B, 4, 4, 4 C)."""
        stack = [SpaceToDepth()]  # (B, 14, 14, 4)
        # No batch normalisation: a slope penalty needs each score to depend on its own
        # image alone.
        for channels, kernel, stride in ((1, 3, 1), (2, 4, 2), (2, 3, 1), (4, 3, 2)):
            convolution = layers.Conv2D(channels * self.width, kernel, stride, "same")
            stack += [convolution, layers.LeakyReLU(0.2)]
        return stack

    def build(self, input_shape):
        """Create all weights; `Discriminator` does this itself."""
        if self.built:
            return
        self.stack.build(input_shape[0])
        self.score.build((None, 4 * self.width))
        if self.class_vectors is not None:
            self.class_vectors.build((None, self.num_classes))
        self.built = True

    def call(self, inputs, training=None):
        """Map [pictures (B, 28, 28, 1), labels (B,)] to scores (B, 1)."""
        images, labels = inputs
        require_shape(images, (None, 28, 28, 1), "`Discriminator`, of images,")
        features = ops.sum(self.stack(images, training=training), axis=(1, 2))
        score = self.score(features, training=training)  # (B, 4 C) -> (B, 1)
        if self.class_vectors is not None:
            one_hot = ops.one_hot(labels, self.num_classes)
            vectors = self.class_vectors(one_hot, training=training)
            score += ops.sum(features * vectors, axis=-1, keepdims=True)
        return score

    def get_config(self) -> dict:
        """Return the arguments that make this model again."""
        return {
            **super().get_config(),
            "width": self.width,
            "num_classes": self.num_classes,
        }
