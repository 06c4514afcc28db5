"""market_wire: made by its script, folds alike, events where they should be."""

from pathlib import Path

import numpy as np
import pytest
from scripts import script
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, PredefinedSplit, cross_val_predict
from sklearn.pipeline import make_pipeline

from helpers import datasets
from helpers.text.duplicates import near_duplicates

FOLDER = Path(__file__).resolve().parent.parent / "data/market_wire"


@pytest.fixture(scope="module")
def tables():
    return datasets.load("market_wire").tables


@pytest.fixture(scope="module")
def wire(tables):
    rows = tables["headlines"]
    return rows[rows["source"] == "wire"]


def words():
    return make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        LogisticRegression(C=10, max_iter=1_000, class_weight="balanced"),
    )


def test_the_files_are_what_the_script_makes():
    for name, text in script(FOLDER / "make_market_wire.py").make().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text


def test_sizes_and_order(tables, wire):
    rows = tables["headlines"]
    assert len(rows) == 1_500 and len(wire) == 1_402
    assert rows["time"].is_monotonic_increasing and rows["id"].is_unique
    assert rows["time"].dt.dayofweek.max() == 4
    assert set(rows["sentiment"]) == {"positive", "neutral", "negative"}
    assert rows["topic"].nunique() == 6
    assert wire.groupby("kernel")["headline"].count().max() <= 10
    assert not rows["headline"].str.contains(r"[{}|]|  | [,;:.]").any()
    assert (rows["headline"].str.len() > 15).all()


def test_no_headline_is_nearly_another(tables):
    assert near_duplicates(list(tables["headlines"]["headline"]), threshold=0.5) == []


def test_a_kernel_has_one_fold_one_topic_one_sentiment(tables, wire):
    for column in ("fold", "topic", "sentiment"):
        assert wire.groupby("kernel")[column].nunique().max() == 1
    rows = tables["headlines"]
    assert set(rows["fold"][rows["source"] == "chat"]) == {-1}
    counts = wire["fold"].value_counts()
    assert len(counts) == 5 and counts.min() > 0.15 * len(wire)


@pytest.mark.parametrize("fold", range(5))
def test_folds_cannot_be_told_apart(wire, fold):
    inside = (wire["fold"] == fold).to_numpy()
    guess = cross_val_predict(
        words(), wire["headline"], inside, cv=GroupKFold(5), groups=wire["kernel"]
    )
    recalls = [np.mean(guess[inside == part] == part) for part in (True, False)]
    kernels = wire["kernel"].nunique()  # what is independent are the kernels
    assert np.mean(recalls) < 0.5 + 1.25 / np.sqrt(kernels)


@pytest.mark.parametrize(("label", "low"), [("sentiment", 0.36), ("topic", 0.25)])
def test_words_do_better_than_chance_and_are_not_perfect(wire, label, low):
    folds = PredefinedSplit(wire["fold"])
    guess = cross_val_predict(words(), wire["headline"], wire[label], cv=folds)
    assert low < np.mean(guess == wire[label]) < 0.7


def test_a_random_split_measures_memory(wire):
    guess = cross_val_predict(words(), wire["headline"], wire["sentiment"], cv=5)
    assert np.mean(guess == wire["sentiment"]) > 0.85


def test_events_stand_in_the_second_half_with_their_headlines(tables):
    rows, events = tables["headlines"], tables["events"]
    days = np.sort(rows["time"].dt.normalize().unique())
    assert len(days) == 100
    for event in events.itertuples():
        own = rows[rows["event"] == event.id]
        assert len(own) == event.headlines
        assert set(own["topic"]) == {event.topic}
        assert set(own["sentiment"]) == {event.direction}
        assert own["time"].dt.normalize().between(event.first, event.last).all()
        assert event.first >= days[50]
    planted = rows["event"] != ""
    assert set(rows["event"][planted]) == set(events["id"])


def test_the_chat_room_joins_late(tables):
    rows = tables["headlines"]
    days = np.sort(rows["time"].dt.normalize().unique())
    assert rows["time"][rows["source"] == "chat"].min() >= days[80]


def test_it_stands_in_for_the_phrasebank(wire):
    table = datasets.load("market_wire").table
    assert list(table) == ["sentence", "sentiment", "agreement", "kernel"]
    assert list(table["sentence"]) == list(wire["headline"])
    assert datasets.load("market_wire").synthetic
