"""Attention from its formula: masks, positions, the product itself and many heads.

Shapes: B batch, T query length, S key length, H heads, D width of one head. Masks are
boolean, True = attend. Everything is `keras.ops`, so it runs eagerly, under
`tf.function` and under XLA.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from helpers.checks import require_room

Tensor = Any  # of the backend, or anything it makes one from


def causal_mask(query_length: int, key_length: int | None = None, offset=0):
    """Build the mask that lets position i see keys 0 … i + offset.

    Args:
        query_length: number of queries T, at least 1.
        key_length: number of keys S; T if None.
        offset: position of the first query among the keys; an integer.

    Returns:
        bool tensor (T, S), True = attend.

    Raises:
        ValueError: if a length is below 1.

    Example:
        causal_mask(2) -> [[True, False], [True, True]]
    """
    key_length = query_length if key_length is None else key_length
    if query_length < 1 or key_length < 1:
        raise ValueError(
            f"lengths are {query_length} and {key_length}; wanted both at least 1"
        )
    queries = ops.arange(query_length, dtype="int32") + ops.cast(offset, "int32")
    keys = ops.arange(key_length, dtype="int32")
    return ops.expand_dims(queries, 1) >= ops.expand_dims(keys, 0)


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Compute softmax(Q Kᵀ / √D) V and its weights.

    Args:
        query: float tensor (B, H, T, D).
        key: float tensor (B, H, S, D).
        value: float tensor (B, H, S, D).
        attention_mask: bool tensor broadcastable to (B, H, T, S), True = attend.

    Returns:
        output (B, H, T, D) and weights (B, H, T, S); every row of weights sums to 1.

    Raises:
        ValueError: if the widths of query and key, or the lengths of key and value,
            differ.

    Source: Vaswani et al. 2017, "Attention Is All You Need", equation 1.
    """
    if query.shape[-1] != key.shape[-1] or key.shape[-2] != value.shape[-2]:
        raise ValueError(
            f"query {tuple(query.shape)}, key {tuple(key.shape)}, value "
            f"{tuple(value.shape)}: wanted equal last axes of query and key, and as "
            "many values as keys"
        )
    scale = 1.0 / math.sqrt(query.shape[-1])
    scores = ops.matmul(query * scale, ops.swapaxes(key, -1, -2))  # (B, H, T, S)
    if attention_mask is not None:
        masked = np.finfo(keras.backend.standardize_dtype(scores.dtype)).min / 2
        scores = ops.where(attention_mask, scores, ops.cast(masked, scores.dtype))
    weights = ops.softmax(scores, axis=-1)
    return ops.matmul(weights, value), weights


def sinusoidal_positions(length: int, dim: int, max_wavelength: float = 10_000.0):
    """Build the fixed position table of sines and cosines.

    Args:
        length: number of positions, at least 1.
        dim: width, even.
        max_wavelength: wavelength of the slowest wave, in positions / 2π.

    Returns:
        float32 array (length, dim); even columns are sines, odd ones cosines.

    Raises:
        ValueError: if length is below 1 or dim is odd or below 2.

    Source: Vaswani et al. 2017, section 3.5.
    """
    if length < 1 or dim < 2 or dim % 2:
        raise ValueError(
            f"length {length}, dim {dim}; wanted length ≥ 1 and an even dim ≥ 2"
        )
    frequencies = max_wavelength ** (-np.arange(0, dim, 2) / dim)  # (dim/2,)
    angles = np.arange(length)[:, None] * frequencies
    table = np.stack([np.sin(angles), np.cos(angles)], axis=-1)  # (length, dim/2, 2)
    return table.reshape(length, dim).astype("float32")


def rotary(x, positions, max_wavelength: float = 10_000.0):
    """Rotate each pair of features by an angle proportional to its position.

    Feature i is paired with feature i + D/2, as in KerasHub and Llama. The product of
    a rotated query and a rotated key depends only on how far apart they are.

    Args:
        x: float tensor (…, T, D), D even.
        positions: tensor (T,), int or float.
        max_wavelength: wavelength of the slowest pair, in positions / 2π.

    Returns:
        Tensor of the shape and dtype of x.

    Raises:
        ValueError: if D is odd.

    Source: Su et al. 2021, "RoFormer", equation 34.
    """
    half, odd = divmod(x.shape[-1], 2)
    if odd:
        raise ValueError(f"the last axis of x is {x.shape[-1]}; wanted an even width")
    frequencies = max_wavelength ** (-np.arange(half, dtype="float32") / half)
    angles = ops.expand_dims(ops.cast(positions, "float32"), -1) * frequencies
    cos = ops.cast(ops.cos(angles), x.dtype)  # (T, D/2)
    sin = ops.cast(ops.sin(angles), x.dtype)
    first, second = x[..., :half], x[..., half:]
    return ops.concatenate(
        [first * cos - second * sin, second * cos + first * sin], axis=-1
    )


@keras.saving.register_keras_serializable(package="aigc")
class MultiHeadAttention(keras.layers.Layer):
    """Attend with several heads, with an optional key/value cache.

    Args:
        num_heads: number of heads H.
        head_dim: width D of one head.
        rotary: whether queries and keys are rotated by their positions.
        use_bias: whether the four projections have biases.
        dropout: share of attention weights dropped in training, 0 to 1.
        output_scale: factor on the output projection's initial standard deviation.

    Raises:
        ValueError: for sizes below 1 or a dropout outside [0, 1).

    Source: Vaswani et al. 2017, section 3.2.2.

    Example:
        layer = MultiHeadAttention(num_heads=2, head_dim=4)
        y = layer(x, use_causal_mask=True)  # (B, T, width) -> (B, T, width)
    """

    def __init__(
        self,
        num_heads: int,
        head_dim: int,
        rotary: bool = False,
        use_bias: bool = True,
        dropout: float = 0.0,
        output_scale: float = 1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if num_heads < 1 or head_dim < 1 or not 0 <= dropout < 1:
            raise ValueError(
                f"num_heads {num_heads}, head_dim {head_dim}, dropout {dropout}; "
                "wanted sizes ≥ 1 and 0 ≤ dropout < 1"
            )
        self.num_heads, self.head_dim = num_heads, head_dim
        self.rotary, self.use_bias = rotary, use_bias
        self.dropout, self.output_scale = dropout, output_scale

    def build(self, x_shape, value_shape=None):
        """Create the four projections for inputs of shape (B, T, width)."""
        width = x_shape[-1]
        inner = self.num_heads * self.head_dim

        def dense(units, name, scale=1.0):
            return keras.layers.Dense(
                units,
                use_bias=self.use_bias,
                kernel_initializer=keras.initializers.RandomNormal(stddev=0.02 * scale),
                dtype=self.dtype_policy,
                name=name,
            )

        self.query_dense = dense(inner, "query")
        self.key_dense = dense(inner, "key")
        self.value_dense = dense(inner, "value")
        self.output_dense = dense(width, "attention_output", self.output_scale)
        source = x_shape if value_shape is None else value_shape
        self.query_dense.build(x_shape)
        self.key_dense.build(source)
        self.value_dense.build(source)
        self.output_dense.build((*x_shape[:-1], inner))
        self.drop = keras.layers.Dropout(self.dropout, dtype=self.dtype_policy)

    def call(
        self,
        x,
        value=None,
        attention_mask=None,
        use_causal_mask: bool = False,
        cache=None,
        cache_index=None,
        return_attention_scores: bool = False,
        training=None,
    ):
        """Attend from x to value (or to x itself).

        Args:
            x: float tensor (B, T, width) of queries.
            value: float tensor (B, S, width) to attend to; x if None.
            attention_mask: bool, broadcastable to (B, H, T, S), True = attend; with a
                cache S is the cache's length.
            use_causal_mask: whether position i sees only positions ≤ i; with a cache
                it always does.
            cache: float tensor (B, 2, length, H, D) of earlier keys and values.
            cache_index: position of x's first token in the cache.
            return_attention_scores: whether to return the weights too.
            training: whether dropout is active.

        Returns:
            output (B, T, width); then weights (B, H, T, S) if asked for; then the
            updated cache if one was given.

        Raises:
            ValueError: if a cache comes without its index or x runs past its end.
        """
        source = x if value is None else value
        start = 0 if cache_index is None else cache_index
        query = self._heads(self.query_dense(x), start)
        key = self._heads(self.key_dense(source), start)
        value = self._heads(self.value_dense(source), None)
        length = query.shape[2]
        if cache is not None:
            key, value, cache = self._extend(cache, cache_index, key, value, length)
        if cache is not None or use_causal_mask:
            causal = causal_mask(length, key.shape[2], 0 if cache is None else start)
            both = attention_mask is not None
            attention_mask = ops.logical_and(causal, attention_mask) if both else causal
        output, weights = self._attend(query, key, value, attention_mask, training)
        results = [self.output_dense(output)]
        results += [weights] if return_attention_scores else []
        results += [cache] if cache is not None else []
        return results[0] if len(results) == 1 else tuple(results)

    def _heads(self, x, first_position):
        """Split (B, T, H·D) into (B, H, T, D), rotated if this layer rotates."""
        x = ops.reshape(x, (-1, x.shape[1], self.num_heads, self.head_dim))
        x = ops.transpose(x, (0, 2, 1, 3))
        if not self.rotary or first_position is None:
            return x
        first = ops.cast(first_position, "int32")
        return rotary(x, ops.arange(x.shape[2], dtype="int32") + first)

    def _attend(self, query, key, value, attention_mask, training):
        """Return the joined heads' output (B, T, H·D) and the weights."""
        output, weights = scaled_dot_product_attention(
            query, key, value, attention_mask
        )
        if self.dropout:
            output = ops.matmul(self.drop(weights, training=training), value)
        output = ops.transpose(output, (0, 2, 1, 3))
        width = self.num_heads * self.head_dim
        return ops.reshape(output, (-1, output.shape[1], width)), weights

    def _extend(self, cache, index, key, value, length):
        """Write new keys and values at index; return all of them and the cache."""
        require_room(index, length, cache.shape[2])
        new = ops.transpose(ops.stack([key, value], axis=1), (0, 1, 3, 2, 4))
        zero = ops.zeros((), dtype="int32")
        where = [zero, zero, ops.cast(index, "int32"), zero, zero]
        cache = ops.slice_update(cache, where, ops.cast(new, cache.dtype))
        both = ops.cast(ops.transpose(cache, (0, 1, 3, 2, 4)), key.dtype)
        return both[:, 0], both[:, 1], cache

    def get_config(self) -> dict:
        """Return the arguments that make this layer again."""
        names = ("num_heads", "head_dim", "rotary", "use_bias", "dropout")
        settings = {name: getattr(self, name) for name in (*names, "output_scale")}
        return {**super().get_config(), **settings}
