"""Strategies that choose the next token: greedy, random, top-k, top-p and beam search.

A `Sampler` owns the temperature and the seed; a strategy such as `TopK` is one method.
`helpers.sampling.generate` owns the loop.

Shapes: B sequences, R rows (B times the sampler's width), V vocabulary.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np


class Sampler:
    """Draw from softmax(logits / temperature), after a strategy's filter.

    A strategy overrides `filter`, and sets what it needs in `__init__`; whatever it
    sets there is part of the compiled program.

    Args:
        temperature: At least 0; below 1 sharpens, above 1 flattens, 0 always takes
            the most probable token.
        seed: Integer; the same seed gives the same tokens.

    Raises:
        ValueError: If temperature is negative or not finite, or seed is no integer.
    """

    width = 1  # rows kept per sequence

    def __init__(self, temperature: float = 1.0, seed: int = 0):
        if not (np.isfinite(temperature) and temperature >= 0):
            raise ValueError(f"temperature is {temperature}; wanted at least 0")
        if not isinstance(seed, (int, np.integer)):
            raise ValueError(f"seed is {seed!r}; wanted an integer")
        self.temperature, self.seed = float(temperature), int(seed)

    def filter(self, logits):
        """Set the logits (R, V) of tokens that must not be drawn to -inf."""
        return logits

    def step(self, logits, scores, finished, end_id, noise_seed, temperature):
        """Choose one token for each row.

        Args:
            logits: float32 (R, V).
            scores: float32 (R,), log-probability of each row so far.
            finished: bool (R,), rows that have met end_id; they repeat it.
            end_id: int32 scalar, or -1 for none.
            noise_seed: int32 (2,), another one at every step.
            temperature: float32 scalar.

        Returns:
            The row that each new row continues (R,), its token (R,), its score (R,).
        """
        import tensorflow as tf

        scaled = self.filter(logits / tf.maximum(temperature, 1e-6))
        if self.temperature > 0:
            # argmax(log p + Gumbel noise) is a draw from p (Gumbel 1954).
            uniform = tf.random.stateless_uniform(
                tf.shape(logits), noise_seed, minval=1e-20, alg="philox"
            )
            scaled -= tf.math.log(-tf.math.log(uniform))
        choice = tf.argmax(scaled, -1, output_type=tf.int32)
        token = tf.where(finished, end_id, choice)
        gain = tf.gather(tf.nn.log_softmax(logits), choice, batch_dims=1)
        scores += tf.where(finished, 0.0, gain)
        return tf.range(tf.shape(logits)[0]), token, scores

    def program_key(self) -> tuple:
        """Tell compiled programs apart: everything but temperature and seed."""
        fixed = {
            k: v for k, v in vars(self).items() if k not in ("temperature", "seed")
        }
        drawn = self.temperature > 0
        return (type(self), drawn, *sorted((k, _key(v)) for k, v in fixed.items()))


def _key(value) -> Hashable:
    """Return what two values share only if they are equal, arrays to the last number.

    NumPy and TensorFlow leave out the middle of a long array when they print it.
    """
    if isinstance(value, dict):
        return "dict", tuple((_key(k), _key(v)) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return type(value).__name__, tuple(map(_key, value))
    if not hasattr(value, "__array__"):
        return repr(value)
    array = np.asarray(value)
    if array.dtype.hasobject:
        return array.shape, _key(array.tolist())
    return array.shape, array.dtype.str, array.tobytes()


class Greedy(Sampler):
    """Always take the most probable token: temperature 0."""

    def __init__(self):
        super().__init__(temperature=0.0)


class Random(Sampler):
    """Draw from the whole distribution, at a temperature."""


class TopK(Sampler):
    """Draw from the k most probable tokens.

    Args:
        k: At least 1; tokens tied with the k-th stay.
        temperature: As in `Sampler`.
        seed: As in `Sampler`.

    Raises:
        ValueError: If k is no integer of at least 1.

    Source: Fan, Lewis and Dauphin 2018, "Hierarchical Neural Story Generation".
    """

    def __init__(self, k: int = 40, temperature: float = 1.0, seed: int = 0):
        super().__init__(temperature, seed)
        if not isinstance(k, (int, np.integer)) or k < 1:
            raise ValueError(f"k is {k!r}; wanted an integer of at least 1")
        self.k = int(k)

    def filter(self, logits):
        """Keep logits that are at least the k-th largest."""
        import tensorflow as tf

        kept = min(self.k, logits.shape[-1])
        threshold = tf.math.top_k(logits, kept).values[:, -1:]
        return tf.where(logits >= threshold, logits, -np.inf)


class TopP(Sampler):
    """Draw from the smallest set of tokens whose probability reaches p ("nucleus").

    Args:
        p: Above 0, up to 1; probabilities are taken after the temperature.
        temperature: As in `Sampler`.
        seed: As in `Sampler`.

    Raises:
        ValueError: If p is outside (0, 1].

    Source: Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", eq. 2.
    """

    def __init__(self, p: float = 0.9, temperature: float = 1.0, seed: int = 0):
        super().__init__(temperature, seed)
        if not 0 < p <= 1:
            raise ValueError(f"p is {p}; wanted above 0 and up to 1")
        self.p = float(p)

    def filter(self, logits):
        """Keep a token if those before it, in order of probability, sum to below p."""
        import tensorflow as tf

        ordered = tf.sort(logits, direction="DESCENDING")
        probabilities = tf.nn.softmax(ordered)
        before = tf.cumsum(probabilities, axis=-1, exclusive=True)
        kept = tf.where(before < self.p, ordered, np.inf)
        return tf.where(logits >= tf.reduce_min(kept, -1, True), logits, -np.inf)


class Beam(Sampler):
    """Keep the `width` most probable continuations at every step.

    Args:
        width: Number of hypotheses, at least 1.

    Raises:
        ValueError: If width is no integer of at least 1.

    Source: Graves 2012, "Sequence Transduction with Recurrent Neural Networks", 2.4.
    """

    def __init__(self, width: int = 4):
        super().__init__()
        if not isinstance(width, (int, np.integer)) or width < 1:
            raise ValueError(f"width is {width!r}; wanted an integer of at least 1")
        self.width = int(width)

    def step(self, logits, scores, finished, end_id, noise_seed, temperature):
        """Extend every row by every token and keep each sequence's best `width`."""
        import tensorflow as tf

        vocabulary = logits.shape[-1]
        gains = tf.nn.log_softmax(logits)
        repeat_end = tf.where(tf.range(vocabulary) == end_id, 0.0, -np.inf)
        gains = tf.where(finished[:, None], repeat_end, gains)
        totals = tf.reshape(scores[:, None] + gains, (-1, self.width * vocabulary))
        best, index = tf.math.top_k(totals, self.width)  # (B, width)
        first = tf.range(tf.shape(best)[0])[:, None] * self.width
        parent = tf.reshape(first + index // vocabulary, (-1,))
        return parent, tf.reshape(index % vocabulary, (-1,)), tf.reshape(best, (-1,))
