"""StackedMuon against Keras's own Muon, and against what Muon promises."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers.training.optimizers import StackedMuon

SHAPES = [(6, 6), (6, 24), (24, 6), (6, 24), (5,), (6, 6), (3, 2, 4)]
SETTINGS = {"weight_decay": 0.1, "adam_lr_ratio": 0.5, "adam_weight_decay": 0.0}


def trained(optimizer, shapes=SHAPES, steps=4, compiled=False):
    """Return variables after some steps with the same random gradients."""
    random = np.random.default_rng(0)
    variables = [
        keras.Variable(random.normal(size=shape), dtype="float32", name=f"v{i}")
        for i, shape in enumerate(shapes)
    ]
    optimizer.build(variables)
    step = lambda *grads: optimizer.apply(grads, variables)  # noqa: E731
    step = tf.function(step, jit_compile=True) if compiled else step
    for _ in range(steps):
        step(*[random.normal(size=shape).astype("float32") for shape in shapes])
    return [np.array(variable) for variable in variables]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("nesterov", [False, True])
def test_equals_keras_muon(nesterov, compiled):
    settings = {**SETTINGS, "nesterov": nesterov}
    ours = trained(StackedMuon(0.1, **settings), compiled=compiled)
    theirs = trained(keras.optimizers.Muon(0.1, **settings))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_equals_keras_muon_with_average_schedule_and_clipping():
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 4)
    more = {"use_ema": True, "ema_momentum": 0.5, "clipnorm": 1.0}
    both = [
        maker(schedule, **SETTINGS, **more)
        for maker in (StackedMuon, keras.optimizers.Muon)
    ]
    for one, other in zip(*map(trained, both), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)
    for one, other in zip(both[0].variables, both[1].variables, strict=True):
        np.testing.assert_allclose(np.array(one), np.array(other), 1e-3, 1e-5)


@pytest.mark.parametrize("shapes", [[(7, 7)], [(5,)], [(4, 9), (9, 4)]])
def test_one_kind_of_variable_is_enough(shapes):
    ours = trained(StackedMuon(0.1), shapes)
    for one, other in zip(
        ours, trained(keras.optimizers.Muon(0.1), shapes), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_every_direction_of_an_update_moves_about_equally_far():
    """The singular values of an update lie near one another, the gradient's do not."""
    scales = np.diag(10.0 ** -np.arange(6))  # the gradient's singular values
    random = np.random.default_rng(1)
    turned = [np.linalg.qr(random.normal(size=(6, 6)))[0] for _ in range(2)]
    gradient = (turned[0] @ scales @ turned[1]).astype("float32")
    weight = keras.Variable(np.zeros((6, 6), "float32"))
    other = keras.Variable(np.zeros((6, 6), "float32"))
    optimizer = StackedMuon(1.0, rms_rate=None, weight_decay=None)
    optimizer.apply([gradient, gradient], [weight, other])
    values = np.linalg.svd(np.array(weight), compute_uv=False)
    assert values[:3].min() > 0.5 and values.max() < 1.5  # Jordan: 0.7 to 1.2
    np.testing.assert_allclose(np.array(weight), np.array(other), atol=1e-5)


def test_comes_back_from_its_configuration():
    optimizer = StackedMuon(0.02, momentum=0.9, exclude_layers=["/head/"])
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert type(again) is StackedMuon
    assert again.get_config() == optimizer.get_config()
