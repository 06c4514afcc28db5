"""What the recipes of generators of clothes share: data, training loop, score, card.

Each learns from all 60,000 training pictures of Fashion-MNIST and is judged on 2,000
pictures of its own. A training keeps its state in build/<name>_state.npz every few
minutes: the same command goes on from there after a stop. With --measure nothing is
trained: the shipped model is measured again, as after a change of the judges.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import keras
import numpy as np

from helpers import checkpoints, datasets, images
from helpers.judges.images import KINDS, STANDARD, image_judges
from helpers.models.image_parts import random_batches
from recipes import _shipping
from recipes._shared import State, facts, rounded, ship, state_of

SEED = 0
EVERY = 250  # steps between two saved states
Leg = tuple[int, float]  # steps and highest learning rate


@dataclass(frozen=True)
class Job:
    """One run of a recipe: what to learn from, how long, and where to write.

    Attributes:
        name: of the checkpoint.
        data: the data set.
        pictures: float32 (n, 28, 28, 1) in [-1, 1], to learn from.
        labels: int32 (n,), 0 … 9.
        steps: training steps.
        batch: pictures in a step.
        count: generated pictures to judge.
        state: where the training is.
        smoke: whether this is only a test that the recipe runs.
        output: folder of the checkpoint; None for the course's own.
        measure: whether to measure the shipped model instead of training one.
    """

    name: str
    data: datasets.Dataset
    pictures: np.ndarray
    labels: np.ndarray
    steps: int
    batch: int
    count: int
    state: State
    smoke: bool
    output: Path | None
    measure: bool = False

    def leg(self, number: int) -> State:
        """Return where the state of one leg is kept."""
        path = self.state.path.with_stem(f"{self.state.path.stem}_{number}")
        return replace(self.state, path=path)

    def batches(self, start: int) -> Iterable:
        """Return the batches of random pictures and labels from number `start` on."""
        return random_batches(
            self.pictures, self.labels, self.batch, self.steps, start, SEED
        )


def begin(
    name: str, about: str, steps: int, batch: int, **settings: int | float | str
) -> Job:
    """Read the command line and the data; seed all that is random.

    Args:
        name: of the checkpoint.
        about: docstring of the recipe.
        steps: training steps; 2 in --smoke.
        batch: pictures in a step; 8 in --smoke.
        settings: what else the training depends on, by name.
    """
    options = _shipping.recipe_options(about, measurable=True)
    keras.utils.set_random_seed(SEED)
    data = datasets.load("fashion_mnist", fallback=options.smoke)
    steps, batch, count = (2, 8, 100) if options.smoke else (steps, batch, STANDARD)
    settings |= {"data": data.name, "seed": SEED, "steps": steps, "batch": batch}
    state = state_of(name, options.output, **settings)
    pictures = images.to_float(data.arrays["images"])
    labels = data.arrays["labels"].astype("int32")
    sizes = (steps, batch, count)
    return Job(name, data, pictures, labels, *sizes, state, **vars(options))


def train(
    model: keras.Model,
    job: Job,
    batches: Callable[[int], Iterable] | None = None,
    before: Callable[[int], None] | None = None,
) -> float:
    """Train on from the job's state, if there is one.

    Args:
        model: a compiled model; it stays untraced in --smoke, which is quicker there.
        job: the run.
        batches: number of the first batch -> pairs (x, y); `job.batches` if None.
        before: called with the number of each step, from 1, before it is taken.

    Returns:
        Minutes of one core's time for all steps, so that other work on the machine
        does not count.
    """
    model.run_eagerly = job.smoke
    done, minutes = job.state.resume(model)
    start = time.process_time() - 60 * minutes
    data = (batches or job.batches)(done) if done < job.steps else []
    for step, (x, y) in enumerate(data, start=done + 1):
        if before:
            before(step)
        report = model.train_on_batch(x, y, return_dict=True)
        minutes = (time.process_time() - start) / 60
        if step % EVERY == 0 or step == job.steps:
            job.state.save(model, minutes)
            shown = ", ".join(f"{name} {value:.4g}" for name, value in report.items())
            print(f"step {step}, {minutes:.1f} min, {shown}", flush=True)
            model.reset_metrics()
    return minutes


def train_legs(
    model: keras.Model,
    job: Job,
    legs: Sequence[Leg],
    prepare: Callable[[keras.Model, int, float], None],
    batches: Callable[[int], Iterable] | None = None,
) -> float:
    """Train leg after leg: the rate rises and falls again in each (a warm restart).

    Each leg has a state of its own, so that a training goes on in the leg where it was
    stopped. A leg ends with the averaged weights, where the optimizer keeps them,
    rounded as a checkpoint stores them.

    Args:
        model: changed in place.
        job: the run; in --smoke each leg takes one step.
        legs: what to do, in order.
        prepare: (model, steps, peak) -> None, compiles the model anew for a leg.
        batches: as in `train`, numbered through all legs.

    Returns:
        Minutes of one core's time for all legs.

    Source: Loshchilov & Hutter 2017, "SGDR", section 3.
    """
    if job.smoke:
        legs = [(1, peak) for _, peak in legs[: job.steps]]
    batches, minutes, before = batches or job.batches, 0.0, 0
    for number, (steps, peak) in enumerate(legs):
        prepare(model, steps, peak)
        part = replace(job, steps=steps, state=job.leg(number))
        minutes += train(model, part, partial(_from, batches, before, steps))
        model.optimizer.finalize_variable_values(model.trainable_variables)
        _shipping.round_weights(model)
        before += steps
    return minutes


def _from(batches: Callable, before: int, steps: int, done: int) -> Iterable:
    """Return the batches of a leg that are left after `done` of its steps."""
    return islice(batches(before + done), steps - done)


def mixed_labels(count: int) -> np.ndarray:
    """Return `count` labels, equally many of each class, in random order."""
    return np.random.default_rng(SEED).permutation(np.arange(count) % 10)


def trained(
    job: Job, make: Callable[[], tuple[keras.Model, float]]
) -> tuple[keras.Model, dict]:
    """Train a model, or with --measure load the shipped one; its weights are rounded.

    Args:
        job: the run.
        make: trains, and returns the model to ship and the minutes it took.

    Returns:
        The model, and what the card says of its training.
    """
    if job.measure:
        card = checkpoints.card(job.name)
        about = facts(card["seed"], card["steps"], card["batch"], card["minutes"])
        return checkpoints.load(job.name), about | {"hardware": card["hardware"]}
    model, minutes = make()
    _shipping.round_weights(model)
    return model, facts(SEED, job.steps, job.batch, minutes)


def score(model: keras.Model, job: Job, labels: np.ndarray) -> dict[str, float]:
    """Draw pictures of the given classes, and judge them by all feature sets.

    Args:
        model: has `sample`, which is called without options.
        job: the run.
        labels: int (n,), the classes.

    Returns:
        The scores of the course's judge, and for each judge the distance over the
        floor's with the ends of its interval.
    """
    made, scores = model.sample(labels, seed=SEED), {}
    for kind, judge in image_judges(job.data).items():
        if kind == "course":
            scores = judge.score(made, labels)
        over = judge.over_floor(made)
        names = (f"over_floor_{kind}{end}" for end in ("", "_low", "_high"))
        scores |= dict(zip(names, over, strict=True))
    return scores


def finish(
    model: keras.Model, job: Job, about: dict, metrics: dict[str, float], **more
) -> None:
    """Write the checkpoint and its card.

    Args:
        model: to be stored, its weights rounded.
        job: the run.
        about: what `trained` says of the training.
        metrics: name -> score.
        more: further entries of the card.
    """
    tests = len(job.data.arrays["test_labels"])
    card = {
        "data": f"{job.data.name}: its {len(job.pictures):,} training pictures",
        "held_out": f"compared with its {tests:,} test pictures",
        **about,
        **more,
        "metrics": rounded(metrics),
        "classes": [str(name) for name in job.data.arrays["class_names"]],
    }
    ship(job.name, model, card, job.state, job.output)
    for state in job.state.path.parent.glob(f"{job.state.path.stem}_?.npz"):
        state.unlink()  # of a leg
    times = [f"{metrics[f'over_floor_{kind}']:.2f}" for kind in KINDS]
    print(f"{job.name}: {', '.join(times)} times the floor by {', '.join(KINDS)}")
