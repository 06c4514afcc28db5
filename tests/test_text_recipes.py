"""The fine-tunes of texts: what is trained, gone on from, split and scored."""

from dataclasses import replace

import numpy as np
import pytest
from tiny_bert import encoder

from recipes import (
    _shared,
    _sorters,
    _text_sets,
    _texts,
    intent_scores,
    market_tone,
)

SETUP = _texts.Setup(4, batch=8)
PARTS = {
    "train": (
        [f"card {chr(97 + i)} is {'lost' if i % 2 else 'here'}" for i in range(20)],
        ["lost" if i % 2 else "here" for i in range(20)],
    ),
    "test": (["card is lost", "it is here now"], ["lost", "here"]),
}


@pytest.fixture(scope="module")
def texts():
    return _texts.Texts(PARTS, encoder(dropout=0.1))


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setenv("AIGC_PROFILE", "smoke")


def weights(model):
    return [variable.numpy() for variable in model.trainable_variables]


def test_a_stopped_fine_tune_ends_as_one_that_ran_through(texts, tmp_path, monkeypatch):
    monkeypatch.setattr(_texts, "SAVED", 2)
    whole = texts.classifier(SETUP)
    assert _shared.clock_of(_texts.fit(texts, whole, SETUP))["clock_minutes"] >= 0
    expected = weights(whole)
    stopped, state = texts.classifier(SETUP), _texts.state_of("x", tmp_path, SETUP)
    save = _shared.State.save

    def stops(*arguments):
        save(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_shared.State, "save", stops)
        with pytest.raises(KeyboardInterrupt):
            _texts.fit(texts, stopped, SETUP, state)
    again = texts.classifier(SETUP)
    spent = _texts.fit(texts, again, SETUP, state)
    for mine, theirs in zip(weights(again), expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    later = texts.classifier(SETUP)  # a finished training is only read again
    read = _texts.fit(texts, later, SETUP, state)
    assert read["minutes"] == spent["minutes"]
    assert _shared.clock_of(read) == _shared.clock_of(spent) == {}  # not all of it
    for mine, theirs in zip(weights(later), expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    with pytest.raises(ValueError, match="delete the file"):
        other = replace(SETUP, rate=1e-3)
        _texts.fit(texts, later, other, _texts.state_of("x", tmp_path, other))


def test_a_fine_tune_learns_and_leaves_the_tables(texts):
    setup = replace(SETUP, steps=60, rate=3e-3)
    model = texts.classifier(setup)
    table = model.backbone.token_embedding.embeddings.numpy()
    before = weights(model)
    _texts.fit(texts, model, setup)
    guess = texts.probabilities(model, "train").argmax(axis=1)
    assert np.mean(guess == texts.labels["train"]) > 0.9
    np.testing.assert_array_equal(model.backbone.token_embedding.embeddings, table)
    pairs = zip(weights(model), before, strict=True)
    assert np.mean([not np.array_equal(*pair) for pair in pairs]) > 0.95


def test_a_share_of_the_change_is_kept_and_all_of_the_head(texts):
    model = texts.classifier(SETUP)
    _texts.fit(texts, model, SETUP)
    encoder, head = texts.encoder.backbone.weights, model.head.kernel.numpy()
    ends = [weight.numpy() for weight in encoder]
    _texts.keep(texts, 0.25)
    for weight, end, start in zip(encoder, ends, texts.original, strict=True):
        np.testing.assert_allclose(weight, 0.75 * start + 0.25 * end, atol=1e-6)
    np.testing.assert_array_equal(model.head.kernel, head)


def test_each_classifier_starts_from_the_pretrained_encoder(texts):
    first, *_ = starts = [weights(texts.classifier(replace(SETUP, seed=0)))]
    model = texts.classifier(SETUP)
    _texts.fit(texts, model, SETUP)
    starts += [weights(texts.classifier(replace(SETUP, seed=s))) for s in (0, 1)]
    for mine, theirs in zip(first, starts[1], strict=True):
        np.testing.assert_array_equal(mine, theirs)
    same = [np.array_equal(*pair) for pair in zip(first, starts[2], strict=True)]
    assert not all(same) and np.mean(same) > 0.9  # the head alone is drawn


def test_a_change_of_full_rank_scores_as_the_fine_tune(texts):
    model = texts.classifier(SETUP)
    _texts.fit(texts, model, SETUP)
    before = texts.probabilities(model, "test")
    _sorters.patched(texts, model, rank=8)
    found = texts.probabilities(model, "test")
    np.testing.assert_allclose(found, before, atol=1e-3)  # rounded to float16


def test_batches_go_on_where_they_were(texts):
    some = texts.batches(SETUP)
    passed = [next(some) for _ in range(9)]
    later = texts.batches(SETUP, 5)
    for wanted in passed[5:]:
        np.testing.assert_array_equal(next(later)[1], wanted[1])
    per_epoch = sum(len(labels) for _, labels in passed[:3])
    assert per_epoch == len(PARTS["train"][0])


def test_the_same_words_are_found_whatever_stands_between():
    known = ["Where is my card?", "I can't pay"]
    texts = ["where IS  my card", "where is the card", "I can t pay!", ""]
    found = _text_sets.same_words(texts, known)
    assert found.tolist() == [True, False, True, False]


def test_tone_is_scored_on_all_and_where_all_agree():
    guess, labels = np.array([0, 1, 2, 2]), np.array([0, 1, 2, 0])
    scores = market_tone.scored(guess, labels, np.array([True, True, True, False]))
    assert scores["accuracy"] == 0.75 and scores["all_agree_accuracy"] == 1
    # F1 by hand: 2/3 for class 0, 1 for class 1, 2/3 for class 2
    assert scores["macro_f1"] == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    assert scores["all_agree_macro_f1"] == 1


def test_small_parts_share_no_text():
    parts, agreed, _ = _text_sets.phrases(0, smoke=True)
    assert len(agreed) == len(parts["test"][0])
    assert not set(parts["train"][0]) & set(parts["test"][0])
    assert set(parts["test"][1]) <= set(parts["train"][1])


def test_a_few_texts_of_each_class_are_drawn_by_seed():
    texts, labels = _text_sets.few(PARTS["train"], 4, seed=0)
    assert sorted(labels) == ["here"] * 4 + ["lost"] * 4
    pairs = set(zip(*PARTS["train"], strict=True))
    assert len(set(texts)) == 8 and set(zip(texts, labels, strict=True)) <= pairs
    assert (texts, labels) == _text_sets.few(PARTS["train"], 4, seed=0)
    assert texts != _text_sets.few(PARTS["train"], 4, seed=1)[0]
    assert len(_text_sets.few(PARTS["train"], 99, seed=0)[0]) == len(PARTS["train"][0])


def test_prototypes_point_at_the_means_of_classes(texts):
    model = texts.classifier(replace(SETUP, prototypes=2.0))
    kernel = np.asarray(model.head.kernel)
    np.testing.assert_allclose(np.linalg.norm(kernel, axis=0), 2, rtol=1e-5)
    vectors, _ = _texts.read(model, texts.rows["train"])
    means = [vectors[texts.labels["train"] == n].mean(axis=0) for n in (0, 1)]
    expected = (means[0] - means[1]) / np.linalg.norm(means[0] - means[1])
    np.testing.assert_allclose(kernel[:, 0] / 2, expected, atol=1e-4)
    np.testing.assert_allclose(kernel[:, 1], -kernel[:, 0], atol=1e-4)


@pytest.mark.parametrize(
    "flags, fast",
    [("avx512f", False), ("avx512_bf16 fma", True), ("amx_bf16", True), ("", False)],
)
def test_products_are_short_only_where_the_processor_multiplies_them(
    flags, fast, tmp_path
):
    info = tmp_path / "cpuinfo"
    assert not _texts.multiplies_bfloat16(info)  # not a Linux machine
    info.write_text(f"flags\t\t: fpu {flags}\n")
    assert _texts.multiplies_bfloat16(info) is fast


def test_the_names_of_classes_are_texts_of_theirs():
    part = (["I lost it", "help", "gone"], ["lost_card", "help", "lost_card"])
    texts, labels = intent_scores.with_names(part)
    assert texts == [*part[0], "help", "lost card"]
    assert labels == [*part[1], "help", "lost_card"]


def test_every_row_of_the_intents_has_its_own_case():
    rows = intent_scores.cases()
    assert len({tuple(row.values()) for row in rows}) == len(rows)
    few = [r["seed"] for r in rows if r["model"] == "tuned" and r["of_each"] == 10]
    assert few == [0, 1, 2] and [r["model"] for r in rows].count("shipped") == 1
