"""Every function that takes sound refuses the same bad sounds, and says why."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers import audio, listening
from helpers.audio import checks
from helpers.judges import recognition
from helpers.judges.speech import SpeechJudge
from helpers.plots.audio import audio_clips

TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(4_096) / 8000)).astype(np.float32)
NAN = np.where(np.arange(4_096) == 7, np.float32(np.nan), TONE)


@pytest.fixture(scope="module")
def judge():
    return SpeechJudge.load()


def alone(use, rate=8_000):
    """Turn a use of one sound into one that the tests can call."""
    return lambda sound, judge, rate=rate: use(sound, rate)


def together(use):
    """Turn a use of several sounds into one of a single sound, in a list."""
    return lambda sound, judge, rate=8_000: use([sound], rate, judge)


ONE = {  # one mono sound, neither silent nor beyond full scale
    "check_waveform": alone(lambda s, _: audio.check_waveform(s)),
    "level_db": alone(lambda s, _: audio.level_db(s)),
    "normalise": alone(lambda s, _: audio.normalise(s)),
    "trim": alone(lambda s, _: audio.trim(s)),
    "recognise": alone(recognition.recognise),
    "predicted_mos": alone(recognition.predicted_mos),
    "Clip": alone(lambda s, rate: listening.Clip("a", "b", s, rate)),
}
SILENT = {  # one mono sound, which may be silent
    "fit_length": alone(lambda s, _: audio.fit_length(s)),
    "to_wav_bytes": alone(audio.to_wav_bytes),
    "player": alone(audio.player),
    "plot_sound": alone(lambda s, rate: audio_clips({"a": s}, "x", sample_rate=rate)),
}
EACH = {  # a list of sounds, or an array with a sound in each row
    "prepare": together(lambda s, rate, _: audio.prepare(s, rate)),
    "recognise_all": together(lambda s, rate, _: recognition.recognise_all(s, rate)),
    "predicted_mos_all": together(
        lambda s, rate, _: recognition.predicted_mos_all(s, rate)
    ),
    "SpeechJudge.hear": together(lambda s, rate, judge: judge.hear(s, rate)),
    "SpeechJudge.classify": together(lambda s, rate, judge: judge.classify(s, rate)),
    "SpeechJudge.score": together(lambda s, rate, judge: judge.score(s, [0], rate)),
    "SpeechJudge.matching": together(
        lambda s, rate, judge: judge.matching([*s, *s], "ab", sample_rate=rate)
    ),
}
BATCH = {  # one sound or clips of one length, which may be silent
    "check_clips": alone(lambda s, _: checks.check_clips(s)),
    "stft": alone(lambda s, _: audio.stft(s)),
    "log_mel": alone(audio.log_mel),
    "resample": alone(lambda s, rate: audio.resample(s, rate, 16_000)),
    "convergence": alone(
        lambda s, _: audio.spectral_convergence(s, np.ones((32, 257)))
    ),
}
BAD = {
    "none": (TONE[:0], "at least one sample, received a clip of none"),
    "NaN": (NAN, "finite samples, received NaN"),
    "infinity": (
        np.where(TONE > 0.4, np.inf, TONE),
        "finite samples, received NaN or infinity",
    ),
    "integers": ((TONE * 32768).astype(np.int16), "int16 .divide 16-bit integers by"),
    "integers as floats": (TONE * 32768, "samples from -1 to 1, received 163"),
    "stereo columns": (np.stack([TONE, TONE], 1), r"\(4096, 2\) \(stereo\?"),
    "stereo rows": (np.stack([TONE, TONE]), r"\(2, 4096\) \(stereo\?"),
}
IN_BATCH = {key: BAD[key] for key in BAD if key != "stereo rows"}  # two clips there


def cases(uses, bad):
    return [
        pytest.param(uses[use], *bad[kind], id=f"{use}, {kind}")
        for use in uses
        for kind in bad
    ]


@pytest.mark.parametrize(
    ("use", "sound", "message"),
    cases(ONE | SILENT | EACH, BAD) + cases(BATCH, IN_BATCH),
)
def test_bad_sounds_are_refused_everywhere(use, sound, message, judge):
    with pytest.raises(ValueError, match=message):
        use(sound, judge)


@pytest.mark.parametrize("use", ONE | EACH)
def test_silence_is_refused_where_there_must_be_something(use, judge):
    with pytest.raises(ValueError, match="received silence: all samples are 0"):
        (ONE | EACH)[use](TONE * 0, judge)


@pytest.mark.parametrize("use", SILENT | BATCH)
def test_silence_passes_where_it_makes_sense(use, judge):
    (SILENT | BATCH)[use](TONE * 0, judge)
    plt.close("all")


@pytest.mark.parametrize(
    "use", ["prepare", *(name for name in EACH if name.startswith("SpeechJudge"))]
)
def test_another_rate_than_8_khz_is_refused(use, judge):
    with pytest.raises(ValueError, match="wants 8000 Hz, received 16000 Hz; audio.res"):
        EACH[use](TONE, judge, 16_000)
    with pytest.raises(ValueError, match="wants 8000 Hz, received 8000.5 Hz"):
        EACH[use](TONE, judge, 8_000.5)


RATED = ["recognise", "predicted_mos", "Clip", "to_wav_bytes", "player", "plot_sound"]
RATED += ["recognise_all", "predicted_mos_all", "log_mel", "resample"]


@pytest.mark.parametrize("rate", [0, -8_000, 8_000.5, np.nan])
@pytest.mark.parametrize("use", RATED)
def test_rates_that_are_none_are_refused(use, rate, judge):
    with pytest.raises(
        ValueError, match=r"integer rates? (≥ 1|of 1,000 to 384,000 Hz), received"
    ):
        (ONE | SILENT | EACH | BATCH)[use](TONE, judge, rate)


@pytest.mark.parametrize("use", [audio.prepare, recognition.recognise_all])
def test_what_is_no_list_of_sounds_is_refused(use):
    with pytest.raises(ValueError, match="at least one sound, received none"):
        use([])
    with pytest.raises(ValueError, match="several sounds .put one into a list"):
        use(TONE)
    with pytest.raises(ValueError, match="4096 sounds of 2 samples .stereo"):
        use(np.stack([TONE, TONE], 1))


@pytest.mark.parametrize("use", BATCH)
def test_clips_of_different_lengths_are_refused_in_a_batch(use, judge):
    ragged = np.empty(2, object)
    ragged[:] = [TONE, TONE[:100]]
    for sounds in (list(ragged), ragged):
        with pytest.raises(ValueError, match="clips of one length"):
            BATCH[use](sounds, judge)


def test_good_sounds_come_back_as_float32():
    for sound in (TONE, TONE.astype(float), TONE.tolist()):
        for check in (checks.check_waveform, checks.check_clips):
            found = check(sound)
            assert found.dtype == np.float32
            np.testing.assert_array_equal(found, TONE)
    assert checks.check_clips(TONE) is TONE
    assert checks.check_clips([TONE, TONE]).shape == (2, 4_096)
    loud = 1.5 * TONE / 0.5  # a model's, which the measuring functions take
    assert audio.stft(loud).shape == (32, 257)
    assert [len(s) for s in checks.check_each([TONE, TONE[:9]], "x")] == [4096, 9]
    assert checks.check_rate(np.array(8_000)) == 8_000
