"""Diffusion against closed forms: moments, an exact network, Keras's own layers."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops
from small_images import SMALL, pictures, randomised

from helpers.models.diffusion.diffusion import Diffusion
from helpers.models.diffusion.schedule import add_noise, cosine_schedule
from helpers.models.diffusion.training import noisy_batches, prepare, train
from helpers.models.diffusion.unet import Conv, ResidualBlock, UNet
from recipes import _images, image_diffusion
from recipes._shared import State


class Exact(Diffusion):
    """The best possible network for pixels from N(0, spread²), whatever the class."""

    spread = 0.2

    def call(self, inputs):
        noisy, times, _ = inputs
        alpha_bar = ops.take(ops.convert_to_tensor(self.alpha_bar, "float32"), times)
        alpha_bar = alpha_bar[:, None, None, None]
        variance = alpha_bar * self.spread**2 + 1 - alpha_bar
        clean = ops.sqrt(alpha_bar) * self.spread**2 * noisy / variance
        noise = ops.sqrt(1 - alpha_bar) * noisy / variance
        return ops.sqrt(alpha_bar) * noise - ops.sqrt(1 - alpha_bar) * clean


@pytest.fixture(scope="module")
def model():
    return randomised(Diffusion, timesteps=20)


@pytest.fixture(scope="module")
def data():
    return pictures()


def test_schedule_follows_its_formula_and_ends_in_noise():
    alpha_bar = cosine_schedule(1000)
    u = (np.arange(1001) / 1000 + 0.008) / 1.008
    wanted = np.cos(u * np.pi / 2) ** 2 / np.cos(u[0] * np.pi / 2) ** 2
    np.testing.assert_allclose(alpha_bar[:-1], wanted[:-1], rtol=1e-9)
    assert alpha_bar[0] == 1 and 0 < alpha_bar[-1] < 1e-6
    assert (np.diff(alpha_bar) < 0).all()


def test_one_jump_has_the_moments_of_many_steps():
    rng = np.random.default_rng(0)
    alpha_bar = cosine_schedule(30)
    picture = np.array([-1.0, 0.3, 0.9])
    x = np.tile(picture, (200_000, 1))
    for t in range(1, 21):
        beta = 1 - alpha_bar[t] / alpha_bar[t - 1]
        x = np.sqrt(1 - beta) * x + np.sqrt(beta) * rng.normal(size=x.shape)
    noise = rng.normal(size=x.shape)
    jumped, _ = add_noise(picture, noise, alpha_bar[20])
    jumped = ops.convert_to_numpy(jumped)
    np.testing.assert_allclose(x.mean(0), np.sqrt(alpha_bar[20]) * picture, atol=0.01)
    np.testing.assert_allclose(x.var(0), 1 - alpha_bar[20], rtol=0.02)
    np.testing.assert_allclose(x.mean(0), jumped.mean(0), atol=0.01)
    np.testing.assert_allclose(np.cov(x.T), np.cov(jumped.T), atol=0.01)


def test_velocity_leads_back_to_picture_and_noise():
    rng = np.random.default_rng(0)
    picture, noise = rng.normal(size=(2, 5, 4, 4, 1)).astype("float32")
    alpha_bar = np.array([0.0, 0.01, 0.5, 0.99, 1.0], "float32").reshape(5, 1, 1, 1)
    noisy, velocity = add_noise(picture, noise, alpha_bar)
    a, s = np.sqrt(alpha_bar), np.sqrt(1 - alpha_bar)
    np.testing.assert_allclose(a * noisy - s * velocity, picture, atol=1e-6)
    np.testing.assert_allclose(s * noisy + a * velocity, noise, atol=1e-6)


def test_ddim_with_the_exact_network_solves_its_equation():
    exact = Exact(timesteps=1000, **SMALL)
    wanted = 0.2 * np.random.default_rng(3).standard_normal((50, 8, 8, 1), "float32")
    found = exact.sample(50, steps=200, guidance=1.0, seed=3)
    np.testing.assert_allclose(found, wanted, rtol=0.03, atol=0.001)


def test_orders_of_convergence_are_one_for_ddim_and_two_for_dpm():
    """Walk from noise 80 % to 20 %, where the solution is known and nothing is cut."""
    exact, labels = Exact(timesteps=1000, **SMALL), np.zeros(20, int)
    first, last = 600, 200
    x = 0.1 * np.random.default_rng(0).standard_normal((20, 8, 8, 1), "float32")

    def scale(t):
        return np.sqrt(exact.alpha_bar[t] * 0.2**2 + 1 - exact.alpha_bar[t])

    for solver, order in (("ddim", 1), ("dpm", 2)):
        errors = []
        for steps in (10, 20, 40):
            stops = np.linspace(first, last, steps + 1).astype(int).tolist()
            y, before = x, None
            for now, after in zip(stops[:-1], stops[1:], strict=True):
                guess = clean = exact.guess(y, labels, now)
                if solver == "dpm":
                    clean = exact.corrected(guess, before, now, after)
                y, before = exact.move(y, clean, now, after), (now, guess)
            errors.append(np.abs(y - x * scale(last) / scale(first)).max())
        found = np.log2(np.array(errors[:-1]) / errors[1:])
        np.testing.assert_allclose(found, order, atol=0.4)


def test_dpm_takes_two_guesses_from_its_third_stop_on(model):
    rng = np.random.default_rng(0)
    guess, last = rng.normal(size=(2, 2, 8, 8, 1)).astype("float32")
    np.testing.assert_array_equal(model.corrected(guess, None, 12, 8), guess)
    np.testing.assert_array_equal(model.corrected(guess, (12, last), 4, 0), guess)
    level = [np.log(np.sqrt(a / (1 - a))) for a in model.alpha_bar[[12, 8, 6]]]
    ratio = (level[2] - level[1]) / (level[1] - level[0])
    wanted = guess + ratio / 2 * (guess - last)
    found = model.corrected(guess, (12, last), 8, 6)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_ddpm_with_the_exact_network_has_the_right_spread():
    exact = Exact(timesteps=400, **SMALL)
    found = exact.sample(100, steps=400, guidance=1.0, eta=1.0, seed=0)
    variance = 1.0  # each step is linear, so that the spread follows a recursion
    for here, there in zip(
        exact.alpha_bar[:0:-1], exact.alpha_bar[-2::-1], strict=True
    ):
        total = here * 0.2**2 + 1 - here
        fresh = (1 - there) / (1 - here) * (1 - here / there)
        factor = np.sqrt(there * here) * 0.2**2 / total
        factor += np.sqrt((1 - there - fresh) * (1 - here)) / total
        variance = factor**2 * variance + fresh
    assert abs(found.mean()) < 0.01
    assert found.std() == pytest.approx(np.sqrt(variance), rel=0.03)
    assert found.std() == pytest.approx(0.2, rel=0.06)


def test_a_step_is_the_formula(model):
    rng = np.random.default_rng(0)
    x, fresh = rng.normal(size=(2, 4, 8, 8, 1)).astype("float32")
    labels, now, after, eta, guidance = np.array([0, 1, 2, 3]), 12, 8, 0.7, 2.5
    here, there = model.alpha_bar[now], model.alpha_bar[after]
    times = np.full(4, now)
    told = np.array(model((x, times, labels)))
    free = np.array(model((x, times, np.full(4, 3))))
    v = free + guidance * (told - free)
    clean = np.clip(np.sqrt(here) * x - np.sqrt(1 - here) * v, -1, 1)
    noise = (x - np.sqrt(here) * clean) / np.sqrt(1 - here)
    sigma = eta * np.sqrt((1 - there) / (1 - here)) * np.sqrt(1 - here / there)
    wanted = np.sqrt(there) * clean + np.sqrt(1 - there - sigma**2) * noise
    found = model.step(x, labels, now, after, guidance, eta, fresh)
    np.testing.assert_allclose(found, wanted + sigma * fresh, atol=1e-4)


def test_guidance_acts_only_at_the_noise_asked_for(model, monkeypatch):
    """With picture and noise in equal parts, only the one stop near it is guided."""
    asked, velocity = [], type(model).velocity

    def counted(self, x, time, labels, guidance=1.0):
        asked.append((time, guidance))
        return velocity(self, x, time, labels, guidance)

    monkeypatch.setattr(type(model), "velocity", counted)
    settings = {"labels": [1, 2], "steps": 5, "guidance": 3.0, "seed": 4}
    model.sample(**settings, guided=(0.4, 4.0))
    for time, guidance in asked:
        noise = np.sqrt(1 / model.alpha_bar[time] - 1)
        assert guidance == (3.0 if 0.4 <= noise <= 4 else 1.0)
    assert {guidance for _, guidance in asked} == {1.0, 3.0}
    never = model.sample(**settings, guided=(1e6, np.inf))
    np.testing.assert_array_equal(never, model.sample(**settings | {"guidance": 1.0}))


def test_guidance_1_is_the_class_and_0_is_no_class(model):
    told = model.sample([1, 2], steps=4, guidance=1.0)
    free = model.sample([3, 3], steps=4, guidance=1.0)
    assert np.abs(told - free).max() > 1e-3
    almost = model.sample([1, 2], steps=4, guidance=1.0 + 1e-7)
    np.testing.assert_allclose(almost, told, atol=1e-4)
    none = model.sample([1, 2], steps=4, guidance=0.0, guided=(0, np.inf))
    np.testing.assert_allclose(none, free, atol=1e-4)


def test_samples_repeat_and_do_not_depend_on_the_batch(model):
    first = model.sample(7, steps=3, seed=5)
    assert first.shape == (7, 8, 8, 1) and first.dtype == np.float32
    assert np.abs(first).max() <= 1
    np.testing.assert_allclose(first, model.sample(7, steps=3, seed=5), atol=1e-5)
    small = model.sample([0, 1, 2, 0, 1, 2, 0], steps=3, seed=5, batch_size=3)
    np.testing.assert_allclose(first, small, atol=1e-4)
    assert np.abs(first - model.sample(7, steps=3, seed=6)).max() > 0.01


@pytest.mark.parametrize(
    "settings",
    [{}, {"eta": 0.7}, {"solver": "ddim", "spacing": "equal", "guided": (0, np.inf)}],
    ids=str,
)
def test_a_walk_ends_in_the_sample(model, settings):
    settings = {"labels": [0, 1, 2], "steps": 4, "guidance": 2.0, "seed": 5} | settings
    pictures = list(model.walk(**settings))
    assert len(pictures) == 5 and pictures[0].shape == (3, 8, 8, 1)
    noise = np.random.default_rng(5).standard_normal((3, 8, 8, 1), dtype="float32")
    np.testing.assert_array_equal(pictures[0], noise)
    np.testing.assert_allclose(pictures[-1], model.sample(**settings), atol=1e-5)


def test_a_walk_with_ddim_is_one_step_after_the_other(model):
    labels, everywhere = [0, 1], (0, np.inf)
    pictures = list(model.walk(labels, 3, steps=4, guidance=2.0, solver="ddim",
                               guided=everywhere))  # fmt: skip
    x = pictures[0]
    for (now, after), found in zip(model.times(4, "noise"), pictures[1:], strict=True):
        x = model.step(x, labels, now, after, 2.0)
        np.testing.assert_allclose(found, x, atol=1e-5)


def test_who_stops_asking_stops_the_walk(model, monkeypatch):
    asked, velocity = [], type(model).velocity

    def counted(self, x, time, labels, guidance=1.0):
        asked.append(time)
        return velocity(self, x, time, labels, guidance)

    monkeypatch.setattr(type(model), "velocity", counted)
    walk = model.walk(2, steps=20)
    for done in (0, 1, 2):
        next(walk)
        assert len(asked) == done


def test_samples_with_fresh_noise_repeat_for_one_batch_size(model):
    settings = {"steps": 3, "seed": 5, "eta": 1.0, "batch_size": 3}
    first = model.sample(7, **settings)
    np.testing.assert_allclose(first, model.sample(7, **settings), atol=1e-5)


def test_inpainting_keeps_what_it_is_told_to_keep(model, data):
    images, labels = data[0][:4], data[1][:4]
    mask = np.zeros((1, 8, 8, 1), bool)
    mask[:, :4] = True
    found = model.inpaint(images, mask, labels, steps=3, repeats=2, seed=1)
    np.testing.assert_array_equal(found[:, :4], images[:, :4])
    assert np.abs(found[:, 4:] - images[:, 4:]).max() > 0.01
    assert np.abs(found).max() <= 1


@pytest.mark.parametrize(("steps", "repeats"), [(1, 3), (4, 1), (4, 3)])
def test_inpainting_repeats_every_step_but_the_last(monkeypatch, data, steps, repeats):
    model, walked = Diffusion(timesteps=20, **SMALL), []
    times = model.times(steps)

    def step(x, labels, now, after, *others):
        walked.append((now, after))
        return x

    monkeypatch.setattr(model, "step", step)
    images, labels = data[0][:2], data[1][:2]
    model.inpaint(images, np.ones((8, 8, 1), bool), labels, steps, repeats=repeats)
    assert walked == [t for t in times[:-1] for _ in range(repeats)] + times[-1:]


def test_inpainting_joins_what_belongs_together():
    """Where all pixels of a picture are equal, the unknown ones copy the known."""

    class Flat(Diffusion):
        def call(self, inputs):  # the mean of the pixels is the best guess of each
            noisy, times, _ = inputs
            table = ops.convert_to_tensor(self.alpha_bar, "float32")
            a = ops.take(table, times)[:, None, None, None]
            mean = ops.mean(noisy, axis=(1, 2, 3), keepdims=True)
            clean = ops.sqrt(a) * mean / (a + (1 - a) / 64) + ops.zeros_like(noisy)
            noise = (noisy - ops.sqrt(a) * clean) / ops.sqrt(1 - a)
            return ops.sqrt(a) * noise - ops.sqrt(1 - a) * clean

    flat = Flat(timesteps=100, **SMALL)
    images = np.full((6, 8, 8, 1), 0.6, "float32")
    mask = np.zeros((8, 8, 1), bool)
    mask[:4] = True
    found = flat.inpaint(images, mask, [0] * 6, steps=50, repeats=5)
    once = flat.inpaint(images, mask, [0] * 6, steps=50, repeats=1)
    assert np.abs(found - 0.6).mean() < 0.1
    assert np.abs(found - 0.6).mean() < np.abs(once - 0.6).mean()


@pytest.mark.parametrize(
    "wrong",
    [
        {"labels": 0},
        {"labels": [0, 4]},
        {"labels": [-1]},
        {"labels": [0.5]},
        {"labels": [[1]]},
        {"steps": 0},
        {"steps": 21},
        {"guidance": -1},
        {"guidance": np.nan},
        {"guidance": np.inf},
        {"eta": 1.5},
        {"eta": np.nan},
        {"solver": "euler"},
        {"solver": None},
        {"guided": (4.0, 0.4)},
        {"guided": (np.nan, 1.0)},
        {"guided": (-1.0, 1.0)},
        {"guided": 2.0},
        {"guided": "all"},
        {"labels": 10**9},
        {"labels": True},
        {"labels": [np.nan]},
        {"steps": 2.5},
        {"seed": -1},
        {"seed": 2.5},
        {"batch_size": 0},
        {"batch_size": -3},
    ],
    ids=str,
)
def test_sample_refuses(model, wrong):
    with pytest.raises(ValueError, match="want"):
        model.sample(**{"labels": [0, 1], "steps": 3, **wrong})
    if "batch_size" not in wrong:  # a walk has one batch
        with pytest.raises(ValueError, match="want"):
            next(model.walk(**{"labels": [0, 1], "steps": 3, **wrong}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"repeats": 0},
        {"repeats": 10**9},
        {"labels": [0]},
        {"mask": np.full((8, 8, 1), np.nan)},
        {"mask": np.ones((3, 3, 1), bool)},
        {"images": np.full((4, 8, 8, 1), np.nan)},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_inpaint_refuses(model, data, wrong):
    settings = {"images": data[0][:4], "labels": data[1][:4], "steps": 3}
    settings["mask"] = np.ones((8, 8, 1), bool)
    with pytest.raises(ValueError, match="want"):
        model.inpaint(**{**settings, **wrong})


def test_network_takes_other_sizes_and_refuses_odd_ones(model):
    label = np.zeros(1, int)
    for side in (4, 8, 16):
        assert model((np.zeros((1, side, side, 1)), label, label)).shape[1] == side
    for shape in ((1, 10, 10, 1), (1, 8, 4, 1), (1, 8, 8)):
        with pytest.raises(ValueError, match="S a multiple of 4"):
            model((np.zeros(shape), label, label))
    with pytest.raises(ValueError, match="step, after"):
        model.step(np.zeros((1, 8, 8, 1)), label, 3, 3)
    with pytest.raises(ValueError, match="of images"):
        model.step(np.zeros((1, 4, 8, 1)), label, 3, 2)


def test_schedule_and_network_refuse_bad_sizes():
    for settings in ({"timesteps": 0}, {"timesteps": 5, "offset": -1}):
        with pytest.raises(ValueError, match="want"):
            cosine_schedule(**settings)
    for settings in ({"widths": (4,)}, {"widths": (0, 4)}, {"condition_dim": 7}):
        with pytest.raises(ValueError, match="want"):
            UNet(**settings)
    with pytest.raises(ValueError, match="multiple of 4"):
        Diffusion(widths=(4, 4), side=10)
    with pytest.raises(ValueError, match="want"):
        Conv(0)


@pytest.mark.parametrize(("size", "strides"), [(3, 1), (3, 2), (4, 2), (1, 1)])
def test_convolution_equals_keras(size, strides):
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 5)).astype("float32")
    ours = Conv(7, size, strides)
    ours.build(x.shape)
    ours.bias.assign(np.arange(7.0))
    theirs = keras.layers.Conv2D(7, size, strides, padding="same")
    theirs.build(x.shape)
    kernel = np.array(ours.kernel).reshape(size, size, 5, 7)
    theirs.set_weights([kernel, np.arange(7.0)])
    np.testing.assert_allclose(ours(x), theirs(x), atol=1e-4)


def test_fresh_block_changes_nothing_and_film_is_two_numbers_a_channel():
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 6)).astype("float32")
    block = ResidualBlock(6)
    block.build(x.shape, (2, 8))
    np.testing.assert_allclose(block(x, np.ones((2, 8), "float32")), x, atol=1e-6)
    assert block.film.kernel.shape == (8, 12)


def test_network_uses_time_class_and_every_pixel(model):
    x = np.random.default_rng(0).normal(size=(1, 8, 8, 1)).astype("float32")

    def out(picture, time, label):
        return np.array(model((picture, np.array([time]), np.array([label]))))

    base = out(x, 5, 0)
    assert base.shape == x.shape
    assert np.abs(out(x, 6, 0) - base).max() > 1e-4
    assert np.abs(out(x, 5, 1) - base).max() > 1e-4
    moved = x.copy()
    moved[0, 0, 0] += 1
    assert (np.abs(out(moved, 5, 0) - base) > 1e-7).mean() > 0.9  # attention reaches


def test_model_survives_saving(model, tmp_path):
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", compile=False)
    json.dumps(model.get_config())
    assert again.get_config() == model.get_config()
    wanted = model.sample([0, 2], steps=2, seed=1)
    found = again.sample([0, 2], steps=2, seed=1)
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_batches_repeat_and_can_start_anywhere(model, data):
    first = list(noisy_batches(model, *data, batch_size=16, seed=4).take(5))
    later = list(noisy_batches(model, *data, batch_size=16, seed=4, start=3).take(2))
    for one, other in zip(first[3:], later, strict=True):
        for a, b in zip(tf.nest.flatten(one), tf.nest.flatten(other), strict=True):
            np.testing.assert_array_equal(a, b)
    other = next(iter(noisy_batches(model, *data, batch_size=16, seed=5)))
    assert np.abs(other[0][0] - first[0][0][0]).max() > 0.1


def test_batches_hold_what_they_say(model, data):
    images, labels = data
    seen = []
    for (noisy, times, told), velocity in noisy_batches(
        model, *data, batch_size=20, label_drop=0.0
    ).take(2):
        times = times.numpy()
        assert times.min() >= 1 and times.max() <= 20
        assert len(set(times)) >= 18, "times are spread evenly"
        alpha_bar = model.alpha_bar[times].reshape(-1, 1, 1, 1)
        found = np.sqrt(alpha_bar) * noisy.numpy()
        found -= np.sqrt(1 - alpha_bar) * velocity.numpy()
        gaps = np.abs(found[:, None] - images).max(axis=(2, 3, 4))  # (20, 40)
        assert gaps.min(axis=1).max() < 1e-3
        seen.extend(gaps.argmin(axis=1))
        np.testing.assert_array_equal(told, labels[gaps.argmin(axis=1)])
    assert sorted(seen) == list(range(40)), "each picture comes once in a pass"


def test_labels_are_dropped_as_often_as_said(model, data):
    big = [np.tile(part, (25, *[1] * (part.ndim - 1))) for part in data]
    batches = noisy_batches(model, *big, batch_size=1000, label_drop=0.2)
    labels = np.concatenate([batch[0][2] for batch in batches.take(5)])
    assert np.mean(labels == 3) == pytest.approx(0.2, abs=0.02)


def test_training_learns_the_classes(data):
    keras.utils.set_random_seed(0)
    model = Diffusion(timesteps=50, **SMALL)
    train(model, *data, steps=300, batch_size=32, seed=1)
    found = model.sample(np.repeat([0, 1, 2], 20), steps=20, guidance=1.0)
    means = found.reshape(3, -1).mean(axis=1)
    np.testing.assert_allclose(means, [-0.5, 0.0, 0.5], atol=0.25)


def test_training_keeps_the_average_of_the_weights(data):
    keras.utils.set_random_seed(0)
    model = Diffusion(timesteps=50, **SMALL)
    last = {}

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            last["head"] = np.array(model.network.head.kernel)

    train(model, *data, steps=30, seconds=600, batch_size=16, callbacks=[Watch()])
    assert int(model.optimizer.iterations) == 30  # steps and seconds: the first ends
    assert np.abs(np.array(model.network.head.kernel) - last["head"]).max() > 0


def test_training_can_be_limited_in_seconds(data):
    model = Diffusion(timesteps=50, **SMALL)
    train(model, *data, seconds=0.5, batch_size=16)
    assert model.optimizer.iterations > 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": None},
        {"seconds": 0.0},
        {"seconds": np.nan},
        {"steps": 0},
        {"steps": 2.5},
        {"peak": np.nan},
        {"seed": -1},
        {"batch_size": 0},
        {"batch_size": 41},
        {"images": np.zeros((40, 8, 8, 1), "uint8")},
        {"images": np.zeros((40, 12, 12, 1), "float32")},
        {"images": np.full((40, 8, 8, 1), 2, "float32")},
        {"images": np.full((40, 8, 8, 1), np.nan, "float32")},
        {"labels": np.zeros(39, "int32")},
        {"labels": np.full(40, 3)},
        {"labels": np.zeros(40)},
        {"images": np.zeros((0, 8, 8, 1), "float32"), "labels": np.zeros(0, int)},
    ],
    ids=lambda wrong: ", ".join(wrong),
)
def test_training_refuses(model, data, wrong):
    settings = {"images": data[0], "labels": data[1], "steps": 2, "batch_size": 8}
    with pytest.raises(ValueError, match="want"):
        train(model, **{**settings, **wrong})


def test_muon_takes_the_kernels_and_adam_the_rest():
    model = Diffusion(timesteps=20, **SMALL)
    prepare(model, 10)
    model.optimizer.build(model.trainable_variables)
    use_adam = model.optimizer._should_use_adamw
    network = model.network
    assert not use_adam(network.middle[0].first.kernel)
    assert use_adam(network.label.embeddings)
    assert use_adam(network.head.kernel)


def test_recipe_goes_on_in_the_leg_where_it_was_stopped(tmp_path):
    images, labels = pictures()
    legs, rest = ((9, 0.01), (9, 0.006), (9, 0.004)), (True, None)  # smoke: one step

    def run(path, stop=3):
        keras.utils.clear_session()  # as in a new process
        job = _images.Job("x", None, images, labels, 3, 8, 0, State(path, {}), *rest)
        model = randomised(Diffusion)
        noisy = image_diffusion.batches(model, job)

        def until(start):
            for number, batch in enumerate(noisy(start), start):
                if number == stop:
                    raise InterruptedError
                yield batch

        _images.train_legs(model, job, legs, prepare, until)
        return model.get_weights()

    wanted = run(tmp_path / "whole.npz")
    with pytest.raises(InterruptedError):
        run(tmp_path / "killed.npz", stop=2)  # two legs are made
    for one, other in zip(run(tmp_path / "killed.npz"), wanted, strict=True):
        np.testing.assert_array_equal(one, other)
        if one.ndim > 1:  # rounded as a checkpoint stores it
            np.testing.assert_array_equal(one, one.astype(np.float16))
