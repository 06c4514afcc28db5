"""The variational autoencoder against Monte Carlo, SciPy and its promises."""

import keras
import numpy as np
import pytest
from scipy import stats

from helpers.models.vae import vae
from helpers.models.vae.prior import Prior, class_mixtures
from helpers.models.vae.vae import VAE, fit_vae

RNG = np.random.default_rng(0)
PICTURES = RNG.uniform(-1, 1, (60, 28, 28, 1)).astype("float32")
LABELS = np.arange(60) % 10


def test_kl_closed_form_is_the_monte_carlo_mean():
    mean, log_variance = np.array([[0.8, -1.5, 0.1]]), np.array([[-1.0, 0.3, 0.0]])
    scale = np.exp(log_variance / 2)
    z = mean + scale * np.random.default_rng(1).normal(size=(400_000, 3))
    ratio = stats.norm.logpdf(z, mean, scale) - stats.norm.logpdf(z)
    ratio = ratio.sum(axis=1)
    error = ratio.std() / np.sqrt(len(ratio))
    closed = float(vae.gaussian_kl(mean, log_variance)[0])
    assert abs(closed - ratio.mean()) < 4 * error
    assert error < 0.01


def test_kl_is_zero_only_at_the_standard_normal():
    zero = np.zeros((1, 5))
    assert float(vae.gaussian_kl(zero, zero)[0]) == pytest.approx(0, abs=1e-7)
    assert float(vae.gaussian_kl(zero + 0.1, zero)[0]) > 0
    assert float(vae.gaussian_kl(zero, zero + 0.1)[0]) > 0


def test_nats_equal_scipys_density():
    x, mean = RNG.normal(size=(2, 784))
    wanted = -stats.norm.logpdf(x, mean, np.sqrt(0.3)).sum()
    found = float(vae.gaussian_nats(((x - mean) ** 2).sum(), 0.3))
    assert found == pytest.approx(wanted, rel=1e-5)


def test_the_calibrated_variance_is_the_best_one():
    error = np.float32(50.0)
    best = float(vae.gaussian_nats(error, error / 784))
    for factor in (0.9, 1.1):
        assert best < float(vae.gaussian_nats(error, factor * error / 784))


def test_terms_are_those_of_the_networks_own_outputs():
    model = VAE(3, 4)
    decoded, mean, log_variance = model([PICTURES, LABELS])
    keras.utils.set_random_seed(0)
    again = VAE(3, 4, variational=False)
    again.set_weights(model.get_weights())
    reconstruction, kl = again.terms([PICTURES, LABELS])
    error = ((PICTURES - again([PICTURES, LABELS])[0]) ** 2).numpy().sum(axis=(1, 2, 3))
    wanted = 0.5 * (error + 784 * np.log(2 * np.pi))  # variance 1 at first
    np.testing.assert_allclose(reconstruction, wanted, rtol=1e-4)
    assert not np.any(kl)
    assert np.isfinite(decoded).all()
    assert mean.shape == log_variance.shape == (60, 3)


def test_a_plain_autoencoder_repeats_and_a_variational_one_does_not():
    for variational in (False, True):
        model = VAE(3, 4, variational=variational)
        one, other = (np.array(model([PICTURES, LABELS])[0]) for _ in range(2))
        assert (one == other).all() != variational


def test_only_the_conditional_encoder_reads_the_label():
    for classes in (0, 10):
        model = VAE(3, 4, classes)
        one = model.encode(PICTURES[:10], LABELS[:10])[0]
        other = model.encode(PICTURES[:10], LABELS[9::-1])[0]
        assert (one == other).all() == (classes == 0)


@pytest.mark.parametrize("likelihood", vae.LIKELIHOODS)
def test_training_lowers_the_loss_and_calibrates(likelihood):
    keras.utils.set_random_seed(0)
    images = np.broadcast_to(np.linspace(-1, 1, 28)[:, None, None], (50, 28, 28, 1))
    images = images.astype("float32")
    model = VAE(2, 4, likelihood=likelihood)
    before = model.terms([images, LABELS[:50]])[0].numpy().mean()
    fit_vae(model, images, steps=60, batch_size=16)
    after = model.terms([images, LABELS[:50]])[0].numpy().mean()
    assert after < before
    variance = float(model.pixel_variance)
    assert variance == 1 if likelihood == "unit" else 0 < variance < 0.6


def test_kept_variance_is_the_squared_error_from_the_first_batch_on():
    keras.utils.set_random_seed(0)
    model, kept = VAE(2, 4), []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            kept.append(float(model.pixel_variance))

    noise = 0.5 * PICTURES  # nobody can code it, so its error soon stands still
    fit_vae(model, noise, steps=100, batch_size=32, callbacks=[Watch()])
    assert kept[0] < 0.5  # the first batch's own, not mixed with a fresh model's 1
    decoded = model([noise, LABELS], training=True)[0]
    assert kept[-1] == pytest.approx(np.mean((noise - decoded) ** 2), rel=0.15)


def test_fitted_prior_has_the_codes_mean_and_covariance():
    model = VAE(3, 4, 2)
    labels = LABELS % 2
    model.fit_prior(PICTURES, labels)
    mean, log_variance = model.encode(PICTURES, labels)
    for group in (0, 1):
        own = mean[labels == group]
        wanted = np.cov(own.T, ddof=0) + np.diag(
            np.exp(log_variance[labels == group]).mean(0)
        )
        factor = model.prior.factor.numpy()[group, 0]
        np.testing.assert_allclose(factor @ factor.T, wanted, atol=1e-4)
        np.testing.assert_allclose(
            model.prior.mean.numpy()[group, 0], own.mean(0), atol=1e-5
        )
    with pytest.raises(ValueError, match="2 pictures of each class"):
        model.fit_prior(PICTURES[::2], labels[::2])


def two_heaps(count=4_000, share=0.8):
    """Return codes (count, 2) in two heaps, and which of them are in the larger."""
    rng = np.random.default_rng(0)
    large = rng.random(count) < share
    spread = np.where(large[:, None], [[1.0, 0.3]], [[0.2, 0.5]])
    return np.where(large, -4, 4)[:, None] + spread * rng.normal(size=(count, 2)), large


def test_mixture_finds_the_heaps_that_codes_lie_in():
    codes, large = two_heaps()
    prior = Prior(1, 2, 2)
    prior.fit(codes, np.full_like(codes, 0.25), np.zeros(len(codes), int))
    share, mean = prior.share.numpy()[0], prior.mean.numpy()[0]
    np.testing.assert_allclose(share, [large.mean(), 1 - large.mean()], atol=1e-3)
    for place, heap in enumerate((codes[large], codes[~large])):
        factor = prior.factor.numpy()[0, place]
        np.testing.assert_allclose(mean[place], heap.mean(axis=0), atol=1e-2)
        wanted = np.cov(heap.T, ddof=0) + 0.25 * np.eye(2)  # of points and of clouds
        np.testing.assert_allclose(factor @ factor.T, wanted, atol=1e-2)


def test_mixture_is_drawn_from_by_its_shares():
    codes, large = two_heaps()
    prior = Prior(1, 2, 2)
    zeros = np.zeros(len(codes), int)
    prior.fit(codes, np.zeros_like(codes), zeros)
    drawn = prior.draw(zeros, np.random.default_rng(1))
    left = drawn[:, 0] < 0
    assert abs(left.mean() - large.mean()) < 4 * 0.4 / len(codes) ** 0.5
    for part, heap in ((drawn[left], codes[large]), (drawn[~left], codes[~large])):
        np.testing.assert_allclose(part.mean(axis=0), heap.mean(axis=0), atol=0.1)
        np.testing.assert_allclose(np.cov(part.T), np.cov(heap.T), atol=0.1)
    np.testing.assert_allclose(prior.codes(np.zeros((1, 2)), [0])[0], -4, atol=0.1)


def test_mixture_wants_enough_pictures_of_each_class():
    model = VAE(2, 4, 10, components=4)
    with pytest.raises(ValueError, match="8 pictures of each class"):
        model.fit_prior(PICTURES, LABELS)
    with pytest.raises(ValueError, match="components 0"):
        VAE(2, components=0)


def test_prior_is_the_standard_normal_until_it_is_fitted():
    model = VAE(5, 4)
    noise = np.random.default_rng(7).normal(size=(6, 5))
    np.testing.assert_allclose(model.sample(6, seed=7), model.decode(noise), atol=1e-6)


def test_bad_input_says_what_was_wanted():
    broken = PICTURES.copy()
    broken[0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="encode wants"):
        VAE(3, 4).encode(broken)
    with pytest.raises(ValueError, match="wants 60 labels"):
        VAE(3, 4, 10).encode(PICTURES)
    with pytest.raises(ValueError, match="labels 0 … 9"):
        VAE(3, 4, 10).sample([10])
    with pytest.raises(ValueError, match="steps or seconds"):
        fit_vae(VAE(3, 4), PICTURES)
    with pytest.raises(ValueError, match="sizes ≥ 1"):
        VAE(0)
    with pytest.raises(ValueError, match="likelihood is 'mse'"):
        VAE(2, likelihood="mse")
    with pytest.raises(ValueError, match="beta -1"):
        VAE(2, beta=-1)


def test_config_makes_every_argument_again():
    given = {"latent_dim": 3, "width": 4, "num_classes": 5, "beta": 2.0, "seed": 11}
    given |= {"components": 2}
    given |= {"likelihood": "unit", "variational": False}
    config = VAE.from_config(VAE(**given).get_config()).get_config()
    assert config.items() >= given.items()
    one, other = (VAE.from_config(VAE(3, 4, seed=11).get_config()) for _ in range(2))
    other.set_weights(one.get_weights())
    noisy = [np.array(m([PICTURES, LABELS], training=False)[0]) for m in (one, other)]
    np.testing.assert_array_equal(*noisy)  # the same noise


def test_saved_model_gives_the_same_codes_and_pictures(tmp_path):
    model = VAE(3, 4, 10, beta=2.0, components=2)
    fit_vae(model, PICTURES, LABELS, steps=2, batch_size=8)
    model.fit_prior(PICTURES, LABELS)
    model.save(tmp_path / "vae.keras")
    again = keras.models.load_model(tmp_path / "vae.keras", compile=False)
    assert again.get_config() == model.get_config()
    assert float(again.pixel_variance) == float(model.pixel_variance) != 1
    np.testing.assert_allclose(again.sample(12), model.sample(12), atol=1e-6)
    one, other = (m.encode(PICTURES, LABELS)[0] for m in (model, again))
    np.testing.assert_allclose(one, other, atol=1e-6)


@pytest.mark.parametrize(
    "settings", [{"beta": np.inf}, {"beta": np.nan}, {"seed": -1}, {"seed": 0.5}]
)
def test_settings_are_finite_numbers(settings):
    with pytest.raises(ValueError, match="want"):
        VAE(2, 2, **settings)


@pytest.mark.parametrize("shape", [(2, 14, 14, 1), (2, 28, 28), (2, 28, 28, 3)])
def test_other_sizes_are_refused_in_a_sentence(shape):
    with pytest.raises(ValueError, match="of images, wants shape"):
        VAE(2, 2)([np.zeros(shape, "float32"), np.zeros(2, int)])


def test_a_prior_is_not_fitted_to_nan():
    codes = np.full((4, 2), np.nan)
    for parts in ((codes, np.ones((4, 2))), (np.ones((4, 2)), codes)):
        with pytest.raises(ValueError, match="finite"):
            class_mixtures(*parts, np.zeros(4, int), 1)
