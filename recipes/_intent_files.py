"""Run one file of the intent classifier, as intent_formats does in another process.

Such a process finds what it runs by its module's name, so this is no part of a script.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from helpers.serving import export

LENGTH = 64  # tokens that a file reads; longer questions are cut there
LONGEST = 30.0  # seconds in which a file reads questions: a slow one reads fewer


def on_one_core() -> None:
    """Keep this process on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def caller(kind: str, path: Path) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return what runs a file: ids and mask (1, LENGTH) to logits (1, classes).

    Args:
        kind: one of the formats of intent_formats.
        path: as from `Bench.write`.
    """
    if kind in export.KINDS:
        return export.LiteRT(path)
    import tensorflow as tf

    if kind == "SavedModel":
        loaded = tf.saved_model.load(path)

        def inputs(ids, mask):
            both = {"token_ids": ids, "padding_mask": mask}
            return {name: tf.constant(value) for name, value in both.items()}

        return lambda ids, mask: loaded.serve(inputs(ids, mask)).numpy()
    import keras

    from helpers.models.text import classifier  # noqa: F401 - Keras looks for its class
    from helpers.pretrained.hub import keras_hub  # noqa: F401 - and for the backbone's

    model = keras.models.load_model(path, compile=False)
    shape = tf.TensorSpec((1, LENGTH), tf.int32)

    @tf.function(input_signature=(shape, shape), autograph=False)
    def logits(ids, mask):
        return model({"token_ids": ids, "padding_mask": mask})

    return lambda ids, mask: logits(ids, mask).numpy()


def tried(kind: str, path: Path, ids: np.ndarray, mask: np.ndarray) -> dict:
    """Run a file on the texts, one at a time, in this process.

    Args:
        kind: one of the formats of intent_formats.
        path: as from `Bench.write`.
        ids: int32 (texts, LENGTH).
        mask: of the same shape.

    Returns:
        logits (texts read, classes); times, median and 95th percentile in
        milliseconds; and bytes, what the process holds at the end.
    """
    import psutil

    call, logits, seconds = caller(kind, path), [], []
    call(ids[:1], mask[:1])  # the first call is slower, and does not count
    for one in zip(ids[:, None], mask[:, None], strict=True):
        if sum(seconds) < LONGEST:
            start = time.perf_counter()
            logits.append(call(*one))
            seconds.append(time.perf_counter() - start)
    times = np.quantile(seconds, [0.5, 0.95]) * 1000
    held = psutil.Process().memory_info().rss
    return {"logits": np.concatenate(logits), "times": times, "bytes": held}
