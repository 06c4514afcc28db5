"""The synthesiser speaks, repeats itself, and refuses what it cannot say."""

import threading

import numpy as np
import pytest

from helpers import audio, datasets
from helpers.audio import espeak
from helpers.datasets import spoken


def test_speaks_and_longer_texts_take_longer():
    short, rate = espeak.speak("nine")
    long, _ = espeak.speak("nine hundred and ninety nine")
    assert rate == 22_050 and short.dtype == np.float32
    assert len(long) > 2 * len(short) > rate / 4
    assert 0.05 < np.abs(short).max() <= 1


def test_rate_and_pitch_do_what_they_say():
    slow, fast = (len(espeak.speak("seven", rate=r)[0]) for r in (100, 300))
    assert slow > 1.5 * fast

    def pitch(value):
        import librosa

        sound, rate = espeak.speak("nine", pitch=value)
        heard = librosa.yin(sound, fmin=50, fmax=400, sr=rate, frame_length=2048)
        return np.median(heard)

    assert pitch(90) > 1.15 * pitch(10)


def test_voices_differ():
    assert "f3" in espeak.variants() and "m7" in espeak.variants()
    man, woman = (
        audio.log_mel(audio.resample(espeak.speak("one", v)[0], 22_050, 8_000))[:20]
        for v in ("en-us+m3", "en-us+f3")
    )
    assert np.abs(man - woman).mean() > 2
    chinese, _ = espeak.speak("你好", "cmn")
    assert len(chinese) > 4_000


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("",), "at least one character"),
        ((" \n",), "letter or digit"),
        (("a\0b",), "no NUL"),
        ((7,), "wants a str"),
        (("one", "xx-nowhere"), "no voice 'xx-nowhere'"),
        (("one", "en-us+nobody"), "no voice"),
        (("one", "en-us", 20), "rate is 20"),
        (("one", "en-us", 175, 100), "pitch 100"),
    ],
)
def test_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        espeak.speak(*arguments)


def test_threads_take_turns():
    texts = ["one", "a much longer sentence than that", "three", "four and five"]
    alone = [len(espeak.speak(text)[0]) for text in texts]
    heard = [0] * len(texts)

    def say(place):
        heard[place] = len(espeak.speak(texts[place])[0])

    threads = [threading.Thread(target=say, args=(i,)) for i in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # espeak-ng varies its pauses a little; mixed-up texts would differ by thousands
    np.testing.assert_allclose(heard, alone, atol=900)


def test_a_missing_library_is_explained(monkeypatch):
    import espeakng_loader

    espeak._engine.cache_clear()
    monkeypatch.setattr(espeakng_loader, "get_library_path", lambda: "/nowhere.so")
    try:
        with pytest.raises(espeak.EspeakError, match="cannot be loaded"):
            espeak.speak("one")
    finally:
        espeak._engine.cache_clear()


@pytest.fixture(scope="module")
def digits():
    return datasets.load("espeak_digits").arrays


def test_digits_have_the_recordings_shape(digits):
    assert set(digits) == {"waveforms", "labels", "speakers", "takes", "sample_rate"}
    assert len(digits["waveforms"]) == 900 and digits["sample_rate"] == 8_000
    rows = set(zip(digits["labels"], digits["speakers"], digits["takes"], strict=True))
    assert len(rows) == 900 == 10 * len(set(digits["speakers"])) * 15
    for sound in digits["waveforms"]:
        audio.check_waveform(sound)
    lengths = [len(sound) for sound in digits["waveforms"]]
    assert max(lengths) <= audio.CLIP_SAMPLES and min(lengths) > 800


def test_digits_are_the_same_every_time_but_takes_differ(digits):
    espeak.speak("something else")
    again = spoken.read({})
    pairs = zip(digits["waveforms"], again["waveforms"], strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)
    one = [
        w for w, d in zip(again["waveforms"], again["labels"], strict=True) if d == 1
    ]
    assert len({sound.tobytes() for sound in one}) == len(one)


def test_a_failing_process_is_reported(monkeypatch):
    monkeypatch.setattr(spoken.sys, "executable", "false")
    with pytest.raises(RuntimeError, match="could not speak the digits"):
        spoken.read({})
