"""support_desk: made by its script, answers where they should be, parts alike."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scripts import script

from helpers import datasets
from helpers.apps.retrieval import BM25
from helpers.text.duplicates import near_duplicates

FOLDER = Path(__file__).resolve().parent.parent / "data/support_desk"
TOOLS = {"order_status": 20, "cancel_order": 18, "book_appointment": 26}


@pytest.fixture(scope="module")
def maker():
    return script(FOLDER / "make_support_desk.py")


@pytest.fixture(scope="module")
def tables():
    return datasets.load("support_desk").tables


def test_the_files_are_what_the_script_makes(maker):
    for name, text in maker.make().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text


def test_sizes(tables):
    assert {name: len(table) for name, table in tables.items()} == {
        "passages": 60,
        "questions": 240,
        "chinese": 40,
        "outside": 44,
        "requests": 105,
        "orders": 16,
        "dialogues": 30,
        "hostile": 57,
    }
    assert set(tables["passages"]["intent"].value_counts()) == {3}
    assert tables["passages"]["intent"].nunique() == 20
    held = tables["requests"].query("split == 'test'")
    assert held["tool"].value_counts().to_dict() == TOOLS


def test_every_answer_stands_in_its_passage(tables):
    passages = tables["passages"].set_index("id")
    for row in tables["questions"].itertuples():
        assert row.answer and row.answer in passages["text"][row.passage], row.text
        assert row.intent == passages["intent"][row.passage]
    assert set(tables["chinese"]["passage"]) <= set(passages.index)
    assert all(len(one) in (2, 3, 4) for one in passages["asked"])


def test_requests_hold_values_that_tools_know(tables):
    for row in tables["requests"].itertuples():
        if row.tool == "book_appointment":
            assert row.service in ("", "repair", "advice", "fitting")
            assert row.part in ("", "morning", "afternoon", "evening")
            assert not row.date or date.fromisoformat(row.date) > date(2026, 3, 2)
        else:
            digits = row.order.removeprefix("MF-")
            assert digits in row.text and len(digits) in (0, 5)


def test_hostile_inputs_are_written_out(tables):
    hostile = tables["hostile"]
    assert hostile["text"].str.len().max() == 20_000 and (hostile["text"] == "").any()
    assert (hostile["passage"] != "").sum() == 5
    assert hostile["kind"].nunique() == 9


@pytest.mark.parametrize(
    "name", ["passages", "questions", "chinese", "outside", "requests", "hostile"]
)
def test_no_text_is_nearly_another(tables, name):
    texts = [text for text in tables[name]["text"] if text.strip()]
    assert near_duplicates(texts, threshold=0.5) == []


@pytest.mark.parametrize("name", ["questions", "requests", "outside"])
def test_parts_cannot_be_told_apart(tables, name):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline

    table = tables[name]
    first = (table["split"] == table["split"].iloc[0]).to_numpy()
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        LogisticRegression(class_weight="balanced"),
    )
    guess = cross_val_predict(model, list(table["text"]), first, cv=5)
    recalls = [np.mean(guess[first == part] == part) for part in (True, False)]
    assert np.mean(recalls) < 0.5 + 1.25 / np.sqrt(len(table))  # 2.5 standard errors


def test_the_simplest_baseline_is_not_perfect(tables):
    passages, questions = tables["passages"], tables["questions"]
    search = BM25(list(passages["title"] + ". " + passages["text"]))
    ids = list(passages["id"])
    hits = [
        row.passage in [ids[hit.index] for hit in search.search(row.text, 3)]
        for row in questions.itertuples()
    ]
    assert 0.3 < np.mean(hits) < 0.8


def test_it_stands_in_for_banking77(tables):
    data = datasets.load("support_desk")
    assert data.synthetic
    assert list(data.table) == ["text", "category", "split"]
    assert set(data.table["split"]) == {"train", "test"}
    assert datasets.catalogue()["banking77"]["stand_in"] == "support_desk"
