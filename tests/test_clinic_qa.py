"""clinic_qa: made by its script, answers where they should be, parts alike."""

from pathlib import Path

import numpy as np
import pytest
from scripts import script

from helpers import datasets
from helpers.apps.retrieval import BM25
from helpers.metrics.entities import entity_scores, spans
from helpers.text.duplicates import near_duplicates
from helpers.text.reading.prescriptions import Rules

FOLDER = Path(__file__).resolve().parent.parent / "data/clinic_qa"


@pytest.fixture(scope="module")
def maker():
    return script(FOLDER / "make_clinic_qa.py")


@pytest.fixture(scope="module")
def tables():
    return datasets.load("clinic_qa").tables


def texts(table):
    return list(
        table["title"] + ". " + table["text"] if "title" in table else table.text
    )


def test_the_files_are_what_the_script_makes(maker):
    for name, text in maker.make().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text


def test_sizes(tables):
    assert {name: len(table) for name, table in tables.items()} == {
        "passages": 120,
        "questions": 200,
        "messages": 84,
        "notes": 200,
    }
    kinds = tables["questions"]["kind"].value_counts().to_dict()
    assert kinds == {"answerable": 133, "near": 44, "medical": 13, "unrelated": 10}
    assert tables["messages"]["urgent"].sum() == 48


def test_every_answer_stands_in_its_passage(tables):
    passages = tables["passages"].set_index("id")["text"]
    for row in tables["questions"].itertuples():
        if row.kind == "answerable":
            assert row.answer and row.answer in passages[row.passage], row.text
        else:
            assert not row.answer and not row.passage


def test_notes_hold_the_three_kinds_and_empty_ones(tables):
    found = [spans(tags, strict=True) for tags in tables["notes"]["tags"]]
    kinds = {kind for one in found for kind, _, _ in one}
    assert kinds == {"DRUG", "DOSE", "FREQ"}
    assert sum(map(len, found)) > 500 and sum(not one for one in found) > 25
    pairs = zip(tables["notes"]["tokens"], tables["notes"]["tags"], strict=True)
    assert all(len(words) == len(tags) for words, tags in pairs)


@pytest.mark.parametrize("name", ["passages", "questions", "messages", "notes"])
def test_no_text_is_nearly_another(tables, name):
    assert near_duplicates(texts(tables[name]), threshold=0.5) == []


def test_questions_about_a_passage_are_in_one_part(tables):
    known = tables["questions"][tables["questions"]["passage"] != ""]
    assert known.groupby("passage")["split"].nunique().max() == 1


@pytest.mark.parametrize("name", ["questions", "messages", "notes"])
def test_parts_cannot_be_told_apart(tables, name):
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline

    table = tables[name]
    table = table[table["split"] != "fresh"]
    first = (table["split"] == table["split"].iloc[0]).to_numpy()
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        LogisticRegression(class_weight="balanced"),
    )
    guess = cross_val_predict(model, texts(table), first, cv=5)
    recalls = [np.mean(guess[first == part] == part) for part in (True, False)]
    assert np.mean(recalls) < 0.5 + 1.25 / np.sqrt(len(table))  # 2.5 standard errors


def test_the_simplest_baselines_are_not_perfect(tables):
    passages, questions = tables["passages"], tables["questions"]
    search, ids = BM25(texts(passages)), list(passages["id"])
    known = questions[questions["kind"] == "answerable"]
    hits = [
        ids[search.search(row.text, 1)[0].index] == row.passage
        for row in known.itertuples()
    ]
    assert 0.4 < np.mean(hits) < 0.85
    parts = dict(iter(tables["notes"].groupby("split")))
    rows = zip(parts["train"]["tokens"], parts["train"]["tags"], strict=True)
    drugs = {w[a] for w, tags in rows for kind, a, _ in spans(tags) if kind == "DRUG"}
    guess = Rules(drugs).tag(parts["test"]["text"])
    assert 0.6 < entity_scores(parts["test"]["tags"], guess)["micro"]["f1"] < 0.95


def test_the_course_calls_it_synthetic():
    assert datasets.load("clinic_qa").synthetic
