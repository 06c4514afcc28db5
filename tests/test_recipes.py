"""The state of a recipe's training: gone on from, refused, deleted."""

import keras
import numpy as np
import pytest

from helpers import checkpoints
from helpers.models.features import FeatureNetwork
from recipes import _shared

SETTINGS = {"data": "clothes", "steps": 6, "rate": 1e-3}
CARD = {
    "data": "noise",
    "seed": 0,
    "steps": 6,
    "hardware": "1 CPU core",
    "minutes": 0.1,
    "metrics": {"loss": 1.0},
}


def trained(steps):
    """Return a tiny network after so many steps."""
    keras.utils.set_random_seed(0)
    model = FeatureNetwork(3, feature_dim=4, width=2)
    model.compile("adam", "mse")
    for _ in range(steps):
        model.train_on_batch(np.ones((2, 28, 28, 1)), np.zeros((2, 3)))
    return model


def test_a_stopped_training_goes_on_from_its_state(tmp_path):
    state, model = _shared.state_of("x", tmp_path / "new", **SETTINGS), trained(2)
    assert state.resume(model) == (0, 0.0)
    state.save(model, 1.5)
    again, other = _shared.state_of("x", tmp_path / "new", **SETTINGS), trained(0)
    assert again.resume(other) == (2, 1.5)
    for mine, theirs in zip(model.weights, other.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(
    "change", [{"rate": 2e-3}, {"steps": 4}, {"data": "digits"}, {"decay": 0.9}]
)
def test_a_state_of_other_settings_is_refused(tmp_path, change):
    _shared.state_of("x", tmp_path, **SETTINGS).save(trained(1), 1.0)
    other = SETTINGS | change
    with pytest.raises(ValueError, match="delete the file to start anew") as caught:
        _shared.state_of("x", tmp_path, **other).resume(trained(0))
    for named in (str(tmp_path / "x_state.npz"), str(SETTINGS), str(other)):
        assert named in str(caught.value)


def test_a_state_ends_with_its_checkpoint_and_not_before(tmp_path):
    state, model = _shared.state_of("x", tmp_path, **SETTINGS), trained(1)
    state.save(model, 1.0)
    with pytest.raises(ValueError, match="lacks"):
        _shared.ship("x", model, {}, state, tmp_path)
    assert state.path.exists()
    _shared.ship("x", model, CARD, state, tmp_path)
    assert not state.path.exists()
    assert checkpoints.card("x", tmp_path)["steps"] == 6
    _shared.ship("x", model, CARD, state, tmp_path)  # as well without a state
