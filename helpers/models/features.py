"""Three ways to describe an image by a few numbers, which the judges compare.

A convolutional network, a network of another kind, and no network at all: principal
components of the pixels. What one of them cannot see, another may.

Shapes: B batch, D features, K classes. Pictures are 28 x 28, from -1 to 1.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from helpers.checks import require_count
from helpers.images.scaling import require_images
from helpers.models.image_parts import require_shape
from helpers.models.policies import policy_of


class Describer(keras.Model):
    """What the three share: images to features, and features to classes.

    A class of this kind has a `classifier` and a method `_describe`; its arguments are
    attributes, named in `ARGUMENTS`.
    """

    ARGUMENTS = ("num_classes", "feature_dim")

    def features(self, images, training=None):
        """Map float pictures (B, 28, 28, 1) to features (B, D)."""
        where = f"`{type(self).__name__}`, of images,"
        require_shape(images, (None, 28, 28, 1), where)
        return self._describe(images, training)

    def classify(self, features, training=None):
        """Map features (B, D) to logits (B, K)."""
        where = f"`{type(self).__name__}`, of features,"
        require_shape(features, (None, self.feature_dim), where)
        return self.classifier(features, training=training)

    def call(self, images, training=None):
        """Map float pictures (B, 28, 28, 1) to logits (B, K)."""
        return self.classify(self.features(images, training), training)

    def get_config(self) -> dict:
        """Return the arguments that make this model again."""
        own = {name: getattr(self, name) for name in self.ARGUMENTS}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="aigc")
class FeatureNetwork(Describer):
    """Classify images by convolutions, and describe each by a few numbers on the way.

    Strided convolutions take 28 x 28 to 14 x 14, 7 x 7 and 4 x 4 cells; one dense layer
    takes these to D features. They have mean 0 and variance 1 over the training
    pictures (batch normalisation without scale or offset), so distances between
    features of different networks are of one order.

    Args:
        num_classes: number of classes K.
        feature_dim: number of features D.
        width: channels of the first convolution; the others have twice as many.
        dropout: share of features dropped before the classifier in training.

    Raises:
        ValueError: for sizes below 1, or a dropout outside [0, 1).

    Example:
        network = FeatureNetwork(10)
        logits = network(images)             # (B, 28, 28, 1) float -> (B, 10)
        features = network.features(images)  # (B, 64)
    """

    ARGUMENTS = ("num_classes", "feature_dim", "width", "dropout")

    def __init__(
        self,
        num_classes: int = 10,
        feature_dim: int = 64,
        width: int = 32,
        dropout: float = 0.2,
        **kwargs,
    ):
        super().__init__(**kwargs)
        sizes = (num_classes, feature_dim, width)
        if min(sizes) < 1 or not 0 <= dropout < 1:
            raise ValueError(
                f"num_classes, feature_dim, width are {sizes}, dropout {dropout}; "
                "wanted sizes ≥ 1 and 0 ≤ dropout < 1"
            )
        self.num_classes, self.feature_dim = num_classes, feature_dim
        self.width, self.dropout = width, dropout
        with policy_of(self):
            self._make_layers()
        self.build((None, 28, 28, 1))

    def _make_layers(self) -> None:
        """Make the layers up to the features, and from there to the classes."""
        width = self.width
        self.body = keras.Sequential(
            [
                *convolution(width, 2),  # (B, 14, 14, width)
                *convolution(2 * width, 2),  # (B, 7, 7, 2 width)
                *convolution(2 * width, 1),
                *convolution(2 * width, 2),  # (B, 4, 4, 2 width)
                layers.Flatten(),  # no pooling: where a sleeve lies tells the class
                *features_of(self.feature_dim),
            ],
            name="body",
        )
        self.classifier = keras.Sequential(
            [
                layers.Activation("relu"),
                layers.Dropout(self.dropout),
                layers.Dense(self.num_classes),
            ],
            name="classifier",
        )

    def build(self, input_shape):
        """Create all weights; `FeatureNetwork` does this itself."""
        if self.built:
            return
        self.body.build(input_shape)
        self.classifier.build((None, self.feature_dim))
        self.built = True

    def _describe(self, images, training):
        return self.body(images, training=training)


@keras.saving.register_keras_serializable(package="aigc")
class MixerNetwork(Describer):
    """Classify images without a convolution, and describe each on the way.

    A picture is cut into 7 x 7 patches of 4 x 4 pixels. Each block lets the patches
    exchange what they know (two dense layers over the 49 patches), and then looks at
    each patch by itself (two dense layers over its channels). The mean of all patches
    gives D features of mean 0 and variance 1 over the training pictures.

    Args:
        num_classes: number of classes K.
        feature_dim: number of features D.
        width: channels of a patch.
        depth: number of blocks.

    Raises:
        ValueError: for sizes below 1.

    Source: Tolstikhin et al. 2021, "MLP-Mixer", equation 1.
    """

    ARGUMENTS = ("num_classes", "feature_dim", "width", "depth")

    def __init__(
        self,
        num_classes: int = 10,
        feature_dim: int = 64,
        width: int = 64,
        depth: int = 3,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_classes = require_count(num_classes, "`MixerNetwork`, num_classes,")
        self.feature_dim = require_count(feature_dim, "`MixerNetwork`, feature_dim,")
        self.width = require_count(width, "`MixerNetwork`, width,")
        self.depth = require_count(depth, "`MixerNetwork`, depth,")
        with policy_of(self):
            self._make_layers()
        self.build((None, 28, 28, 1))

    def _make_layers(self) -> None:
        """Make patches, blocks, features and classifier."""
        self.patches = layers.Dense(self.width, name="patches")
        self.blocks = []  # flat: Keras saves no layer of a list within a list
        for _ in range(self.depth):
            self.blocks += mixer_block(self.width)
        self.body = keras.Sequential(
            [
                layers.LayerNormalization(),
                layers.GlobalAveragePooling1D(),  # (B, 49, width) -> (B, width)
                *features_of(self.feature_dim),
            ]
        )
        self.classifier = keras.Sequential(
            [layers.Activation("relu"), layers.Dense(self.num_classes)]
        )

    def build(self, input_shape):
        """Create all weights; `MixerNetwork` does this itself."""
        if self.built:
            return
        self.patches.build((None, 49, 16))
        for block in (*self.blocks, self.body):
            block.build((None, 49, self.width))
        self.classifier.build((None, self.feature_dim))
        self.built = True

    def _describe(self, images, training):
        x = ops.reshape(images, (-1, 7, 4, 7, 4))
        x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4)), (-1, 49, 16))
        x = self.patches(x)  # (B, 49, width)
        for block in self.blocks:
            x = x + block(x)
        return self.body(x, training=training)


@keras.saving.register_keras_serializable(package="aigc")
class PixelComponents(Describer):
    """Describe images by principal components of their pixels: nothing is learned.

    Feature i of a picture is (pixels - mean) · component i, so that distances between
    features are distances between pictures, as far as the components reach. A linear
    classifier of the features is trained beside them.

    Args:
        num_classes: number of classes K.
        feature_dim: number of components D, up to 784.

    Raises:
        ValueError: for sizes out of range.
    """

    def __init__(self, num_classes: int = 10, feature_dim: int = 64, **kwargs):
        super().__init__(**kwargs)
        self.num_classes = require_count(num_classes, "`PixelComponents`, num_classes,")
        where = "`PixelComponents`, feature_dim,"
        self.feature_dim = require_count(feature_dim, where, most=784)
        with policy_of(self):
            self.project = layers.Dense(feature_dim, trainable=False, name="project")
            self.classifier = keras.Sequential([layers.Dense(num_classes)])
        self.build((None, 28, 28, 1))

    def build(self, input_shape):
        """Create all weights; `PixelComponents` does this itself."""
        if self.built:
            return
        self.project.build((None, 784))
        self.classifier.build((None, self.feature_dim))
        self.built = True

    def fit_components(self, images: np.ndarray) -> float:
        """Take the components of these pictures, the largest first.

        Args:
            images: float (n, 28, 28, 1) in [-1, 1].

        Returns:
            The share of the pixels' variance that the components hold.
        """
        name = "PixelComponents.fit_components"
        pixels = require_images(images, name, (28, 28)).reshape(-1, 784)
        mean = pixels.mean(axis=0, dtype="float64")
        values, vectors = np.linalg.eigh(np.cov(pixels, rowvar=False))  # rising
        kept = vectors[:, ::-1][:, : self.feature_dim]  # (784, D)
        self.project.set_weights([kept, -mean @ kept])
        return float(values[::-1][: self.feature_dim].sum() / values.sum())

    def _describe(self, images, training):
        return self.project(ops.reshape(images, (-1, 784)))


def convolution(filters: int, stride: int) -> list[layers.Layer]:
    """Return a 3 x 3 convolution, its batch normalisation and ReLU.

    Args:
        filters: channels of the result.
        stride: pixels from one place of the kernel to the next; 2 halves both sides.
    """
    return [  # no bias: batch normalisation would subtract it again
        layers.Conv2D(filters, 3, stride, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.Activation("relu"),
    ]


def features_of(count: int) -> list[layers.Layer]:
    """Return layers that end in `count` features of mean 0 and variance 1."""
    dense = layers.Dense(count, use_bias=False)
    return [dense, layers.BatchNormalization(center=False, scale=False)]


def mixer_block(width: int) -> list[keras.Sequential]:
    """Return what one block adds: across the 49 patches, and along `width` channels."""
    across = [
        layers.LayerNormalization(),
        layers.Permute((2, 1)),  # (B, width, 49)
        layers.Dense(49, activation="relu"),
        layers.Dense(49),
        layers.Permute((2, 1)),
    ]
    along = [
        layers.LayerNormalization(),
        layers.Dense(2 * width, activation="relu"),
        layers.Dense(width),
    ]
    return [keras.Sequential(across), keras.Sequential(along)]
