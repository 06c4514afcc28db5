"""The shipped judge hears digits and voices; its recipe runs; bad clips are refused."""

import keras
import numpy as np
import pytest
from scipy import spatial

from helpers import audio, datasets
from helpers.judges.speech import SpeechJudge, match_pairs
from helpers.models.listener import Listener
from recipes import speech_judge as recipe


@pytest.fixture(scope="module")
def judge():
    return SpeechJudge.load()


@pytest.fixture(scope="module")
def held_out():
    arrays = datasets.load("espeak_digits").arrays
    chosen = arrays["takes"] < 2
    return {
        key: arrays[key][chosen] for key in ("waveforms", "labels", "speakers", "takes")
    }


def test_hears_held_out_digits_and_voices(judge, held_out):
    scores = judge.score(held_out["waveforms"], held_out["labels"])
    assert scores["accuracy"] >= 0.9 and scores["coverage"] == 10
    assert 0.5 < scores["confidence"] <= 1
    mean = np.mean(list(scores["class_accuracy"].values()))
    assert mean == pytest.approx(scores["accuracy"])  # classes are equally large
    wrong = judge.score(held_out["waveforms"], (held_out["labels"] + 1) % 10)
    assert wrong["accuracy"] < 0.1


@pytest.mark.parametrize("of, names", [("speaker", "speakers"), ("word", "labels")])
def test_tells_like_pairs_from_unlike(judge, held_out, of, names):
    found = judge.matching(held_out["waveforms"], held_out[names], of)
    assert found["equal_error_rate"] < 0.15
    assert len(found["cosines"]) == len(found["same"]) == 120 * 119 // 2
    heard = judge.hear(held_out["waveforms"])[of]
    distances = spatial.distance.pdist(heard, "cosine")
    np.testing.assert_allclose(found["cosines"], 1 - distances, atol=1e-4)


def test_loudness_does_not_matter(judge, held_out):
    clips = held_out["waveforms"][:10]
    soft = [clip * 0.1 for clip in clips]
    np.testing.assert_allclose(judge.classify(clips), judge.classify(soft), atol=0.02)
    assert judge.classify(clips).sum(1) == pytest.approx(np.ones(10), abs=1e-5)


TONE = (0.5 * np.sin(np.arange(4000))).astype(np.float32)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda j: j.classify([TONE, np.zeros(9, np.float32)]), "sound 1 .*silence"),
        (lambda j: j.score([TONE], [10]), "labels from 0 to 9"),
        (lambda j: j.score([TONE], [1, 2]), "wanted 1 labels"),
        (lambda j: j.matching([TONE], [1], "mood"), "'speaker' or 'word'"),
        (lambda j: j.matching([TONE], [1, 2]), r"received \(1, \d+\) and 2 names"),
        (lambda j: j.matching([TONE, TONE], [1, 1]), "1 of 1 alike"),
        (lambda j: j.hear_spectrograms(np.zeros((2, 64, 32))), r"\(n, 64, 64\)"),
    ],
)
def test_bad_input_is_refused(judge, call, message):
    with pytest.raises(ValueError, match=message):
        call(judge)


def test_listener_is_saved_whole(tmp_path):
    keras.utils.set_random_seed(0)
    listener = Listener(4, 3, feature_dim=8, width=4)
    x = np.random.default_rng(0).uniform(-1, 1, (5, 64, 64)).astype(np.float32)
    heard = listener(x)
    assert heard["word_logits"].shape == (5, 4)
    assert heard["speaker_logits"].shape == (5, 3)
    np.testing.assert_allclose(np.linalg.norm(heard["word"], axis=1), 1, atol=1e-4)
    assert np.abs(heard["word_logits"]).max() <= listener.scale + 1e-3
    listener.save(tmp_path / "x.keras")
    again = keras.models.load_model(tmp_path / "x.keras")(x)
    np.testing.assert_allclose(heard["speaker"], again["speaker"], atol=1e-5)
    with pytest.raises(ValueError, match="sizes ≥ 1"):
        Listener(0, 3)


def test_augmentation_keeps_shape_and_range():
    rng = np.random.default_rng(0)
    decibels = rng.uniform(-60, 20, (6, 64, 64)).astype(np.float32)
    first = recipe.augment(decibels, np.random.default_rng(1))
    assert first.shape == decibels.shape and np.abs(first).max() <= 1
    assert np.array_equal(first, recipe.augment(decibels, np.random.default_rng(1)))
    assert np.abs(first - audio.scale_log_mel(decibels)).mean() > 0.01


def test_left_out_people_are_the_recorded_ones_and_not_learned_from(monkeypatch):
    rng = np.random.default_rng(0)
    speakers = np.array(["a", "b", "robot"] * 4)
    data = {
        "log_mel": rng.uniform(-60, 20, (12, 64, 64)).astype(np.float32),
        "digits": np.arange(12) % 10,
        "speakers": speakers,
        "real": speakers != "robot",
    }
    learned = []

    def train(listener, data, chosen, speakers, steps):
        learned.append((sorted(set(data["speakers"][chosen])), steps))
        return 0.0

    monkeypatch.setattr(recipe, "train", train)
    scores = recipe.leave_one_out(data, np.arange(12) % 3, steps=7, smoke=True)
    assert list(scores) == ["a", "b"]
    assert all(0 <= share <= 1 for share in scores.values())
    assert learned == [(["b", "robot"], 7), (["a", "robot"], 7)]


def test_pairs_are_told_apart_by_python_s_equality():
    vectors = np.eye(4)[[0, 0, 1, 1]]
    found = match_pairs(vectors, [1, "1", ("a", 1), ("a", 1)])
    assert found["same"].tolist() == [False] * 5 + [True]


@pytest.mark.parametrize(
    "vectors", [np.full((2, 3), np.nan), np.ones(3), np.ones((1, 3))]
)
def test_vectors_that_are_none_are_refused(vectors):
    with pytest.raises(ValueError, match="match_pairs"):
        match_pairs(vectors, ["a"] * len(vectors))
