"""Callbacks for `fit`: a fair clock with a limit, losses on the way, and one bar."""

from __future__ import annotations

import io
import math
import sys
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

import keras

from helpers.checks import require_count
from helpers.training.evaluation import evaluate

if TYPE_CHECKING:
    from tqdm import tqdm


class Clock(keras.callbacks.Callback):
    """Measure training time without compilation and validation.

    The first batch, in which Keras traces and XLA compiles the step, is timed apart.
    Every epoch's logs, and so the history, get `seconds`, the training time so far.

    Args:
        validation: data set for `evaluation.evaluate`, measured on the way; or None.
        every: steps between two such measurements, at least 1; one more at the end.

    Attributes:
        seconds: training time so far, compilation and validation excluded.
        compile_seconds: time of the first batch.
        steps: steps so far.
        points: (steps, seconds, validation loss in nats per token), in order.

    Raises:
        ValueError: if `every` is no whole number, or below 1.
    """

    def __init__(self, validation: Iterable | None = None, every: int = 100):
        super().__init__()
        self.validation = validation
        self.every = require_count(every, "`Clock`, every,")
        self.seconds, self.compile_seconds, self.steps = 0.0, 0.0, 0
        self.points: list[tuple[int, float, float]] = []
        self._start: float | None = None

    def on_train_batch_begin(self, batch, logs=None):
        """Start the clock, or resume it after a validation."""
        if self._start is None:
            self._start = time.perf_counter()
        self._batch = batch

    def on_train_batch_end(self, batch, logs=None):
        """Add the time since the last batch; validate if it is time."""
        now = time.perf_counter()
        if not self.steps:
            self.compile_seconds = now - self._start
        else:
            self.seconds += now - self._start
        before, self.steps = self.steps, self.steps + batch + 1 - self._batch
        self._start = now
        if before // self.every < self.steps // self.every:
            self._validate()

    def on_test_begin(self, logs=None):
        """Stop the clock for a validation."""
        self._start = None

    def on_epoch_end(self, epoch, logs=None):
        """Put the training time into the history and stop the clock."""
        self._start = None
        if logs is not None:
            logs["seconds"] = self.seconds

    def on_train_end(self, logs=None):
        """Measure the end, if it was not measured yet, and let go of the model."""
        if self.steps and (not self.points or self.points[-1][0] < self.steps):
            self._validate()
        self.set_model(None)  # a clock is kept for its curve, a model may be deleted

    def _validate(self):
        """Add a point, off the clock."""
        if self.validation is not None:
            loss = evaluate(self.model, self.validation)
            self.points.append((self.steps, self.seconds, loss))
            self._start = None


class TimeLimit(Clock):
    """Stop training after some seconds, compilation and validation excluded.

    With `peak`, the learning rate follows the time: it rises for the first twentieth
    and falls along half a cosine to 0 at the limit. So models of different speed get
    equal minutes and a whole schedule each. The optimizer must have a plain number as
    its learning rate then.

    Args:
        seconds: training time allowed, above 0 and finite.
        peak: highest learning rate, above 0; None leaves the rate alone.
        validation: as in `Clock`.
        every: as in `Clock`.

    Raises:
        ValueError: if a setting is out of range.
    """

    def __init__(
        self,
        seconds: float,
        peak: float | None = None,
        validation: Iterable | None = None,
        every: int = 100,
    ):
        if not 0 < seconds < math.inf or not (peak is None or 0 < peak < math.inf):
            raise ValueError(
                "`TimeLimit` wants finite seconds above 0, and a finite peak above 0 "
                f"or None, received {seconds} and {peak}"
            )
        super().__init__(validation, every)
        self.limit, self.peak = seconds, peak

    def on_train_batch_begin(self, batch, logs=None):
        """Set the learning rate of this batch."""
        super().on_train_batch_begin(batch, logs)
        if self.peak is not None:
            self.model.optimizer.learning_rate = self.peak * self._share()

    def on_train_batch_end(self, batch, logs=None):
        """Stop the training if the time is over."""
        super().on_train_batch_end(batch, logs)
        if self.seconds >= self.limit:
            self.model.stop_training = True

    def _share(self) -> float:
        """Return the learning rate at this time, as a share of the peak."""
        # 0.001 lets the first batches, at time 0, learn something already.
        done = min(1.0, self.seconds / self.limit)
        fall = (1 + math.cos(math.pi * max(0.0, done - 0.05) / 0.95)) / 2
        return min(fall, (done + 0.001) / 0.05)


class Progress(keras.callbacks.Callback):
    """Show one bar over a whole training, with the loss and the time left.

    Pass `verbose=0` to `fit`. The bar goes to standard output and leaves one line. If
    the training is interrupted, the bar is closed when the cell ends, or when the next
    training begins: tqdm opens a new bar one line lower for each that is still open.

    Args:
        steps: all steps of the training; epochs × steps of an epoch if None.
        name: what stands before the bar.
    """

    _open: ClassVar[tqdm | None] = None  # the bar of the training that runs

    def __init__(self, steps: int | None = None, name: str = "training"):
        super().__init__()
        self.steps, self.name = steps, name
        self._bar = None

    def on_train_begin(self, logs=None):
        """Open the bar."""
        from tqdm import tqdm

        if Progress._open is not None:  # interrupted: `fit` calls no callback then
            Progress._open.close()
        total = self.steps
        if total is None and self.params.get("steps"):
            total = self.params["steps"] * self.params["epochs"]
        self._bar = Progress._open = tqdm(
            total=total, desc=self.name, unit="step", file=sys.stdout, mininterval=0.5
        )
        if (shell := _shell()) is not None:
            shell.events.register("post_run_cell", self._after_cell)
        self._epoch_start, self._shown = 0, {}

    def on_epoch_begin(self, epoch, logs=None):
        """Remember how far the bar was."""
        self._epoch_start = self._bar.n

    def on_train_batch_end(self, batch, logs=None):
        """Move the bar to the end of this batch."""
        self._bar.update(self._epoch_start + batch + 1 - self._bar.n)

    def on_epoch_end(self, epoch, logs=None):
        """Show the epoch's loss."""
        wanted = {name: (logs or {}).get(name) for name in ("loss", "val_loss")}
        shown = {name: f"{x:.3f}" for name, x in wanted.items() if x is not None}
        self._bar.set_postfix(shown, refresh=False)

    def on_train_end(self, logs=None):
        """Close the bar, also after an early stop, and let go of the model."""
        self._bar.total = self._bar.n
        self._bar.refresh()
        self._close()

    def _after_cell(self, *_):
        """Close the bar of an interrupted training, and write nothing more.

        The traceback stands below the bar already.
        """
        self._bar.fp, self._bar.sp = io.StringIO(), lambda text: None
        self._close()

    def _close(self):
        """Close the bar, wait for no cell's end any more, let go of the model."""
        self._bar.close()
        if Progress._open is self._bar:
            Progress._open = None
        shell = _shell()
        if shell and self._after_cell in shell.events.callbacks["post_run_cell"]:
            shell.events.unregister("post_run_cell", self._after_cell)
        self.set_model(None)


def _shell():
    """Return the notebook's IPython shell, or None in a plain Python program."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None
