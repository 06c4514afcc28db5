"""The fine-tune of lesson 15's recipes: what is trained, gone on from, shipped."""

import json

import numpy as np
import pandas as pd
import pytest
from tiny_bert import encoder

from helpers import checkpoints, datasets
from helpers.pretrained import NameTagger
from recipes import (
    _ner,
    _shared,
    _shipping,
    ner_conll2003,
    ner_ideas,
    ner_seeds,
    ner_tasks,
)
from recipes._ner_bench import Bench

SETUP = _ner.Setup(4, length=32, batch=2, average=0.9, cuts=(1.0,))


@pytest.fixture(scope="module")
def names():
    table = datasets.load("ner_mini").table.groupby("split").head(30)
    return _ner.Names(table, encoder(marked=False, dropout=0.1))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setenv("AIGC_PROFILE", "smoke")


def test_a_stopped_fine_tune_ends_as_one_that_ran_through(names, tmp_path, monkeypatch):
    monkeypatch.setattr(_ner, "SAVED", 2)
    whole = names.tagger(SETUP)
    _ner.fit(names, whole, SETUP)
    expected = [w.numpy() for w in whole.trainable_variables]
    state = _shared.state_of("x", tmp_path, setup=str(SETUP.described()))
    stopped = names.tagger(SETUP)

    def stops(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_shared.training, "save_state", save_then(stops))
        with pytest.raises(KeyboardInterrupt):
            _ner.fit(names, stopped, SETUP, state)
    again = names.tagger(SETUP)
    _ner.fit(names, again, SETUP, state)
    for mine, theirs in zip(again.trainable_variables, expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def save_then(action):
    """Return save_state, followed by an action: a stop right after the file."""
    from helpers.training import save_state

    def both(*args, **options):
        save_state(*args, **options)
        action()

    return both


def test_tables_stay_and_other_layers_move(names):
    model = names.tagger(SETUP)
    table = model.backbone.token_embedding.embeddings.numpy()
    start = [w.numpy() for w in model.trainable_variables]
    _ner.fit(names, model, SETUP)
    np.testing.assert_array_equal(model.backbone.token_embedding.embeddings, table)
    moved = [
        not np.array_equal(w, s)
        for w, s in zip(model.trainable_variables, start, strict=True)
    ]
    assert np.mean(moved) > 0.95


def test_frozen_leaves_the_encoder_alone(names):
    from dataclasses import replace

    model = names.tagger(replace(SETUP, trained="frozen"))
    own = {id(w) for w in model.backbone.weights}
    assert not any(id(v) in own for v in model.trainable_variables)


def test_what_ships_scores_as_the_patched_model(names, tmp_path):
    setup = SETUP
    model = names.tagger(setup)
    _ner.fit(names, model, setup)
    patch = ner_conll2003.patched(model, names)
    scores, matrix, _ = ner_conll2003.scored(names, model, setup)
    log_probs = names.log_probs(model, "test", setup)
    wanted = names.tagged(log_probs, "test", matrix)
    card = {
        "data": "ner_mini",
        "seed": 0,
        "steps": 4,
        "hardware": "x",
        "minutes": 0.1,
        "metrics": {"f1": scores["entity_f1"]},
        "tags": names.tags,
        "setup": setup.described(),
    }
    _shipping.save("x", patch, card, {"transitions": matrix}, tmp_path)
    for weight, value in zip(
        names.encoder.backbone.weights, names.original, strict=True
    ):
        weight.assign(value)
    tagger = NameTagger(names.encoder, "x", tmp_path)
    rows = names_table("test")
    documents = list(rows.groupby("document", sort=False)["tokens"].apply(list))
    assert tagger.tag(documents) == wanted
    before = names.encoder.backbone.get_weights()
    tagger.off()
    for weight, value in zip(
        names.encoder.backbone.weights, names.original, strict=True
    ):
        np.testing.assert_allclose(weight, value, atol=1e-6)
    tagger.on()
    for weight, value in zip(names.encoder.backbone.weights, before, strict=True):
        np.testing.assert_allclose(weight, value, atol=1e-6)


def names_table(split):
    table = datasets.load("ner_mini").table.groupby("split").head(30)
    return table[table["split"] == split]


def test_a_bench_gives_each_seed_a_fresh_start(names):
    from dataclasses import replace

    bench, results = Bench(), []
    for seed in (0, 1, 0):
        setup = replace(SETUP, seed=seed)
        model = bench.model(names, setup)
        head = model.head.kernel.numpy()
        bench.train(names, setup)
        results.append((head, model.backbone.get_weights()[5]))
    assert not np.array_equal(results[0][0], results[1][0])
    np.testing.assert_array_equal(results[0][0], results[2][0])
    assert not np.array_equal(results[0][1], results[1][1])


def test_batches_go_on_where_they_were(names):
    some = names.batches(SETUP)
    passed = [next(some) for _ in range(20)]
    later = names.batches(SETUP, 12)
    for wanted in passed[12:]:
        for mine, theirs in zip(next(later)[1:], wanted[1:], strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_each_idea_keeps_those_before_it():
    plain, last = (ner_ideas.setup_of(i) for i in ("plain", "three times the steps"))
    assert not plain.context and not plain.features and plain.decay == 1.0
    assert last.context and last.features and last.decay < 1 and last.average
    assert last.steps == 3 * plain.steps
    with pytest.raises(ValueError, match="received 'none'"):
        ner_ideas.setup_of("none")


def test_labelled_sentences_are_of_whole_documents():
    table = pd.DataFrame(
        {"document": np.repeat(range(8), 5), "split": "train", "n": range(40)}
    )
    part = ner_ideas.labelled(table, 12, seed=0)
    assert len(part) == 12 and part["document"].nunique() == 3
    assert (part["document"].value_counts().sort_values() == [2, 5, 5]).all()
    assert not part.equals(ner_ideas.labelled(table, 12, seed=1))


def test_hidden_pieces_are_as_bert_hides_them():
    ids = np.full((400, 250), 5_000)
    mask = np.ones_like(ids)
    mask[:, :50] = 0
    read, guessed = ner_tasks.hide(ids, mask, np.random.default_rng(0))
    assert not guessed[:, :50].any() and (read[guessed == 0] == 5_000).all()
    assert guessed[:, 50:].mean() == pytest.approx(0.15, abs=0.01)
    hidden = read[guessed == 1]
    assert np.mean(hidden == ner_tasks.MASK) == pytest.approx(0.8, abs=0.02)
    assert np.mean(hidden == 5_000) == pytest.approx(0.1, abs=0.02)


def test_a_seed_that_was_trained_is_read_and_not_trained_again(tmp_path, monkeypatch):
    shipped = ner_seeds.card_of(ner_conll2003.SEED, False, tmp_path)
    assert shipped == checkpoints.card("ner_conll2003")
    asked = []

    def trains(argv):
        asked.append(argv)
        folder = tmp_path / "ner_seed7"
        folder.mkdir()
        card = {**shipped, "seed": 7, "minutes": 2.0}
        (folder / "ner_conll2003.json").write_text(json.dumps(card))
        (folder / "ner_conll2003.keras").touch()

    monkeypatch.setattr(ner_conll2003, "main", trains)
    for _ in range(2):
        found = ner_seeds.row(ner_seeds.card_of(7, True, tmp_path))
    assert asked == [
        ["--seed", "7", "--output", str(tmp_path / "ner_seed7"), "--smoke"]
    ]
    assert (found["minutes"], found["cpu_seconds"]) == (2.0, 120.0)
    assert found["macro_f1"] == shipped["metrics"]["macro_f1"] != found["entity_f1"]
