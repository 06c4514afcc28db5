"""A recogniser and a predicted score: plain cases they get right, bad input refused."""

import sys

import numpy as np
import pytest

from helpers.audio import espeak
from helpers.judges import recognition

NINE, RATE = espeak.speak("nine")
needs_pocketsphinx = pytest.mark.skipif(
    not recognition.available("pocketsphinx"), reason="pocketsphinx is not here"
)
needs_dnsmos = pytest.mark.skipif(
    not recognition.available("dnsmos"), reason="onnxruntime or speechmos is not here"
)


@needs_pocketsphinx
def test_recognises_clear_digits():
    words = ("zero", "one", "two", "three", "four", "nine")
    sounds = [espeak.speak(word)[0] for word in words]
    heard = recognition.recognise_all(sounds, RATE)
    assert sum(a == b for a, b in zip(heard, words, strict=True)) >= 5
    assert set(heard) <= {"", *recognition.WORDS}


@needs_pocketsphinx
def test_a_string_of_digits_and_free_words():
    sound, rate = espeak.speak("one two three four")
    assert recognition.recognise(sound, rate, "digits") == "one two three four"
    sound, rate = espeak.speak("hello world")
    assert recognition.recognise(sound, rate, "free").split()[0] == "hello"


@needs_pocketsphinx
def test_recognition_repeats_itself_and_ignores_loudness():
    first = recognition.recognise(NINE, RATE)
    assert first == recognition.recognise(NINE * 0.05, RATE)


@needs_pocketsphinx
def test_silence_around_a_word_does_not_matter():
    for word in recognition.WORDS[:5]:
        sound, _ = espeak.speak(word, rate=200)
        padded = np.pad(sound, (10 * 128, 9_000))
        assert recognition.recognise(padded, RATE) == recognition.recognise(sound, RATE)


@needs_pocketsphinx
def test_recognition_does_not_depend_on_what_was_heard_before():
    rng = np.random.default_rng(0)
    sounds = [espeak.speak(word)[0] for word in recognition.WORDS[::2]]
    sounds = [s + rng.normal(0, 0.01 * n, len(s)) for n, s in enumerate(sounds)]
    sounds = [np.clip(sound, -1, 1).astype(np.float32) for sound in sounds]
    forward = recognition.recognise_all(sounds, RATE, "free")
    assert forward == recognition.recognise_all(sounds[::-1], RATE, "free")[::-1]


@needs_dnsmos
def test_predicted_score_falls_with_noise():
    sound, rate = espeak.speak("the quick brown fox jumps over the lazy dog")
    noise = np.random.default_rng(0).normal(0, 0.3, len(sound)).astype(np.float32)
    noisy = np.clip(sound + noise, -1, 1)
    scores = recognition.predicted_mos_all([sound, noisy], rate)
    assert set(scores) == {"overall", "speech", "background"}
    for values in scores.values():
        assert values[0] > values[1] and values.min() > 0 and values.max() < 5.5


@needs_dnsmos
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


@needs_dnsmos
def test_a_short_clip_is_repeated():
    short = NINE[:3_000]
    long = np.resize(recognition._at_16_khz(short, RATE, "here"), recognition.HEARD)
    raw = recognition._mos_model()(long.astype(np.float32))
    wanted = np.polyval(recognition.MOS_PARTS["overall"][1], raw[2])
    assert np.isclose(recognition.predicted_mos(short, RATE)["overall"], wanted)


BOTH = [recognition.recognise, recognition.predicted_mos]


@pytest.mark.parametrize("grammar", ["numbers", "", None, ["digit"], 1])
def test_unknown_grammars_are_refused(grammar):
    with pytest.raises(ValueError, match="grammar is"):
        recognition.recognise(NINE, RATE, grammar)


@pytest.mark.parametrize(
    "rate",
    [0, -8_000, 999, 8_000.5, np.nan, np.inf, 1e300, 10**400, True, None, "8000", [1]],
)
@pytest.mark.parametrize("judge", BOTH)
def test_rates_that_are_none(judge, rate):
    with pytest.raises(ValueError, match="wants an integer rate of 1,000 to 384,000"):
        judge(NINE, rate)


@pytest.mark.parametrize(
    "waveform",
    [
        np.zeros(0, np.float32),
        np.zeros(8_000, np.float32),
        np.full(8_000, np.nan),
        np.r_[NINE, np.inf],
        np.r_[NINE, -np.inf],
        np.stack([NINE, NINE]),
        np.ones(8_000, np.int16),
        NINE * 1j,
        NINE * 1e6,
        ["nine"],
        "nine",
        None,
        0.5,
    ],
    ids=range(13),
)
@pytest.mark.parametrize("judge", BOTH)
def test_sounds_that_are_none(judge, waveform):
    with pytest.raises(ValueError, match="wants"):
        judge(waveform, RATE)


@pytest.mark.parametrize("judge", BOTH)
def test_nobody_listens_for_hours(judge):
    with pytest.raises(ValueError, match="600 s at most, received 601 s"):
        judge(np.resize(NINE, 601_000), 1_000)


@pytest.mark.parametrize(
    "judge", [recognition.recognise_all, recognition.predicted_mos_all]
)
def test_the_bad_one_of_several_is_named(judge):
    with pytest.raises(ValueError, match="sound 1 wants finite"):
        judge([NINE, np.full(9, np.nan)], RATE)
    with pytest.raises(ValueError, match="at least one sound"):
        judge([], RATE)


MADE_OF = [
    ("pocketsphinx", "pocketsphinx", recognition.recognise),
    ("dnsmos", "onnxruntime", recognition.predicted_mos),
    ("dnsmos", "speechmos", recognition.predicted_mos),
]


@pytest.mark.parametrize(("judge", "package", "ask"), MADE_OF)
def test_a_system_without_a_package_is_told_so(
    judge, package, ask, monkeypatch, capsys
):
    recognition._decoder.cache_clear()
    recognition._mos_model.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed
    assert not recognition.available(judge)
    said = capsys.readouterr().out
    assert said.startswith(f"{judge} is left out: this system has no {package} (")
    assert said.count("\n") == 1
    with pytest.raises(recognition.JudgeUnavailable, match=f"has no {package}"):
        ask(NINE, RATE)


@pytest.mark.parametrize("judge", ["", "sphinx", None, ["dnsmos"], 1])
def test_unknown_judges_are_refused(judge):
    with pytest.raises(ValueError, match="judge wants one of"):
        recognition.available(judge)
