"""The recipe that exports the intent classifier: every file gives its logits."""

import numpy as np
import pytest
from tiny_bert import encoder

from helpers import checkpoints
from helpers.models.text.classifier import Classifier
from recipes import intent_formats

TEXTS = ["card is lost", "it is here now", "where is it", "a" * 90]


@pytest.fixture(scope="module")
def bench():
    reader = encoder()
    model = Classifier(reader.backbone, 3)
    model.build()
    model.head.kernel.assign(20 * model.head.kernel)  # logits that differ
    rows = reader.ids(TEXTS)
    return intent_formats.Bench(model, [rows[:2], rows], [0, 1, 2, 0])


@pytest.mark.parametrize(
    ("kind", "off"),
    [(".keras", 1e-4), ("SavedModel", 1e-4), ("float", 1e-4), ("dynamic", 0.2)],
)
def test_a_file_gives_the_classifiers_logits(bench, kind, off, tmp_path):
    path = bench.write(kind, tmp_path)
    found = intent_formats.tried(kind, path, *bench.texts)
    np.testing.assert_allclose(found["logits"], bench.wanted, atol=off)
    assert np.ptp(bench.wanted) > 1


def test_a_row_holds_what_a_process_of_its_own_found(bench):
    row = bench.measure({"format": "float", "seed": 0})
    assert row["agreement"] == 1 and row["most_off"] < 1e-4
    right = bench.wanted.argmax(axis=1) == [0, 1, 2, 0]
    assert row["accuracy"] == round(float(right.mean()), 3)
    assert row["process_gb"] > 0 and 0 < row["median_ms"] <= row["p95_ms"]


def test_texts_are_cut_and_padded_to_one_length():
    ids, mask = intent_formats.arrays([[2, 5, 3], range(1, 101)])
    assert ids.shape == mask.shape == (2, intent_formats.LENGTH)
    assert ids[0, :4].tolist() == [2, 5, 3, 0] and mask.sum(axis=1).tolist() == [3, 64]
    assert ids[1, -1] == 64


def test_the_stored_table_says_what_lesson_27_says():
    table = checkpoints.results("intent_formats").set_index("format")
    assert list(table.index) == list(intent_formats.FORMATS)
    assert (table.loc[["SavedModel", "float"], "most_off"] < 1e-4).all()
    assert table.loc["dynamic", "megabytes"] < table.loc["float", "megabytes"] / 3
    assert table.loc["dynamic", "agreement"] > 0.98
    assert table.loc["int8", "accuracy"] < 0.5
    assert (table.loc[["float", "dynamic"], "process_gb"] < 0.3).all()
