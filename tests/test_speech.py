"""The speaking networks against plain NumPy, librosa, and what they promise."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from helpers import audio
from helpers.models.speech import networks as speech
from helpers.models.speech import training as speech_training
from helpers.models.vocoder import training as vocoder_training
from helpers.models.vocoder import vocoder
from helpers.training import load_state, save_state

WIDTHS = (16, 12, 8, 8)


@pytest.fixture(scope="module")
def generator():
    keras.utils.set_random_seed(0)
    return speech.SpeechGenerator(4, 3, latent_dim=8, widths=WIDTHS)


@pytest.fixture(scope="module")
def discriminator():
    keras.utils.set_random_seed(0)
    return speech.SpeechDiscriminator(4, 3, widths=WIDTHS[::-1])


@pytest.fixture(scope="module")
def small_vocoder():
    keras.utils.set_random_seed(0)
    return vocoder.Vocoder(16, 24, 2)


@pytest.fixture(scope="module")
def voices():
    """Two made-up sounds with harmonics and noise, float32 (2, 4096)."""
    time, rng = np.arange(4096) / 8000, np.random.default_rng(0)
    tones = [
        sum(np.sin(2 * np.pi * f * k * time) / k for k in (1, 2, 3)) for f in (120, 210)
    ]
    sound = 0.1 * np.stack(tones) + rng.normal(0, 0.01, (2, 4096))
    return sound.astype(np.float32)


def test_samples_are_log_mel_pictures_and_repeat_with_the_seed(generator):
    made = generator.sample([0, 1, 2, 3], seed=1)
    assert made.shape == (4, 64, 64) and made.dtype == np.float32
    assert made.min() >= audio.FLOOR_DB and made.max() <= audio.CEILING_DB
    np.testing.assert_array_equal(made, generator.sample([0, 1, 2, 3], seed=1))
    assert np.abs(made - generator.sample([0, 1, 2, 3], seed=2)).max() > 0


def test_a_sample_does_not_depend_on_its_neighbours(generator):
    latents = np.random.default_rng(0).normal(size=(3, 8)).astype("float32")
    together = generator((latents, np.array([0, 1, 2]), np.array([0, 1, 2])))
    alone = generator((latents[1:2], np.array([1]), np.array([1])))
    np.testing.assert_allclose(together[1:2], alone, atol=1e-5)


def test_digit_speaker_and_truncation_reach_the_picture(generator):
    base = generator.sample([0], speakers=[0])
    assert np.abs(base - generator.sample([1], speakers=[0])).max() > 1e-3
    assert np.abs(base - generator.sample([0], speakers=[1])).max() > 1e-3
    a, b = (generator.sample([0], seed, [0], truncation=0.0) for seed in (1, 2))
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("digits", "speakers", "message"),
    [
        ([], None, r"digits wants 1 whole numbers .* received float64 \(0,\)"),
        (2, None, r"digits wants 1 whole numbers .* received int64 \(\)"),
        ([[1, 2]], None, r"digits wants 2 whole numbers .* received int64 \(1, 2\)"),
        ([4], None, "digits wants labels 0 … 3, received 4 … 4"),
        ([-1], None, "digits wants labels 0 … 3, received -1"),
        ([1.5], None, "digits wants 1 whole numbers"),
        ([1], [3], "speakers wants labels 0 … 2, received 3 … 3"),
        ([1, 2], [0], r"speakers wants 2 whole numbers .* received int64 \(1,\)"),
    ],
)
def test_impossible_wishes_are_refused(generator, digits, speakers, message):
    with pytest.raises(ValueError, match=message):
        generator.sample(digits, speakers=speakers)


@pytest.mark.parametrize("options", [{"num_digits": 0}, {"widths": (8, 8)}])
def test_generator_refuses_impossible_sizes(options):
    with pytest.raises(ValueError, match="four widths"):
        speech.SpeechGenerator(**options)


def test_modulate_is_pixel_norm_then_scale_and_shift():
    rng = np.random.default_rng(0)
    x, style = rng.normal(size=(2, 3, 3, 5)), rng.normal(size=(2, 4))
    layer = speech.Modulate()
    layer.build([x.shape, style.shape])
    kernel, bias = rng.normal(size=(4, 10)), rng.normal(size=10)
    layer.set_weights([kernel, bias])
    gain, shift = np.split((style @ kernel + bias)[:, None, None], 2, axis=-1)
    wanted = x / np.sqrt((x**2).mean(-1, keepdims=True)) * (1 + gain) + shift
    wanted = np.where(wanted > 0, wanted, 0.2 * wanted)
    given = layer([x.astype("float32"), style.astype("float32")])
    np.testing.assert_allclose(given, wanted, rtol=1e-3, atol=1e-4)


def test_score_is_the_projection_of_the_features(discriminator):
    rng = np.random.default_rng(0)
    pictures = rng.uniform(-1, 1, (3, 64, 64, 1)).astype("float32")
    digits, people = np.array([0, 1, 3]), np.array([2, 0, 1])
    seen = []
    hook = discriminator.features.call
    discriminator.features.call = lambda x: seen.append(hook(x)) or seen[-1]
    scores = np.array(discriminator((pictures, digits, people)))
    discriminator.features.call = hook
    features = np.array(ops.leaky_relu(seen[0], 0.2))
    asked = np.array(discriminator.digit.embeddings)[digits]
    asked = asked + np.array(discriminator.speaker.embeddings)[people]
    kernel, bias = discriminator.real.get_weights()
    wanted = (features @ kernel + bias)[:, 0] + (asked * features).sum(1) / 128**0.5
    np.testing.assert_allclose(scores, wanted, rtol=1e-4, atol=1e-5)


def test_resampling_is_linear_interpolation_with_silence_outside():
    line = np.random.default_rng(0).normal(size=64)
    rates, shifts = np.array([1.0, 0.9, 1.1]), np.array([3.0, -2.5, 0.25])
    matrices = speech_training.resampling(
        rates[:, None, None].astype("float32"), shifts[:, None, None].astype("float32")
    )
    places = np.arange(64)
    padded = np.concatenate([[0], line, [0]])  # fades over one step, then nothing
    for matrix, rate, shift in zip(np.array(matrices), rates, shifts, strict=True):
        source = places * rate + shift
        wanted = np.interp(source, np.arange(-1, 65), padded, left=0, right=0)
        np.testing.assert_allclose(matrix @ line, wanted, atol=1e-4)


def test_augmented_silence_is_silence_and_gradients_pass():
    silence = -ops.ones((2, 64, 64, 1))
    seed = keras.random.SeedGenerator(0)
    np.testing.assert_array_equal(speech_training.augment(silence, seed), silence)
    x = tf.zeros((2, 64, 64, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        total = ops.sum(speech_training.augment(x, seed))
    assert float(ops.max(ops.abs(tape.gradient(total, x)))) > 0.1


@pytest.fixture
def gan(generator, discriminator):
    keras.utils.set_random_seed(1)
    made = speech_training.SpeechGAN(
        speech.SpeechGenerator.from_config(generator.get_config()),
        speech.SpeechDiscriminator.from_config(discriminator.get_config()),
        penalty=0.1,
    )
    made.compile(keras.optimizers.Adam(1e-3, beta_1=0.0), run_eagerly=True)
    return made


def pictures_and_labels(count=8):
    """Return a batch of made-up spectrograms, digits and speakers."""
    rng = np.random.default_rng(0)
    pictures = rng.uniform(-1, 1, (count, 64, 64, 1)).astype("float32")
    return pictures, rng.integers(0, 4, count), rng.integers(0, 3, count)


def test_slope_is_the_squared_gradient_by_finite_difference(gan):
    picture, digit, person = (part[:1] for part in pictures_and_labels())
    x = tf.constant(picture)
    with tf.GradientTape() as tape:
        tape.watch(x)
        score = gan.discriminator((x, digit, person))
    direction = tape.gradient(score, x)
    step = 1e-2 / float(ops.sqrt(ops.sum(direction**2)))
    sides = [
        gan.discriminator((x + s * direction, digit, person)) for s in (step, -step)
    ]
    rate = float((sides[0] - sides[1])[0]) / (2 * step)
    assert float(gan.slope(x, digit, person)) == pytest.approx(rate, rel=0.05)


def test_a_step_moves_both_networks_and_the_average_lags(gan):
    before = [w.numpy().copy() for w in gan.generator.weights]
    first = gan.discriminator.weights[0].numpy().copy()
    data = tf.data.Dataset.from_tensors(pictures_and_labels()).repeat(2)
    logs = gan.fit(data, verbose=0).history
    assert {"loss", "critic", "slope"} <= set(logs) and np.isfinite(logs["loss"]).all()
    assert np.abs(gan.discriminator.weights[0].numpy() - first).max() > 0
    moved = np.abs(gan.generator.weights[-2].numpy() - before[-2]).max()
    lag = np.abs(gan.average.weights[-2].numpy() - before[-2]).max()
    assert 0 < lag < moved


def test_a_killed_training_goes_on_to_the_same_bits(gan, tmp_path):
    data = tf.data.Dataset.from_tensors(pictures_and_labels()).repeat(2)
    gan.fit(data.take(1), verbose=0)
    save_state(tmp_path / "gan.npz", gan)
    gan.fit(data.take(1), verbose=0)
    through = gan.average.get_weights()
    load_state(tmp_path / "gan.npz", gan)
    gan.fit(data.take(1), verbose=0)
    for a, b in zip(through, gan.average.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["generator", "discriminator"])
def test_saved_networks_come_back(name, request, tmp_path):
    network = request.getfixturevalue(name)
    network.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    for a, b in zip(network.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert json.dumps(again.get_config()) == json.dumps(network.get_config())


def test_inverse_stft_equals_the_numpy_one_and_undoes_the_stft(voices):
    spectrum = audio.stft(voices)
    parts = [np.ascontiguousarray(part) for part in (spectrum.real, spectrum.imag)]
    sound = vocoder.inverse_stft(*parts)
    np.testing.assert_allclose(sound, audio.istft(spectrum), atol=1e-5)
    np.testing.assert_allclose(sound, voices, atol=1e-4)


def test_mel_decibels_equal_log_mel(voices):
    given = vocoder_training.mel_decibels(voices)
    np.testing.assert_allclose(given, audio.log_mel(voices), atol=0.05)


@pytest.mark.parametrize(("window", "hop"), vocoder_training.RESOLUTIONS)
def test_magnitudes_equal_librosa(voices, window, hop):
    import librosa

    margin = (window - hop) // 2
    padded = np.pad(voices, ((0, 0), (margin, margin)))
    wanted = np.abs(librosa.stft(padded, n_fft=window, hop_length=hop, center=False))
    given = vocoder_training.magnitudes(voices, window, hop)
    np.testing.assert_allclose(given, wanted.swapaxes(1, 2), atol=2e-3)


def test_spectral_loss_is_zero_for_equal_sounds_and_blind_to_sign(voices):
    zero = float(vocoder_training.spectral_loss(voices, voices))
    flipped = float(vocoder_training.spectral_loss(voices, -voices))
    other = float(vocoder_training.spectral_loss(voices, voices[::-1].copy()))
    assert zero < 1e-3 and flipped < 1e-3 and other > 0.5


def test_convnext_is_a_depthwise_convolution_and_a_network():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 9, 6)).astype("float32")
    block = vocoder.ConvNeXt(10, kernel_size=3)
    block.build(x.shape)
    taps = block.taps.numpy()
    padded = np.pad(x, ((0, 0), (1, 1), (0, 0)))
    mixed = np.stack([(padded[:, t : t + 3] * taps).sum(1) for t in range(9)], axis=1)
    hidden = ops.gelu(block.wide(block.norm(mixed)), approximate=True)
    wanted = x + np.array(block.scale) * np.array(block.narrow(hidden))
    np.testing.assert_allclose(block(x), wanted, atol=1e-5)


def test_vocoder_speaks_128_samples_a_frame_in_any_batch(small_vocoder):
    log_mel = np.random.default_rng(0).uniform(-60, 10, (3, 20, 64))
    sound = small_vocoder.speak(log_mel)
    assert sound.shape == (3, 2560) and sound.dtype == np.float32
    assert np.abs(sound).max() <= 1
    np.testing.assert_allclose(small_vocoder.speak(log_mel[1]), sound[1], atol=1e-5)


@pytest.mark.parametrize(
    "log_mel",
    [
        np.zeros((0, 20, 64)),
        np.zeros((1, 0, 64)),
        np.zeros((2, 20, 80)),
        np.zeros(64),
        np.full((1, 20, 64), np.nan),
    ],
)
def test_vocoder_refuses_what_is_no_spectrogram(small_vocoder, log_mel):
    with pytest.raises(ValueError, match="speak wants finite log-mel"):
        small_vocoder.speak(log_mel)


def test_vocoder_refuses_impossible_sizes():
    with pytest.raises(ValueError, match="wanted ≥ 1"):
        vocoder.Vocoder(width=0)


def test_saved_vocoder_gives_the_same_sound(small_vocoder, tmp_path):
    small_vocoder.save(tmp_path / "vocoder.keras")
    again = keras.models.load_model(tmp_path / "vocoder.keras")
    log_mel = np.random.default_rng(0).uniform(-60, 10, (1, 10, 64))
    np.testing.assert_array_equal(again.speak(log_mel), small_vocoder.speak(log_mel))


def test_a_few_steps_lower_the_spectral_loss_then_the_critic_joins(voices):
    keras.utils.set_random_seed(0)
    gan = vocoder_training.VocoderGAN(
        vocoder.Vocoder(16, 24, 1), vocoder_training.WaveDiscriminator((4, 8, 8))
    )
    gan.compile(keras.optimizers.Adam(5e-3), jit_compile=False)
    data = tf.data.Dataset.from_tensors(voices).repeat(15)
    first = float(
        vocoder_training.spectral_loss(voices, gan.vocoder(audio.log_mel(voices)))
    )
    last = gan.fit(data, epochs=2, verbose=0).history["loss"][-1]
    assert last < 0.9 * first
    gan = vocoder_training.VocoderGAN(gan.vocoder, gan.discriminator)
    gan.adversarial = True
    gan.compile(keras.optimizers.Adam(1e-3), jit_compile=False)
    before = gan.discriminator.get_weights()[0].copy()
    logs = gan.fit(data.take(2), verbose=0).history
    assert logs["critic"][0] > 0 and np.isfinite(logs["loss"]).all()
    assert np.abs(gan.discriminator.get_weights()[0] - before).max() > 0


def test_hinge_and_feature_distance_by_hand():
    real = [[np.full((1, 2), 3.0), np.array([[2.0, 0.5]])]]
    made = [[np.full((1, 2), 1.0), np.array([[-2.0, 0.0]])]]
    assert float(vocoder_training.hinge(real, made)) == pytest.approx(0.75)
    assert float(vocoder_training.feature_distance(real, made)) == pytest.approx(2)


@pytest.mark.parametrize(
    "make",
    [
        lambda g: speech.SpeechDiscriminator(widths=(4, 4)),
        lambda g: speech.SpeechDiscriminator(num_digits=0),
        lambda g: speech_training.SpeechGAN(g, g, decay=1.0),
        lambda g: speech_training.SpeechGAN(g, g, penalty=-1.0),
        lambda g: vocoder_training.WaveDiscriminator(()),
        lambda g: vocoder_training.WaveDiscriminator((8, 0)),
    ],
)
def test_bad_settings_of_trainings_are_refused(generator, make):
    with pytest.raises(ValueError, match="wanted"):
        make(generator)


def test_vocoder_and_its_training_take_any_length_in_one_graph(small_vocoder):
    frames = keras.Input((None, 64))
    model = keras.Model(frames, small_vocoder(frames))
    for count in (1, 5, 9):
        log_mel = np.random.default_rng(0).uniform(-60, 10, (2, count, 64))
        made = np.clip(model(log_mel.astype("float32")), -1, 1)
        np.testing.assert_allclose(made, small_vocoder.speak(log_mel), atol=1e-5)
    critic = vocoder_training.WaveDiscriminator((4, 4))
    sound = keras.Input((None,))
    scores = keras.Model(sound, critic(sound)[-1][-1])
    for samples in (1024, 2048):
        wave = np.ones((1, samples), "float32")
        np.testing.assert_allclose(scores(wave), critic(wave)[-1][-1], atol=1e-5)


def test_vocoder_trains_on_two_lengths(voices):
    gan = vocoder_training.VocoderGAN(
        vocoder.Vocoder(4, 4, 1), vocoder_training.WaveDiscriminator((4,))
    )
    gan.adversarial = True
    gan.compile(keras.optimizers.Adam(1e-3), run_eagerly=True)
    for samples in (1024, 2048):
        logs = gan.train_on_batch(voices[:, :samples], return_dict=True)
        assert np.isfinite(logs["loss"])
    with pytest.raises(ValueError, match="multiple of 128"):
        gan.train_on_batch(voices[:, :1000])
    with pytest.raises(ValueError, match="of sound"):
        gan.train_on_batch(voices[0])


def test_other_sizes_and_numbers_are_refused_in_a_sentence(
    generator, discriminator, small_vocoder, gan
):
    label = np.zeros(1, int)
    for shape in ((1, 32, 64, 1), (1, 64, 64), (1, 64, 80, 1)):
        with pytest.raises(ValueError, match="of spectrograms, wants shape"):
            discriminator((np.zeros(shape, "float32"), label, label))
        with pytest.raises(ValueError, match="of spectrograms, wants shape"):
            gan.train_on_batch(np.zeros(shape, "float32"), label)
    with pytest.raises(ValueError, match="of latents, wants shape"):
        generator((np.zeros((1, 5), "float32"), label, label))
    with pytest.raises(ValueError, match="of log-mel, wants shape"):
        small_vocoder(np.zeros((1, 8, 80), "float32"))
    for truncation in (np.nan, np.inf, -1):
        with pytest.raises(ValueError, match="truncation 0 … 10"):
            generator.sample([0], truncation=truncation)
    for seed in (-1, 0.5, 2**40):
        with pytest.raises(ValueError, match="seed, wants a whole number"):
            generator.sample([0], seed=seed)


@pytest.mark.parametrize("weights", [{"penalty": np.nan}, {"hint": np.inf}])
def test_weights_of_the_losses_are_finite(generator, discriminator, weights):
    with pytest.raises(ValueError, match="wanted finite"):
        speech_training.SpeechGAN(generator, discriminator, **weights)


@pytest.mark.parametrize("size", [2, 0, 1.5])
def test_convnext_refuses_a_kernel_without_a_middle(size):
    with pytest.raises(ValueError, match="wants"):
        vocoder.ConvNeXt(4, kernel_size=size)
