"""Calibration: against scikit-learn, SciPy, sums by hand and simulation."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.calibration import calibration_curve

from helpers.metrics import calibration

RNG = np.random.default_rng(0)


def honest(count, classes=3, seed=1):
    """Logits, and labels drawn from exactly their softmax."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (count, classes))
    chance = softmax(logits, axis=1)
    labels = (chance.cumsum(axis=1) > rng.random((count, 1))).argmax(axis=1)
    return logits, labels


def test_bins_agree_with_scikit_learn():
    confidence = RNG.random(500)
    right = RNG.random(500) < confidence
    share, mean = calibration_curve(right, confidence, n_bins=10)
    rows = calibration.reliability(confidence, right)
    np.testing.assert_allclose([row.accuracy for row in rows], share)
    np.testing.assert_allclose([row.confidence for row in rows], mean)
    assert sum(row.count for row in rows) == 500


def test_classes_and_confidences_give_the_same_bins():
    logits, labels = honest(300)
    table = softmax(logits, axis=1)
    right = table.argmax(axis=1) == labels
    one = calibration.reliability(table, labels, bins=7)
    assert one == calibration.reliability(table.max(axis=1), right, bins=7)


def test_error_by_hand():
    # two bins: {0.2: wrong}, {0.8, 1.0: one of two right}: (0.2 + 2 × 0.4) / 3
    error = calibration.expected_calibration_error([0.2, 0.8, 1.0], [0, 1, 0], bins=2)
    assert error == pytest.approx(1 / 3)


@pytest.mark.parametrize("planted", [0.5, 1.0, 2.5])
def test_temperature_finds_the_planted_one_and_repairs(planted):
    logits, labels = honest(20_000)
    found = calibration.temperature(logits * planted, labels)
    assert found == pytest.approx(planted, rel=0.05)
    table = softmax(logits * planted / found, axis=1)
    assert calibration.expected_calibration_error(table, labels) < 0.015


def test_coverage_by_hand_with_ties():
    coverage, accuracy, threshold = calibration.coverage_accuracy(
        [0.5, 0.9, 0.5, 0.1], [True, True, False, False]
    )
    assert coverage.tolist() == [0.25, 0.75, 1.0]
    np.testing.assert_allclose(accuracy, [1, 2 / 3, 1 / 2])
    assert threshold.tolist() == [0.9, 0.5, 0.1]


@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.3])
def test_conformal_promise_holds_in_simulation(alpha):
    rng = np.random.default_rng(3)
    missed = [
        calibration.conformal_threshold(draw[:50], alpha) < draw[50]
        for draw in rng.normal(size=(8_000, 51))
    ]
    margin = 4 * np.sqrt(alpha / 8_000)
    assert alpha - 1 / 51 - margin < np.mean(missed) < alpha + margin


def test_conformal_threshold_by_hand():
    scores = [9, 1, 8, 2, 7, 3, 6, 4, 5]
    assert calibration.conformal_threshold(scores, 0.1) == 9  # the 9th of 9
    assert calibration.conformal_threshold(scores, 0.5) == 5  # the 5th
    assert calibration.conformal_threshold(scores, 0.05) == float("inf")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: calibration.reliability([], []), "n > 0"),
        (lambda: calibration.reliability([0.5, 0.5], [1]), r"wanted \(n,\)"),
        (lambda: calibration.reliability([1.5], [1]), "wanted probabilities"),
        (lambda: calibration.reliability([-0.5], [1]), "wanted probabilities"),
        (lambda: calibration.reliability([0.5], [2]), "is 0 or 1"),
        (lambda: calibration.reliability([[0.5, 0.2]], [1]), "sum to 1"),
        (lambda: calibration.reliability([[0.5, 0.5]], [2]), "below the vocabulary"),
        (lambda: calibration.reliability([np.nan], [1]), "finite"),
        (lambda: calibration.reliability([0.5], [1], bins=0), "from 1 to 1000"),
        (lambda: calibration.temperature([1.0, 2.0], [0]), r"\(n, classes\)"),
        (lambda: calibration.temperature([[1.0, 2.0]], [2]), "size 2"),
        (lambda: calibration.temperature([[1.0, 2.0]], [0, 1]), r"wanted \(n,\)"),
        (lambda: calibration.coverage_accuracy([0.1, 0.2], [1]), r"wanted \(n,\)"),
        (lambda: calibration.coverage_accuracy([], []), "n > 0"),
        (lambda: calibration.conformal_threshold([], 0.1), r"wanted \(n,\)"),
        (lambda: calibration.conformal_threshold([1.0], 0), "alpha"),
        (lambda: calibration.conformal_threshold([np.inf], 0.1), "finite"),
    ],
)
def test_bad_input_is_refused_in_words(call, message):
    with pytest.raises(ValueError, match=message):
        call()
