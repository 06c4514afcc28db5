"""The adversarial networks against NumPy, closed forms and their promises."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers.models.gan import gan, losses
from helpers.models.gan.gan import GAN, fit_gan
from helpers.models.gan.networks import Discriminator, Generator
from helpers.models.image_parts import (
    DepthToSpace,
    SpaceToDepth,
    in_batches,
    random_batches,
)
from helpers.training import state
from recipes import _images, image_gan
from recipes._shared import State

RNG = np.random.default_rng(0)
PICTURES = RNG.uniform(-1, 1, (40, 28, 28, 1)).astype("float32")
LABELS = np.arange(40) % 10


def small(classes=0, loss="relativistic", **settings):
    """Return a compiled GAN of width 4."""
    model = GAN(Generator(8, 4, classes), Discriminator(4, classes), loss, **settings)
    adam = keras.optimizers.Adam
    model.compile(adam(1e-3), adam(1e-3), jit_compile=False)
    return model


def test_losses_are_the_papers_formulas():
    real, fake = RNG.normal(size=(2, 9, 1)).astype("float32")
    sigmoid = [1 / (1 + np.exp(-x.astype("float64"))) for x in (real, fake)]
    difference = real.astype("float64") - fake
    wanted = {
        "standard": -np.log(sigmoid[0]).mean() - np.log(1 - sigmoid[1]).mean(),
        "wasserstein": -difference.mean(),
        "relativistic": np.log(1 + np.exp(-difference)).mean(),
    }
    answers = {
        "standard": -np.log(sigmoid[1]).mean(),
        "wasserstein": -fake.mean(),
        "relativistic": np.log(1 + np.exp(difference)).mean(),
    }
    for kind in losses.LOSSES:
        loss = float(losses.discriminator_loss(kind, real, fake))
        assert loss == pytest.approx(wanted[kind], abs=1e-5)
        answer = float(losses.generator_loss(kind, real, fake))
        assert answer == pytest.approx(answers[kind], abs=1e-5)


def test_a_relativistic_loss_forgets_what_all_scores_share():
    real, fake = RNG.normal(size=(2, 9, 1)).astype("float32")
    for loss in (losses.discriminator_loss, losses.generator_loss):
        here = float(loss("relativistic", real, fake))
        assert float(loss("relativistic", real + 7, fake + 7)) == pytest.approx(
            here, abs=1e-5
        )
        assert float(loss("relativistic", fake, fake)) == pytest.approx(np.log(2))


def test_standard_loss_at_chance_is_two_ln_two():
    zero = np.zeros((5, 1), "float32")
    loss = float(losses.discriminator_loss("standard", zero, zero))
    assert loss == pytest.approx(2 * np.log(2))


def test_folding_pixels_equals_tensorflow_and_unfolds_again():
    x = tf.constant(RNG.normal(size=(3, 8, 6, 5)).astype("float32"))
    folded = SpaceToDepth()(x)
    np.testing.assert_array_equal(folded, tf.nn.space_to_depth(x, 2))
    np.testing.assert_array_equal(DepthToSpace()(folded), x)
    assert SpaceToDepth().compute_output_shape((None, 8, 6, 5)) == (None, 4, 3, 20)


def test_projection_adds_the_inner_product_of_features_and_class():
    network = Discriminator(4, 3)
    images = PICTURES[:3]
    features = np.array(network.stack(images)).sum(axis=(1, 2))
    kernel, bias = network.score.get_weights()
    (vectors,) = network.class_vectors.get_weights()
    wanted = features @ kernel + bias + (features * vectors).sum(axis=1)[:, None]
    np.testing.assert_allclose(network([images, np.arange(3)]), wanted, rtol=1e-4)


def slopes_by_differences(network, images):
    """Return the slope of the score at each picture, from small steps of each pixel."""
    steps = 2e-3 * np.eye(28 * 28, dtype="float32").reshape(-1, 28, 28, 1)
    norms = []
    for image in images:
        both = np.concatenate([image + steps, image - steps])
        up, down = np.split(network([both, None]).numpy()[:, 0], 2)
        norms.append(np.linalg.norm((up - down) / 4e-3))
    return np.array(norms)


def test_gradient_penalties_equal_finite_differences():
    model = small(loss="wasserstein", gradient_penalty=10.0)
    images, labels = tf.constant(PICTURES[:2]), tf.zeros(2, tf.int32)
    norms = slopes_by_differences(model.discriminator, PICTURES[:2])
    penalty = float(model._penalty(images, images, labels))  # all points coincide
    assert penalty == pytest.approx(np.mean((norms - 1) ** 2), rel=2e-2)

    model = small(gradient_penalty=1.0)
    real, fake = tf.constant(PICTURES[:5]), tf.constant(PICTURES[5:10])
    some = np.concatenate([PICTURES[:2], PICTURES[5:7]])  # a quarter, rounded up
    norms = slopes_by_differences(model.discriminator, some)
    penalty = float(model._penalty(real, fake, tf.zeros(5, tf.int32)))
    assert penalty == pytest.approx(np.mean(norms**2) / 2, rel=2e-2)


def test_average_follows_the_generator():
    model = small(decay=0.5)
    model.run_eagerly = True  # for one step quicker than a graph
    start = model.average.get_weights()
    fit_gan(model, PICTURES, steps=1, batch_size=8)
    keep = 1 / 11  # the first step: step / (step + 10)
    for mean, before, new in zip(
        model.average.get_weights(), start, model.generator.get_weights(), strict=True
    ):
        np.testing.assert_allclose(mean, keep * before + (1 - keep) * new, atol=1e-6)


@pytest.mark.parametrize("loss", losses.LOSSES)
def test_training_moves_both_networks(loss):
    model = small(10, loss, gradient_penalty=1.0, critic_steps=2)
    before = model.generator.get_weights()[0], model.discriminator.get_weights()[0]
    history = fit_gan(model, PICTURES, LABELS, steps=2, batch_size=8)
    after = model.generator.get_weights()[0], model.discriminator.get_weights()[0]
    assert all((a != b).any() for a, b in zip(before, after, strict=True))
    assert set(history.history) == {"discriminator_loss", "generator_loss"}
    assert int(model.optimizer.iterations) == 2
    assert int(model.discriminator_optimizer.iterations) == 4


def test_discriminator_learns_to_tell_noise_from_black():
    model = small(loss="standard")
    black = np.full((64, 28, 28, 1), -1, "float32")
    model.generator.trainable = False
    history = fit_gan(model, black, steps=30, batch_size=16)
    assert history.history["discriminator_loss"][-1] < 2 * np.log(2)


def test_seconds_end_a_training():
    model = small()
    fit_gan(model, PICTURES, seconds=0.2, batch_size=8)
    assert 1 <= int(model.optimizer.iterations) < 10_000
    with pytest.raises(ValueError, match="steps or seconds"):
        fit_gan(model, PICTURES)


def test_samples_repeat_and_do_not_depend_on_the_batch():
    generator = Generator(8, 4, 10)
    many = generator.sample(np.arange(450) % 10, seed=3)
    assert many.shape == (450, 28, 28, 1) and many.dtype == np.float32
    assert np.abs(many).max() <= 1
    np.testing.assert_allclose(many[:7], generator.sample(7, seed=3), atol=1e-5)
    assert (many[:7] != generator.sample(7, seed=4)).any()


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (0, "whole number from 1"),
        ([], "one label or more"),
        ([10], "labels 0 … 9"),
        ([0.5], "wh"),
        (10**9, "to 100000"),
        (True, "whole number"),
        (np.nan, "whole numbers"),
    ],
)
def test_bad_requests_say_what_was_wanted(request_, message):
    with pytest.raises(ValueError, match=message):
        Generator(8, 4, 10).sample(request_)


@pytest.mark.parametrize(
    ("noise", "message"),
    [
        (np.zeros((3, 7)), r"noise \(n, 8\), received \(3, 7\)"),
        (np.zeros(8), "received"),
        (np.zeros((0, 8)), "received"),
        (np.full((2, 8), np.nan), "finite"),
    ],
)
def test_bad_noise_is_refused(noise, message):
    with pytest.raises(ValueError, match=message):
        Generator(8, 4).decode(noise)


def test_labels_for_a_model_without_classes_are_refused():
    with pytest.raises(ValueError, match="knows no classes"):
        Generator(8, 4).sample([1, 2])
    with pytest.raises(ValueError, match="wants 40 labels"):
        fit_gan(small(10), PICTURES, steps=1)
    with pytest.raises(ValueError, match="40 whole numbers"):
        fit_gan(small(10), PICTURES, LABELS[:3], steps=1)


def test_bad_pictures_are_refused():
    broken = PICTURES.copy()
    broken[3, 5, 5] = np.nan
    for images in (broken, PICTURES[:, :14], 100 * PICTURES):
        with pytest.raises(ValueError, match="fit_gan` wants"):
            fit_gan(small(), images, steps=1)


@pytest.mark.parametrize(
    "settings",
    [{"loss": "mse"}, {"critic_steps": 0}, {"decay": 1.0}, {"gradient_penalty": -1}],
)
def test_bad_settings_are_refused(settings):
    with pytest.raises(ValueError, match="wanted"):
        GAN(Generator(8, 4), Discriminator(4), **settings)
    with pytest.raises(ValueError, match="sizes ≥ 1"):
        Generator(0, 4)
    with pytest.raises(ValueError, match="width ≥ 1"):
        Discriminator(0)


def test_saved_models_give_the_same_pictures(tmp_path):
    model = small(10, decay=0.9, seed=3)
    model.run_eagerly = True  # for one step quicker than a graph
    fit_gan(model, PICTURES, LABELS, steps=1, batch_size=8)
    model.average.save(tmp_path / "generator.keras")
    again = keras.models.load_model(tmp_path / "generator.keras")
    np.testing.assert_allclose(again.sample(5), model.sample(5), atol=1e-6)
    model.save(tmp_path / "gan.keras")
    whole = keras.models.load_model(tmp_path / "gan.keras", compile=False)
    assert whole.get_config() == model.get_config()
    assert whole.get_config()["seed"] == 3
    np.testing.assert_allclose(whole.sample(5), model.sample(5), atol=1e-6)


def test_batches_go_on_where_they_were_left():
    whole = list(random_batches(PICTURES, LABELS, 4, 6, seed=1))
    rest = list(random_batches(PICTURES, LABELS, 4, 6, start=4, seed=1))
    for (x, y), (u, v) in zip(whole[4:], rest, strict=True):
        np.testing.assert_array_equal(x, u)
        np.testing.assert_array_equal(y, v)
    assert (whole[0][1].numpy() != whole[1][1].numpy()).any()
    with pytest.raises(ValueError, match="start < steps"):
        random_batches(PICTURES, LABELS, 4, 6, start=6)


def test_pieces_are_joined_in_order():
    x = np.arange(25, dtype="float32")
    np.testing.assert_array_equal(in_batches(lambda a: 2 * a, x, batch_size=10), 2 * x)


def test_state_keeps_both_optimizers(tmp_path):
    model, path = small(10, decay=0.9), tmp_path / "state.npz"
    model.run_eagerly = True  # for one step quicker than a graph
    fit_gan(model, PICTURES, LABELS, steps=1, batch_size=8)
    state.save_state(path, model, minutes=0.5)
    other = small(10, decay=0.9)
    assert state.load_state(path, other) == {"step": 1, "minutes": 0.5}
    for mine, theirs in zip(model.optimizers, other.optimizers, strict=True):
        assert any(np.any(variable) for variable in mine.variables[2:])
        for one, same in zip(mine.variables, theirs.variables, strict=True):
            np.testing.assert_array_equal(one, same)
    for one, same in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, same)
    assert [found.name for found in tmp_path.iterdir()] == ["state.npz"]


def test_state_of_one_optimizer_is_no_state_of_a_gan(tmp_path):
    model, path = small(), tmp_path / "state.npz"
    for optimizer in (keras.optimizers.Adam(), keras.optimizers.SGD()):
        alone = Discriminator(4)
        alone.compile(optimizer, "mse")
        state.save_state(path, alone)
        with pytest.raises(ValueError, match="wanted the same"):
            state.load_state(path, model)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="no whole training state"):
        state.load_state(path, model)
    with pytest.raises(ValueError, match="not compiled"):
        state.save_state(path, GAN(Generator(8, 4), Discriminator(4)))


def test_recipe_resumes_to_the_bit(tmp_path, monkeypatch):
    monkeypatch.setattr(_images, "EVERY", 1)
    labels = LABELS.astype("int32")

    def run(path, stop=None):
        keras.utils.set_random_seed(0)
        model = gan.conditional_gan(10, width=4)

        def cut(*arguments):
            return random_batches(*arguments).take(stop or -1)

        monkeypatch.setattr(_images, "random_batches", cut)
        job = _images.Job(
            "x", None, PICTURES, labels, 4, 8, 0, State(path, {}), True, output=None
        )
        image_gan.train(model, job)
        return model.average.get_weights()

    wanted = run(tmp_path / "whole.npz")
    run(tmp_path / "killed.npz", stop=2)
    for one, other in zip(run(tmp_path / "killed.npz"), wanted, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("shape", [(2, 14, 14, 1), (2, 28, 28), (2, 28, 28, 3)])
def test_other_sizes_are_refused_in_a_sentence(shape):
    images, labels = np.zeros(shape, "float32"), np.zeros(2, int)
    with pytest.raises(ValueError, match="of images, wants shape"):
        Discriminator(2)([images, labels])
    with pytest.raises(ValueError, match="of noise, wants shape"):
        Generator(3, 2)([np.zeros((2, 5), "float32"), labels])


@pytest.mark.parametrize("seed", [-1, 0.5, 2**40, True])
def test_seeds_are_whole_numbers(seed):
    with pytest.raises(ValueError, match="seed, wants a whole number"):
        Generator(3, 2).sample(1, seed=seed)


@pytest.mark.parametrize("penalty", [np.nan, np.inf])
def test_a_penalty_is_finite(penalty):
    with pytest.raises(ValueError, match="wanted"):
        GAN(Generator(3, 2), Discriminator(2), gradient_penalty=penalty)
