"""The two towers: gradients, masks, the loss by hand, and what is refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers.models.towers import TwoTowers, train_towers


@pytest.fixture
def towers():
    keras.utils.set_random_seed(0)
    features = np.random.default_rng(0).normal(size=(12, 5)).astype(np.float32)
    counts = np.arange(12)
    return TwoTowers(features, counts, width=8, length=6, hidden=16)


HISTORY = np.array([[0, 0, 0, 1, 2, 3], [0, 5, 4, 3, 2, 1]], np.int32)
WHEN = np.array([0.1, -0.4], np.float32)


def test_vectors_have_length_one(towers):
    assert towers.readers(HISTORY, WHEN).shape == (2, 8)
    for rows in (towers.readers(HISTORY, WHEN), towers.catalogue()):
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert towers.scores(HISTORY, WHEN).shape == (2, 12)


def test_what_is_not_there_does_not_count(towers):
    blank = towers.items.numbers.embeddings.numpy()
    before = towers.readers(HISTORY, WHEN).numpy()
    blank[0] += 100
    towers.items.numbers.embeddings.assign(blank)
    assert np.allclose(before, towers.readers(HISTORY, WHEN), atol=1e-5)


def test_order_matters(towers):
    turned = HISTORY[1:, ::-1] * 1
    turned = np.roll(turned, 1, axis=1)
    same = np.allclose(
        towers.readers(HISTORY[1:], WHEN[1:]), towers.readers(turned, WHEN[1:])
    )
    assert not same


def test_an_item_without_history_is_its_features(towers):
    table = towers.items.numbers.embeddings.numpy()
    table[1] += 50  # of the item with count 0
    before = towers.catalogue().numpy()
    towers.items.numbers.embeddings.assign(table)
    assert np.allclose(before, towers.catalogue())


def test_the_loss_by_hand():
    features = np.random.default_rng(1).normal(size=(12, 5)).astype(np.float32)
    towers = TwoTowers(features, np.arange(12), 8, 6, 16, forget=0.0)
    history = np.concatenate([HISTORY, HISTORY[:1]])
    when, target = np.zeros(3, np.float32), np.array([7, 9, 7])
    readers = towers.readers(history, when).numpy()
    items = towers.catalogue().numpy()[target - 1]
    chance = (target - 1) / 66
    logits = np.exp(float(towers.scale)) * readers @ items.T - np.log(chance)
    logits[0, 2] = logits[2, 0] = -np.inf  # the same item is no wrong answer
    share = np.exp(np.diag(logits)) / np.exp(logits).sum(axis=1)
    loss = towers.in_batch_loss(history, when, tf.constant(target))
    assert float(loss) == pytest.approx(-np.log(share).mean(), abs=1e-4)


def test_training_learns_a_rule():
    rng = np.random.default_rng(0)
    history = rng.integers(1, 31, (4_000, 4)).astype(np.int32)
    target = history[:, -1] % 30 + 1  # the next number
    keras.utils.set_random_seed(1)
    towers = TwoTowers(
        rng.normal(size=(30, 6)), np.bincount(target)[1:], 16, 4, 32, forget=0.0
    )
    when = np.zeros(4_000, np.float32)
    losses = train_towers(towers, history, when, target, 12, 100, 1e-2)
    assert losses[-1] < 0.5 * losses[0]
    best = towers.scores(history[:200], when[:200]).argmax(axis=1) + 1
    assert (best == target[:200]).mean() > 0.8


def test_what_is_refused():
    with pytest.raises(ValueError, match="TwoTowers"):
        TwoTowers(np.zeros((3, 2)), np.zeros(4))
    with pytest.raises(ValueError, match="length"):
        TwoTowers(np.zeros((3, 2)), np.zeros(3), length=0)
