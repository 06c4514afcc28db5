"""Measure a language model: the mean loss per token over a whole data set."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import keras
import numpy as np
from keras import ops


def evaluate(model: keras.Model, dataset: Iterable) -> float:
    """Return the mean loss per token over a whole data set, in nats.

    Every token counts alike: sums are divided once, at the end, so neither padding
    nor a short last batch shifts the mean. The model keeps the compiled step, with or
    without XLA as `compile` said last; a batch shorter than the first is filled up with
    rows of weight 0.

    Args:
        model: maps ids (B, T) to logits (B, T, V).
        dataset: yields (inputs, targets) or (inputs, targets, weights); ids int
            (B, T), weights float (B, T) or (B, 1), at least 0.

    Returns:
        Σ weight × nats / Σ weight.

    Raises:
        ValueError: if the data set is empty, all its weights are 0, one is negative
            or NaN, or a batch's parts have other shapes.

    Example:
        evaluate(model, windows(ids, 64, 32, shuffle=False)) -> 1.88
    """
    step = _nats_step(model)
    nats, tokens, rows = 0.0, 0.0, 0
    for inputs, targets, *rest in dataset:
        targets = np.asarray(targets, "int32")
        weights = np.asarray(rest[0] if rest else np.ones(targets.shape), "float32")
        _check(np.shape(inputs), targets.shape, weights)
        rows = rows or len(targets)
        batch = [_filled(part, rows) for part in (np.asarray(inputs), targets)]
        batch_nats, batch_tokens = step(*batch, _filled(weights, rows, "constant"))
        nats, tokens = nats + float(batch_nats), tokens + float(batch_tokens)
    if not tokens > 0:
        raise ValueError("the data set has no token of weight above 0; wanted some")
    return nats / tokens


def _check(inputs: tuple, targets: tuple, weights: np.ndarray) -> None:
    """Raise ValueError for parts of a batch that would be stretched without a word."""
    fits = weights.shape in (targets, (*targets[:1], 1))
    if len(targets) != 2 or inputs[:1] != targets[:1] or not fits:
        raise ValueError(
            "`evaluate` wants targets (B, T), inputs of as many rows and weights "
            f"(B, T) or (B, 1), received {targets}, {inputs} and {weights.shape}"
        )
    if not (np.all(weights >= 0) and np.all(np.isfinite(weights))):
        raise ValueError(
            "`evaluate` wants finite weights of at least 0, received others"
        )


def _filled(part: np.ndarray, rows: int, mode: str = "edge"):
    """Return a short batch with rows added, as a tensor: each new shape compiles."""
    missing = max(0, rows - len(part))
    added = [(0, missing), *[(0, 0)] * (part.ndim - 1)]
    return ops.convert_to_tensor(np.pad(part, added, mode))


def _nats_step(model: keras.Model) -> Callable:
    """Return the step that the model keeps for its present choice of XLA.

    It maps inputs, targets and weights to the weighted sum of nats, and the weights'.
    """
    import tensorflow as tf

    jit = bool(model.jit_compile) if model.compiled else True
    kept = vars(model).setdefault("_nats_steps", {})
    if jit in kept:
        return kept[jit]

    def step(inputs, targets, weights):
        logits = ops.cast(model(inputs, training=False), "float32")
        nats = keras.losses.sparse_categorical_crossentropy(
            targets, logits, from_logits=True
        )
        weights = ops.broadcast_to(weights, nats.shape)
        return ops.sum(nats * weights), ops.sum(weights)

    return kept.setdefault(jit, tf.function(step, autograph=False, jit_compile=jit))
