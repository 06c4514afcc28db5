"""Keep a training's last states in a folder, and go on from the newest whole one.

`state.py` writes one state whole or not at all. Here stands the rest of an exact
resume: which state to take, where the data was, and Python's and NumPy's generators.
"""

from __future__ import annotations

import random
import re
from functools import lru_cache
from pathlib import Path

import keras
import numpy as np

from helpers.checks import require_count
from helpers.training.state import OtherModelError, load_state, save_state

MOST = 2**31  # steps, examples and seeds stay below
NAME = re.compile(r"step_(\d{10})\.npz")


class States:
    """The last few states of one training, each a file of its own.

    A state holds what `save_state` keeps (weights, the optimizer with its step and its
    schedule's position, Keras's random generators), and the random generators of
    Python and NumPy. The data's position needs no state if `batch_rows` says which
    examples belong to a step.

    Not kept: TensorFlow's own stateful random operations, such as `tf.random.normal`
    without a seed. Draw with `keras.random` or `tf.random.stateless_*` instead.

    Args:
        folder: where the files lie; made with the first one.
        keep: states to keep, at least 1. With two, one damaged file costs only the
            steps between them.

    Raises:
        ValueError: if `keep` is no whole number, or below 1.

    Example:
        states = States("build/run")
        for step in range(states.resume(model)["step"], 1_000):
            train_on(batch_rows(step, len(x), 32, seed=0))
            if (step + 1) % 100 == 0:
                states.save(model)
    """

    def __init__(self, folder: str | Path, keep: int = 2):
        self.folder = Path(folder)
        self.keep = require_count(keep, "`States`, keep,")

    def paths(self) -> list[Path]:
        """Return the files of states, oldest first; parts of files are none."""
        found = [path for path in self.folder.glob("*") if NAME.fullmatch(path.name)]
        return sorted(found)

    def save(self, model: keras.Model, **extra) -> Path:
        """Write the state of a training, then delete those that are too old.

        Args:
            model: a compiled model, as for `save_state`.
            extra: further values of JSON's types, but not `step` and `generators`.

        Returns:
            The file, named after the optimizer's step.

        Raises:
            ValueError: as `save_state`, or if `extra` holds `generators`.
        """
        if "generators" in extra:
            raise ValueError(
                "`States.save` wants no value named generators, which it keeps itself, "
                f"received generators={extra['generators']!r:.80}"
            )
        step = int(model.optimizer.iterations.numpy())
        path = self.folder / f"step_{step:010d}.npz"
        save_state(path, model, generators=_generators(), **extra)
        for old in self.paths()[: -self.keep]:
            old.unlink(missing_ok=True)
        return path

    def resume(self, model: keras.Model) -> dict:
        """Put a model, its optimizer and all generators back to the newest whole state.

        A damaged file is passed over, and the one before it is taken.

        Args:
            model: a compiled model, made as the saved one.

        Returns:
            `{"step": training steps done, "skipped": names of damaged files, **extra}`;
            step 0 and nothing changed if there is no state yet.

        Raises:
            ValueError: if the model is not compiled, there are states and all are
                damaged, or the newest whole one is of another model or optimizer.
        """
        if not model.compiled or model.optimizer is None:
            raise ValueError(
                f"`States.resume` wants a compiled model, received {model.name} without"
                " an optimizer"
            )
        skipped, reasons = [], []
        for path in reversed(self.paths()):
            try:
                found = load_state(path, model)
            except OtherModelError:
                raise
            except ValueError as error:
                skipped.append(path.name)
                reasons.append(str(error))
                continue
            if "generators" in found:  # else `save_state` alone wrote it
                _restore(found.pop("generators"))
            return {**found, "skipped": skipped}
        if skipped:
            raise ValueError(
                f"`States.resume` wants one whole state in {self.folder}, received "
                f"{len(skipped)} damaged: {reasons[0]}"
            )
        return {"step": 0, "skipped": []}


def batch_rows(step: int, count: int, batch: int, seed: int) -> np.ndarray:
    """Return which examples a training step takes; each epoch has an order of its own.

    The order follows from the numbers alone, so that a resumed training neither stores
    it nor walks through the data again. An epoch's last batch is left out if it is not
    full.

    Args:
        step: 0 for the first one.
        count: examples, at least `batch`.
        batch: examples in a step.
        seed: of all orders, 0 or above.

    Returns:
        int64 (batch,), each 0 to `count` - 1, none twice in an epoch.

    Raises:
        ValueError: if a number is out of range or no whole one.
    """
    step = require_count(step, "`batch_rows`, step,", 0, MOST)
    count = require_count(count, "`batch_rows`, count,", 1, MOST)
    batch = require_count(batch, "`batch_rows`, batch,", 1, count)
    seed = require_count(seed, "`batch_rows`, seed,", 0, MOST)
    epoch, place = divmod(step, count // batch)
    return _order(count, seed, epoch)[place * batch : (place + 1) * batch].copy()


@lru_cache(maxsize=2)
def _order(count: int, seed: int, epoch: int) -> np.ndarray:
    """Return the order of an epoch; the steps of one epoch ask for the same."""
    return np.random.default_rng([seed, epoch]).permutation(count)


def _generators() -> dict:
    """Return the states of Python's and NumPy's global generators, for JSON."""
    version, numbers, gauss = random.getstate()
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002 - set_random_seed sets it
    return {
        "python": [version, list(numbers), gauss],
        "numpy": [kind, keys.tolist(), *rest],
    }


def _restore(generators: dict) -> None:
    """Put both generators back."""
    version, numbers, gauss = generators["python"]
    random.setstate((version, tuple(numbers), gauss))
    kind, keys, *rest = generators["numpy"]
    np.random.set_state((kind, np.array(keys, "uint32"), *rest))  # noqa: NPY002
