"""A statistical watermark for generated text, and its detector.

The token before decides by a keyed hash which share of the vocabulary is "green"; green
tokens get a bonus. Whoever has the key counts green tokens, without the model.

Source: Kirchenbauer et al. 2023, A Watermark for Large Language Models, algorithm 2,
with a hash for each pair of tokens in place of a shuffled list.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from helpers.checks import require_count, require_share
from helpers.sampling.samplers import Sampler


class Detection(NamedTuple):
    """How many of the counted pairs were green, and how surprising that is."""

    counted: int
    green: int
    z: float
    p_value: float


def _mix(x, shift):
    """Scatter uint32 numbers, alike in NumPy and TensorFlow (murmur3's finalizer)."""
    x = (x ^ shift(x, 16)) * 0x85EBCA6B
    x = (x ^ shift(x, 13)) * 0xC2B2AE35
    return x ^ shift(x, 16)


def is_green(previous, tokens, key: int, gamma: float = 0.25) -> np.ndarray:
    """Tell which tokens are green after which.

    Args:
        previous: Token ids before, int, any shape.
        tokens: Token ids, of a shape that fits.
        key: The secret, 0 to 2^32 - 1.
        gamma: The green share, 0 to 1.

    Returns:
        bool, of the common shape.
    """
    before, now = (np.asarray(ids).astype(np.uint32) for ids in (previous, tokens))

    def shift(x, bits):
        return np.right_shift(x, np.uint32(bits))

    with np.errstate(over="ignore"):  # it is meant to wrap around
        seed = _mix(np.atleast_1d(before) ^ np.uint32(key), shift)
        value = _mix(np.atleast_1d(now) ^ seed, shift)
    return (value < np.uint32(gamma * 2**32)).reshape(np.broadcast(before, now).shape)


class Watermark(Sampler):
    """Draw from softmax((logits + delta · green) / temperature).

    Args:
        key: The secret, 0 to 2^32 - 1.
        gamma: The green share, above 0 and below 1.
        delta: What green logits gain, in nats, 0 or more; 0 draws as `Random`.
        temperature: As in `Sampler`.
        seed: As in `Sampler`.

    Raises:
        ValueError: If a number is out of range.

    Example:
        ids = generate(model, prompt, 200, Watermark(key=1234))
        print(detect(ids[0, len(prompt):], key=1234).p_value)
    """

    def __init__(
        self,
        key: int,
        gamma: float = 0.25,
        delta: float = 2.0,
        temperature: float = 1.0,
        seed: int = 0,
    ):
        super().__init__(temperature, seed)
        self.key = require_count(key, "Watermark, key,", least=0, most=2**32 - 1)
        self.gamma = require_share(gamma, "Watermark, gamma,")
        if not 0 <= delta < 1e3:
            raise ValueError(
                f"`Watermark` wants a delta of 0 or more, received {delta}"
            )
        self.delta = float(delta)

    def adjust(self, logits, previous):
        """Add delta to the logits (R, V) of tokens that are green after `previous`."""
        import tensorflow as tf

        def shift(x, bits):
            return tf.bitwise.right_shift(x, tf.constant(bits, tf.uint32))

        seed = _mix(
            tf.cast(previous, tf.uint32) ^ tf.constant(self.key, tf.uint32), shift
        )
        tokens = tf.cast(tf.range(logits.shape[-1]), tf.uint32)
        value = _mix(tokens[None] ^ seed[:, None], shift)  # (R, V)
        green = value < tf.constant(int(self.gamma * 2**32), tf.uint32)
        return logits + self.delta * tf.cast(green, logits.dtype)


def detect(ids: Sequence[int], key: int, gamma: float = 0.25) -> Detection:
    """Count green tokens, each pair of neighbours once.

    A repeated pair says nothing new, and a text that repeats itself would otherwise
    look marked or clean by the luck of a few pairs.

    Args:
        ids: At least two token ids.
        key: The secret.
        gamma: The green share when the text was made.

    Returns:
        Pairs counted, green ones, z = (green - γ n) / √(n γ (1 - γ)), and the exact
        probability of so many green ones or more by chance.

    Raises:
        ValueError: If there are fewer than two ids.

    Source: Kirchenbauer et al. 2023, equation 3; the binomial in place of the normal.
    """
    from scipy.stats import binom

    ids = np.asarray(ids).ravel()
    if len(ids) < 2:
        raise ValueError(f"`detect` wants two or more ids, received {len(ids)}")
    pairs = np.unique(np.stack([ids[:-1], ids[1:]], axis=1), axis=0)
    green, n = int(is_green(pairs[:, 0], pairs[:, 1], key, gamma).sum()), len(pairs)
    z = (green - gamma * n) / np.sqrt(n * gamma * (1 - gamma))
    return Detection(n, green, float(z), float(binom.sf(green - 1, n, gamma)))


def best_window(
    ids: Sequence[int], key: int, gamma: float = 0.25, widths: Sequence[int] = (25, 50)
) -> tuple[float, int, int]:
    """Find the stretch of a longer text that looks most like marked text.

    Args:
        ids: Token ids, more than the narrowest width.
        key: The secret.
        gamma: The green share.
        widths: How many pairs a stretch may have.

    Returns:
        Its z, first and last id (exclusive). This z is the largest of many, so its
        threshold has to be found on clean text cut the same way.

    Raises:
        ValueError: If the text is shorter than every width.

    Source: Kirchenbauer et al. 2024, On the Reliability of Watermarks (WinMax).
    """
    ids = np.asarray(ids).ravel()
    total = np.concatenate([[0], np.cumsum(is_green(ids[:-1], ids[1:], key, gamma))])
    best = (-np.inf, 0, 0)
    for width in (w for w in widths if w < len(ids)):
        z = total[width:] - total[:-width] - gamma * width
        z = z / np.sqrt(width * gamma * (1 - gamma))
        at = int(z.argmax())
        best = max(best, (float(z[at]), at, at + width + 1))
    if best[2] == 0:
        raise ValueError(f"`best_window` wants more than {min(widths)} ids")
    return best
