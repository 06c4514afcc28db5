"""The Transformer block that every Transformer of the course is made of.

Shapes: B batch, T tokens, C width, H heads.
"""

from __future__ import annotations

import keras
from keras import ops

from helpers.checks import require_room
from helpers.models.attention.heads import MultiHeadAttention

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

    Raises:
        ValueError: for another kind.

    Source: Zhang & Sennrich 2019 (RMS); Ba, Kiros & Hinton 2016 (layer).
    """
    if kind not in ("rms", "layer"):
        raise ValueError(
            f"`normalization_layer` wants 'rms' or 'layer', received {kind!r}"
        )
    if kind == "rms":
        return keras.layers.RMSNormalization(epsilon=1e-6, dtype=dtype, name=name)
    return keras.layers.LayerNormalization(epsilon=1e-5, dtype=dtype, name=name)


def shift_tokens(x, count: int):
    """Take some features of every position from the positions just before it.

    The last quarter of the features comes from one position back, the quarter before
    that from two back, and so on; what would come from before the start is 0.

    Args:
        x: float tensor (B, T, C), C a multiple of 4.
        count: number of earlier positions to take from, 0 to 3.

    Returns:
        Tensor of the shape and dtype of x.

    Raises:
        ValueError: if C is no multiple of 4 or count is outside 0 to 3.

    Source: Peng et al. 2023, "RWKV", section 3.1 (token shift), here without weights.
    """
    width, quarter = x.shape[-1], x.shape[-1] // 4
    if count not in (0, 1, 2, 3) or width % 4:
        raise ValueError(
            "`shift_tokens` wants a width in four equal parts and a count of 0 to 3, "
            f"received {width} and {count}"
        )
    padded = ops.pad(x, ((0, 0), (count, 0), (0, 0)))  # (B, count + T, C)
    parts = [x[..., : width - count * quarter]]
    for back in range(count, 0, -1):
        first = width - back * quarter
        # T rows from count - back on; counted from the end, T need not be known.
        parts.append(padded[:, count - back : -back, first : first + quarter])
    return ops.concatenate(parts, axis=-1) if count else x


@keras.saving.register_keras_serializable(package="aigc")
class Block(keras.layers.Layer):
    """Apply one pre-norm Transformer block: x + attention(norm x), x + mlp(norm x).

    Args:
        num_heads: number of heads H; C must be a multiple of it.
        intermediate_dim: width of the feed-forward layer.
        rotary, normalization, activation, use_bias, dropout, token_shift: as in `GPT`.
        output_scale: factor on the initial size of what is added to the stream.

    Raises:
        ValueError: for an unknown option, or when built, a width C that the heads do
            not divide.

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
        token_shift: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if activation not in ACTIVATIONS:
            raise ValueError(
                f"`Block` wants an activation of {tuple(ACTIVATIONS)}, received "
                f"{activation!r}"
            )
        self.num_heads, self.intermediate_dim = num_heads, intermediate_dim
        self.token_shift = token_shift
        self.rotary, self.normalization = rotary, normalization
        self.activation, self.use_bias = activation, use_bias
        self.dropout, self.output_scale = dropout, output_scale

    def build(self, input_shape):
        """Create the layers for inputs of shape (B, T, C)."""
        width, policy = input_shape[-1], self.dtype_policy
        if width % self.num_heads:
            raise ValueError(
                f"`Block` wants a width that is a multiple of its {self.num_heads} "
                f"heads, received {width}"
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
        self.mlp_in = self._dense(self.intermediate_dim, "mlp_in")
        self.mlp_out = self._dense(width, "mlp_out", self.output_scale)
        self.drop = keras.layers.Dropout(self.dropout, dtype=policy)
        for layer in (self.attention, self.attention_norm, self.mlp_norm, self.mlp_in):
            layer.build(input_shape)
        self.mlp_out.build((*input_shape[:-1], self.intermediate_dim))

    def _dense(self, units: int, name: str, scale: float = 1.0) -> keras.layers.Dense:
        """Return a dense layer of this block's type, its weights from N(0, σ²)."""
        return keras.layers.Dense(
            units,
            use_bias=self.use_bias,
            kernel_initializer=keras.initializers.RandomNormal(stddev=0.02 * scale),
            dtype=self.dtype_policy,
            name=name,
        )

    def call(self, x, cache=None, cache_index=None, training=None):
        """Map x (B, T, C) to (B, T, C), and the updated cache if one was given.

        Raises:
            ValueError: if x runs past the end of the cache.
        """
        heads, inputs = None, None
        if cache is not None:
            require_room(cache_index, ops.shape(x)[1], ops.shape(cache)[2])
            # Keys and values; then, with token shift only, what was read: `_shifted`.
            heads, inputs = cache[:, :2], cache[:, 2:]
        h, inputs = self._shifted(self.attention_norm(x), inputs, 0, cache_index)
        attended = self.attention(
            h,
            use_causal_mask=True,
            cache=heads,
            cache_index=cache_index,
            training=training,
        )
        if cache is not None:
            attended, heads = attended
        # What is computed is added, x itself stays: a short way for gradients.
        x = x + self.drop(attended, training=training)
        h, inputs = self._shifted(self.mlp_norm(x), inputs, 1, cache_index)
        hidden = ACTIVATIONS[self.activation](self.mlp_in(h))  # (B, T, intermediate)
        x = x + self.drop(self.mlp_out(hidden), training=training)
        return x if cache is None else (x, ops.concatenate([heads, inputs], axis=1))

    def attention_input(self, x):
        """Map the stream x (B, T, C) to what attention reads, (B, T, C)."""
        return shift_tokens(self.attention_norm(x), self.token_shift)

    def _shifted(self, h, inputs, part: int, index):
        """Shift h (B, T, C); with a cache, by what stands before it there.

        `inputs` (B, 2, length, H, D) keeps what attention and the MLP have read at
        every position, for shifting alone. Rewriting a position changes nothing.
        """
        if not self.token_shift or inputs is None:
            return shift_tokens(h, self.token_shift), inputs
        zero, index = ops.zeros((), dtype="int32"), ops.cast(index, "int32")
        # (B, T, C) -> (B, 1, T, H, D): the shape of keys, so that one array holds all.
        rows = ops.reshape(h, (-1, 1, ops.shape(h)[1], *inputs.shape[3:]))
        where = [zero, zero + part, index, zero, zero]
        inputs = ops.slice_update(inputs, where, ops.cast(rows, inputs.dtype))
        length = ops.shape(inputs)[2]  # of the cache
        known = ops.reshape(inputs[:, part], (-1, length, h.shape[-1]))
        # Shift all that is known, then take the new rows: they see those before them.
        shifted = shift_tokens(ops.cast(known, h.dtype), self.token_shift)
        return ops.slice(shifted, [zero, index, zero], ops.shape(h)), inputs

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
            "token_shift": self.token_shift,
        }
        return {**super().get_config(), **settings}
