"""Ranks and what is computed from them, against scikit-learn and by hand."""

import numpy as np
import pytest

from helpers.metrics import ranking


@pytest.fixture
def drawn():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(40, 60))
    hidden = np.zeros((40, 60), bool)
    held_out = np.empty((40, 5), int)
    for reader in range(40):
        order = rng.permutation(60)
        held_out[reader], hidden[reader, order[5:25]] = order[:5], True
    return scores, held_out, hidden


@pytest.mark.parametrize("k", [1, 3, 10, 35])
def test_ndcg_is_scikit_learns(drawn, k):
    from sklearn.metrics import ndcg_score

    scores, held_out, hidden = drawn
    ours = ranking.ndcg(ranking.ranks_of(*drawn), k)
    for reader, items in enumerate(held_out):
        true = np.isin(np.arange(60), items)[~hidden[reader]]
        wanted = ndcg_score([true], [scores[reader, ~hidden[reader]]], k=k)
        assert ours[reader] == pytest.approx(wanted)


def test_ranks_by_hand():
    scores = np.array([[9, 5, 5, 1, 7.0]])
    hidden = np.array([[True, False, False, False, False]])
    ranks = ranking.ranks_of(scores, np.array([[4, 1, 3, -1]]), hidden)
    assert ranks[0, :3].tolist() == [1, 2.5, 4] and np.isnan(ranks[0, 3])
    assert ranking.hit_rate(ranks, 1).tolist() == [1]
    assert ranking.recall(ranks, 3) == pytest.approx(2 / 3)


def test_lists_hold_the_best_that_are_left(drawn):
    scores, _, hidden = drawn
    lists = ranking.first_items(scores, hidden, 4)
    assert lists.shape == (40, 4) and not np.take_along_axis(hidden, lists, 1).any()
    kept = np.where(hidden, -np.inf, scores)
    assert np.array_equal(lists, np.argsort(-kept, axis=1)[:, :4])
    tied = ranking.first_items(np.ones((1, 5)), np.eye(1, 5, dtype=bool), 3)
    assert tied.tolist() == [[1, 2, 3]]
    with pytest.raises(ValueError, match="4 items to choose from"):
        ranking.first_items(scores[:, :30], np.ones((40, 30), bool), 4)
    with pytest.raises(ValueError, match="twice"):
        ranking.first_items(scores, hidden[:, 1:])


def test_a_constant_score_is_chance(drawn):
    _, held_out, hidden = drawn
    ranks = ranking.ranks_of(np.ones((40, 60)), held_out, hidden)
    assert (ranks == 20.5).all()  # the middle of 40


def test_perfect_and_missing():
    ranks = np.array([[1.0, 2, np.nan], [3, 1, 2], [11, 40, 12]])
    assert ranking.ndcg(ranks, 10).tolist() == [1, 1, 0]
    assert ranking.recall(ranks, 10).tolist() == [1, 1, 0]
    assert ranking.ndcg(np.array([[1.0, 2, 3]]), 2).tolist() == [1]


def test_what_is_refused(drawn):
    scores, held_out, hidden = drawn
    with pytest.raises(ValueError, match="ranks_of"):
        ranking.ranks_of(scores[:, :5], held_out, hidden)
    with pytest.raises(ValueError, match="NaN"):
        ranking.ranks_of(scores * np.nan, held_out, hidden)
    with pytest.raises(ValueError, match="hidden item of reader 0"):
        ranking.ranks_of(scores, held_out, np.ones_like(hidden))
    for ranks in ([[0.0]], [1.0], [[np.nan]]):
        with pytest.raises(ValueError, match="ndcg"):
            ranking.ndcg(np.array(ranks))
    with pytest.raises(ValueError, match="k"):
        ranking.hit_rate(np.array([[1.0]]), 0)
