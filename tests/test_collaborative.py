"""Histories in order; EASE and item k-NN against their plain definitions."""

import numpy as np
import pandas as pd
import pytest

from helpers.apps import collaborative as c


@pytest.fixture
def ratings():
    rows = [(7, 30, 5), (7, 10, 5), (7, 20, 1), (9, 20, 3), (9, 40, 2), (9, 10, 9)]
    return pd.DataFrame(rows, columns=["user", "item", "timestamp"])


@pytest.fixture
def rows(ratings):
    return c.in_order(ratings, np.array([10, 20, 30, 40]))


@pytest.fixture
def seen():
    return (np.random.default_rng(0).random((30, 45)) < 0.3).astype(np.float32)


def test_order_and_ties(rows, ratings):
    assert rows["item"].tolist() == [1, 0, 2, 3, 1, 0]  # of equal times, 10 first
    assert rows["reader"].tolist() == [0, 0, 0, 1, 1, 1]
    assert rows["back"].tolist() == [2, 1, 0, 2, 1, 0]
    again = c.in_order(
        ratings.sample(frac=1, random_state=3), np.array([10, 20, 30, 40])
    )
    assert again.equals(rows)
    with pytest.raises(ValueError, match="in_order"):
        c.in_order(ratings, np.array([10, 20, 30]))


def test_matrix_and_last_items(rows):
    assert c.matrix(rows, (2, 4)).tolist() == [[1, 1, 1, 0], [1, 1, 0, 1]]
    faded = c.matrix(rows[rows["back"] > 0], (2, 4), half_life=1)
    assert faded.tolist() == [[1, 0.5, 0, 0], [0, 1, 0, 0.5]]
    assert c.last_items(rows, 2, 4).tolist() == [[-1, 1, 0, 2], [-1, 3, 1, 0]]
    assert c.last_items(rows, 2, 2).tolist() == [[0, 2], [1, 0]]


def test_examples(rows):
    history, target, positions = c.examples(rows, 2)
    assert history.tolist() == [[0, 2], [2, 1], [0, 4], [4, 2]]
    assert target.tolist() == [1, 3, 2, 1] and positions.tolist() == [1, 2, 4, 5]


def test_ease_is_the_closed_form(seen):
    inverse = np.linalg.inv(seen.T @ seen + 3 * np.eye(45))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    history = np.random.default_rng(1).random((5, 45)).astype(np.float32)
    assert np.allclose(c.Ease(seen, 3).scores(history), history @ weights, atol=1e-4)
    with pytest.raises(ValueError, match="strength"):
        c.Ease(seen, 0)


@pytest.mark.parametrize(("neighbours", "shrink"), [(45, 0), (5, 2)])
def test_item_knn_is_cosine(seen, neighbours, shrink):
    norm = np.sqrt(seen.sum(0))
    alike = seen.T @ seen / (np.outer(norm, norm) + shrink)
    np.fill_diagonal(alike, 0)
    for column in alike.T:
        column[column < np.sort(column)[-neighbours]] = 0
    got = c.ItemKnn(seen, shrink, neighbours).scores(seen[:7])
    assert got.dtype == np.float32
    assert np.allclose(got, seen[:7] @ alike, atol=1e-4)
