"""Audio metrics against jiwer, scipy, least squares and re-counts."""

import jiwer
import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from helpers.metrics import audio as metrics
from helpers.metrics import opinion

words = st.lists(st.sampled_from("one two three four".split()), max_size=7)
pairs = st.lists(st.tuples(words.filter(bool), words), min_size=1, max_size=5)


@given(pairs)
def test_word_error_rate_equals_jiwer(both):
    references, hypotheses = (
        [" ".join(t) for t in texts] for texts in zip(*both, strict=True)
    )
    assert metrics.wer(references, hypotheses) == pytest.approx(
        jiwer.wer(references, hypotheses)
    )


def test_error_rate_by_hand():
    assert metrics.wer("three four", "tree four") == 0.5
    assert metrics.wer("one", "one two three") == 2
    assert metrics.wer(["one two", "three"], ["one", ""]) == pytest.approx(2 / 3)
    assert metrics.wer("one\ttwo\n", " one  two ") == 0


@pytest.mark.parametrize(
    "references, hypotheses, message",
    [
        ([], [], "at least one"),
        (["one"], ["one", "two"], "received 2 and 1"),
        ([""], ["one"], "reference 0 has no word"),
        (["one"], [3], "wants a str"),
        (["今天天气很好"], ["今天天气好"], "jiwer.cer"),
    ],
)
def test_error_rates_refuse(references, hypotheses, message):
    with pytest.raises(ValueError, match=message):
        metrics.wer(references, hypotheses)


def test_log_mel_error():
    rng = np.random.default_rng(0)
    a = rng.uniform(-60, 20, (2, 10, 64))
    assert metrics.log_mel_error(a, a) == 0
    assert metrics.log_mel_error(a, a + 3) == pytest.approx(3)
    b = a.copy()
    b[a > 0] -= 4
    assert metrics.log_mel_error(a, b, above=0) == pytest.approx(4)
    assert metrics.log_mel_error(a, b) == pytest.approx(4 * np.mean(a > 0))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: metrics.log_mel_error(np.ones((3, 4)), np.ones((3, 5))), "one shape"),
        (lambda: metrics.log_mel_error(np.ones(4), np.ones(4)), "one shape"),
        (
            lambda: metrics.log_mel_error(np.full((2, 2), np.nan), np.ones((2, 2))),
            "fin",
        ),
        (
            lambda: metrics.log_mel_error(np.ones((2, 2)), np.ones((2, 2)), above=9),
            "above 9",
        ),
        (lambda: metrics.equal_error_rate([1.0], [True, False]), "as many truths"),
        (lambda: metrics.equal_error_rate([1.0, 2.0], [True, True]), "2 of 2 alike"),
        (lambda: metrics.equal_error_rate([1.0, np.nan], [True, False]), "finite"),
        (lambda: opinion.mos([4]), "2 or more ratings"),
        (lambda: opinion.mos([4, 6]), "from 1 to 5, received 6"),
        (lambda: opinion.mos([4, np.nan]), "from 1 to 5"),
        (lambda: opinion.mos(["4", "5"]), "as numbers"),
        (lambda: opinion.mos([4, 5], 1.0), "between 0 and 1"),
        (lambda: opinion.mos_by([4, 5], ["a"]), "wanted 2 groups"),
        (lambda: opinion.rater_effects([4, 5], ["a", "b"], ["x"]), "wanted 2 raters"),
        (
            lambda: opinion.rater_effects([4, 5], ["a", "b"], ["x", "y"]),
            "share no clip",
        ),
    ],
)
def test_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_equal_error_rate_of_two_normal_curves():
    rng = np.random.default_rng(0)
    same = np.repeat([True, False], 40_000)
    scores = rng.normal(0, 1, 80_000) + 2 * same
    rate, threshold = metrics.equal_error_rate(scores, same)
    assert rate == pytest.approx(scipy.stats.norm.cdf(-1), abs=0.005)
    assert threshold == pytest.approx(1, abs=0.05)


def test_equal_error_rate_at_the_ends():
    same = [True, True, False, False]
    assert metrics.equal_error_rate([3, 4, 1, 2], same)[0] == 0
    assert metrics.equal_error_rate([1, 2, 3, 4], same)[0] == 1
    assert metrics.equal_error_rate([1, 1, 1, 1], same)[0] == pytest.approx(0.5)


@given(st.lists(st.integers(1, 5), min_size=2, max_size=40))
def test_mos_interval_equals_scipy(ratings):
    mean, low, high = opinion.mos(ratings)
    assert mean == pytest.approx(np.mean(ratings))
    if len(set(ratings)) == 1:
        assert low == high == mean
        return
    error = scipy.stats.sem(ratings)
    expected = scipy.stats.t.interval(0.95, len(ratings) - 1, np.mean(ratings), error)
    np.testing.assert_allclose((low, high), expected)


def test_mos_interval_holds_its_promise():
    rng = np.random.default_rng(0)
    chances = [0.05, 0.15, 0.3, 0.35, 0.15]
    truth = np.dot(chances, range(1, 6))
    draws = rng.choice(range(1, 6), (2_000, 20), p=chances)
    held = [low <= truth <= high for _, low, high in map(opinion.mos, draws)]
    assert 0.92 < np.mean(held) < 0.975


def test_mos_by_counts_a_rater_once():
    ratings = [5, 5, 5, 5, 1, 3]
    raters = ["a", "a", "a", "a", "b", "c"]
    assert opinion.mos_by(ratings, raters) == opinion.mos([5, 1, 3])


def test_rater_effects_equal_the_balanced_closed_form():
    rng = np.random.default_rng(0)
    table = rng.integers(1, 6, (8, 5))  # clips by raters
    clips = np.repeat([f"c{i}" for i in range(8)], 5)
    raters = np.tile([f"r{i}" for i in range(5)], 8)
    found = opinion.rater_effects(table.ravel(), clips, raters)
    np.testing.assert_allclose(list(found.clips.values()), table.mean(1))
    expected = table.mean(0) - table.mean()
    np.testing.assert_allclose(list(found.raters.values()), expected, atol=1e-12)
    fitted = table.mean(1, keepdims=True) + expected
    rest = np.sqrt(((table - fitted) ** 2).sum() / (7 * 4))
    assert found.rest == pytest.approx(rest)


def test_rater_effects_undo_an_unbalanced_panel():
    # The strict rater hears the good clips only: plain means put the bad clip first.
    level = {"good": 4.0, "bad": 3.5, "both": 3.0}
    bias = {"kind": 1.0, "strict": -1.0}
    heard = [
        ("good", "strict"),
        ("bad", "kind"),
        ("both", "kind"),
        ("both", "strict"),
    ]
    clips, raters = zip(*heard, strict=True)
    ratings = [level[c] + bias[r] for c, r in heard]
    found = opinion.rater_effects(ratings, clips, raters)
    assert found.clips == pytest.approx(level)
    assert found.raters == pytest.approx(bias)
    assert found.rest == pytest.approx(0, abs=1e-9)
