"""Continue a prompt, token by token, with one compiled loop.

`generate` owns the loop, compiled once by XLA for each shape; how a token is chosen is
a `samplers.Sampler`'s business.

Shapes: B sequences, R rows (B times the sampler's width), T tokens, V vocabulary.
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence

import numpy as np

from helpers.sampling.samplers import Greedy, Sampler

SHORTEST_BUCKET = 16  # lengths are rounded up to powers of two from here
SMALL_WINDOW = 256  # up to here a model always gets its whole window: one program
LONGEST = 1_000_000  # new tokens; a model without a window reserves room for all


def generate(
    model,
    prompt_ids: Sequence[int] | np.ndarray,
    max_new_tokens: int,
    sampler: Sampler | None = None,
    end_id: int | None = None,
    use_cache: bool = True,
    jit_compile: bool = True,
) -> np.ndarray:
    """Continue a prompt, token by token.

    With a cache every step feeds one token; without, the whole sequence. Both give the
    same tokens. A text longer than the model's window goes on from the last half
    window, whenever the window is full.

    Args:
        model: Maps int ids (B, T) to logits (B, T, V). With `initial_cache` and
            `call_with_cache` (see `helpers.models.text.gpt.GPT`) it can be used with a
            cache; a model without them is run without.
        prompt_ids: Ids (T,) or (B, T), at least one; at most the model's window.
        max_new_tokens: 1 to 1,000,000.
        sampler: How to choose; `Greedy()` if None.
        end_id: Token after which a sequence stops, at least 0; it is part of the
            result, and fills the rows that end before others.
        use_cache: Whether to use the model's cache.
        jit_compile: Whether XLA compiles the loop. That takes seconds and some 50 MB
            for every sampler and shape; for a short text of a small model it is
            quicker without. Random draws of the same seed differ between the two.

    Returns:
        int32 (B, T + n), n ≤ max_new_tokens: prompts and what follows.

    Raises:
        ValueError: If the prompt is empty, too long or holds ids that the model does
            not know, a number is out of range, or the model's logits are NaN or +inf,
            or all -inf (a logit of -inf forbids its token).

    Example:
        ids = generate(model, tokenizer.encode("To be"), 100, TopP(0.9, seed=1))
    """
    sampler = sampler or Greedy()
    window = getattr(model, "max_sequence_length", None)
    done = _check(model, prompt_ids, max_new_tokens, window)
    _check_end(end_id, getattr(model, "vocabulary_size", None))
    mode = (use_cache and hasattr(model, "call_with_cache"), bool(jit_compile))
    first_new = done.shape[1]
    wanted = first_new + max_new_tokens
    finished = np.zeros(len(done), bool)
    while done.shape[1] < wanted and not finished.all():
        context = done
        if window is not None and done.shape[1] > window:
            context = done[:, -max(1, window // 2) :]
        count = wanted - done.shape[1]
        if window is not None:  # the last new token is not fed back
            count = min(count, window - context.shape[1] + 1)
        draw = done.shape[1] - first_new
        new = _extend(model, context, count, sampler, end_id, mode, finished, draw)
        done = np.concatenate([done, new], axis=1)
        if end_id is not None:
            finished = (done[:, first_new:] == end_id).any(axis=1)
    return done


def _check(model, prompt_ids, max_new_tokens, window) -> np.ndarray:
    """Return the prompt as int32 (B, T), or say what is wrong."""
    tokens = np.asarray(prompt_ids)
    if tokens.ndim == 1:
        tokens = tokens[None]
    if tokens.ndim != 2 or tokens.size == 0:
        raise ValueError(
            f"the prompt has shape {np.shape(prompt_ids)}; wanted (T,) or (B, T) with "
            "at least one token"
        )
    if not np.issubdtype(tokens.dtype, np.integer):
        raise ValueError(f"the prompt is {tokens.dtype}; wanted integer token ids")
    whole = isinstance(max_new_tokens, numbers.Integral)
    if not whole or not 1 <= max_new_tokens <= LONGEST:
        raise ValueError(
            f"max_new_tokens is {max_new_tokens!r}; wanted an integer from 1 to "
            f"{LONGEST:,}"
        )
    if window is not None and tokens.shape[1] > window:
        raise ValueError(
            f"the prompt has {tokens.shape[1]} tokens; wanted at most {window}, the "
            "model's window"
        )
    vocabulary = getattr(model, "vocabulary_size", None)
    if tokens.min() < 0 or (vocabulary is not None and tokens.max() >= vocabulary):
        raise ValueError(
            f"token ids run from {tokens.min()} to {tokens.max()}; wanted 0 to "
            f"{'…' if vocabulary is None else vocabulary - 1}"
        )
    return tokens.astype(np.int32)


def _check_end(end_id, vocabulary: int | None) -> None:
    """Raise ValueError unless end_id is None or a token's id; -1 means none inside."""
    if end_id is None:
        return
    if not isinstance(end_id, numbers.Integral) or not (
        0 <= end_id < (vocabulary or 2**31)
    ):
        raise ValueError(
            f"end_id is {end_id!r}; wanted None or an integer from 0 to "
            f"{'…' if vocabulary is None else vocabulary - 1}"
        )


def _extend(model, context, count, sampler, end_id, mode, finished, draw) -> np.ndarray:
    """Generate up to `count` tokens that fit the window; return only those.

    Lengths are rounded up to buckets, so that few shapes are ever compiled.
    """
    import tensorflow as tf

    length = context.shape[1]
    window = getattr(model, "max_sequence_length", None) or np.inf
    size = window + 1
    if window > SMALL_WINDOW:
        size = max(SMALL_WINDOW if mode[0] else 0, _bucket(length + count))
    room = int(min(size, window))  # positions that the model sees
    prefill = min(_bucket(length), room)
    rows = np.zeros((len(context) * sampler.width, size), np.int32)
    rows[:, :length] = np.repeat(context, sampler.width, axis=0)
    scores = np.full((len(context), sampler.width), -np.inf, np.float32)
    scores[:, 0] = 0  # all rows of a sequence are the same at first: count one
    program = _program(model, sampler, mode, rows.shape, prefill, room)
    tokens, scores, steps = program(
        tf.constant(rows),
        tf.constant(scores.ravel()),
        tf.constant(np.repeat(finished, sampler.width)),
        tf.constant([length, count, -1 if end_id is None else end_id]),
        tf.constant([sampler.seed % 2**31, draw]),
        tf.constant(sampler.temperature),
    )
    broken = np.isnan(scores).reshape(-1, sampler.width).any(axis=1)  # (B,)
    if broken.any():
        raise ValueError(
            "`generate` wants logits that are finite, or -inf for tokens that must not "
            "come, received NaN, +inf or nothing but -inf for sequences "
            f"{np.flatnonzero(broken).tolist()}: look for NaN in the model's weights"
        )
    return tokens.numpy()[:: sampler.width, length : length + int(steps)]


def _bucket(length: int) -> int:
    """Round a length up to a power of two."""
    return max(SHORTEST_BUCKET, 1 << (int(length) - 1).bit_length())


def _program(model, sampler, mode, shape, prefill, room):
    """Return the loop for a mode (cached, by XLA) and shapes; the model keeps it."""
    import tensorflow as tf

    if not getattr(model, "built", True):
        model(np.zeros((shape[0], room), np.int32))
    programs = vars(model).setdefault("_generate_programs", {})
    key = (sampler.program_key(), mode, shape, prefill, room)
    cached, jit_compile = mode
    if key not in programs:
        next_logits = _cached_logits if cached else _full_logits
        programs[key] = tf.function(
            _loop(model, sampler, next_logits, cached, prefill, room),
            autograph=False,  # nothing to convert; it would note a stack at each call
            jit_compile=jit_compile,
        )
    return programs[key]


def _loop(model, sampler, next_logits, cached, prefill, room):
    """Build the loop over new tokens.

    The prompt fills the cache first; its logits are not used, so XLA leaves the output
    head out of that pass. The loop then starts by feeding the last prompt token again.
    """
    import tensorflow as tf
    from keras import ops

    def run(tokens, scores, finished, limits, seed, temperature):
        length, count, end_id = tf.unstack(limits)
        cache = model.initial_cache(tokens.shape[0], room) if cached else tf.zeros(())
        if cached:
            _, cache = model.call_with_cache(tokens[:, :prefill], cache, 0)

        def body(step, tokens, cache, scores, finished):
            last, noise_seed = length - 1 + step, seed + tf.stack([0, step])
            logits, cache = next_logits(model, tokens, cache, last, room)
            logits = sampler.adjust(logits, ops.take(tokens, last, axis=1))
            parent, token, scores = sampler.step(
                logits, scores, finished, end_id, noise_seed, temperature
            )
            if sampler.width > 1:
                tokens, cache, finished = (
                    tf.gather(x, parent) if x.shape.rank else x
                    for x in (tokens, cache, finished)
                )
            tokens = ops.slice_update(tokens, (0, last + 1), token[:, None])
            return step + 1, tokens, cache, scores, finished | (token == end_id)

        def goes_on(step, tokens, cache, scores, finished):
            # Scores of NaN stay NaN: one look at (R,) numbers tells of every step.
            healthy = ~tf.reduce_any(tf.math.is_nan(scores))
            return (step < count) & healthy & ~tf.reduce_all(finished)

        step, tokens, _, scores, _ = tf.while_loop(
            goes_on, body, (0, tokens, cache, scores, finished)
        )
        return tokens, scores, step

    return run


def _cached_logits(model, tokens, cache, last, room):
    """Feed one token; the cache knows those before it."""
    from keras import ops

    # Not a slice: XLA would compile again for every prompt length.
    token = ops.expand_dims(ops.take(tokens, last, axis=1), 1)
    logits, cache = model.call_with_cache(token, cache, last)
    return ops.cast(logits[:, 0], "float32"), cache


def _full_logits(model, tokens, cache, last, room):
    """Feed the whole window; a causal model does not see what is not yet there."""
    from keras import ops

    logits = model(tokens[:, :room])
    return ops.cast(ops.take(logits, last, axis=1), "float32"), cache
