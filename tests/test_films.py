"""Lesson 23's recommender and its towers, on the invented readers."""

import numpy as np
import pandas as pd
import pytest
from word_vectors import WordVectors

from helpers import datasets
from helpers.apps import collaborative, films, signals
from helpers.text.reading.film_titles import film_texts, film_years

ENCODER = WordVectors(lambda text: text.lower().split(), width=80)


@pytest.fixture(scope="module")
def tables():
    return datasets.load("reader_club").tables


@pytest.fixture(scope="module")
def recommender(tables):
    made = films.Recommender(tables["movies"], ENCODER)
    return made.fit(tables["ratings"], epochs=2)


def test_texts_and_years():
    movies = pd.DataFrame(
        [
            (1, "Matrix, The (1999)", "Action|Sci-Fi"),
            (2, "City of Lost Children, The (Cité, La) (1995)", "Drama"),
            (3, "Untitled", "(no genres listed)"),
        ],
        columns=["item", "title", "genres"],
    )
    tags = pd.DataFrame({"item": [1, 1, 3], "tag": ["Dreams", "dreams", "odd"]})
    assert film_texts(movies, tags) == [
        "The Matrix 1999 Action Sci-Fi dreams",
        "The City of Lost Children 1995 Drama",
        "Untitled odd",
    ]
    assert film_years(movies).tolist() == [1999, 1995, 1997]


def test_features_keep_the_main_directions():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(200, 3)) @ rng.normal(size=(3, 20))
    made = signals.features(vectors, np.full(200, 2015.0), width=3)
    assert made.shape == (200, 5) and np.allclose(made[:, 3:], 1)
    assert made[:, 0].std() == pytest.approx(1, abs=1e-4)
    gram = made[:, :3].T @ made[:, :3]
    assert np.allclose(gram, np.diag(np.diag(gram)), atol=1e-2 * gram.max())
    assert np.all(np.diff(np.diag(gram)) < 0)


def test_a_reader_gets_unseen_books_best_first(recommender, tables):
    found = recommender.recommend(user=7, k=20)
    scores = [one.score for one in found]
    ratings = tables["ratings"]
    seen = set(ratings["item"][ratings["user"] == 7])
    assert len({one.item for one in found}) == 20 and scores == sorted(scores)[::-1]
    assert not seen & {one.item for one in found}
    titles = dict(zip(tables["movies"]["item"], tables["movies"]["title"], strict=True))
    assert all(titles[one.item] == one.title for one in found)
    assert recommender.losses[1] < recommender.losses[0]


def test_a_new_reader_is_served_without_training(recommender, tables):
    ratings = tables["ratings"]
    history = ratings[ratings["user"] == 7][["item", "timestamp"]]
    same = recommender.recommend(history=history, k=20)
    assert [one.item for one in same] == [
        one.item for one in recommender.recommend(user=7, k=20)
    ]


def test_what_is_refused(recommender, tables):
    with pytest.raises(ValueError, match="known user"):
        recommender.recommend(user=10_000)
    with pytest.raises(ValueError, match="history"):
        recommender.recommend(history=tables["ratings"].iloc[:0])
    with pytest.raises(ValueError, match="k"):
        recommender.recommend(user=7, k=0)


def test_it_learns_tastes_from_simulated_readers(tables):
    from helpers.metrics import ranking

    recommender = films.Recommender(tables["movies"], ENCODER)
    items = recommender.items
    rows = collaborative.in_order(tables["ratings"], items)
    past = rows["back"] >= 5
    ids = {"user": rows["reader"] + 1, "item": items[rows["item"]]}
    ratings = rows.assign(**ids)[past]
    recommender.fit(ratings, epochs=6)
    seen = collaborative.matrix(rows[past], (300, 400)) > 0
    held_out = rows["item"][~past].to_numpy().reshape(300, 5)
    found = recommender.parts(rows[past]) | {"sum": recommender.scores(rows[past])}
    found["popular"] = np.tile(seen.sum(axis=0), (300, 1))
    found = {
        name: ranking.ndcg(ranking.ranks_of(scores, held_out, seen)).mean()
        for name, scores in found.items()
    }
    assert found["ease"] > 1.5 * found["popular"]
    assert found["towers"] > 1.2 * found["popular"]
    assert found["sum"] > 1.2 * found["popular"]


def test_weights_tell_a_signal_from_noise():
    from helpers.models.towers import listwise_weights

    rng = np.random.default_rng(0)
    good, noise = rng.normal(size=(2, 200, 50)).astype(np.float32)
    chance = np.exp(2 * good) / np.exp(2 * good).sum(axis=1, keepdims=True)
    chosen = np.array([rng.choice(50, 1, p=p / p.sum()) for p in chance.astype(float)])
    hidden = np.zeros((200, 50), bool)
    weights = listwise_weights({"good": good, "noise": noise}, chosen, hidden)
    assert weights["good"] == pytest.approx(2, abs=0.4)
    assert abs(weights["noise"]) < 0.3
    with pytest.raises(ValueError, match="no candidate"):
        listwise_weights({"good": good}, np.full((200, 1), -1), hidden)


def test_together_counts_what_follows():
    rows = pd.DataFrame({"reader": [0, 0, 0, 1, 1], "item": [0, 1, 2, 2, 0]})
    table = signals.together(rows, 3, reach=2).toarray()
    plain = np.array([[0, 1, 0.5 + 0.5], [0.5, 0, 1], [0.25 + 1, 0.5, 0]])
    sums = np.sqrt(plain.sum(axis=1) + 20)[:, None], np.sqrt(plain.sum(axis=0) + 20)
    assert np.allclose(table, plain / sums[0] / sums[1])
    history = np.eye(3, dtype=np.float32)
    assert np.allclose(
        signals.close(history, signals.together(rows, 3, 2)), np.log1p(20 * table)
    )


def test_recent_counts_see_no_future():
    year = signals.SECONDS
    rows = pd.DataFrame(
        {"item": [0, 1, 1, 2], "timestamp": [0, 2 * year, 3 * year, 4 * year]}
    )
    found = signals.recent_counts(rows, 3, np.array([3 * year, 4 * year]), years=2)
    assert np.allclose(np.expm1(found), [[0, 1, 0], [0, 2, 0]])
