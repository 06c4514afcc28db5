"""An n-gram language model: the next token from counts of the last few."""

import math
import numbers
from collections.abc import Sequence

import numpy as np

from helpers.checks import require_ids

LONGEST = 1_000_000  # tokens that one call of sample may add


class NGram:
    """Predict the next token from the n - 1 before it, smoothed by shorter contexts.

    P(w|h) = (c(h w) + t(h) P(w|h')) / (c(h) + t(h)), where c counts, t(h) is the
    number of different tokens seen after h, and h' is h without its first token.
    The recursion ends at 1/V, so every token has a probability above 0.

    Args:
        vocabulary_size: Number of tokens V.
        order: n >= 1, with V**n below 2**62.

    Raises:
        ValueError: If a size is below 1 or V**n is too large.

    Source: Witten and Bell 1991, method C, interpolated.

    Example:
        model = NGram(65, order=5).fit(train_ids)
        model.nats(validation_ids).mean()  # nats per token
    """

    def __init__(self, vocabulary_size: int, order: int):
        whole = all(isinstance(n, numbers.Integral) for n in (vocabulary_size, order))
        fits = whole and 1 <= vocabulary_size < 2**31 and 1 <= order < 2**10
        # Exact in Python's integers, whatever kind of integer came in.
        if not fits or int(vocabulary_size) ** int(order) >= 2**62:
            raise ValueError(
                "NGram wants vocabulary_size and order >= 1 and vocabulary_size**order"
                f" < 2**62, received {vocabulary_size} and {order}"
            )
        self.vocabulary_size, self.order = vocabulary_size, order
        self._tables: list[tuple[np.ndarray, ...]] = []

    def fit(self, token_ids: Sequence[int] | np.ndarray) -> "NGram":
        """Count all n-grams up to the order; ids of shape (n,), n >= order."""
        ids = require_ids(token_ids, "fit", self.vocabulary_size).astype(np.int64)
        if len(ids) < self.order:
            raise ValueError(f"fit wants {self.order} or more ids, received {len(ids)}")
        size, self._tables = self.vocabulary_size, []
        for length in range(1, self.order + 1):
            keys = self._keys(ids, length)
            grams, counts = np.unique(keys, return_counts=True)
            # Without its last digit a run is its context; equal ones stand together.
            contexts, first = np.unique(grams // size, return_index=True)
            totals = np.add.reduceat(counts, first)
            kinds = np.diff(np.append(first, len(grams)))
            self._tables.append((grams, counts, contexts, totals, kinds))
        return self

    def _keys(self, ids: np.ndarray, length: int) -> np.ndarray:
        """Number every run of `length` tokens, along the last axis of `ids`."""
        count = ids.shape[-1] - length + 1
        keys = np.zeros((*ids.shape[:-1], count), np.int64)
        for i in range(length):  # digits of a number in base V, the first one highest
            keys = keys * self.vocabulary_size + ids[..., i : i + count]
        return keys

    def probabilities(self, contexts: np.ndarray) -> np.ndarray:
        """Return the distribution of the next token.

        Args:
            contexts: Ids (rows, tokens), 0 <= id < V; the last order - 1 tokens
                count, or all where there are fewer.

        Returns:
            float64 (rows, V); each row sums to 1.

        Raises:
            ValueError: If the model has no counts yet, or as `require_ids`.
        """
        contexts = self._rows_of_ids(contexts, "probabilities")
        rows, size = len(contexts), self.vocabulary_size
        tokens = np.arange(size)
        result = np.full((rows, size), 1 / size)
        for length in range(1, min(self.order, contexts.shape[1] + 1) + 1):
            last = contexts[:, contexts.shape[1] - length + 1 :]
            keys = self._keys(last, length - 1)[:, :1] if length > 1 else 0
            grams = np.broadcast_to(np.multiply(keys, size) + tokens, (rows, size))
            result = self._mix(grams, length, result)
        return result

    def _rows_of_ids(self, ids: np.ndarray, where: str) -> np.ndarray:
        """Return ids (rows, tokens) as int64 if all are the vocabulary's."""
        ids = np.asarray(ids)
        if ids.ndim != 2:
            raise ValueError(f"{where} wants ids (rows, tokens), received {ids.shape}")
        checked = require_ids(ids.ravel(), where, self.vocabulary_size)
        return checked.astype(np.int64).reshape(ids.shape)

    def _mix(self, grams: np.ndarray, length: int, shorter: np.ndarray) -> np.ndarray:
        """Blend the counts of runs of `length` tokens into the shorter context's."""
        if not self._tables:
            raise ValueError("this NGram has no counts yet; call fit first")
        known, counts, contexts, totals, kinds = self._tables[length - 1]
        count = _look_up(known, counts, grams)
        total = _look_up(contexts, totals, grams // self.vocabulary_size)
        kind = _look_up(contexts, kinds, grams // self.vocabulary_size)
        return np.where(
            total > 0, (count + kind * shorter) / np.maximum(total + kind, 1), shorter
        )

    def nats(self, token_ids: Sequence[int] | np.ndarray) -> np.ndarray:
        """Return the loss of every token but the first, float64 (n - 1,)."""
        ids = require_ids(token_ids, "nats", self.vocabulary_size).astype(np.int64)
        if len(ids) < 2:
            raise ValueError(f"nats wants two or more ids, received {len(ids)}")
        result = np.full(len(ids), 1 / self.vocabulary_size)
        for length in range(1, min(self.order, len(ids)) + 1):
            grams = self._keys(ids, length)
            longer = self._mix(grams, length, result[length - 1 :])
            result = np.concatenate([result[: length - 1], longer])
        return -np.log(result[1:])

    def sample(
        self, prompt_ids: np.ndarray, count: int, *, temperature: float = 1.0, seed=0
    ) -> np.ndarray:
        """Continue prompts (rows, tokens) by 1 to 1,000,000 tokens; temperature > 0.

        Raises:
            ValueError: If a number is out of range, or as `probabilities`.
        """
        whole = isinstance(count, numbers.Integral)
        if not whole or not 1 <= count <= LONGEST or not 0 < temperature < math.inf:
            raise ValueError(
                f"sample wants a count from 1 to {LONGEST:,} and a finite temperature"
                f" > 0, received {count} and {temperature}"
            )
        ids = self._rows_of_ids(np.atleast_2d(prompt_ids), "sample")
        rng = np.random.default_rng(seed)
        for _ in range(count):
            logits = np.log(self.probabilities(ids[:, -self.order :]))  # (rows, V)
            # From the largest down: a tiny temperature must not make all -inf.
            logits -= logits.max(axis=1, keepdims=True)
            with np.errstate(over="ignore"):
                logits = logits / temperature
            # argmax(log p + Gumbel noise) is a draw from p (Gumbel 1954).
            chosen = (logits + rng.gumbel(size=logits.shape)).argmax(1)
            ids = np.concatenate([ids, chosen[:, None]], axis=1)
        return ids.astype(np.int32)


def _look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the value of each wanted key, 0 where `keys` (sorted) lacks it."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)
