"""reader_club: made by its script, read like MovieLens, with a known best order."""

from pathlib import Path

import numpy as np
import pytest
from scripts import script

from helpers import datasets
from helpers.text.duplicates import near_duplicates

FOLDER = Path(__file__).resolve().parent.parent / "data/reader_club"


@pytest.fixture(scope="module")
def maker():
    return script(FOLDER / "make_reader_club.py")


@pytest.fixture(scope="module")
def tables():
    return datasets.load("reader_club").tables


def test_the_files_are_what_the_script_makes(maker):
    for name, text in maker.make().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text


def test_sizes_and_columns(tables):
    sizes = {name: table.shape for name, table in tables.items()}
    assert sizes["movies"] == (400, 4) and sizes["tastes"] == (300, 17)
    assert sizes["traits"] == (400, 18) and sizes["ratings"] == (13_695, 4)
    assert {"user", "item", "tag", "timestamp"} == set(tables["tags"])
    assert list(tables["traits"])[2:] == list(tables["tastes"])[1:]


def test_books_differ(tables):
    movies = tables["movies"]
    assert movies["title"].is_unique and movies["text"].is_unique
    texts = list(movies["title"] + ". " + movies["text"])
    assert near_duplicates(texts, threshold=0.5) == []
    assert movies["text"].str.split().map(len).mean() > 10


def test_nobody_reads_a_book_twice(tables):
    ratings = tables["ratings"]
    assert not ratings.duplicated(["user", "item"]).any()
    assert ratings.groupby("user").size().min() >= 24
    assert ratings["rating"].isin(range(1, 6)).all()
    pairs = set(zip(ratings["user"], ratings["item"], strict=True))
    tagged = zip(tables["tags"]["user"], tables["tags"]["item"], strict=True)
    assert set(tagged) <= pairs


def test_draws_follow_the_pull(maker):
    import random

    rng, pull = random.Random(0), [0.0, 1.0, 2.0]
    first = [maker.drawn(pull, rng, 1)[0] for _ in range(20_000)]
    wanted = np.exp(pull) / np.exp(pull).sum()
    assert np.allclose(np.bincount(first) / 20_000, wanted, atol=0.015)
    assert sorted(maker.drawn(pull, rng, 3)) == [0, 1, 2]


def test_the_known_order_is_far_ahead_of_popularity_and_not_perfect(tables):
    ratings = tables["ratings"].sort_values(["user", "timestamp", "item"])
    back = ratings.groupby("user").cumcount(ascending=False)
    user, item = ratings["user"].to_numpy() - 1, ratings["item"].to_numpy() - 1
    seen = np.zeros((300, 400), bool)
    seen[user[back > 4], item[back > 4]] = True
    last = np.zeros_like(seen)
    last[user[back < 5], item[back < 5]] = True
    traits, tastes = tables["traits"], tables["tastes"]
    truth = traits["appeal"].to_numpy() + tastes.iloc[:, 1:] @ traits.iloc[:, 2:].T
    counts = np.tile(seen.sum(0, dtype=float), (300, 1))
    recall = {}
    for name, scores in {"best": truth.to_numpy(), "popular": counts}.items():
        top = np.argsort(np.where(seen, -np.inf, scores), axis=1)[:, ::-1][:, :10]
        recall[name] = np.take_along_axis(last, top, 1).sum(1).mean() / 5
    assert 0.03 < recall["popular"] < 0.1 and 0.2 < recall["best"] < 0.4


def test_it_stands_in_for_movielens(monkeypatch, tmp_path):
    monkeypatch.setenv("AIGC_PROFILE", "smoke")
    found = datasets.load("movielens_small", fallback=True)
    assert found.name == "reader_club" and found.synthetic
    assert found.table.shape == (13_695, 4)
