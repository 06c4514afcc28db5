"""Train any compiled model for some steps, some seconds, or whichever ends first."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import keras

from helpers import memory
from helpers.checks import require_count
from helpers.training.callbacks import TimeLimit

if TYPE_CHECKING:
    import tensorflow as tf

MOST_STEPS = 1_000_000  # of one training; where only a clock ends it, `fit` gets these


def fit_for(
    model: keras.Model,
    batches: tf.data.Dataset,
    steps: int | None = None,
    seconds: float | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.callbacks.History:
    """Train for `steps` steps or `seconds`, whichever ends first.

    Validation and compilation do not count as seconds. The compiled training step is
    given up at the end: it holds some 100 MB, and a lesson trains many models.

    Args:
        model: a compiled model.
        batches: what `model.fit` takes, endless or with at least `steps` batches.
        steps: training steps, 1 to 1,000,000.
        seconds: training time, above 0 and finite. A `TimeLimit` among the callbacks
            says the same, and can let the learning rate follow the clock.
        callbacks: further Keras callbacks.

    Returns:
        What `fit` returns: one entry for each loss and metric.

    Raises:
        ValueError: if neither limit is given, one is out of range, the model is not
            compiled, or the batches end before the steps do.

    Example:
        fit_for(model, batches, steps=1_000, callbacks=[Progress()])
        fit_for(model, batches, seconds=60)
    """
    callbacks = list(callbacks)
    if seconds is not None:
        callbacks.insert(0, TimeLimit(seconds))  # first: others see its `seconds`
    timed = any(isinstance(callback, TimeLimit) for callback in callbacks)
    if steps is None and not timed:
        raise ValueError("`fit_for` wants steps or seconds, received neither")
    if steps is not None:
        steps = require_count(steps, "`fit_for`, steps,", most=MOST_STEPS)
    if not model.compiled:
        raise ValueError(f"`fit_for` wants a compiled model, received {model.name}")
    _require_enough(batches, steps)
    _make_moments(model)
    epoch = MOST_STEPS if steps is None else steps  # all is one epoch
    try:
        return model.fit(batches, steps_per_epoch=epoch, verbose=0, callbacks=callbacks)
    finally:
        model.train_function = None
        memory.release()


def bar(items: Sequence, name: str = "training") -> Iterator:
    """Yield items with one progress bar, and give memory back after each.

    It is for a training loop that is written by hand: what a step leaves behind would
    otherwise stay until the cell ends.

    Args:
        items: anything that has a length and an order, such as range(steps).
        name: what stands before the bar.

    Returns:
        An iterator of the items.

    Example:
        for step in bar(range(50), "tagger"):
            losses.append(train_step(next(batches)))
    """
    from tqdm import tqdm

    for item in tqdm(items, name, file=sys.stdout, mininterval=0.5):
        yield item
        memory.release()


def _make_moments(model: keras.Model) -> None:
    """Make the optimizer's variables before the training step is traced.

    A step that makes variables is traced twice, and TensorFlow keeps 30 MB of it for
    good. Where layers have no weights yet, they and the optimizer make theirs in `fit`.
    """
    optimizer, weights = model.optimizer, model.trainable_variables
    whole = model.built or type(model).build is keras.Model.build  # none of its own
    ready = whole and all(layer.built for layer in model.layers)
    if ready and weights and optimizer is not None and not optimizer.built:
        optimizer.build(weights)


def _require_enough(batches: tf.data.Dataset, steps: int | None) -> None:
    """Refuse batches that are known to end before the training."""
    cardinality = getattr(batches, "cardinality", None)
    count = int(cardinality()) if cardinality else -1
    if count >= 0 and (steps is None or count < steps):  # negative: endless, unknown
        wanted = "endless batches (see `repeat`)" if steps is None else f"{steps}"
        raise ValueError(f"`fit_for` wants {wanted}, received {count} batches")
