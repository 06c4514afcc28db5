"""A recurrent language model, with or without causal attention on top.

Shapes: B batch, T tokens, V vocabulary, C width (hidden_dim).
"""

from __future__ import annotations

import keras
from keras import ops

from helpers.models.attention import MultiHeadAttention


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
        ValueError: for sizes below 1 or a dropout outside [0, 1).

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
        if min(sizes) < 1 or not 0 <= dropout < 1:
            raise ValueError(
                f"vocabulary_size, embedding_dim, hidden_dim, num_layers are {sizes}, "
                f"dropout {dropout}; wanted sizes ≥ 1 and 0 ≤ dropout < 1"
            )
        self.vocabulary_size, self.embedding_dim = vocabulary_size, embedding_dim
        self.hidden_dim, self.num_layers = hidden_dim, num_layers
        self.use_attention, self.dropout = attention, dropout
        self.embedding = keras.layers.Embedding(vocabulary_size, embedding_dim)
        self.recurrent = [
            keras.layers.LSTM(hidden_dim, return_sequences=True, name=f"lstm_{index}")
            for index in range(num_layers)
        ]
        self.attention = None
        if attention:
            self.attention = MultiHeadAttention(1, hidden_dim, name="attention")
        self.drop = keras.layers.Dropout(dropout)
        self.head = keras.layers.Dense(vocabulary_size, name="head")
        self.build((None, None))

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
            width *= 2
        self.head.build((*input_shape, width))
        self.built = True

    def call(self, token_ids, training=None):
        """Map int token ids (B, T) to logits (B, T, V)."""
        x = self.embedding(token_ids)
        for layer in self.recurrent:
            x = self.drop(layer(x), training=training)  # (B, T, C)
        if self.attention is not None:
            attended = self.attention(x, use_causal_mask=True)
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
