"""A GPT that sees a picture: its first few positions are the picture's.

Shapes: B batch, K prefix positions, T tokens, V vocabulary, C width.
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers, ops

from helpers.checks import require_count
from helpers.models.features import convolution
from helpers.models.text.gpt import GPT

FILTERS = (16, 32, 48)  # of the encoder's convolutions: 14 x 14, 7 x 7, 4 x 4 places


@keras.saving.register_keras_serializable(package="aigc")
class ImagePrefixGPT(keras.Model):
    """Predict the next token from the tokens before it and from a picture.

    The encoder turns a picture into features, `to_prefix` turns these into K vectors of
    the decoder's width, and they stand before the words as if they were words.

    Args:
        vocabulary_size, num_layers, num_heads, hidden_dim, max_sequence_length: of the
            decoder, as in `GPT`; the window is that of the words, without the prefix.
        prefix_length: positions K that a picture takes.
        num_words: classes that `describe` tells apart.
        token_shift: as in `GPT`.

    Raises:
        ValueError: as `GPT`, or for a prefix_length or num_words below 1.

    Source: Mokady et al. 2021, "ClipCap: CLIP Prefix for Image Captioning", section 3,
        here with a small encoder of our own.

    Example:
        logits = model({"images": images, "token_ids": token_ids})  # (B, T, V)
    """

    def __init__(
        self,
        vocabulary_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        max_sequence_length: int = 192,
        prefix_length: int = 4,
        num_words: int = 20,
        token_shift: int = 1,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.settings = {
            "vocabulary_size": vocabulary_size,
            "num_layers": num_layers,
            "num_heads": num_heads,
            "hidden_dim": hidden_dim,
            "max_sequence_length": max_sequence_length,
            "prefix_length": require_count(prefix_length, "prefix_length"),
            "num_words": require_count(num_words, "num_words"),
            "token_shift": token_shift,
        }
        self.vocabulary_size, self.prefix_length = vocabulary_size, prefix_length
        self.max_sequence_length, self.hidden_dim = max_sequence_length, hidden_dim
        stack = [layer for size in FILTERS for layer in convolution(size, 2)]
        self.encoder = keras.Sequential([*stack, layers.Flatten()], name="encoder")
        self.words = layers.Dense(num_words, name="head")
        self.to_prefix = layers.Dense(prefix_length * hidden_dim, name="to_prefix")
        self.decoder = GPT(
            vocabulary_size,
            num_layers,
            num_heads,
            hidden_dim,
            max_sequence_length=max_sequence_length + prefix_length,
            token_shift=token_shift,
            name="decoder",
        )
        self.build(None)

    def build(self, input_shape):
        """Create all weights; `ImagePrefixGPT` does this itself."""
        if self.built:
            return
        self.encoder.build((None, 28, 28, 1))
        features = (None, self.encoder.output_shape[-1])
        self.words.build(features)
        self.to_prefix.build(features)
        self.built = True

    def features(self, images, training=None):
        """Map pictures (B, 28, 28, 1) in [-1, 1] to the encoder's features (B, F)."""
        return self.encoder(images, training=training)

    def describe(self, images, training=None):
        """Map pictures to logits (B, num_words): what the encoder alone would say."""
        return self.words(self.features(images, training))

    def prefix(self, images):
        """Map pictures (B, 28, 28, 1) to the vectors of their positions (B, K, C)."""
        x = self.to_prefix(self.features(images, False))  # (B, K C)
        return ops.reshape(x, (-1, self.prefix_length, self.hidden_dim))

    def call(self, inputs, training=None):
        """Map {"images": (B, 28, 28, 1), "token_ids": (B, T)} to logits (B, T, V)."""
        prefix = self.prefix(inputs["images"])
        x = self.decoder.token_embedding(inputs["token_ids"])  # (B, T, C)
        x = ops.concatenate([prefix, x], axis=1)  # (B, K + T, C)
        for block in self.decoder.blocks:
            x = block(x, training=training)
        return self.decoder.logits(x[:, self.prefix_length :])

    def get_config(self) -> dict:
        """Return the arguments that make this model again."""
        return {**super().get_config(), **self.settings}


class WithPictures:
    """The model with a batch of pictures before it, for `helpers.sampling`.

    A new batch of pictures needs no new program: they are kept in a variable.

    Args:
        model: an `ImagePrefixGPT`.
        batch_size: pictures, and texts, at a time.

    Example:
        writer = WithPictures(model, 8)
        writer.show(images)  # (8, 28, 28, 1)
        ids = generate(writer, sources, 100)
    """

    def __init__(self, model: ImagePrefixGPT, batch_size: int):
        require_count(batch_size, "batch_size")
        self.model, self.batch_size = model, batch_size
        self.max_sequence_length = model.max_sequence_length
        self.vocabulary_size = model.vocabulary_size
        shape = (batch_size, model.prefix_length, model.hidden_dim)
        self.kept = keras.Variable(np.zeros(shape, np.float32), trainable=False)

    def show(self, images) -> None:
        """Put pictures (batch_size, 28, 28, 1) in [-1, 1] before the words.

        Raises:
            ValueError: if they are not as many as the batch.
        """
        if len(images) != self.batch_size:
            raise ValueError(
                f"`show` wants {self.batch_size} pictures, received {len(images)}"
            )
        self.kept.assign(self.model.prefix(ops.convert_to_tensor(images, "float32")))

    def initial_cache(self, batch_size: int, length: int | None = None):
        """Return a cache in which the pictures stand already, as in `GPT`."""
        if batch_size != self.batch_size:
            raise ValueError(
                f"`initial_cache` wants {self.batch_size} texts, received {batch_size}"
            )
        room = (length or self.max_sequence_length) + self.model.prefix_length
        cache = self.model.decoder.initial_cache(batch_size, room)
        pictures = ops.convert_to_tensor(self.kept)
        return self.model.decoder.through_blocks(pictures, cache, 0)[1]

    def call_with_cache(self, token_ids, cache, cache_index):
        """Continue from a cache, as in `GPT`: logits (B, T, V), and the cache."""
        decoder, place = self.model.decoder, cache_index + self.model.prefix_length
        x = decoder.token_embedding(token_ids)
        x, cache = decoder.through_blocks(x, cache, place)
        return decoder.logits(x), cache

    def __call__(self, token_ids):
        """Map ids (B, T) to logits (B, T, V), without a cache."""
        x = self.model.decoder.token_embedding(token_ids)
        x = ops.concatenate([ops.convert_to_tensor(self.kept), x], axis=1)
        for block in self.model.decoder.blocks:
            x = block(x)
        return self.model.decoder.logits(x[:, self.model.prefix_length :])
