"""Drift: the index against its definition, and how often the alarm is false."""

import numpy as np
import pytest
from scipy.stats import entropy

from helpers.serving.drift import SMOOTH, DriftMonitor, stability_index


def probabilities(rng, n, shares, sharpness=6.0):
    labels = rng.choice(len(shares), n, p=shares)
    logits = rng.normal(size=(n, len(shares)))
    logits[np.arange(n), labels] += sharpness
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


SHARES = np.array([0.4, 0.3, 0.2, 0.1])


def test_index_is_the_sum_of_both_divergences():
    a, b = np.array([30, 50, 20]), np.array([10, 70, 20])
    p, q = (a + SMOOTH) / (a + SMOOTH).sum(), (b + SMOOTH) / (b + SMOOTH).sum()
    assert stability_index(a, b) == pytest.approx(entropy(p, q) + entropy(q, p))
    assert stability_index(a, a) == 0 and stability_index(a, b) == stability_index(b, a)
    assert np.isfinite(stability_index(np.array([5, 0]), np.array([0, 5])))
    for bad in (([1, 2], [1]), ([-1, 2], [1, 2]), ([], [])):
        with pytest.raises(ValueError, match="wants counts"):
            stability_index(*map(np.array, bad))


def test_false_alarms_are_as_rare_as_asked():
    rng = np.random.default_rng(0)
    monitor = DriftMonitor(probabilities(rng, 5_000, SHARES), window=100, alarms=0.05)
    alarms = 0
    for _ in range(300):  # windows that do not overlap
        for row in probabilities(rng, 100, SHARES):
            found = monitor.add(row)
        alarms += bool(found["alarm"])
    assert 0.01 < alarms / 300 < 0.10


def test_both_kinds_of_drift_are_seen():
    rng = np.random.default_rng(1)
    monitor = DriftMonitor(probabilities(rng, 2_000, SHARES), window=100)
    said = [monitor.add(row) for row in probabilities(rng, 100, SHARES[::-1])]
    assert said[:99] == [None] * 99 and "classes" in said[99]["alarm"]
    said = [monitor.add(row) for row in probabilities(rng, 100, SHARES, 1.0)]
    assert "confidence" in said[-1]["alarm"]


def test_bad_input_is_refused():
    rng = np.random.default_rng(2)
    few = probabilities(rng, 20, SHARES)
    with pytest.raises(ValueError, match="n ≥ 100"):
        DriftMonitor(few)
    with pytest.raises(ValueError, match="window"):
        DriftMonitor(few, window=5)
    with pytest.raises(ValueError, match=r"\(4,\)"):
        DriftMonitor(few, window=20).add(np.ones(3))
