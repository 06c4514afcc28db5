"""What all recipes share: going on after a stop, and what every card says."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from helpers import course, training
from recipes import _shipping


def untraced() -> bool:
    """Tell whether this is only a test: then a step is not worth its compiling."""
    return course.profile() == "smoke"


def compiled(step: Callable) -> Callable:
    """Compile a training step by XLA; in a test leave it as it is.

    Args:
        step: of arrays, returns the loss.
    """
    import tensorflow as tf

    if untraced():
        tensors = tf.convert_to_tensor
        return lambda *batch: step(*tf.nest.map_structure(tensors, batch))
    return tf.function(step, autograph=False, jit_compile=True)


@dataclass(frozen=True)
class State:
    """Where a training is, kept in a file so that it can go on after a stop.

    Attributes:
        path: the file; it is deleted when the checkpoint is written.
        settings: what the training depends on: numbers and text, by name. A state
            with other settings belongs to another training and is refused.
    """

    path: Path
    settings: Mapping[str, int | float | str]

    def resume(self, model: keras.Model) -> tuple[int, float]:
        """Put a compiled model back to its state, if there is one.

        Args:
            model: made and compiled as the one that was saved.

        Returns:
            The steps done and the minutes they took; zeros at the start.

        Raises:
            ValueError: if the state has other settings, or is damaged or of another
                model.
        """
        if not self.path.exists():
            return 0, 0.0
        found = training.load_state(self.path, model)
        if found.get("settings") != self.settings:
            raise ValueError(
                f"{self.path} is of a training with {found.get('settings')}; wanted "
                f"{dict(self.settings)}; delete the file to start anew"
            )
        print(f"going on from step {found['step']}", flush=True)
        return found["step"], found["minutes"]

    def save(self, model: keras.Model, minutes: float) -> None:
        """Write the file: the training of `model` so far took so many `minutes`."""
        settings = dict(self.settings)
        training.save_state(self.path, model, minutes=minutes, settings=settings)


def state_of(name: str, output: Path | None, **settings: int | float | str) -> State:
    """Return the state of a recipe's training.

    Args:
        name: of the checkpoint.
        output: folder of the file, made if need be; the course's build if None.
        settings: what the training depends on.
    """
    folder = output or course.root() / "build"
    return State(folder / f"{name}_state.npz", settings)


def run(
    step: Callable,
    batches: Callable[[int], Iterator[tuple]],
    model: keras.Model,
    steps: int,
    state: State | None = None,
    saved: int = 150,
) -> dict[str, float]:
    """Train a compiled model, from its saved state if there is one.

    Args:
        step: of a batch; makes one update and returns the loss.
        batches: of the steps done; yields the batches that come then.
        model: compiled with the optimizer that `step` uses.
        steps: training steps in all.
        state: where to go on from, and where to save to; or None.
        saved: steps between two states.

    Returns:
        minutes (of one core's time) and, if all steps were made now, clock_minutes.
    """
    done, minutes = state.resume(model) if state else (0, 0.0)
    before, losses, coming = minutes, [], batches(done)
    begin, clock = time.process_time(), time.perf_counter()
    for number in range(done + 1, steps + 1):
        losses.append(float(step(*next(coming))))
        minutes = before + (time.process_time() - begin) / 60
        if number % 50 == 0 or number == steps:
            passed = (time.perf_counter() - clock) / 60
            mean = np.mean(losses[-50:])
            print(f"step {number}/{steps} loss {mean:.4f} {passed:.1f} min", flush=True)
        if state and number % saved == 0 and number < steps:
            state.save(model, minutes)
    spent = {"minutes": minutes}
    if not done:  # nobody knows how long it stood still before
        spent["clock_minutes"] = round((time.perf_counter() - clock) / 60, 2)
    return spent


def ship(
    name: str, model: keras.Model, card: Mapping, state: State, output: Path | None
) -> None:
    """Write the checkpoint and delete the training's state: it is done.

    Args:
        name: of the checkpoint.
        model: to be stored.
        card: as `_shipping.save`.
        state: of the training.
        output: folder of the checkpoint; the course's own if None.

    Raises:
        ValueError: as `_shipping.save`; the state stays then.
    """
    _shipping.save(name, model, card, where=output)
    state.path.unlink(missing_ok=True)


def facts(seed: int, steps: int, batch: int, minutes: float) -> dict:
    """Return what every card says of a training.

    Args:
        seed: of all that is random.
        steps: training steps.
        batch: examples in a step.
        minutes: time of all steps, by `time.process_time`, which other work on the
            machine does not change.
    """
    return {
        "seed": seed,
        "steps": steps,
        "batch": batch,
        "hardware": _shipping.hardware(),
        "minutes": round(minutes, 2),
        "clock": "minutes of one core's time",
    }


def clock_of(spent: Mapping[str, float]) -> dict[str, float]:
    """Return from what `run` returned the minutes by the clock, if there are any."""
    return {key: value for key, value in spent.items() if key == "clock_minutes"}


def rounded(scores: Mapping[str, float]) -> dict[str, float]:
    """Return scores with four decimals."""
    return {name: round(float(value), 4) for name, value in scores.items()}
