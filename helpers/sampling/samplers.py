"""Strategies that choose the next token: greedy, random, top-k, top-p and beam search.

A `Sampler` owns the temperature and the seed; a strategy such as `TopK` is one method.
`helpers.sampling.generate` owns the loop. Of equally probable tokens the one with the
smaller id comes first, everywhere.

Shapes: B sequences, R rows (B times the sampler's width), V vocabulary.
"""

from __future__ import annotations

import numbers
from collections.abc import Hashable

import numpy as np

HOTTEST = 1e6  # largest temperature: then logits up to 1,000 differ by 0.001
SLACK = 1e-6  # rounding of a sum of probabilities in float32
WIDEST = 1_024  # hypotheses of a beam, and so rows of every batch


def _require_whole(name: str, value, least: int | None, most: int | None = None) -> int:
    """Return an integer within its bounds, or say what was wanted."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or not (least is None or value >= least) or value > (most or value):
        bounds = "" if least is None else f" of at least {least}"
        bounds += f" and at most {most}" if most else ""
        raise ValueError(f"{name} is {value!r}; wanted an integer{bounds}")
    return int(value)


def _require_number(name: str, value, wanted: str, fits) -> float:
    """Return a number that `fits` accepts, or say what was wanted; NaN never fits."""
    if (
        not isinstance(value, numbers.Real)
        or isinstance(value, bool)
        or not fits(value)
    ):
        raise ValueError(f"{name} is {value!r}; wanted {wanted}")
    return float(value)


class Sampler:
    """Draw from softmax(logits / temperature), after a strategy's filter.

    A strategy overrides `filter`, and sets what it needs in `__init__`; whatever it
    sets there is part of the compiled program.

    Args:
        temperature: 0 to 1e6; below 1 sharpens, above 1 flattens, 0 always takes
            the most probable token.
        seed: Integer; the same seed gives the same tokens.

    Raises:
        ValueError: If temperature is out of range, or seed is no integer.
    """

    width = 1  # rows kept per sequence

    def __init__(self, temperature: float = 1.0, seed: int = 0):
        self.temperature = _require_number(
            "temperature",
            temperature,
            f"0 to {HOTTEST:,.0f}",
            lambda number: 0 <= number <= HOTTEST,
        )
        self.seed = _require_whole("seed", seed, None)

    def filter(self, logits):
        """Set the logits (R, V) of tokens that must not be drawn to -inf."""
        return logits

    def adjust(self, logits, previous):
        """Change the logits (R, V), knowing the tokens (R,) before: not at all."""
        return logits

    def step(self, logits, scores, finished, end_id, noise_seed, temperature):
        """Choose one token for each row.

        Args:
            logits: float32 (R, V), as `adjust` left them.
            scores: float32 (R,), log-probability of each row so far.
            finished: bool (R,), rows that have met end_id; they repeat it.
            end_id: int32 scalar, or -1 for none.
            noise_seed: int32 (2,), another one at every step.
            temperature: float32 scalar.

        Returns:
            The row that each new row continues (R,), its token (R,), its score (R,).
            NaN scores say that the logits are no distribution: one is NaN or +inf, or
            all that may be drawn are -inf.
        """
        import tensorflow as tf

        # The largest logit becomes 0: a small temperature cannot make others infinite.
        highest = tf.reduce_max(logits, axis=-1, keepdims=True)
        allowed = self.filter((logits - highest) / tf.maximum(temperature, 1e-6))
        scaled = allowed
        if self.temperature > 0:
            # argmax(log p + Gumbel noise) is a draw from p (Gumbel 1954).
            uniform = tf.random.stateless_uniform(
                tf.shape(logits), noise_seed, minval=1e-20, alg="philox"
            )
            scaled -= tf.math.log(-tf.math.log(uniform))
        choice = tf.argmax(scaled, -1, output_type=tf.int32)
        token = tf.where(finished, end_id, choice)
        # One NaN or +inf makes a row's whole log-softmax NaN, and so does -inf alone.
        gain = tf.gather(tf.nn.log_softmax(logits), choice, batch_dims=1)
        drawable = tf.gather(allowed, choice, batch_dims=1) > -np.inf
        gain = tf.where(drawable, gain, np.nan)  # the filter may leave nothing, too
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


def _best(logits, kept, rank):
    """Set all but the best logits (R, V) to -inf; the worst kept has a rank (R, 1).

    `kept` are the values (R, n) and ids (R, n) of `tf.math.top_k`, which puts the
    smaller id first where values are equal. So those before a place in its order are
    the larger values, and equal ones of smaller id.
    """
    import tensorflow as tf

    last, last_id = (tf.gather(part, rank, batch_dims=1) for part in kept)  # (R, 1)
    ids = tf.range(logits.shape[-1])
    before = (logits > last) | ((logits == last) & (ids <= last_id))
    return tf.where(before, logits, -np.inf)


class Greedy(Sampler):
    """Always take the most probable token: temperature 0."""

    def __init__(self):
        super().__init__(temperature=0.0)


class Random(Sampler):
    """Draw from the whole distribution, at a temperature."""


class TopK(Sampler):
    """Draw from the k most probable tokens.

    Args:
        k: At least 1; of tokens tied at the k-th place, those of smaller id stay.
        temperature: As in `Sampler`.
        seed: As in `Sampler`.

    Raises:
        ValueError: If k is no integer of at least 1.

    Source: Fan, Lewis and Dauphin 2018, "Hierarchical Neural Story Generation".
    """

    def __init__(self, k: int = 40, temperature: float = 1.0, seed: int = 0):
        super().__init__(temperature, seed)
        self.k = _require_whole("k", k, 1)

    def filter(self, logits):
        """Keep the k largest logits."""
        import tensorflow as tf

        count = min(self.k, logits.shape[-1])
        rank = tf.fill((tf.shape(logits)[0], 1), count - 1)
        return _best(logits, tf.math.top_k(logits, count), rank)


class TopP(Sampler):
    """Draw from the smallest set of tokens whose probability reaches p ("nucleus").

    Of tokens tied at its edge, those of smaller id belong to it.

    Args:
        p: Above 0, up to 1; probabilities are taken after the temperature. 1 keeps
            every token.
        temperature: As in `Sampler`.
        seed: As in `Sampler`.

    Raises:
        ValueError: If p is outside (0, 1].

    Source: Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", eq. 2.
    """

    def __init__(self, p: float = 0.9, temperature: float = 1.0, seed: int = 0):
        super().__init__(temperature, seed)
        wanted = "above 0 and up to 1"
        self.p = _require_number("p", p, wanted, lambda number: 0 < number <= 1)

    def filter(self, logits):
        """Keep a token if those before it, in order of probability, sum to below p."""
        import tensorflow as tf

        if self.p == 1:
            return logits
        ordered = tf.math.top_k(logits, logits.shape[-1])
        probabilities = tf.nn.softmax(ordered.values)
        before = tf.cumsum(probabilities, axis=-1, exclusive=True)  # (R, V)
        # float32 sums of tenths end a little below 0.5: as much counts as reached.
        inside = tf.cast(before < self.p - SLACK, tf.int32)
        size = tf.reduce_sum(inside, axis=-1, keepdims=True)
        return _best(logits, ordered, tf.maximum(size, 1) - 1)


class Beam(Sampler):
    """Keep the `width` most probable continuations at every step.

    Of equal scores the earlier hypothesis and then the smaller id win.

    Args:
        width: Number of hypotheses, 1 to 1,024.

    Raises:
        ValueError: If width is no integer in this range.

    Source: Graves 2012, "Sequence Transduction with Recurrent Neural Networks", 2.4.
    """

    def __init__(self, width: int = 4):
        super().__init__()
        self.width = _require_whole("width", width, 1, WIDEST)

    def step(self, logits, scores, finished, end_id, noise_seed, temperature):
        """Extend every row by every token and keep each sequence's best `width`."""
        import tensorflow as tf

        vocabulary = logits.shape[-1]
        gains = tf.nn.log_softmax(logits)  # a whole row is NaN if its logits are bad
        repeat_end = tf.where(tf.range(vocabulary) == end_id, 0.0, -np.inf)
        gains = tf.where(finished[:, None], repeat_end, gains)
        # Rows of score -inf are no hypotheses yet, and what they say does not count.
        alive = scores > -np.inf
        broken = tf.reshape(alive & tf.math.is_nan(gains[:, 0]), (-1, self.width))
        totals = tf.where(alive[:, None], scores[:, None] + gains, -np.inf)
        totals = tf.reshape(totals, (-1, self.width * vocabulary))
        best, index = tf.math.top_k(totals, self.width)  # (B, width)
        best = tf.where(tf.reduce_any(broken, axis=1, keepdims=True), np.nan, best)
        first = tf.range(tf.shape(best)[0])[:, None] * self.width
        parent = tf.reshape(first + index // vocabulary, (-1,))
        return parent, tf.reshape(index % vocabulary, (-1,)), tf.reshape(best, (-1,))
