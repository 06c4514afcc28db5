"""Training for steps, for seconds, or for whichever ends first."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import training


def compiled_model():
    """Return a tiny model, compiled, the same every time."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("adam", "mse", jit_compile=False)
    return model


def endless():
    """Return the same batch again and again."""
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    return tf.data.Dataset.from_tensors((x, x[:, :2])).repeat()


def test_fit_for_steps_equals_fit():
    ours, theirs = compiled_model(), compiled_model()
    theirs.fit(endless().take(3), verbose=0)
    history = training.fit_for(ours, endless(), steps=3)
    assert int(ours.optimizer.iterations) == 3 and len(history.history["loss"]) == 1
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert ours.train_function is None  # a lesson trains many models


def test_fit_for_traces_the_step_of_a_built_model_once():
    model, traces = compiled_model(), []
    step = model.train_step
    model.train_step = lambda data: traces.append(1) or step(data)
    training.fit_for(model, endless(), steps=3)
    assert len(traces) == 1  # twice, if it made the optimizer's variables


@pytest.mark.parametrize(
    ("limits", "fewest", "most"),
    [
        ({"seconds": 0.05}, 2, 100_000),
        ({"steps": 2, "seconds": 100.0}, 2, 2),
        ({"steps": 1_000_000, "seconds": 0.05}, 2, 100_000),
        ({"callbacks": [training.TimeLimit(0.05, peak=0.01)]}, 2, 100_000),
    ],
)
def test_fit_for_stops_at_what_ends_first(limits, fewest, most):
    model = compiled_model()
    training.fit_for(model, endless(), **limits)
    assert fewest <= int(model.optimizer.iterations) <= most


@pytest.mark.parametrize(
    "limits",
    [
        {},
        {"steps": 0},
        {"steps": -1},
        {"steps": 1.5},
        {"steps": True},
        {"steps": math.nan},
        {"steps": 10**9},
        {"seconds": 0},
        {"seconds": math.nan},
        {"seconds": math.inf},
        {"steps": 2, "seconds": -1},
    ],
    ids=str,
)
def test_fit_for_refuses_limits(limits):
    with pytest.raises(ValueError, match=r"wants (steps or seconds|a whole|finite)"):
        training.fit_for(compiled_model(), endless(), **limits)


def test_fit_for_refuses_too_few_batches_and_an_uncompiled_model():
    model = compiled_model()
    with pytest.raises(ValueError, match="wants 3, received 2 batches"):
        training.fit_for(model, endless().take(2), steps=3)
    with pytest.raises(ValueError, match="wants endless batches"):
        training.fit_for(model, endless().take(2), seconds=1)
    with pytest.raises(ValueError, match="compiled model"):
        training.fit_for(keras.Sequential(), endless(), steps=1)


def test_bar_yields_all_items_and_releases_memory_after_each(capsys, monkeypatch):
    events = []
    monkeypatch.setattr("helpers.memory.release", lambda: events.append("release"))
    for item in training.bar("ab", "letters"):
        events.append(item)
    assert events == ["a", "release", "b", "release"]
    printed = capsys.readouterr()
    assert "letters: 100%" in printed.out and not printed.err
    assert list(training.bar(range(0))) == []
