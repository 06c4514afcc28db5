"""Ask a model for the next token's logits again and again; read only what is new."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from helpers import memory
from helpers.checks import require_count


class CachedReader:
    """The next token's logits, with a cache that is kept from call to call.

    What two calls share at their beginning, such as instructions, is read once. Tokens
    are read one by one in a compiled loop, so there is one program for all lengths.

    Args:
        model: With `initial_cache` and `call_with_cache`, such as `PackedLlama`.
        room: Tokens that fit, at least 1.

    Example:
        reader = CachedReader(chat.decoder)
        logits = reader(chat.prompt_ids("Hello"))  # (V,) float32
    """

    def __init__(self, model, room: int = 256):
        import tensorflow as tf

        self.model, self.room = model, require_count(room, "CachedReader, room,")
        self.cache = model.initial_cache(1, room)
        self.ids = np.zeros(0, np.int32)
        self._read = tf.function(self._loop, autograph=False, jit_compile=True)

    def _loop(self, tokens, cache, first, last):
        """Feed tokens (1, room) from `first` up to `last`, the last one included."""
        import tensorflow as tf

        def body(place, logits, cache):
            token = tf.reshape(tf.gather(tokens[0], place), (1, 1))
            logits, cache = self.model.call_with_cache(token, cache, place)
            return place + 1, tf.cast(logits[0, 0], tf.float32), cache

        empty = tf.zeros(self.model.vocabulary_size)
        _, logits, cache = tf.while_loop(
            lambda place, logits, cache: place <= last, body, (first, empty, cache)
        )
        return logits, cache

    def __call__(self, ids: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the logits of the token after these, float32 (V,).

        Args:
            ids: Integers (T,), 1 <= T <= room.

        Raises:
            ValueError: If there are none, or too many.
        """
        import tensorflow as tf

        ids = np.asarray(ids, np.int32)
        if ids.ndim != 1 or not 1 <= len(ids) <= self.room:
            raise ValueError(
                f"`CachedReader` wants 1 to {self.room} ids, received {ids.shape}"
            )
        compiles = not len(self.ids)
        same = min(len(ids), len(self.ids))
        differ = np.flatnonzero(ids[:same] != self.ids[:same])
        first = min(int(differ[0]) if len(differ) else same, len(ids) - 1)
        tokens = np.zeros((1, self.room), np.int32)
        tokens[0, : len(ids)] = ids
        logits, self.cache = self._read(
            tf.constant(tokens),
            self.cache,
            tf.constant(first),
            tf.constant(len(ids) - 1),
        )
        self.ids = ids
        if compiles:
            memory.release()  # what the compiler needed
        return logits.numpy()

    def complete(
        self, ids: Sequence[int] | np.ndarray, most: int, end_id: int
    ) -> np.ndarray:
        """Return the likeliest tokens that follow, one by one, int32 (n,), n <= most.

        Args:
            ids: As in a call; with what follows they have to fit.
            most: New tokens, at least 1.
            end_id: Token that ends the text; it is not returned.
        """
        ids = np.asarray(ids, np.int32)
        done = len(ids)
        for _ in range(require_count(most, "CachedReader.complete, most,")):
            token = int(self(ids).argmax())
            if token == end_id:
                break
            ids = np.append(ids, np.int32(token))
        return ids[done:]
