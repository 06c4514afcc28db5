"""A recogniser and a predicted score: plain cases they get right, bad input refused."""

import numpy as np
import pytest

from helpers.audio import espeak
from helpers.judges import recognition

NINE, RATE = espeak.speak("nine")


def test_recognises_clear_digits():
    words = ("zero", "one", "two", "three", "four", "nine")
    sounds = [espeak.speak(word)[0] for word in words]
    heard = recognition.recognise_all(sounds, RATE)
    assert sum(a == b for a, b in zip(heard, words, strict=True)) >= 5
    assert set(heard) <= {"", *recognition.WORDS}


def test_a_string_of_digits_and_free_words():
    sound, rate = espeak.speak("one two three four")
    assert recognition.recognise(sound, rate, "digits") == "one two three four"
    sound, rate = espeak.speak("hello world")
    assert recognition.recognise(sound, rate, "free").split()[0] == "hello"


def test_recognition_repeats_itself_and_ignores_loudness():
    first = recognition.recognise(NINE, RATE)
    assert first == recognition.recognise(NINE * 0.05, RATE)


def test_silence_around_a_word_does_not_matter():
    for word in recognition.WORDS[:5]:
        sound, _ = espeak.speak(word, rate=200)
        padded = np.pad(sound, (10 * 128, 9_000))
        assert recognition.recognise(padded, RATE) == recognition.recognise(sound, RATE)


def test_recognition_does_not_depend_on_what_was_heard_before():
    rng = np.random.default_rng(0)
    sounds = [espeak.speak(word)[0] for word in recognition.WORDS[::2]]
    sounds = [s + rng.normal(0, 0.01 * n, len(s)) for n, s in enumerate(sounds)]
    sounds = [np.clip(sound, -1, 1).astype(np.float32) for sound in sounds]
    forward = recognition.recognise_all(sounds, RATE, "free")
    assert forward == recognition.recognise_all(sounds[::-1], RATE, "free")[::-1]


def test_predicted_score_falls_with_noise():
    sound, rate = espeak.speak("the quick brown fox jumps over the lazy dog")
    noise = np.random.default_rng(0).normal(0, 0.3, len(sound)).astype(np.float32)
    noisy = np.clip(sound + noise, -1, 1)
    scores = recognition.predicted_mos_all([sound, noisy], rate)
    assert set(scores) == {"overall", "speech", "background"}
    for values in scores.values():
        assert values[0] > values[1] and values.min() > 0 and values.max() < 5.5


@pytest.mark.parametrize("seconds", [9.01, 10.5, 11.2])
def test_predicted_score_is_that_of_microsofts_script(seconds):
    from speechmos import dnsmos

    rate, rng = recognition.RATE, np.random.default_rng(1)
    sound, noise = np.resize(NINE, int(9.01 * rate)), rng.normal(0, 0.02, 200_000)
    sound = np.resize(sound, round(seconds * rate)) + noise[: round(seconds * rate)]
    sound = recognition._at_16_khz(np.clip(sound, -1, 1), rate, "here")
    ours, theirs = recognition.predicted_mos(sound, rate), dnsmos.run(sound, rate)
    keys = {"overall": "ovrl_mos", "speech": "sig_mos", "background": "bak_mos"}
    for name, key in keys.items():
        assert np.isclose(ours[name], theirs[key], atol=2e-3), name


def test_a_short_clip_is_repeated():
    short = NINE[:3_000]
    long = np.resize(recognition._at_16_khz(short, RATE, "here"), recognition.HEARD)
    raw = recognition._mos_model()(long.astype(np.float32))
    wanted = np.polyval(recognition.MOS_PARTS["overall"][1], raw[2])
    assert np.isclose(recognition.predicted_mos(short, RATE)["overall"], wanted)


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="grammar is 'numbers'"):
        recognition.recognise(NINE, RATE, "numbers")
    with pytest.raises(ValueError, match="rates ≥ 1"):
        recognition.recognise(NINE, 0)
