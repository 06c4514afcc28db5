"""Kill a training at 20 random moments: does it end with the same bits once resumed?

The training has dropout, AdamW with a schedule, and a new order of the data in each
epoch. It writes a state every three steps, so that many kills fall into the writing of
one. A kill (SIGKILL) leaves no chance to tidy up. A second process then goes on from
the newest whole state. It counts as equal if every loss, and the hash of all weights
and moments at the end, are those of a training that nobody killed. The last line is the
share of kills after which all was equal; 1 is wanted.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import random
import sys
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

from helpers import training
from helpers.training.team import STATES, Team, WorkerDiedError, prepare

KILLS, STEPS, EVERY, BATCH, EXAMPLES, WORDS = 20, 200, 3, 32, 500, 50


def write_job(folder: Path) -> None:
    """Prepare the training that is killed: the same one each time."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            keras.layers.Embedding(WORDS, 16),
            keras.layers.Flatten(),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(WORDS),
        ]
    )
    schedule = training.warmup_cosine(0.01, STEPS, STEPS // 10)
    model.compile(keras.optimizers.AdamW(schedule), training.token_loss())
    inputs = np.random.default_rng(0).integers(0, WORDS, (EXAMPLES, 4), dtype="int32")
    prepare(folder, model, inputs, inputs.sum(axis=1) % WORDS, BATCH)


def killed(folder: Path, step: int, delay: float) -> dict[int, float]:
    """Train until some seconds after a step, kill; return the losses so far."""
    losses = {}
    try:
        with Team(folder, STEPS, every=EVERY) as team:
            for done, loss in team:
                losses[done] = loss
                if done == step:
                    time.sleep(delay)
                    team.kill(0)
    except WorkerDiedError:
        return losses
    sys.exit(f"the training ended before it was killed after step {step}")


def main() -> None:
    """Kill and resume; print each case and the ratio line."""
    generator, equal, torn = random.Random(), 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        write_job(folder := Path(scratch) / "whole")
        with Team(folder, STEPS, every=EVERY) as team:
            wanted = dict(team)
        weights, pause = team.report["weights"], EVERY / team.report["steps_per_second"]
        print(f"nobody killed it: {STEPS} steps, last loss {wanted[STEPS]:.6f}")
        for number in range(1, KILLS + 1):
            write_job(folder := Path(scratch) / str(number))
            step = generator.randrange(EVERY, STEPS * 9 // 10)
            losses = killed(folder, step, generator.uniform(0, pause))
            parts = len([*(folder / STATES).glob(".*.part")])
            with Team(folder, STEPS, every=EVERY) as team:
                losses |= dict(team)
            same = losses == wanted and team.report["weights"] == weights
            equal, torn = equal + same, torn + bool(parts)
            print(
                f"kill {number:2d} after step {step:3d}, resumed from "
                f"{team.report['resumed']:3d}: {'equal' if same else 'DIFFERENT'}"
                + (", a half-written state lay there" if parts else ""),
                flush=True,
            )
    print(f"{torn} of {KILLS} kills fell into the writing of a state")
    print(f"ratio: {equal / KILLS:.2f}")


if __name__ == "__main__":
    main()
