"""Measure what each idea of lesson 15 brings, in short trainings of three seeds.

``group`` says what a row belongs to: "ladder" adds one idea after the other, "labels"
takes fewer sentences, "method" trains less of MiniLM; the ladder's "hidden words" is
both's full measure: all sentences, all of MiniLM. All are scored on the first
validation sentences of CoNLL-2003, decoded with IOB2's rules alone (f1) and with
transition scores of one fixed strength (f1_transitions). The rows so far are kept in
build/ner_ideas_rows.csv: the same command goes on from there after a stop.
"""

import os

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import time
from dataclasses import replace

import pandas as pd

from helpers import datasets, pretrained
from recipes import _shipping, _tables
from recipes._ner import STRENGTH, Names, Setup
from recipes._ner_bench import Bench

STEPS, BATCH, LENGTH, SCORED = 50, 8, 128, 800
PLAIN = Setup(
    STEPS,
    LENGTH,
    BATCH,
    decay=1.0,
    average=0.0,
    features=False,
    context=False,
    word_dropout=0.0,
    cuts=(1.0,),
)
LADDER = {  # each on top of those before
    "plain": {},
    "document context": {"context": True},
    "case and characters": {"features": True},
    "layer-wise rates": {"decay": 0.85},
    "averaged weights": {"average": 0.97},
    "hidden words": {"word_dropout": 0.05},
    "three times the steps": {"steps": 3 * STEPS},
}
SEEDS, LABELS = (0, 1, 2), (50, 400, 3_200)


def setup_of(idea: str) -> Setup:
    """Return the setup with an idea and all that come before it in the ladder."""
    setup = PLAIN
    for name, change in LADDER.items():
        setup = replace(setup, **change)
        if name == idea:
            return setup
    raise ValueError(f"`setup_of` wants one of {list(LADDER)}, received {idea!r}")


def cases() -> list[dict]:
    """Return the columns that tell a row from the others; 0 sentences are all."""
    rows = [("ladder", idea, 0) for idea in LADDER]
    rows += [("labels", "hidden words", count) for count in LABELS]
    rows += [("method", method, 0) for method in ("frozen", "lora")]
    names = ("group", "idea", "sentences", "seed")
    return [dict(zip(names, (*r, s), strict=True)) for r in rows for s in SEEDS]


def labelled(table: pd.DataFrame, count: int, seed: int) -> pd.DataFrame:
    """Keep `count` training sentences, of whole documents drawn at random."""
    train = table[table["split"] == "train"]
    order = train["document"].drop_duplicates().sample(frac=1, random_state=seed)
    rank = train["document"].map({d: i for i, d in enumerate(order)})
    return train.loc[rank.sort_values(kind="stable").index].head(count)


class Measure:
    """The data, and a network whose compiled step is kept from seed to seed."""

    def __init__(self, table: pd.DataFrame):
        held_out = table[table["split"] == "validation"].head(SCORED)
        self.table = pd.concat([table[table["split"] == "train"], held_out])
        self.names = Names(self.table, pretrained.load("minilm"))
        self.bench = Bench()

    def __call__(self, case: dict) -> dict:
        """Train one row's tagger; return its scores and costs."""
        names, group = self.names, case["group"]
        setup = setup_of("hidden words" if group == "method" else case["idea"])
        if group == "method":
            # what is new, or nearly so, learns best at a higher rate
            setup = replace(setup, trained=case["idea"], rate=5 * setup.rate)
        setup = replace(setup, seed=case["seed"])
        if case["sentences"]:
            rows = labelled(self.table, case["sentences"], setup.seed)
            names = names.with_training(rows)
        model = self.bench.model(names, setup)
        start = time.perf_counter()
        self.bench.train(names, setup)
        seconds = time.perf_counter() - start
        log_probs = names.log_probs(model, "validation", setup)
        found = {}
        for column, strength in (("f1", 0.0), ("f1_transitions", STRENGTH)):
            matrix = names.matrix(strength)
            guess = names.tagged(log_probs, "validation", matrix)
            scores = names.scores(guess, "validation")
            found[column] = round(scores["entity_f1"], 4)
        trained = sum(int(v.numpy().size) for v in model.trainable_variables)
        return {
            **found,
            "macro_f1": round(scores["macro_f1"], 4),
            "trained": trained,
            "megabytes": round(4e-6 * trained, 2),
            "minutes": round(seconds / 60, 2),
        }


def main() -> None:
    """Make the table ner_ideas."""
    global PLAIN, SCORED
    options = _shipping.recipe_options(__doc__)
    data = datasets.load("conll2003", fallback=options.smoke)
    about = {
        "data": f"{data.name}: its training sentences; scored on the first {SCORED:,} "
        "validation sentences",
        "settings": f"{STEPS} steps of {BATCH} windows of {LENGTH} pieces",
    }
    rows = cases()
    if options.smoke:
        PLAIN, SCORED = replace(PLAIN, steps=2, batch=2), 10
        rows = [rows[0], rows[3 * len(LADDER)], rows[-3]]
    _tables.fill("ner_ideas", rows, Measure(data.table), about, options.output)


if __name__ == "__main__":
    main()
