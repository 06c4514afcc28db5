"""Train and measure: schedule, optimizer, callbacks and the loss over a whole set.

Callbacks live in `helpers.callbacks`, exact stop and resume in `helpers.checkpoints`;
both are offered here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import keras
import numpy as np
from keras import ops

from helpers.callbacks import Clock, Progress, TimeLimit
from helpers.checkpoints import SaveState, load_state, save_state
from helpers.optimizers import StackedMuon

__all__ = [
    "Clock",
    "Progress",
    "SaveState",
    "TimeLimit",
    "course_optimizer",
    "evaluate",
    "load_state",
    "save_state",
    "token_loss",
    "warmup_cosine",
]


def warmup_cosine(peak: float, steps: int, warmup: int = 0, floor: float = 0.0):
    """Return a schedule that rises in a line, then falls along half a cosine.

    Args:
        peak: highest learning rate, above 0; reached at step `warmup`.
        steps: all steps, warm-up included; from here on the rate is `floor`.
        warmup: steps of the rise from 0, below `steps`.
        floor: last learning rate, 0 to `peak`.

    Returns:
        A `keras.optimizers.schedules.LearningRateSchedule`.

    Raises:
        ValueError: for a rate or a number of steps outside these ranges.

    Source: Loshchilov & Hutter 2017, "SGDR", equation 5, without restarts.

    Example:
        schedule = warmup_cosine(1e-3, steps=2_000, warmup=100, floor=1e-4)
        float(schedule(100)) -> 0.001
    """
    if not peak > 0 or not 0 <= floor <= peak:
        raise ValueError(
            f"peak is {peak} and floor {floor}; wanted peak > 0 and 0 ≤ floor ≤ peak"
        )
    if steps < 1 or not 0 <= warmup < steps:
        raise ValueError(
            f"steps is {steps} and warmup {warmup}; wanted steps ≥ 1 and "
            "0 ≤ warmup < steps"
        )
    rise = {"initial_learning_rate": 0.0, "warmup_target": peak, "warmup_steps": warmup}
    return keras.optimizers.schedules.CosineDecay(
        **(rise if warmup else {"initial_learning_rate": peak}),
        decay_steps=steps - warmup,
        alpha=floor / peak,
    )


def token_loss() -> keras.losses.Loss:
    """Return the cross-entropy of logits (B, T, V) and ids (B, T), in nats."""
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def course_optimizer(
    steps: int | None,
    peak: float = 0.01,
    warmup: int | None = None,
    floor: float = 0.0,
    weight_decay: float = 0.1,
) -> keras.optimizers.Optimizer:
    """Return the course's optimizer: Muon on matrices, AdamW on the rest.

    Muon gives every direction of a matrix's update the same length. Embeddings,
    output heads and vectors get AdamW at half the rate.

    Args:
        steps: training steps the schedule is made for; it ends at `floor`. None for
            a constant rate `peak`, which `TimeLimit(…, peak=peak)` can move.
        peak: highest learning rate.
        warmup: steps of warm-up; a twentieth of `steps` if None.
        floor: last learning rate.
        weight_decay: share of a weight taken off, times learning rate, each step.

    Raises:
        ValueError: as `warmup_cosine`.

    Source: Jordan et al. 2024, "Muon"; Liu et al. 2025, "Muon is Scalable for LLM
        Training", equation 4 (size of the update); Loshchilov & Hutter 2019, "AdamW".
    """
    rate = peak
    if steps is not None:
        warmup = steps // 20 if warmup is None else warmup
        rate = warmup_cosine(peak, steps, warmup, floor)
    return StackedMuon(
        rate,
        adam_beta_2=0.99,
        exclude_layers=["/head/"],
        adam_lr_ratio=0.5,
        momentum=0.9,
        weight_decay=weight_decay,
        adam_weight_decay=0.0,
    )


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
        ValueError: if the data set is empty or all its weights are 0.

    Example:
        evaluate(model, windows(ids, 64, 32, shuffle=False)) -> 1.88
    """
    step = _nats_step(model)
    nats, tokens, rows = 0.0, 0.0, 0
    for inputs, targets, *rest in dataset:
        targets = np.asarray(targets, "int32")
        weights = np.asarray(rest[0] if rest else np.ones(targets.shape), "float32")
        rows = rows or len(targets)
        batch = [_filled(part, rows) for part in (np.asarray(inputs), targets)]
        batch_nats, batch_tokens = step(*batch, _filled(weights, rows, "constant"))
        nats, tokens = nats + float(batch_nats), tokens + float(batch_tokens)
    if not tokens > 0:
        raise ValueError("the data set has no token of weight above 0; wanted some")
    return nats / tokens


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
