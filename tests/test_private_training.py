"""The recipe behind lesson 26's table of private trainings."""

import math

import numpy as np
import pytest

from helpers.safety import privacy


@pytest.fixture(scope="module")
def bench():
    from recipes.private_training import Bench

    patch = pytest.MonkeyPatch()
    patch.setenv("AIGC_PROFILE", "smoke")
    yield Bench(steps=2, each=2, others=64, most=2_000)
    patch.undo()


def test_a_row_has_its_epsilon_loss_and_exposures(bench):
    row = bench.measure({"way": "noise 1", "seed": 0})
    rate = min(1.0, 64 * 64 / len(bench.ids))
    assert row["epsilon"] == round(privacy.epsilon(1.0, rate, 2, 1e-5), 2)
    assert 0 < row["nats"] < 2 * math.log(bench.tokenizer.vocabulary_size)
    assert all(0 <= row[f"bits_{count}"] <= 6 for count in (1, 10, 100))


def test_plain_gradients_are_those_that_no_clip_shortens(bench):
    plain, clipped = (bench.train(clip, 0.0, 2, seed=0) for clip in (math.inf, 1e9))
    for one, other in zip(plain.weights, clipped.weights, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)


def test_a_padded_last_batch_changes_no_score(bench):
    model, words = bench.model(0), bench.others
    whole = bench.nats(model, words)
    np.testing.assert_allclose(bench.nats(model, words[:3]), whole[:3], rtol=1e-4)
