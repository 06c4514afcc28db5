"""The text classifier: MiniLM's own vectors at first, then its change, stored."""

import keras
import numpy as np
import pytest
from tiny_bert import encoder

from helpers.models.text.classifier import Classifier, by_length, padded, read
from helpers.models.text.lora import Patch, Switch
from helpers.pretrained.classifier import TextClassifier
from helpers.pretrained.names import freeze_tables
from recipes import _shipping

TEXTS = ["where is my card", "no", "a fee of ten was taken twice from the account", ""]


@pytest.fixture
def model():
    made = Classifier(encoder().backbone, 3)
    made.build()
    return made


def test_at_first_the_mean_is_the_sentence_encoders_vector():
    plain = encoder()
    model = Classifier(plain.backbone, 3)
    model.build()
    vectors, logits = read(model, plain.ids(TEXTS), batch_size=2)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors / lengths, plain.encode(TEXTS), atol=1e-5)
    kernel, bias = (np.asarray(weight) for weight in model.head.weights)
    np.testing.assert_allclose(logits, vectors @ kernel + bias, atol=1e-5)


def test_padding_and_neighbours_change_nothing(model):
    rows = encoder().ids(TEXTS)
    together = read(model, rows, batch_size=4)
    for number, row in enumerate(rows):
        alone = read(model, [row])
        for mine, theirs in zip(alone, together, strict=True):
            np.testing.assert_allclose(mine[0], theirs[number], atol=1e-5)
    inputs = padded(rows)
    np.testing.assert_allclose(model(inputs), together[1], atol=1e-5)


def test_padded_rows():
    found = padded([[2, 7, 3], [2, 3]])
    np.testing.assert_array_equal(found["token_ids"], [[2, 7, 3], [2, 3, 0]])
    np.testing.assert_array_equal(found["padding_mask"], [[1, 1, 1], [1, 1, 0]])
    assert padded([])["token_ids"].shape == (0, 0)


def test_dropout_acts_in_training_only():
    model = Classifier(encoder(dropout=0.0).backbone, 3, dropout=0.5)
    model.build()
    inputs = padded(encoder().ids(TEXTS))
    still = np.asarray(model(inputs))
    assert not np.allclose(model(inputs, training=True), still)
    np.testing.assert_allclose(model(inputs), still, atol=1e-6)


def test_a_classifier_is_saved_and_loaded(model, tmp_path):
    inputs = padded(encoder().ids(TEXTS))
    model.save(tmp_path / "classifier.keras")
    again = keras.models.load_model(tmp_path / "classifier.keras")
    np.testing.assert_allclose(again(inputs), model(inputs), atol=1e-6)


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="num_classes"):
        Classifier(encoder().backbone, 1)


@pytest.mark.parametrize("seed", [None, 3])
def test_batches_hold_every_text_once_and_like_lengths(seed):
    rng = np.random.default_rng(0)
    lengths = rng.integers(3, 90, 1_000)
    shuffled = None if seed is None else np.random.default_rng(seed)
    batches = by_length(lengths, 48, shuffled)
    assert sorted(len(batch) for batch in batches) == [1_000 % 48] + [48] * 20
    np.testing.assert_array_equal(np.sort(np.concatenate(batches)), np.arange(1_000))
    computed = sum(len(batch) * lengths[batch].max() for batch in batches)
    assert lengths.sum() <= computed < 1.25 * lengths.sum()
    assert by_length([], 4) == []
    with pytest.raises(ValueError, match="size"):
        by_length([1], 0)


def test_shuffled_batches_differ_by_seed_only():
    found = [by_length(range(99), 9, np.random.default_rng(s)) for s in (0, 0, 1)]
    same, again, other = (np.concatenate(batches) for batches in found)
    np.testing.assert_array_equal(same, again)
    assert not np.array_equal(same, other)


def tuned(rank):
    """Return a network moved at random, its change of a rank, and where it began."""
    base = encoder()
    freeze_tables(base.backbone)
    model = Classifier(base.backbone, 3)
    model.build()
    own = {id(weight) for weight in base.backbone.weights}
    variables = model.trainable_variables
    before = [v.numpy() * (id(v) in own) for v in variables]
    rng = np.random.default_rng(1)
    for variable in variables:
        variable.assign_add(0.1 * rng.normal(size=variable.shape))
    return model, Patch.between(before, [v.numpy() for v in variables], rank)


def card(model):
    classes = [f"class {i}" for i in range(model.settings["num_classes"])]
    return {
        "data": "none",
        "seed": 0,
        "steps": 1,
        "hardware": "1 CPU core",
        "minutes": 0.1,
        "metrics": {"accuracy": 1.0},
        "classes": classes,
    }


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """Return a classifier from its file, the tuned network, and the plain encoder."""
    folder = tmp_path_factory.mktemp("shipped")
    model, patch = tuned(8)  # the full rank of a width of 8
    _shipping.save("x", patch, card(model), where=folder)
    return TextClassifier("x", encoder(), folder), model, encoder()


def test_the_difference_at_full_rank_is_the_fine_tune(shipped):
    loaded, model, plain = shipped
    vectors, logits = read(model, plain.ids(TEXTS))
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = loaded.probabilities(TEXTS)
    np.testing.assert_allclose(found, expected, atol=2e-3)  # stored as float16
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(loaded.vectors(TEXTS), vectors / lengths, atol=2e-3)
    assert loaded.classes == ["class 0", "class 1", "class 2"]


def test_the_change_comes_off_and_on_again(shipped):
    loaded, _, plain = shipped
    before = loaded.probabilities(TEXTS)
    loaded.off()
    loaded.off()  # twice is once
    found = loaded.encoder.encode(TEXTS)
    np.testing.assert_allclose(found, plain.encode(TEXTS), atol=1e-5)
    with pytest.raises(ValueError, match="received off"):
        loaded.probabilities(TEXTS)
    loaded.on()
    np.testing.assert_allclose(loaded.probabilities(TEXTS), before, atol=1e-5)


def test_results_come_in_the_order_of_the_texts(shipped):
    loaded, *_ = shipped
    found = loaded.probabilities(TEXTS, batch_size=2)
    backwards = loaded.probabilities(TEXTS[::-1], batch_size=3)[::-1]
    np.testing.assert_allclose(found, backwards, atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    vectors, probabilities = loaded.read([])
    assert vectors.shape == (0, 8) and probabilities.shape == (0, 3)


@pytest.mark.parametrize("texts", ["one text", {"a": 1}, ["fine", 3], [None]])
def test_what_is_no_list_of_texts_is_refused(shipped, texts):
    with pytest.raises(ValueError, match="received"):
        shipped[0].probabilities(texts)


def test_a_batch_of_no_size_is_refused(shipped):
    with pytest.raises(ValueError, match="received 0"):
        shipped[0].probabilities(TEXTS, batch_size=0)


def test_a_switch_clears_new_layers_and_counts_once():
    model, patch = tuned(8)
    tuned_to = [v.numpy() for v in model.trainable_variables]
    base = encoder()
    freeze_tables(base.backbone)
    other = Classifier(base.backbone, 3)
    other.build()
    switch = Switch(patch, other, base.backbone.weights)
    assert not switch.is_on and not np.any(other.head.kernel)
    switch.on()
    switch.on()
    for variable, value in zip(other.trainable_variables, tuned_to, strict=True):
        np.testing.assert_allclose(variable, value, atol=1e-5)
