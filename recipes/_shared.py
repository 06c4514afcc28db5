"""What all recipes share: going on after a stop, and what every card says."""

from collections.abc import Mapping
from pathlib import Path

import keras

from helpers import course, shipped, training


def state_file(name: str, output: Path | None = None) -> Path:
    """Return where a training keeps its state; the folder is made if need be.

    Args:
        name: of the file.
        output: folder; the course's build if None.
    """
    folder = output or course.root() / "build"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def resume(path: Path | None, model: keras.Model) -> tuple[int, float]:
    """Put a training back to its state at `path`, if there is one.

    Args:
        path: file that `training.save_state` wrote, or is going to; None to keep none.
        model: a compiled model.

    Returns:
        The steps done and the minutes they took; zeros at the start.
    """
    if path is None or not path.exists():
        return 0, 0.0
    found = training.load_state(path, model)
    print(f"going on from step {found['step']}", flush=True)
    return found["step"], found["minutes"]


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
        "hardware": shipped.hardware(),
        "minutes": round(minutes, 2),
        "clock": "minutes of one core's time",
    }


def rounded(scores: Mapping[str, float]) -> dict[str, float]:
    """Return scores with four decimals."""
    return {name: round(float(value), 4) for name, value in scores.items()}
