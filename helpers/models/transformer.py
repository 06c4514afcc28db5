"""The Transformer block that every Transformer of the course is made of.

Shapes: B batch, T tokens, C width, H heads.
"""

from __future__ import annotations

import keras
from keras import ops

from helpers.attention import MultiHeadAttention

ACTIVATIONS = {
    "gelu": lambda x: ops.gelu(x, approximate=True),
    "relu2": lambda x: ops.square(ops.relu(x)),  # So et al. 2021, "Primer"
    "silu": ops.silu,
}


def normalization_layer(kind: str, name: str, dtype):
    """Return a normalisation of the last axis.

    Args:
        kind: "rms", which skips the mean and the offset, or "layer".
        name: of the layer.
        dtype: policy of the layer.

    Source: Zhang & Sennrich 2019 (RMS); Ba, Kiros & Hinton 2016 (layer).
    """
    if kind == "rms":
        return keras.layers.RMSNormalization(epsilon=1e-6, dtype=dtype, name=name)
    return keras.layers.LayerNormalization(epsilon=1e-5, dtype=dtype, name=name)


@keras.saving.register_keras_serializable(package="aigc")
class Block(keras.layers.Layer):
    """Apply one pre-norm Transformer block: x + attention(norm x), x + mlp(norm x).

    Args:
        num_heads: number of heads H; C must be a multiple of it.
        intermediate_dim: width of the feed-forward layer.
        rotary, normalization, activation, use_bias, dropout: as in `GPT`.
        output_scale: factor on the initial size of what is added to the stream.

    Source: Radford et al. 2019, "Language Models are Unsupervised Multitask
        Learners", section 2.3 (pre-norm, scaled residual initialisation).
    """

    def __init__(
        self,
        num_heads: int,
        intermediate_dim: int,
        rotary: bool = True,
        normalization: str = "rms",
        activation: str = "gelu",
        use_bias: bool = False,
        dropout: float = 0.0,
        output_scale: float = 1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.num_heads, self.intermediate_dim = num_heads, intermediate_dim
        self.rotary, self.normalization = rotary, normalization
        self.activation, self.use_bias = activation, use_bias
        self.dropout, self.output_scale = dropout, output_scale

    def build(self, input_shape):
        """Create the layers for inputs of shape (B, T, C)."""
        width, policy = input_shape[-1], self.dtype_policy

        def dense(units, name, scale=1.0):
            return keras.layers.Dense(
                units,
                use_bias=self.use_bias,
                kernel_initializer=keras.initializers.RandomNormal(stddev=0.02 * scale),
                dtype=policy,
                name=name,
            )

        self.attention = MultiHeadAttention(
            self.num_heads,
            width // self.num_heads,
            rotary=self.rotary,
            use_bias=self.use_bias,
            dropout=self.dropout,
            output_scale=self.output_scale,
            dtype=policy,
            name="attention",
        )
        self.attention_norm = normalization_layer(
            self.normalization, "attention_norm", policy
        )
        self.mlp_norm = normalization_layer(self.normalization, "mlp_norm", policy)
        self.mlp_in = dense(self.intermediate_dim, "mlp_in")
        self.mlp_out = dense(width, "mlp_out", self.output_scale)
        self.drop = keras.layers.Dropout(self.dropout, dtype=policy)
        for layer in (self.attention, self.attention_norm, self.mlp_norm, self.mlp_in):
            layer.build(input_shape)
        self.mlp_out.build((*input_shape[:-1], self.intermediate_dim))

    def call(self, x, cache=None, cache_index=None, training=None):
        """Map x (B, T, C) to (B, T, C), and the updated cache if one was given."""
        attended = self.attention(
            self.attention_norm(x),
            use_causal_mask=True,
            cache=cache,
            cache_index=cache_index,
            training=training,
        )
        if cache is not None:
            attended, cache = attended
        x = x + self.drop(attended, training=training)
        hidden = ACTIVATIONS[self.activation](self.mlp_in(self.mlp_norm(x)))
        x = x + self.drop(self.mlp_out(hidden), training=training)
        return x if cache is None else (x, cache)

    def get_config(self) -> dict:
        """Return the arguments that make this block again."""
        settings = {
            "num_heads": self.num_heads,
            "intermediate_dim": self.intermediate_dim,
            "rotary": self.rotary,
            "normalization": self.normalization,
            "activation": self.activation,
            "use_bias": self.use_bias,
            "dropout": self.dropout,
            "output_scale": self.output_scale,
        }
        return {**super().get_config(), **settings}
