"""A packed Llama with a trained low-rank change beside its frozen weights."""

from __future__ import annotations

from functools import partial

import keras
import numpy as np
import tensorflow as tf

from helpers.checks import require_count
from helpers.pretrained.packed_llama import PART, PackedLlama

NAMES = ("qkv", "out", "gate_up", "down")  # the matrices of a block


class AdaptedLlama(PackedLlama):
    """The same packed weights, and for some layers y = x W + (x A) B.

    W stays packed and is never written to: the base model goes on beside this one, and
    both read the same tensors. B is zero at first, so at first both agree.

    Args:
        base: The `PackedLlama`.
        rank: Columns of A and rows of B, at least 1.
        layers: How many of the last layers get A and B, 1 to all.
        seed: Of A.

    Attributes:
        variables: All A and B, float32 `keras.Variable`s, to train.

    Raises:
        ValueError: If rank or layers is out of range.

    Source: Hu et al. 2022, "LoRA", section 4.1.
    """

    def __init__(self, base: PackedLlama, rank: int, layers: int, seed: int = 0):
        require_count(rank, "`AdaptedLlama`, rank,")
        require_count(layers, "`AdaptedLlama`, layers,", most=base.num_layers)
        # not all of base's attributes: `generate` keeps its compiled loop among them
        self.config, self.weights = base.config, base.weights
        self.vocabulary_size, self.num_layers = base.vocabulary_size, base.num_layers
        self.max_sequence_length = base.max_sequence_length
        rng, self.first = np.random.default_rng(seed), base.num_layers - layers
        self.down, self.up = {}, {}
        for name in NAMES:
            _, _, blocks, outputs = base.weights[f"{name}.codes"].shape
            inputs = blocks * 32
            values = rng.normal(0, inputs**-0.5, (layers, inputs, rank))
            self.down[name] = keras.Variable(values.astype(np.float32))
            self.up[name] = keras.Variable(
                np.zeros((layers, rank, outputs), np.float32)
            )
        self.variables = [*self.down.values(), *self.up.values()]

    def _project(self, name, layer, x):
        """Multiply by the packed matrix, and add the low-rank change."""
        packed = partial(super()._project, name, layer)
        if x.shape[0] * x.shape[1] > 1:  # unpacked, each takes 14 MB: not all at once
            with tf.control_dependencies([x]):
                y = tf.recompute_grad(packed)(x)
        else:
            y = packed(x)
        if isinstance(layer, int) and layer < self.first:
            return y
        place = tf.maximum(layer - self.first, 0)
        small = tf.tensordot(x, self.down[name][place], 1)  # (B, T, rank)
        change = tf.tensordot(small, self.up[name][place], 1)
        if isinstance(layer, int):
            return y + change
        return y + tf.where(layer >= self.first, change, 0.0)  # in a compiled loop

    def lower(self, token_ids):
        """Run the layers that nothing is added to.

        They never change, so one run of them serves a whole training.

        Args:
            token_ids: int (B, T), T at least 2.

        Returns:
            float32 (B, T, width).
        """
        x = self._embed(tf.convert_to_tensor(token_ids))
        return self._through(x, range(self.first))

    def upper(self, x):
        """Run the other layers.

        A gradient can be taken with respect to `variables`.

        Args:
            x: What `lower` returned.

        Returns:
            float32 (B, T, width), ready for `head`.
        """
        x = self._through(x, range(self.first, self.num_layers))
        return self._normalize(x, self.weights["final_norm"])

    def head(self, states):
        """Map states (N, width) to logits (N, vocabulary) by the tied embedding.

        Choose the places whose logits you need first: each takes 0.2 MB. The embedding
        stays packed: each pass unpacks it anew, part by part.
        """

        @tf.custom_gradient
        def logits(states):
            def slope(change):  # of the logits -> of the states
                total = tf.zeros_like(states)
                for start in range(0, self.vocabulary_size, PART):
                    with tf.control_dependencies([total]):
                        part = change[:, start : start + PART]
                        columns = self._columns(start)
                        total += tf.matmul(part, columns, transpose_b=True)
                return total

            return self._head(states), slope

        return logits(states)

    def _through(self, x, layers):
        """Apply layers one after the other, without a cache to keep."""
        positions = tf.range(x.shape[1])
        for layer in layers:
            x, _ = self._block(layer, x, None, positions)
        return x
