"""Flow matching against what is known exactly: lines, a Gaussian's flow, orders."""

import json

import keras
import numpy as np
import pytest
from keras import ops
from small_images import SMALL, pictures, randomised

from helpers.models.diffusion import FlowMatching, noisy_batches, train
from helpers.models.diffusion.flow_matching import SOLVERS

MEAN, SPREAD = 0.1, 0.15  # of the pixels that Exact knows


class Exact(FlowMatching):
    """The best possible network for pixels from N(MEAN, SPREAD²)."""

    def call(self, inputs):
        x, times, _ = inputs
        t = ops.cast(times, "float32")[:, None, None, None]
        variance = (1 - t) ** 2 + (t * SPREAD) ** 2
        return MEAN + (t * SPREAD**2 - (1 - t)) / variance * (x - t * MEAN)


@pytest.fixture(scope="module")
def model():
    return randomised(FlowMatching)


@pytest.fixture(scope="module")
def data():
    return pictures()


def noise_of(count, seed):
    return np.random.default_rng(seed).standard_normal((count, 8, 8, 1), "float32")


@pytest.mark.parametrize("solver", SOLVERS)
def test_exact_velocity_turns_noise_into_the_gaussian(solver):
    found = Exact(**SMALL).sample(200, steps=60, solver=solver, seed=3)
    assert found.mean() == pytest.approx(MEAN, abs=0.01)
    assert found.std() == pytest.approx(SPREAD, rel=0.06)
    # x_t = t · mean + √variance_t · x_0 solves the equation: each noise has its picture
    np.testing.assert_allclose(found, MEAN + SPREAD * noise_of(200, 3), atol=0.05)


@pytest.mark.parametrize(
    ("solver", "order"), [(name, SOLVERS[name]) for name in SOLVERS]
)
def test_halving_the_steps_shows_the_order_of_a_solver(solver, order):
    """Up to time ½ nothing is cut; halved steps show the order, or a higher one."""
    exact, x, labels = Exact(**SMALL), noise_of(20, 0), np.zeros(20, int)
    wanted = MEAN / 2 + np.sqrt(0.25 + 0.25 * SPREAD**2) * x
    errors = []
    for steps in (4, 8, 16):
        y = x
        for i in range(steps):
            now, after = i / steps / 2, (i + 1) / steps / 2
            y = exact.step(y, labels, now, after, solver=solver)
        errors.append(np.abs(y - wanted).max())
    found = np.log2(np.array(errors[:-1]) / errors[1:])
    assert found.min() > order - 0.35
    assert order > 1 or found.max() < 1.35, "Euler's method is of first order"


def test_heun_and_midpoint_ask_twice_a_step_but_not_beyond_the_end(monkeypatch):
    exact, asked = Exact(**SMALL), []
    velocity = exact.velocity

    def watched(x, time, *rest):
        asked.append(round(float(time), 3))
        return velocity(x, time, *rest)

    monkeypatch.setattr(exact, "velocity", watched)
    wanted = {
        "euler": [0, 0.5],
        "heun": [0, 0.5, 0.5],  # at t = 1 there is nothing to ask
        "midpoint": [0, 0.25, 0.5, 0.75],
    }
    for solver, times in wanted.items():
        asked.clear()
        exact.sample(3, steps=2, solver=solver)
        assert asked == times


def test_lines_lead_from_noise_to_picture(model):
    rng = np.random.default_rng(0)
    picture, noise = rng.normal(size=(2, 5, 8, 8, 1)).astype("float32")
    places = np.array([0, 0.1, 0.5, 0.9, 0.99], "float32")
    noisy, times, velocity = model.corrupt(picture, noise, places)
    t = np.array(times)[:, None, None, None]
    np.testing.assert_allclose(noisy + (1 - t) * velocity, picture, atol=1e-5)
    np.testing.assert_allclose(noisy - t * velocity, noise, atol=1e-5)


def test_guidance_goes_from_no_class_towards_the_class(model):
    x, labels = noise_of(4, 1), np.array([0, 1, 2, 0])
    told, free = (model.velocity(x, 0.3, kinds) for kinds in (labels, [3] * 4))
    for guidance in (0.0, 0.5, 2.5):
        found = model.velocity(x, 0.3, labels, guidance)
        np.testing.assert_allclose(found, free + guidance * (told - free), atol=1e-4)
    assert np.abs(told - free).max() > 1e-3


def test_guidance_acts_only_at_the_noise_asked_for(model):
    settings = {"labels": [0, 1, 2], "steps": 4, "guidance": 4.0, "seed": 2}
    told = model.sample(**settings | {"guidance": 1.0})
    never = model.sample(**settings, guided=(1e6, 1e9))
    np.testing.assert_array_equal(never, told)
    late, everywhere = (model.sample(**settings, guided=(0, b)) for b in (2, np.inf))
    assert min(np.abs(late - told).max(), np.abs(late - everywhere).max()) > 1e-3


def test_guesses_of_the_picture_stay_in_the_range_of_pixels(model):
    x, labels = 3 * noise_of(4, 2), np.zeros(4, int)
    end = x + 0.6 * model.towards_pictures(x, labels, 0.4)
    assert np.abs(end).max() <= 1 + 1e-5
    plain = x + 0.6 * model.velocity(x, 0.4, labels)
    np.testing.assert_allclose(end, np.clip(plain, -1, 1), atol=1e-5)


def test_samples_repeat_and_do_not_depend_on_the_batch(model):
    first = model.sample(7, steps=3, seed=5)
    assert first.shape == (7, 8, 8, 1) and first.dtype == np.float32
    assert np.abs(first).max() <= 1
    np.testing.assert_array_equal(first, model.sample(7, steps=3, seed=5))
    small = model.sample([0, 1, 2, 0, 1, 2, 0], steps=3, seed=5, batch_size=3)
    np.testing.assert_allclose(first, small, atol=1e-4)
    assert np.abs(first - model.sample(7, steps=3, seed=6)).max() > 0.01


@pytest.mark.parametrize(
    "wrong",
    [
        {"labels": 0},
        {"labels": [0, 4]},
        {"labels": [0.5]},
        {"labels": [[1]]},
        {"labels": 10**9},
        {"steps": 0},
        {"steps": 2.5},
        {"steps": 10**6},
        {"guidance": -1},
        {"guidance": np.nan},
        {"solver": "rk4"},
        {"solver": None},
        {"guided": (4.0, 0.4)},
        {"guided": 2.0},
        {"seed": -1},
        {"batch_size": 0},
    ],
    ids=str,
)
def test_sample_refuses(model, wrong):
    with pytest.raises(ValueError, match="want"):
        model.sample(**{"labels": [0, 1], "steps": 3, **wrong})
    if "batch_size" not in wrong:  # a walk has one batch
        with pytest.raises(ValueError, match="want"):
            next(model.walk(**{"labels": [0, 1], "steps": 3, **wrong}))


@pytest.mark.parametrize("solver", ["euler", "midpoint", "heun"])
def test_a_walk_takes_steps_and_ends_in_the_sample(model, solver):
    settings = {"labels": [0, 1, 2], "steps": 4, "guidance": 2.0, "seed": 5}
    settings |= {"solver": solver}
    x, *pictures = model.walk(**settings)
    np.testing.assert_array_equal(x, noise_of(3, 5))
    stops = model.times(4)
    for now, after, found in zip(stops[:-1], stops[1:], pictures, strict=True):
        x = model.step(x, np.arange(3), now, after, 2.0, solver, (0.4, 4.0))
        np.testing.assert_allclose(found, x if after < 1 else np.clip(x, -1, 1))
    np.testing.assert_allclose(pictures[-1], model.sample(**settings), atol=1e-6)


def test_who_stops_asking_stops_the_walk(model, monkeypatch):
    asked = []
    monkeypatch.setattr(type(model), "step", lambda self, x, *_: asked.append(0) or x)
    walk = model.walk(2, steps=20)
    for done in (0, 1, 2):
        next(walk)
        assert len(asked) == done


@pytest.mark.parametrize("times", [(0.5, 0.5), (0.5, 0.4), (-0.1, 0.5), (0.5, 1.1)])
def test_step_refuses_times_that_do_not_rise_within_0_and_1(model, times):
    with pytest.raises(ValueError, match="step wants 0 ≤ now < after ≤ 1"):
        model.step(noise_of(1, 0), [0], *times)


def test_model_survives_saving(model, tmp_path):
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", compile=False)
    json.dumps(model.get_config())
    assert again.get_config() == model.get_config()
    found = again.sample([0, 2], steps=2, seed=1)
    np.testing.assert_allclose(found, model.sample([0, 2], steps=2, seed=1), atol=1e-5)


def test_batches_lead_back_to_their_pictures(model, data):
    images, labels = data
    batches = noisy_batches(model, *data, batch_size=20, label_drop=0.0)
    (noisy, times, told), velocity = next(iter(batches))
    times = times.numpy()
    assert times.dtype == np.float32 and times.min() >= 0 and times.max() < 1
    gaps = np.diff(np.sort(times))
    np.testing.assert_allclose(gaps, 1 / 20, atol=1e-5)  # spread evenly
    found = noisy.numpy() + (1 - times)[:, None, None, None] * velocity.numpy()
    gaps = np.abs(found[:, None] - images).max(axis=(2, 3, 4))  # (20, 40)
    assert gaps.min(axis=1).max() < 1e-4
    np.testing.assert_array_equal(told, labels[gaps.argmin(axis=1)])


def test_training_learns_the_classes(data):
    keras.utils.set_random_seed(0)
    model = FlowMatching(**SMALL)
    train(model, *data, steps=300, batch_size=32, seed=1)
    found = model.sample(np.repeat([0, 1, 2], 20), steps=10)
    means = found.reshape(3, -1).mean(axis=1)
    np.testing.assert_allclose(means, [-0.5, 0.0, 0.5], atol=0.25)
