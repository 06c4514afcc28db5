"""Measure what each choice of training craft is worth, in equal time.

One network that predicts the next word of grammar_news; every choice is changed alone,
and has the time in which the baseline takes BASE_STEPS steps. A choice that calls for
another learning rate gets its own: the best of TRIED, on a seed that the table does not
use. The rows so far are kept in build/training_choices_rows.csv: the same command goes
on from there after a stop.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property

from recipes import _shipping, _tables
from recipes._choices import (
    BATCH,
    CONTEXT,
    DEPTH,
    DOCUMENTS,
    WIDTH,
    Setting,
    Text,
    Trainer,
)

BASE_STEPS = 1_000
SEEDS, RATE_SEED = (0, 1, 2, 3, 4), 100
SGD_RATES, ADAM_RATES = (0.1, 0.3, 1.0, 3.0), (1e-3, 2e-3, 4e-3, 8e-3)
TRIED = {
    "SGD": SGD_RATES,
    "momentum": tuple(rate / 10 for rate in SGD_RATES),
    "Muon": (2e-3, 4e-3, 8e-3, 1.6e-2),
}
TIMED, ROUNDS = 40, 6  # steps, and how often, to compare two speeds


BASE = Setting()
CHOICES = {  # group: {choice: what is changed}
    "optimizer": {
        "SGD": {"optimizer": "SGD"},
        "momentum": {"optimizer": "momentum"},
        "Adam": {"optimizer": "Adam"},
        "Muon": {"optimizer": "Muon"},
    },
    "schedule": {
        "constant": {"schedule": "constant"},
        "constant, averaged": {"schedule": "constant", "average": 0.99},
        "step": {"schedule": "step"},
        "cosine": {"schedule": "cosine"},
    },
    "normalisation": {
        "none": {"norm": "none"},
        "batch norm": {"norm": "batch norm"},
    },
    "regularisation": {
        "dropout 0.1": {"dropout": 0.1},
        "dropout 0.3": {"dropout": 0.3},
        "label smoothing 0.1": {"smoothing": 0.1},
        "clipping at 1": {"clip": 1.0},
    },
    "loss": {"squared error": {"loss": "squared error"}},
    "precision": {"bfloat16": {"policy": "mixed_bfloat16"}},
}
OWN_RATE = ("optimizer", "schedule", "normalisation", "loss")  # groups


def setting_of(group: str, choice: str) -> Setting:
    """Return the choices of a row."""
    return BASE if group == "baseline" else replace(BASE, **CHOICES[group][choice])


def rates_of(group: str, choice: str) -> tuple[float, ...]:
    """Return the peaks to try; those of the baseline where nothing calls for others."""
    return TRIED.get(setting_of(group, choice).optimizer, ADAM_RATES)


def cases() -> list[dict]:
    """Return the columns that tell a row from the others."""
    named = [("baseline", "baseline")]
    named += [(group, choice) for group in CHOICES for choice in CHOICES[group]]
    tuned = [pair for pair in named if pair[0] in ("baseline", *OWN_RATE)]
    rows = [(*pair, rate, RATE_SEED) for pair in tuned for rate in rates_of(*pair)]
    rows += [(*pair, "", seed) for pair in named for seed in SEEDS]
    columns = ("group", "choice", "tried", "seed")
    return [dict(zip(columns, row, strict=True)) for row in rows]


class Bench:
    """The text, the baseline's trainer, the last other one, and the best rates."""

    def __init__(self, text: Text, base_steps: int = BASE_STEPS):
        self.text, self.base_steps = text, base_steps
        self.kept: dict[Setting, tuple[Trainer, float]] = {}
        self.losses: dict[tuple, dict[float, float]] = {}

    @cached_property
    def base(self) -> Trainer:
        """Return the baseline's trainer, whose speed all others are held against."""
        return Trainer(BASE, self.text)

    def prepare(self, setting: Setting) -> tuple[Trainer, float]:
        """Return a trainer and how long its step takes, the baseline's being 1."""
        setting = replace(setting, schedule=BASE.schedule)  # no part of the step
        if setting == BASE:
            return self.base, 1.0
        if setting not in self.kept:
            trainer = Trainer(setting, self.text)
            found = {one: [] for one in (self.base, trainer)}
            for _ in range(ROUNDS + 1):  # in turns: a busy minute slows both down
                for one, seconds in found.items():
                    seconds.append(one.take(TIMED, 1e-4, 0, "constant"))
            ours, theirs = (min(found[one][1:]) for one in (trainer, self.base))
            self.kept = {setting: (trainer, ours / theirs)}
        return self.kept[setting]

    def train(self, group: str, choice: str, peak: float, seed: int) -> dict:
        """Train one model in the time that all have; return its row."""
        setting = setting_of(group, choice)
        trainer, cost = self.prepare(setting)
        steps = max(1, round(self.base_steps / cost))
        trainer.restart(seed)
        seconds = trainer.take(steps, peak, seed, setting.schedule)
        if setting.average:
            trainer.use_average()
        names = ("training", "validation", "test")
        scores = [trainer.scores(part) for part in range(3)]
        row = {"peak": peak, "steps": steps, "ms_per_step": 1e3 * seconds / steps}
        row |= {name: nats for name, (nats, _) in zip(names, scores, strict=True)}
        row["accuracy"] = scores[1][1]  # of the validation
        row = {k: math.inf if math.isnan(value) else value for k, value in row.items()}
        digits = {"peak": 6, "steps": 0, "ms_per_step": 2}
        return {name: round(row[name], digits.get(name, 4)) for name in row}

    def best_rate(self, group: str, choice: str) -> float:
        """Return the peak with the lowest validation loss, on a seed of its own."""
        if group not in OWN_RATE:
            group = choice = "baseline"
        found = self.losses.setdefault((group, choice), {})
        for rate in rates_of(group, choice):  # after a stop, measured anew
            if rate not in found:
                row = self.train(group, choice, rate, RATE_SEED)
                found[rate] = row["validation"]
        return min(found, key=found.get)  # what diverged counts as infinite

    def measure(self, case: Mapping) -> dict:
        """Return the row of a case."""
        group, choice = case["group"], case["choice"]
        if case["tried"] == "":
            return self.train(
                group, choice, self.best_rate(group, choice), case["seed"]
            )
        row = self.train(group, choice, case["tried"], case["seed"])
        self.losses.setdefault((group, choice), {})[case["tried"]] = row["validation"]
        return row


def main() -> None:
    """Make the table training_choices."""
    options = _shipping.recipe_options(__doc__)
    steps, documents = (3, (20, 5, 5)) if options.smoke else (BASE_STEPS, DOCUMENTS)
    about = {
        "data": f"grammar_news: {documents[0]} documents to train on, {documents[1]} "
        f"to validate, {documents[2]} to test",
        "settings": f"{CONTEXT} words before, {DEPTH} hidden layers of {WIDTH}, batches"
        f" of {BATCH}; each has the time of {steps} steps of the baseline (AdamW, "
        "warm-up + cosine, layer norm, float32)",
    }
    rows = cases()[::50] if options.smoke else cases()
    bench = Bench(Text(documents), steps)
    _tables.fill("training_choices", rows, bench.measure, about, options.output)


if __name__ == "__main__":
    main()
