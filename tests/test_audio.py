"""Sound against librosa, closed forms and properties; bad clips are refused."""

import io
import wave

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import audio
from helpers.datasets.audio_sets import read_wav
from helpers.plots.audio import audio_clips, spectrogram

RNG = np.random.default_rng(0)
NOISE = (0.3 * RNG.uniform(-1, 1, 8192)).astype(np.float32)
SECONDS = np.arange(8192) / 8000
TONE = (0.5 * np.sin(2 * np.pi * 440 * SECONDS)).astype(np.float32)


def test_stft_equals_librosa():
    padded = np.pad(NOISE, 192)
    expected = librosa.stft(padded, n_fft=512, hop_length=128, center=False)
    np.testing.assert_allclose(audio.stft(NOISE), expected.T, atol=1e-5)
    assert audio.stft(np.stack([NOISE, TONE])).shape == (2, 64, 257)


def test_stft_of_a_tone_peaks_in_its_bin():
    bins = np.abs(audio.stft(TONE))[10:50].argmax(axis=1)
    assert set(bins) == {round(440 * 512 / 8000)}


@given(st.integers(1, 2000), st.sampled_from([(512, 128), (256, 64), (64, 32)]))
@settings(max_examples=25, deadline=None)
def test_istft_undoes_stft(samples, sizes):
    n_fft, hop = sizes
    sound = NOISE[:samples]
    back = audio.istft(audio.stft(sound, n_fft, hop), hop)
    assert len(back) == -(-samples // hop) * hop
    np.testing.assert_allclose(back[:samples], sound, atol=1e-5)


@pytest.mark.parametrize("n_mels, n_fft, rate", [(64, 512, 8000), (40, 1024, 16000)])
def test_mel_filterbank_equals_librosa(n_mels, n_fft, rate):
    expected = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels)
    np.testing.assert_allclose(
        audio.mel_filterbank(n_mels, n_fft, rate), expected, atol=1e-6
    )
    hertz = np.linspace(0, 4000, 50)
    np.testing.assert_allclose(audio.hertz_to_mel(hertz), librosa.hz_to_mel(hertz))
    np.testing.assert_allclose(audio.mel_to_hertz(audio.hertz_to_mel(hertz)), hertz)


def test_log_mel_equals_librosa():
    expected = librosa.feature.melspectrogram(
        y=np.pad(TONE, 192), sr=8000, n_fft=512, hop_length=128, n_mels=64, center=False
    )
    expected = np.maximum(librosa.power_to_db(expected, amin=1e-6, top_db=None), -60)
    np.testing.assert_allclose(audio.log_mel(TONE), expected.T, atol=1e-2)
    many = np.stack([NOISE, TONE] * 40)  # more than one block
    assert audio.log_mel(many).shape == (80, 64, 64)
    np.testing.assert_allclose(audio.log_mel(many)[79], audio.log_mel(TONE), atol=1e-4)
    assert np.all(audio.log_mel(np.zeros(8192)) == audio.FLOOR_DB)


def test_scaling_is_undone():
    decibels = RNG.uniform(-60, 20, (3, 64, 64)).astype(np.float32)
    scaled = audio.scale_log_mel(decibels)
    assert scaled.min() >= -1 and scaled.max() <= 1 and scaled.dtype == np.float32
    np.testing.assert_allclose(audio.unscale_log_mel(scaled), decibels, atol=1e-4)


def test_mel_to_magnitude_keeps_the_bands():
    chirp = librosa.chirp(fmin=200, fmax=3000, sr=8000, length=8192) * 0.5
    decibels = audio.log_mel(chirp)
    power = audio.mel_to_magnitude(decibels) ** 2
    back = 10 * np.log10(np.maximum(power @ audio.mel_filterbank().T, 1e-6))
    assert np.abs(back - decibels).mean() < 1.0


def test_griffin_lim_finds_phases_as_well_as_librosa():
    chirp = librosa.chirp(fmin=200, fmax=3000, sr=8000, length=8192) * 0.5
    magnitude = np.abs(audio.stft(chirp))
    ours = audio.griffin_lim(magnitude)
    slow = audio.griffin_lim(magnitude, momentum=0)
    theirs = librosa.griffinlim(
        magnitude.T, n_iter=32, hop_length=128, center=False, random_state=0
    )
    reached = np.abs(librosa.stft(theirs, n_fft=512, hop_length=128, center=False)).T
    librosa_error = np.linalg.norm(reached - magnitude) / np.linalg.norm(magnitude)
    fast_error = audio.spectral_convergence(ours, magnitude)
    assert fast_error < 1.5 * librosa_error + 0.02
    assert fast_error < audio.spectral_convergence(slow, magnitude)
    batch = audio.griffin_lim(np.stack([magnitude, magnitude]), iterations=2)
    assert batch.shape == (2, 8192)
    assert np.array_equal(ours, audio.griffin_lim(magnitude))


def test_log_mel_to_waveform_comes_back_near():
    decibels = audio.log_mel(TONE)
    sound = audio.log_mel_to_waveform(decibels)
    assert sound.shape == (8192,) and np.abs(sound).max() <= 1
    loud = decibels > -20
    assert np.abs(audio.log_mel(sound) - decibels)[loud].mean() < 3


def test_resample_keeps_a_tone_and_drops_what_would_alias():
    at = np.arange(22_050) / 22_050
    low, high = np.sin(2 * np.pi * 440 * at), np.sin(2 * np.pi * 6000 * at)
    kept = audio.resample(low * 0.5, 22_050, 8_000)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    np.testing.assert_allclose(kept[100:-100], expected[100:-100], atol=1e-3)
    assert np.abs(audio.resample(high, 22_050, 8_000)[100:-100]).max() < 1e-3
    assert audio.resample(TONE, 8_000, 8_000) is TONE
    assert audio.resample(np.stack([TONE, NOISE]), 8_000, 16_000).shape == (2, 16384)


def test_levels_and_lengths():
    assert audio.level_db(TONE) == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), 0.01)
    assert audio.level_db(audio.normalise(TONE, -30)) == pytest.approx(-30, abs=1e-3)
    click = np.zeros(8000, np.float32)
    click[5] = 0.01
    assert np.abs(audio.normalise(click)).max() == pytest.approx(1)
    quiet = np.concatenate([np.zeros(1280), TONE[:2560], np.zeros(1000)])
    np.testing.assert_array_equal(audio.trim(quiet), TONE[:2560])
    faint = (quiet * 1e-24).astype(np.float32)  # float32 has no room for the squares
    np.testing.assert_array_equal(audio.trim(faint), faint[1280 : 1280 + 2560])
    faint = (TONE * 1e-40).astype(np.float32)  # below float32's normal numbers
    assert np.abs(audio.normalise(faint, -30) - audio.normalise(TONE, -30)).max() < 1e-3
    expected = audio.level_db(TONE) - 800
    assert audio.level_db(faint) == pytest.approx(expected, abs=0.01)
    assert len(audio.trim(faint)) == len(audio.trim(TONE))
    with pytest.raises(ValueError, match="that float32 can hold, received one of"):
        audio.trim(TONE.astype(float) * 1e-300)
    assert audio.fit_length(TONE[:100]).shape == (8192,)
    long = np.concatenate([np.zeros(500, np.float32), TONE, np.zeros(500, np.float32)])
    np.testing.assert_array_equal(audio.fit_length(long)[:8000], TONE[:8000])
    prepared = audio.prepare([TONE[:3000], NOISE, long])
    assert prepared.shape == (3, 8192) and prepared.dtype == np.float32


def test_spec_augment_hides_what_it_says():
    pictures = RNG.normal(size=(50, 64, 40)).astype(np.float32)
    kept = pictures.copy()
    masked = audio.spec_augment(pictures, 3, time_width=8, mel_width=5)
    np.testing.assert_array_equal(pictures, kept)
    changed = masked != pictures
    rows, columns = changed.all(axis=2).sum(1), changed.all(axis=1).sum(1)
    assert rows.max() <= 8 and columns.max() <= 5 and rows.max() > 0
    outside = ~changed.all(axis=2)[:, :, None] & ~changed.all(axis=1)[:, None, :]
    assert not (changed & outside).any()
    means = np.broadcast_to(pictures.mean((1, 2), keepdims=True), pictures.shape)
    np.testing.assert_allclose(masked[changed], means[changed], atol=1e-6)
    assert np.array_equal(
        masked, audio.spec_augment(pictures, 3, time_width=8, mel_width=5)
    )
    none = audio.spec_augment(pictures[0], 0, time_masks=0, mel_masks=0)
    assert np.array_equal(none, pictures[0])


def test_wav_round_trip_and_player():
    content = audio.to_wav_bytes(TONE)
    back, rate = read_wav("x", content)
    assert rate == 8000 and np.abs(back - TONE).max() <= 0.5 / 32768 + 1e-7
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
    assert "audio" in audio.player(TONE)._repr_html_()
    assert len(audio.player(TONE)._repr_html_()) < 23_000


def test_a_player_says_what_is_heard():
    shown = audio.player(TONE, label='"seven" <by> me & you')._repr_html_()
    said = "&quot;seven&quot; &lt;by&gt; me &amp; you"
    assert f"<figcaption>{said}</figcaption>" in shown
    assert f'aria-label="{said}"' in shown
    assert "Audio, " in audio.player(TONE)._repr_html_()


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: audio.prepare([TONE], 16_000), "wants 8000 Hz, received 16000"),
        (lambda: audio.prepare([TONE, TONE * 0]), "sound 1 wants a sound"),
        (lambda: audio.resample(TONE, 8000, 0), "integer rates ≥ 1, received 0"),
        (lambda: audio.resample(TONE, 8000, 1e300), "at most 1,000,000 Hz"),
        (lambda: audio.resample(TONE, 1, 1_000_000), "within a factor of 256"),
        (lambda: audio.resample(TONE[:1], 22_050, 8000), "too few"),
        (lambda: audio.trim(TONE, 0), "below > 0 dB, received 0"),
        (lambda: audio.trim(TONE, hop=0), "trim's hop wants .* received 0"),
        (lambda: audio.stft(TONE, 512, 300), "n_fft ≥ 2 hops"),
        (lambda: audio.istft(np.zeros(5)), "istft wants"),
        (lambda: audio.mel_filterbank(64, 512, 8000, 100, 5000), "0 ≤ low < high"),
        (lambda: audio.mel_filterbank(300), "too many"),
        (lambda: audio.mel_to_magnitude(np.full((4, 64), np.nan)), "finite"),
        (lambda: audio.griffin_lim(-np.ones((4, 257))), "magnitudes ≥ 0"),
        (lambda: audio.griffin_lim(np.full((4, 257), np.nan)), "magnitudes ≥ 0"),
        (
            lambda: audio.griffin_lim(np.ones((4, 257)), iterations=0),
            "from 1 to 10,000",
        ),
        (lambda: audio.spectral_convergence(TONE, np.zeros((64, 257))), "not silent"),
        (lambda: audio.spectral_convergence(TONE, np.ones((0, 257))), "one frame"),
        (lambda: audio.spectral_convergence(TONE, np.ones(257)), r"shape \(257,\)"),
        (lambda: audio.spec_augment(np.full((64, 40), np.nan), 0), "finite values"),
        (lambda: audio.spec_augment(TONE, 0), r"wanted \(n, frames, n_mels\)"),
        (lambda: audio.spec_augment(np.ones((4, 8)), 0), "from 0 to 4, received 12"),
        (lambda: audio_clips({}, "x"), "at least one sound"),
        (lambda: spectrogram(TONE, "x"), r"\(frames, n_mels\)"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_sounds_are_drawn_in_one_scale():
    import matplotlib.pyplot as plt

    figure = audio_clips({"a": TONE, "b": NOISE, "c": TONE}, "two", columns=2)
    pictures = [axes.images[0] for axes in figure.axes if axes.images]
    assert len(pictures) == 3
    assert {picture.get_clim() for picture in pictures} == {(-60.0, 20.0)}
    axes = spectrogram(audio.log_mel(TONE), "one")
    assert axes.images[0].get_array().shape == (64, 64)
    plt.close("all")
