"""The course's GPT with slots: one step for texts of different lengths.

`helpers.sampling.generate` continues rows of equal length. Here every slot has its own
position: a slot's new key and value go to its own place in the cache, and it sees
what lies before that place.

Shapes: B slots, S positions, C width, H heads, D width of a head, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from helpers.models.attention.positions import rotary
from helpers.models.text.gpt import GPT
from helpers.models.text.transformer import ACTIVATIONS


class GPTEngine:
    """Serve a GPT that continues texts; see `helpers.serving.Engine`.

    The prompt is the last message; a text too long for the window is refused, not cut.

    Args:
        model: With rotary positions and no token shift.
        tokenizer: Has `encode` and `decode`.
        name: What clients call it.
        slots: Texts side by side.
        end_id: The token that ends a text, or None.

    Raises:
        ValueError: If the model has learned positions or a token shift.
    """

    def __init__(self, model: GPT, tokenizer, name: str, slots: int = 16, end_id=None):
        import tensorflow as tf

        settings = model.settings
        if settings["positions"] != "rotary" or settings["token_shift"]:
            raise ValueError(
                "`GPTEngine` wants rotary positions and no token shift, received "
                f"{settings['positions']} and {settings['token_shift']}"
            )
        self.model, self.tokenizer, self.name = model, tokenizer, name
        self.slots, self.window, self.end_id = slots, model.max_sequence_length, end_id
        heads, size = model.num_heads, model.hidden_dim // model.num_heads
        self._lengths = np.zeros(slots, np.int32)  # positions filled
        # The cache of every layer, keys and values. Variables: written in place.
        self._cache = [
            [tf.Variable(tf.zeros((slots, self.window, heads, size))) for _ in "kv"]
            for _ in model.blocks
        ]
        ids, many = (
            tf.TensorSpec([None], tf.int32),
            tf.TensorSpec([None, None], "int32"),
        )
        self._compiled_step = tf.function(
            self._compute, input_signature=[ids, ids, ids], autograph=False
        )
        self._compiled_read = tf.function(
            self._read, input_signature=[tf.TensorSpec([], tf.int32), many],
            autograph=False,
        )  # fmt: skip

    def encode(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Return the last message's ids."""
        return list(map(int, self.tokenizer.encode(messages[-1]["content"])))

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of ids."""
        return self.tokenizer.decode(np.asarray(ids, np.int32))

    def begin(self, slot: int, ids: Sequence[int]) -> None:
        """Read all but the prompt's last token into a slot's cache."""
        before = np.asarray(ids[:-1], np.int32)[None]
        self._lengths[slot] = before.size
        if before.size:
            # Rounded up to a power of two: few lengths are ever traced. What is read
            # beyond the prompt lies in its future: overwritten before it is seen.
            size = min(self.window, 1 << (before.size - 1).bit_length())
            padded = np.pad(before, ((0, 0), (0, size - before.size)))
            self._compiled_read(np.int32(slot), padded)

    def step(self, tokens: Mapping[int, int]) -> dict[int, np.ndarray]:
        """Feed one token to each slot; return the logits (V,) of the next ones."""
        slots = np.fromiter(tokens, np.int32)
        fed = np.fromiter(tokens.values(), np.int32)
        logits = self._compiled_step(slots, fed, self._lengths[slots]).numpy()
        self._lengths[slots] += 1
        return dict(zip(tokens, logits, strict=True))

    def _read(self, slot, ids):
        """Run a prompt (1, T) through the model and keep its keys and values."""
        import tensorflow as tf

        x = self.model.look_up(ids)
        cache = self.model.initial_cache(1, self.window)
        for block, (keys, values) in zip(self.model.blocks, self._cache, strict=True):
            x, filled = block(x, cache=cache[:, 0], cache_index=0)
            for variable, part in ((keys, filled[:, 0]), (values, filled[:, 1])):
                variable.scatter_update(tf.IndexedSlices(part, slot[None]))

    def _compute(self, slots, tokens, places):
        """Feed tokens (n,) at places (n,) of slots (n,); return logits (n, V)."""
        import tensorflow as tf

        x = self.model.look_up(tokens[None])[0]  # (n, C)
        where = tf.stack([slots, places], axis=1)  # (n, 2)
        for block, cache in zip(self.model.blocks, self._cache, strict=True):
            attention, h = block.attention, block.attention_norm(x)
            query, key, value = (
                tf.reshape(dense(h), (-1, attention.num_heads, attention.head_dim))
                for dense in (
                    attention.query_dense,
                    attention.key_dense,
                    attention.value_dense,
                )
            )  # (n, H, D)
            query, key = (self._turn(part, places) for part in (query, key))
            for variable, new in zip(cache, (key, value), strict=True):
                variable.scatter_nd_update(where, new)
            keys, values = (tf.gather(variable, slots) for variable in cache)
            scores = tf.einsum("nhd,nshd->nhs", query, keys)
            scores *= attention.head_dim**-0.5
            seen = tf.range(self.window)[None] <= places[:, None]  # (n, S)
            weights = tf.nn.softmax(tf.where(seen[:, None], scores, -1e30))
            attended = tf.einsum("nhs,nshd->nhd", weights, values)
            attended = tf.reshape(attended, (-1, self.model.hidden_dim))
            x += attention.output_dense(attended)
            hidden = ACTIVATIONS[block.activation](block.mlp_in(block.mlp_norm(x)))
            x += block.mlp_out(hidden)
        return self.model.logits(x)

    @staticmethod
    def _turn(x, places):
        """Rotate (n, H, D), each row by its own place."""
        import tensorflow as tf

        turned = rotary(tf.transpose(x, (1, 0, 2)), places)  # (H, n, D): rows last
        return tf.transpose(turned, (1, 0, 2))
