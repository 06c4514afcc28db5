"""A small image classifier whose last hidden layer serves as features.

Shapes: B batch, D features, K classes. Pictures are 28 x 28, from -1 to 1.
"""

from __future__ import annotations

import keras
from keras import layers

from helpers.models.image_parts import require_shape
from helpers.models.policies import policy_of


@keras.saving.register_keras_serializable(package="aigc")
class FeatureNetwork(keras.Model):
    """Classify images, and describe each by a few numbers on the way.

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
                layers.Dense(self.feature_dim, use_bias=False),
                layers.BatchNormalization(center=False, scale=False),  # (B, D)
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

    def features(self, images, training=None):
        """Map float pictures (B, 28, 28, 1) to features (B, D)."""
        require_shape(images, (None, 28, 28, 1), "`FeatureNetwork`, of images,")
        return self.body(images, training=training)

    def classify(self, features, training=None):
        """Map features (B, D) to logits (B, K)."""
        require_shape(
            features, (None, self.feature_dim), "`FeatureNetwork`, of features,"
        )
        return self.classifier(features, training=training)

    def call(self, images, training=None):
        """Map float pictures (B, 28, 28, 1) to logits (B, K)."""
        return self.classify(self.features(images, training), training)

    def get_config(self) -> dict:
        """Return the arguments that make this model again."""
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "feature_dim": self.feature_dim,
            "width": self.width,
            "dropout": self.dropout,
        }


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
