"""The n-gram model against plain counting and the rules of probability."""

from collections import Counter

import numpy as np
import pytest

from helpers.models.text.ngram import NGram

IDS = np.random.default_rng(0).choice(5, 400, p=[0.4, 0.3, 0.15, 0.1, 0.05])


def by_counting(ids, size, history, token) -> float:
    """Compute P(token | history) by the recursion, counting the list each time."""
    shorter = 1 / size if not history else by_counting(ids, size, history[1:], token)
    n = len(history)
    after = Counter(
        ids[i + n] for i in range(len(ids) - n) if tuple(ids[i : i + n]) == history
    )
    if not after:
        return shorter
    return (after[token] + len(after) * shorter) / (after.total() + len(after))


@pytest.mark.parametrize("order", [1, 2, 4])
def test_probabilities_equal_plain_counting(order):
    ids = IDS.tolist()
    model = NGram(6, order).fit(IDS)  # token 5 never occurs
    contexts = np.random.default_rng(1).integers(0, 6, (8, order - 1))
    got = model.probabilities(contexts)
    assert got.sum(1) == pytest.approx(np.ones(8))
    for row, context in zip(got, contexts.tolist(), strict=True):
        expected = [by_counting(ids, 6, tuple(context), t) for t in range(6)]
        assert row == pytest.approx(expected)


def test_losses_are_those_of_the_probabilities():
    model = NGram(5, 3).fit(IDS)
    text = np.array([4, 4, 1, 0, 2, 3, 3])
    expected = [
        model.probabilities(text[None, max(0, i - 2) : i])[0, text[i]]
        for i in range(1, len(text))
    ]
    assert model.nats(text) == pytest.approx(-np.log(expected))


def test_samples_follow_the_distribution():
    model = NGram(5, 2).fit(IDS)
    drawn = model.sample(np.full((20_000, 1), 3), 1, seed=2)
    share = np.bincount(drawn[:, 1], minlength=5) / 20_000
    assert share == pytest.approx(model.probabilities([[3]])[0], abs=0.015)
    cold = model.sample(np.full((50, 1), 3), 1, temperature=1e-3)
    assert set(cold[:, 1]) == {model.probabilities([[3]])[0].argmax()}
    assert np.array_equal(
        model.sample([[1]], 9, seed=4), model.sample([[1]], 9, seed=4)
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: NGram(0, 2), "received 0 and 2"),
        (lambda: NGram(65, 0), "received 65 and 0"),
        (lambda: NGram(65, 12), "received 65 and 12"),
        (lambda: NGram(5, 3).fit([1, 2]), "3 or more ids, received 2"),
        (lambda: NGram(5, 1).fit([5]), "size 5, received 5"),
        (lambda: NGram(5, 1).nats([1, 2]), "no counts yet"),
        (lambda: NGram(5, 1).fit([1]).nats([1]), "two or more ids"),
        (lambda: NGram(5, 2).fit(IDS).sample([[99, 7]], 2), "size 5, received 99"),
        (lambda: NGram(5, 2).fit(IDS).sample([[-1]], 2), "ids >= 0, received -1"),
        (lambda: NGram(5, 2).fit(IDS).sample([[1.5]], 2), "integer ids"),
        (lambda: NGram(5, 2).fit(IDS).probabilities([[5]]), "size 5, received 5"),
        (lambda: NGram(5, 2).fit(IDS).probabilities([1]), r"\(rows, tokens\)"),
        (lambda: NGram(5, 1).fit([1]).sample([[1]], 0), "received 0 and 1.0"),
        (lambda: NGram(5, 1).fit([1]).sample([[1]], 1, temperature=0), "and 0"),
        (lambda: NGram(5, 1).fit([1]).sample([[1]], 1, temperature=np.inf), "and inf"),
        (lambda: NGram(5, 1).fit([1]).sample([[1]], 10**12), "received 1000000000000"),
        (lambda: NGram(5, 1.5), "received 5 and 1.5"),
    ],
)
def test_bad_input_says_what_was_wanted(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_the_coldest_sample_is_the_most_probable_token():
    model = NGram(5, 2).fit(IDS)
    wanted = model.probabilities([[1]]).argmax()
    assert model.sample([[1]], 1, temperature=1e-320)[0, 1] == wanted
