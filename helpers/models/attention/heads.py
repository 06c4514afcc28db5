"""Attention from its formula: the product itself, and many heads of it.

Shapes: B batch, T query length, S key length, H heads, D width of one head. Masks are
boolean, True = attend. Everything is `keras.ops`, so it runs eagerly, under
`tf.function` and under XLA. Lengths are read with `ops.shape`: it gives an integer
where the length is known, and a tensor where it changes from batch to batch.
"""

from __future__ import annotations

import math
import numbers

import keras
from keras import ops

from helpers.checks import require_room
from helpers.models.attention.masks import Tensor, causal_mask, four_axes, hide
from helpers.models.attention.positions import rotary


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Compute softmax(Q Kᵀ / √D) V and its weights.

    Args:
        query: float tensor (B, H, T, D).
        key: float tensor (B, H, S, D).
        value: float tensor (B, H, S, D).
        attention_mask: bool or 0/1 integers, True = attend: (T, S), (B, T, S) for all
            heads, or (B, H, T, S); axes may be 1.

    Returns:
        output (B, H, T, D) and weights (B, H, T, S); every row of weights sums to 1.

    Raises:
        ValueError: if the axes named alike differ, or the mask has another shape.

    Source: Vaswani et al. 2017, "Attention Is All You Need", equation 1.
    """
    shapes = [tuple(x.shape) for x in (query, key, value)]
    ranks = {len(shape) for shape in shapes}
    # Unequal B or H would broadcast without a word; None is a length not known yet.
    if ranks != {4} or not all(
        len({shape[axis] for shape in alike} - {None}) < 2
        for axis, alike in (
            (0, shapes),
            (1, shapes),
            (-1, shapes[:2]),
            (-2, shapes[1:]),
        )
    ):
        raise ValueError(
            "`scaled_dot_product_attention` wants query (B, H, T, D), key (B, H, S, D) "
            "and value (B, H, S, …), received {}, {} and {}".format(*shapes)
        )
    scale = 1.0 / math.sqrt(query.shape[-1])  # keeps the scores' variance at 1
    scores = ops.matmul(query * scale, ops.swapaxes(key, -1, -2))  # (B, H, T, S)
    if attention_mask is not None:
        scores = hide(scores, attention_mask)
    weights = ops.softmax(scores, axis=-1)  # over the keys
    return ops.matmul(weights, value), weights


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
        ValueError: for sizes that are no integers ≥ 1, a dropout outside [0, 1) or an
            output_scale that is negative or not finite.

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
        sizes = all(isinstance(n, numbers.Integral) for n in (num_heads, head_dim))
        if not (sizes and num_heads >= 1 and head_dim >= 1 and 0 <= dropout < 1):
            raise ValueError(
                "`MultiHeadAttention` wants integer sizes ≥ 1 and 0 ≤ dropout < 1, "
                f"received num_heads {num_heads}, head_dim {head_dim} and dropout "
                f"{dropout}"
            )
        if not 0 <= output_scale < math.inf:
            raise ValueError(
                "`MultiHeadAttention` wants a finite output_scale ≥ 0, received "
                f"{output_scale}"
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
            attention_mask: bool or 0/1 integers, True = attend: (T, S), (B, T, S) for
                all heads, or (B, H, T, S); axes may be 1. With a cache S is the
                cache's length.
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
            ValueError: if a cache comes without its index or x runs past its end, or
                the mask has another shape.
        """
        source = x if value is None else value
        # A step with a cache begins where the cache ends, so its rotation does too.
        start = 0 if cache_index is None else cache_index
        query = self._heads(self.query_dense(x), start)
        key = self._heads(self.key_dense(source), start)
        value = self._heads(self.value_dense(source), None)
        length = ops.shape(query)[2]
        if cache is not None:
            key, value, cache = self._extend(cache, cache_index, key, value)
        if attention_mask is not None:
            shape = (*query.shape[:3], key.shape[2])  # (B, H, T, S)
            attention_mask = four_axes(attention_mask, shape)
        if cache is not None or use_causal_mask:
            # What the cache has not reached yet lies in the future: hidden as well.
            causal = causal_mask(
                length, ops.shape(key)[2], 0 if cache is None else start
            )
            both = attention_mask is not None
            attention_mask = ops.logical_and(causal, attention_mask) if both else causal
        output, weights = self._attend(query, key, value, attention_mask, training)
        results = [self.output_dense(output)]
        results += [weights] if return_attention_scores else []
        results += [cache] if cache is not None else []
        return results[0] if len(results) == 1 else tuple(results)

    def _heads(self, x, first_position):
        """Split (B, T, H·D) into (B, H, T, D), rotated if this layer rotates."""
        x = ops.reshape(x, (-1, ops.shape(x)[1], self.num_heads, self.head_dim))
        x = ops.transpose(x, (0, 2, 1, 3))  # (B, H, T, D)
        if not self.rotary or first_position is None:
            return x
        first = ops.cast(first_position, "int32")
        return rotary(x, ops.arange(ops.shape(x)[2], dtype="int32") + first)

    def _attend(self, query, key, value, attention_mask, training):
        """Return the joined heads' output (B, T, H·D) and the weights."""
        output, weights = scaled_dot_product_attention(
            query, key, value, attention_mask
        )
        if self.dropout:  # whole looks are dropped, so the product comes again
            output = ops.matmul(self.drop(weights, training=training), value)
        output = ops.transpose(output, (0, 2, 1, 3))  # (B, T, H, D)
        width = self.num_heads * self.head_dim
        return ops.reshape(output, (-1, ops.shape(output)[1], width)), weights

    def _extend(self, cache, index, key, value):
        """Write new keys and values at index; return all of them and the cache."""
        require_room(index, ops.shape(key)[2], ops.shape(cache)[2])
        # (B, 2, H, T, D) -> (B, 2, T, H, D): what a step writes lies together.
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
