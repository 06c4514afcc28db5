"""A recurrent language model, with or without causal attention on top.

Shapes: B batch, T tokens, V vocabulary, C width (hidden_dim).
"""

from __future__ import annotations

import numbers

import keras
from keras import ops

from helpers.models.attention.heads import MultiHeadAttention


@keras.saving.register_keras_serializable(package="aigc")
class LSTMLanguageModel(keras.Model):
    """Predict the next token from a state that reads left to right.

    Args:
        vocabulary_size: number of tokens V.
        embedding_dim: width of the token embedding.
        hidden_dim: width C of each LSTM's state.
        num_layers: number of stacked LSTMs.
        attention: whether the last states also attend, causally, to earlier states.
        dropout: share of activations dropped in training, 0 to 1.

    Raises:
        ValueError: for sizes that are no integers ≥ 1, or a dropout outside [0, 1).

    Source: Hochreiter & Schmidhuber 1997, "Long Short-Term Memory", with the forget
        gate of Gers et al. 2000; attention as in Vaswani et al. 2017, one head.

    Example:
        model = LSTMLanguageModel(65, embedding_dim=64, hidden_dim=256)
        logits = model(token_ids)  # (B, T) int -> (B, T, 65) float
    """

    def __init__(
        self,
        vocabulary_size: int,
        embedding_dim: int,
        hidden_dim: int,
        num_layers: int = 1,
        attention: bool = False,
        dropout: float = 0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        sizes = (vocabulary_size, embedding_dim, hidden_dim, num_layers)
        whole = all(isinstance(size, numbers.Integral) for size in sizes)
        if not whole or min(sizes) < 1 or not 0 <= dropout < 1:
            raise ValueError(
                "`LSTMLanguageModel` wants integer sizes ≥ 1 and 0 ≤ dropout < 1, "
                f"received (vocabulary_size, embedding_dim, hidden_dim, num_layers) "
                f"{sizes} and dropout {dropout}"
            )
        self.vocabulary_size, self.embedding_dim = vocabulary_size, embedding_dim
        self.hidden_dim, self.num_layers = hidden_dim, num_layers
        self.use_attention, self.dropout = attention, dropout
        self._make_layers()
        self.build((None, None))

    def _make_layers(self):
        """Create the embedding, the LSTMs, the attention and the head."""
        policy = self.dtype_policy  # Keras does not hand it on to the layers inside
        self.embedding = keras.layers.Embedding(
            self.vocabulary_size, self.embedding_dim, dtype=policy
        )
        self.recurrent = [
            keras.layers.LSTM(
                self.hidden_dim,
                return_sequences=True,  # a state for every token, not the last alone
                dtype=policy,
                name=f"lstm_{index}",
            )
            for index in range(self.num_layers)
        ]
        self.attention = None
        if self.use_attention:
            self.attention = MultiHeadAttention(
                1, self.hidden_dim, dtype=policy, name="attention"
            )
        self.drop = keras.layers.Dropout(self.dropout, dtype=policy)
        self.head = keras.layers.Dense(self.vocabulary_size, dtype=policy, name="head")

    def build(self, input_shape):
        """Create all weights; `LSTMLanguageModel` does this itself."""
        if self.built:
            return
        self.embedding.build(input_shape)
        width = self.embedding_dim
        for layer in self.recurrent:
            layer.build((*input_shape, width))
            width = self.hidden_dim
        if self.attention is not None:
            self.attention.build((*input_shape, width))
            width *= 2  # the head reads the state and what it attended to, side by side
        self.head.build((*input_shape, width))
        self.built = True

    def call(self, token_ids, training=None):
        """Map int token ids (B, T) to logits (B, T, V)."""
        x = self.embedding(token_ids)  # (B, T, embedding_dim)
        for layer in self.recurrent:
            x = self.drop(layer(x), training=training)  # (B, T, C)
        if self.attention is not None:
            attended = self.attention(x, use_causal_mask=True)  # (B, T, C)
            x = ops.concatenate([x, attended], axis=-1)  # (B, T, 2 C)
        return self.head(x)

    def get_config(self) -> dict:
        """Return the arguments that make this model again."""
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "embedding_dim": self.embedding_dim,
            "hidden_dim": self.hidden_dim,
            "num_layers": self.num_layers,
            "attention": self.use_attention,
            "dropout": self.dropout,
        }
