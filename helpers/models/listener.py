"""A small network that hears a word and a voice in one log-mel spectrogram.

Shapes: B batch, F frames, M mel bands, K words, S speakers, D features. Spectrograms
are scaled to -1 … 1 (`audio.scale_log_mel`), time before frequency.
"""

from __future__ import annotations

import math

import keras
from keras import layers, ops

from helpers.models.features import convolution
from helpers.models.image_parts import require_shape
from helpers.models.policies import in_float32, policy_of


@keras.saving.register_keras_serializable(package="aigc")
class Listener(keras.Model):
    """Name the word and the speaker of a clip, and describe both as unit vectors.

    Two strided convolutions are shared; then one branch listens for the word and one
    for the voice. Both look at every mel band by itself and average over time. Logits
    are scaled cosines between a clip's vector and one learned vector a class, so that
    the cosine of two clips says whether they are alike.

    Args:
        num_words: number of words K.
        num_speakers: number of speakers S.
        feature_dim: length D of each vector.
        width: channels of the first convolution.
        dropout: share of values dropped before the vectors in training.
        scale: what cosines are multiplied with to become logits.

    Raises:
        ValueError: for sizes below 1, a dropout outside [0, 1), or a scale that is not
            above 0 and finite.

    Example:
        listener = Listener(10, 6)
        listener(spectrograms)["word_logits"]  # (B, 64, 64) -> (B, 10)
        listener(spectrograms)["speaker"]      # (B, 32), length 1

    Source: Wang et al. 2017, "NormFace", for the scaled cosines.
    """

    def __init__(
        self,
        num_words: int = 10,
        num_speakers: int = 6,
        feature_dim: int = 32,
        width: int = 24,
        dropout: float = 0.3,
        scale: float = 12.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        sizes = (num_words, num_speakers, feature_dim, width)
        if min(sizes) < 1 or not 0 <= dropout < 1 or not 0 < scale < math.inf:
            raise ValueError(
                f"num_words, num_speakers, feature_dim, width are {sizes}, dropout "
                f"{dropout}, scale {scale}; wanted sizes ≥ 1, 0 ≤ dropout < 1 and a "
                "finite scale > 0"
            )
        self.num_words, self.num_speakers = num_words, num_speakers
        self.feature_dim, self.width = feature_dim, width
        self.dropout, self.scale = dropout, scale
        with policy_of(self):
            self.stem = self._stem()
            self.word_branch = self._branch("word")
            self.speaker_branch = self._branch("speaker")
            self.word_head = UnitDense(num_words, name="word_head")
            self.speaker_head = UnitDense(num_speakers, name="speaker_head")
        self.build((None, 64, 64))

    def _stem(self) -> keras.Sequential:
        """Make the layers that both branches share."""
        return keras.Sequential(
            [
                layers.Reshape((64, 64, 1)),
                *convolution(self.width, 2),  # (B, 32, 32, width)
                *convolution(2 * self.width, 2),  # (B, 16, 16, 2 width)
            ],
            name="stem",
        )

    def _branch(self, name: str) -> keras.Sequential:
        """Make the layers from the shared picture to a vector."""
        return keras.Sequential(
            [
                *convolution(3 * self.width, 2),  # (B, 8, 8, 3 width)
                *convolution(3 * self.width, 1),
                TimePool(),  # (B, 8 * 2 * 3 width)
                layers.Dropout(self.dropout),
                layers.Dense(self.feature_dim, use_bias=False),
                layers.BatchNormalization(),
            ],
            name=name,
        )

    def build(self, input_shape):
        """Create all weights; `Listener` does this itself."""
        if self.built:
            return
        self.stem.build((None, 64, 64))
        for branch in (self.word_branch, self.speaker_branch):
            branch.build((None, 16, 16, 2 * self.width))
        for head in (self.word_head, self.speaker_head):
            head.build((None, self.feature_dim))
        self.built = True

    def call(self, spectrograms, training=None):
        """Map (B, 64, 64) to word and speaker logits and unit vectors."""
        require_shape(spectrograms, (None, 64, 64), "`Listener`, of spectrograms,")
        shared = self.stem(spectrograms, training=training)
        word = _unit(self.word_branch(shared, training=training))
        speaker = _unit(self.speaker_branch(shared, training=training))
        return {
            "word_logits": self.scale * self.word_head(word),
            "speaker_logits": self.scale * self.speaker_head(speaker),
            "word": word,
            "speaker": speaker,
        }

    def get_config(self):
        """Return the arguments of `Listener`."""
        names = "num_words num_speakers feature_dim width dropout scale".split()
        return super().get_config() | {name: getattr(self, name) for name in names}


@keras.saving.register_keras_serializable(package="aigc")
class TimePool(layers.Layer):
    """Reduce (B, F, M, C) over time to mean and maximum of each band: (B, M · 2C)."""

    def call(self, inputs):
        """Pool (B, F, M, C) to (B, M · 2C)."""
        mean, most = ops.mean(inputs, axis=1), ops.max(inputs, axis=1)
        pooled = ops.concatenate([mean, most], axis=-1)
        return ops.reshape(pooled, (-1, pooled.shape[1] * pooled.shape[2]))

    def compute_output_shape(self, input_shape):
        """Return (B, M · 2C)."""
        return (input_shape[0], input_shape[2] * 2 * input_shape[3])


@keras.saving.register_keras_serializable(package="aigc")
class UnitDense(layers.Layer):
    """Return the cosines of unit vectors (B, D) with one learned vector a class.

    Args:
        units: number of classes.
    """

    def __init__(self, units: int, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        """Create one vector a class."""
        self.kernel = self.add_weight(
            shape=(input_shape[-1], self.units),
            name="kernel",
            initializer="glorot_normal",
        )

    def call(self, inputs):
        """Return cosines (B, units) of unit vectors (B, D)."""
        return ops.matmul(in_float32(inputs), _unit(self.kernel, axis=0))

    def compute_output_shape(self, input_shape):
        """Return (B, units)."""
        return (*input_shape[:-1], self.units)

    def get_config(self):
        """Return the arguments of `UnitDense`."""
        return super().get_config() | {"units": self.units}


def _unit(vectors, axis: int = -1):
    """Bring vectors to length 1, in float32; 1e-8 keeps a zero vector from NaN."""
    vectors = in_float32(vectors)
    return vectors / ops.sqrt(ops.sum(vectors**2, axis=axis, keepdims=True) + 1e-8)
