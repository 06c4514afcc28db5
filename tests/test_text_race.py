"""The texts of lesson 07's race, and its stored table."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import text_race
from helpers import checkpoints
from recipes import text_race as recipe


@pytest.fixture
def plays(monkeypatch):
    letters = np.random.default_rng(0).choice(list("to be or not"), 60_000)
    text = SimpleNamespace(text="".join(letters))
    monkeypatch.setattr(text_race.datasets, "load", lambda name: text)


def test_every_length_of_window_measures_the_same_characters(plays):
    scored = {}
    for name, length in {"shakespeare": 128, "wide": 128, "long": 2_048}.items():
        text = text_race.TEXTS[name]()
        assert text.length == length
        for half, part in enumerate(text.held_out):
            targets = [y[w > 0] for _, y, w in part.as_numpy_iterator()]
            scored[name, half] = np.concatenate(targets)
    for (_, half), characters in scored.items():
        assert len(characters) == 6_000 - 1  # each but the first, once
        np.testing.assert_array_equal(characters, scored["shakespeare", half])


def test_a_step_of_long_and_of_its_control_reads_as_many_characters(plays):
    shapes = {}
    for name in ("shakespeare", "wide", "long"):
        text = text_race.TEXTS[name]()
        for entrant in ("GPT", "LSTM"):
            inputs, targets, weights = next(text.batches(entrant, 0))
            np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])
            shapes[name, entrant] = inputs.shape
    assert shapes["long", "GPT"] == (1, 2_048) and shapes["wide", "GPT"] == (16, 128)
    assert {shape for key, shape in shapes.items() if key[1] == "LSTM"} == {(32, 64)}


def test_the_answers_of_recall_stand_in_its_lists():
    text = text_race.Recall()
    inputs, targets, weights = next(text.batches("GPT", 0))
    for row, target, weight in zip(inputs, targets, weights, strict=True):
        pairs, asked = text.tokenizer.decode(row), np.flatnonzero(weight)
        known = dict(pair.split("=") for pair in pairs.split() if "=" in pair)
        assert len(asked) == len(known) == text_race.PAIRS
        for place in asked:
            assert pairs[place] == "?"
            assert text.tokenizer.decode(target[[place]]) == known[pairs[place - 1]]


def test_the_stored_race_holds_every_case_and_the_best_learning_rates():
    table = checkpoints.results("text_race")
    rates = table[table["group"] == "rate"]
    best = rates.loc[rates.groupby(["text", "model"])["validation"].idxmin()]
    best = best.set_index(["text", "model"])["peak"]
    for (text, model), rows in table[table["group"] != "rate"].groupby(
        ["text", "model"]
    ):
        tried = text if (text, model) in best else "shakespeare"
        assert set(rows["peak"]) == {best[tried, model]}
        assert sorted(rows["seed"]) == [*recipe.SEEDS]
        assert recipe.RATE_SEED not in set(rows["seed"])
    assert len(table) == len(recipe.cases())
