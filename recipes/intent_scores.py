"""Score MiniLM on Banking77's intents: frozen or tuned, on ten texts of each or all.

A frozen MiniLM has a logistic regression on its vectors. Settings of both fine-tunes
were chosen on training texts held out; each row scores the test texts once. "shipped"
is the checkpoint of recipes.banking_intents. States of trainings and the rows so far
are kept in build: the same command goes on from there after a stop.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np

from helpers import pretrained
from helpers.metrics.intervals import bootstrap_interval
from helpers.pretrained.classifier import TextClassifier
from recipes import _shared, _shipping, _tables, _texts, banking_intents
from recipes._text_sets import banking, few, same_words

SEEDS, COUNT = (0, 1, 2), 10  # texts of each intent
# 12 times 847 texts
FEW = replace(banking_intents.SETUP, steps=216, prototypes=2.0)
FROZEN, TUNED, SHIPPED = "frozen", "tuned", "shipped"


def cases() -> list[dict]:
    """Return the columns that tell a row from the others."""
    rows = [(FROZEN, COUNT, seed) for seed in SEEDS] + [(FROZEN, "all", 0)]
    rows += [(TUNED, count, seed) for count in (COUNT, "all") for seed in SEEDS]
    rows += [(SHIPPED, "all", SEEDS[0])]
    return [dict(zip(("model", "of_each", "seed"), row, strict=True)) for row in rows]


def with_names(part: _texts.Part) -> _texts.Part:
    """Return a part and, as one more text of each class, the words of its name."""
    names = sorted(set(part[1]))
    return [*part[0], *(name.replace("_", " ") for name in names)], [*part[1], *names]


class Bench:
    """The texts, and what was computed for more rows than one.

    Args:
        smoke: whether to take two steps on a few invented headlines.
        output: folder of the states; the course's build if None.
    """

    def __init__(self, smoke: bool = False, output: Path | None = None):
        self.smoke, self.output = smoke, output
        self.parts, self.name = banking(smoke)
        self.repeated = same_words(self.parts["test"][0], self.parts["train"][0])

    @cached_property
    def texts(self) -> _texts.Texts:
        """Return the texts, prepared for MiniLM."""
        return _texts.Texts(self.parts, pretrained.load("minilm"))

    def train(self, case: Mapping) -> _texts.Part:
        """Return the texts of a row, and their classes."""
        part = self.parts["train"]
        of_each = case["of_each"]
        return part if of_each == "all" else few(part, of_each, case["seed"])

    def guess(self, case: Mapping) -> tuple[np.ndarray, float]:
        """Return what a row's model says of the test texts, and its minutes."""
        texts, train = self.texts, self.train(case)
        if case["model"] == FROZEN:
            return self._frozen(train, case["seed"]), 0.0
        if case["model"] == SHIPPED:
            return self._shipped()
        whole = case["of_each"] == "all"
        texts.add("train", train if whole else with_names(train))
        setup = banking_intents.SETUP if whole else FEW
        setup = setup.of(case["seed"], 2 if self.smoke else None)
        name = banking_intents.NAME if whole else f"{banking_intents.NAME}_{COUNT}"
        state = _texts.state_of(name, self.output, setup)
        model = texts.classifier(setup)
        spent = _texts.fit(texts, model, setup, state)
        _texts.keep(texts, setup.kept)
        if self.smoke:
            state.path.unlink()
        return texts.probabilities(model, "test").argmax(axis=1), spent["minutes"]

    def _frozen(self, train: _texts.Part, seed: int) -> np.ndarray:
        """Fit a logistic regression on vectors; return its guesses, as numbers."""
        from sklearn.linear_model import LogisticRegression

        places = {text: place for place, text in enumerate(self.parts["train"][0])}
        chosen = [places[text] for text in train[0]]
        vectors = self.vectors
        model = LogisticRegression(C=10, max_iter=500, random_state=seed)
        model.fit(vectors["train"][chosen], train[1])
        return np.searchsorted(self.texts.classes, model.predict(vectors["test"]))

    def _shipped(self) -> tuple[np.ndarray, float]:
        """Return what the checkpoint says of the test texts, and its minutes."""
        model = TextClassifier(banking_intents.NAME, pretrained.load("minilm"))
        places = {name: place for place, name in enumerate(self.texts.classes)}
        numbers = np.array([places.get(name, -1) for name in model.classes])
        best = model.probabilities(self.parts["test"][0]).argmax(axis=1)
        return numbers[best], model.card["minutes"]

    @cached_property
    def vectors(self) -> dict[str, np.ndarray]:
        """Return MiniLM's own vectors of all texts, of length 1."""
        self.texts.restore()
        encode = self.texts.encoder.encode
        return {name: encode(list(part[0])) for name, part in self.parts.items()}

    def measure(self, case: Mapping) -> dict:
        """Return the row of a case."""
        guess, minutes = self.guess(case)
        truth = self.texts.labels["test"]
        right = 1.0 * (guess == truth)
        interval = bootstrap_interval(right)
        found = banking_intents.scores(guess, truth, self.repeated)
        row = {"texts": len(self.train(case)[0])}
        row |= _shared.rounded({**found, "low": interval.low, "high": interval.high})
        row["minutes"] = round(minutes, 2)
        if case["model"] == TUNED:  # whatever was trained in earlier goes
            row["cpu_seconds"] = round(60 * minutes, 1)
        return row


def main() -> None:
    """Make the table intent_scores."""
    options = _shipping.recipe_options(__doc__)
    bench = Bench(options.smoke, options.output)
    about = {
        "data": f"{bench.name}: its training texts, and its test texts to score on, of "
        f"which {bench.repeated.sum()} have the words of a training text",
        "settings": f"all: {banking_intents.SETUP.described()}; {COUNT} of each, and "
        f"the intents' names: {FEW.described()}",
    }
    rows = [cases()[i] for i in (0, 4, -1)] if options.smoke else cases()
    _tables.fill("intent_scores", rows, bench.measure, about, options.output)


if __name__ == "__main__":
    main()
