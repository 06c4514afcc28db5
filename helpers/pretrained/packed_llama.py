"""A Llama decoder that computes with four-bit weights, for fast generation on a CPU.

One token passes through every weight once, so the time a token takes is the time it
takes to read the weights from memory. Stored as float32 a weight takes 4 bytes; packed,
with its share of a scale and a minimum, 0.625. The weights stay packed in memory and
are unpacked in registers, inside one loop that XLA compiles and splits over the cores;
all layers share one compiled block.

Shapes: B batch, T tokens, C width, L layers, H query heads, G key/value heads, D head.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from keras import ops

from helpers.checks import require_ids, require_room
from helpers.models.attention.positions import rotary
from helpers.pretrained.llama_weights import BLOCK, LlamaWeights

HALF = BLOCK // 2  # a byte holds codes j and j + HALF of its block
PART = 4_096  # columns of the output head that are unpacked at a time, 9 MB


class PackedLlama:
    """A Llama model with packed weights and a key/value cache, for inference only.

    It has the cache protocol of `helpers.models.text.gpt.GPT`, so that
    `helpers.sampling.generate` works with it, and the same values as the KerasHub
    backbone made from the same file, up to rounding.

    Args:
        weights: What `helpers.pretrained.gguf.read_llama` gives.

    Example:
        model = PackedLlama(weights)
        logits = model(token_ids)  # (B, T) int -> (B, T, vocabulary) float32
    """

    def __init__(self, weights: LlamaWeights):
        self.config = weights.config
        self.vocabulary_size = self.config.vocabulary_size
        self.num_layers = self.config.num_layers
        self.max_sequence_length = self.config.max_sequence_length
        self.weights = {}
        for name, array in weights.arrays.items():
            # `constant` copies twice; the next operation lets one copy go
            self.weights[name] = tf.identity(tf.constant(array))

    def __call__(self, token_ids):
        """Map int token ids (B, T) to logits (B, T, vocabulary).

        Raises:
            ValueError: If an array has another shape or holds ids out of range. A
                tensor is not looked into: it may have no values yet.
        """
        if not tf.is_tensor(token_ids):
            token_ids = np.asarray(token_ids)
            if token_ids.ndim != 2:
                raise ValueError(
                    f"PackedLlama wants ids (B, T), received shape {token_ids.shape}"
                )
            ids = require_ids(token_ids.ravel(), "PackedLlama", self.vocabulary_size)
            token_ids = ids.reshape(token_ids.shape)
        cache = self.initial_cache(token_ids.shape[0], token_ids.shape[1])
        return self.call_with_cache(token_ids, cache, 0)[0]

    def initial_cache(self, batch_size: int, length: int | None = None):
        """Return an empty cache (B, L, 2, length, G, D) of float32 zeros.

        Raises:
            ValueError: If length is outside 1 … max_sequence_length.
        """
        length = self.max_sequence_length if length is None else length
        if not 1 <= length <= self.max_sequence_length:
            raise ValueError(
                f"cache length is {length}; wanted 1 to {self.max_sequence_length}"
            )
        config = self.config
        heads = (config.num_key_value_heads, config.head_dim)
        return tf.zeros((batch_size, self.num_layers, 2, length, *heads))

    def call_with_cache(self, token_ids, cache, cache_index):
        """Continue from a cache.

        Args:
            token_ids: int tensor (B, T) of new tokens, static shape.
            cache: tensor of `initial_cache`'s shape.
            cache_index: position of the first new token, an integer. A tensor inside a
                compiled program is not checked against the cache's end: check before.

        Returns:
            logits float32 (B, T, vocabulary) for the new tokens, and the new cache.

        Raises:
            ValueError: If cache_index leaves no room for T tokens.
        """
        length = token_ids.shape[1]
        require_room(cache_index, length, cache.shape[3])
        positions = tf.cast(cache_index, tf.int32) + tf.range(length)
        zero = tf.cast(cache[0, 0, 0, 0, 0, 0] * 0, tf.int32)  # see _logits
        _, x, cache = tf.while_loop(
            lambda layer, x, cache: layer < self.num_layers,
            lambda layer, x, cache: (
                layer + 1,
                *self._block(layer, x, cache, positions),
            ),
            (0, self._embed(token_ids), cache),
        )
        x = self._normalize(x, self.weights["final_norm"])
        return self._logits(x, zero), cache

    def _embed(self, token_ids):
        """Look up the rows of ids (B, T) as float32 (B, T, C)."""
        codes = tf.gather(self.weights["embedding.codes"], token_ids, axis=2)
        scales = tf.gather(self.weights["embedding.scales"], token_ids, axis=1)
        rows = _float(codes) * _float(scales)  # (32, C / 32, B, T)
        return tf.reshape(
            tf.transpose(rows, (2, 3, 1, 0)), (*token_ids.shape, self.config.hidden_dim)
        )

    def _block(self, layer, x, cache, positions):
        """Apply one layer to the stream (B, T, C)."""
        attended, cache = self._attend(layer, x, cache, positions)
        x = x + self._project("out", layer, attended)
        normal = self._normalize(x, self.weights["feed_norm"][layer])
        gate, up = tf.split(self._project("gate_up", layer, normal), 2, axis=-1)
        return x + self._project("down", layer, gate * tf.sigmoid(gate) * up), cache

    def _attend(self, layer, x, cache, positions):
        """Grouped-query attention: H / G query heads share a key and a value head.

        Without a cache, x is the whole text.
        """
        config = self.config
        batch, length, _ = x.shape
        heads, groups = config.num_query_heads, config.num_key_value_heads
        size = config.head_dim
        normal = self._normalize(x, self.weights["attention_norm"][layer])
        qkv = self._project("qkv", layer, normal)
        qkv = tf.reshape(qkv, (batch, length, heads + 2 * groups, size))
        turned = rotary(
            tf.transpose(qkv[:, :, : heads + groups], (0, 2, 1, 3)),
            positions,
            config.rope_max_wavelength,
        )  # (B, H + G, T, D)
        new = tf.stack(
            [tf.transpose(turned[:, heads:], (0, 2, 1, 3)), qkv[:, :, heads + groups :]]
        )  # (2, B, T, G, D)
        new = tf.transpose(new, (1, 0, 2, 3, 4))[:, None]
        if cache is not None:
            start = (0, layer, 0, positions[0], 0, 0)
            cache = ops.slice_update(cache, start, new)
        room = new[:, 0] if cache is None else cache[:, layer]
        key, value = tf.unstack(room, axis=1)  # (B, room, G, D)
        query = tf.reshape(
            turned[:, :heads], (batch, groups, heads // groups, length, size)
        )
        scores = tf.einsum("bghtd,bsgd->bghts", query, key) * size**-0.5
        seen = tf.range(key.shape[1])[None] <= positions[:, None]  # (T, room)
        weights = tf.nn.softmax(tf.where(seen, scores, -1e9))
        attended = tf.einsum("bghts,bsgd->btghd", weights, value)
        return tf.reshape(attended, (batch, length, heads * size)), cache

    def _normalize(self, x, scale):
        """RMS norm. Source: Zhang and Sennrich 2019, equation 4."""
        mean_square = tf.reduce_mean(tf.square(x), axis=-1, keepdims=True)
        return x * tf.math.rsqrt(mean_square + self.config.layer_norm_epsilon) * scale

    def _project(self, name, layer, x):
        """Multiply (B, T, inputs) by one layer's packed matrix."""
        codes, scales, minima = (
            self.weights[f"{name}.{part}"] for part in ("codes", "scales", "minima")
        )
        outputs = codes.shape[-1]
        if x.shape[0] * x.shape[1] > 1:  # unpack once, use for every token
            low, high = _nibbles(codes[layer])
            values = tf.concat([low, high], 0)  # (32, blocks, outputs)
            values = values * _float(scales[layer]) + _float(minima[layer])
            values = tf.transpose(values, (1, 0, 2))
            return tf.tensordot(x, tf.reshape(values, (-1, outputs)), 1)
        blocks = tf.reshape(x, (-1, BLOCK))
        total = 0.0
        for j in range(HALF):
            low, high = _nibbles(_pick(codes, layer, j))
            total += low * blocks[:, j, None] + high * blocks[:, j + HALF, None]
        total = total * _float(_pick(scales, layer)) + (
            _float(_pick(minima, layer)) * tf.reduce_sum(blocks, 1, keepdims=True)
        )
        return tf.reshape(_sum_rows(total), (*x.shape[:2], outputs))

    def _logits(self, x, zero):
        """Multiply (B, T, C) by the transposed embedding, the tied output head.

        Args:
            x: float32 stream.
            zero: The index 0, as a tensor that XLA cannot know, and that does not
                come from the program's inputs. Else it would unpack the embedding
                once, before the loop that calls this, and each step would read four
                times the bytes; or compile again for other inputs. It is added where
                the index has a choice: XLA knows the only index into an axis of 1.
        """
        if x.shape[0] * x.shape[1] > 1:
            return self._head(x, zero)
        codes, scales = (self.weights[f"embedding.{p}"] for p in ("codes", "scales"))
        outputs = codes.shape[-1]
        blocks = tf.reshape(x, (-1, BLOCK))
        total = 0.0
        for j in range(BLOCK):
            total += _float(_pick(codes, j + zero)) * blocks[:, j, None]
        total = _sum_rows(total * _float(scales))
        return tf.reshape(total, (*x.shape[:2], outputs))

    def _head(self, x, zero=0):
        """Multiply (…, C) by the transposed embedding, unpacked part by part.

        Unpacked whole, it takes 0.1 GB, and two or three times as much on the way.
        """
        parts = []
        for start in range(0, self.vocabulary_size, PART):
            with tf.control_dependencies(parts[-1:]):
                parts.append(tf.tensordot(x, self._columns(start, zero), 1))
        return tf.concat(parts, -1)

    def _columns(self, start, zero=0):
        """Unpack the output head from one token on, float32 (C, at most PART)."""
        codes, scales = (self.weights[f"embedding.{p}"] for p in ("codes", "scales"))
        size, blocks, outputs = codes.shape
        count = min(PART, outputs - start)
        codes = tf.slice(codes, (0, 0, start + zero), (size, blocks, count))
        scales = tf.slice(scales, (0, start + zero), (blocks, count))
        values = _float(codes) * _float(scales)  # (32, C / 32, count)
        return tf.reshape(tf.transpose(values, (1, 0, 2)), (-1, count))


def _float(values):
    """Cast to float32."""
    return tf.cast(values, tf.float32)


def _nibbles(codes):
    """Split bytes into their low and high four bits, as float32."""
    return _float(codes & 15), _float(
        tf.bitwise.right_shift(codes, tf.constant(4, tf.uint8))
    )


def _pick(stacked, layer, *rest):
    """Return stacked[layer, *rest] as one slice, which XLA reads in place."""
    lead = 1 + len(rest)
    size = [1] * lead + stacked.shape[lead:]
    begin = [layer, *rest] + [0] * (len(size) - lead)
    return tf.reshape(tf.slice(stacked, begin, size), size[lead:])


def _sum_rows(x):
    """Sum (blocks, outputs) over blocks.

    As a product with a matrix of two rows, since XLA would fuse a plain sum, or a
    vector, with the loop that makes x; that loop would then run down the columns
    and read memory in strides, which is four times slower.
    """
    return tf.matmul(tf.ones((2, x.shape[0])), x)[0]
