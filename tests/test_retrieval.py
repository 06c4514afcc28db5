"""Retrieval: BM25 against its formula, FAISS against NumPy, fusion by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.apps import retrieval
from helpers.apps.retrieval import BM25, Dense, Hit, Hybrid, words

PASSAGES = [
    "Refunds are paid to the card you used, within five working days.",
    "The shop opens at nine and closes at six.",
    "A parcel that is late by more than ten days is refunded in full.",
    "Parcels are sent on working days.",
]


class Letters:
    """An encoder without weights: counts of letters, to length 1."""

    def encode(self, sentences):
        rows = [
            [1 + t.lower().count(chr(97 + i)) for i in range(26)] for t in sentences
        ]
        rows = np.array(rows, float).reshape(-1, 26)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class Fixed:
    """A search that always ranks the same passages."""

    def __init__(self, *order):
        self.order = order

    def search(self, query, k):
        return [Hit(i, 1.0) for i in self.order[:k]]


def by_the_formula(passages, query, k1=1.5, b=0.75):
    bags = [words(p) for p in passages]
    mean = sum(map(len, bags)) / len(bags)
    scores = []
    for bag in bags:
        total = 0.0
        for word in words(query):
            having = sum(word in other for other in bags)
            idf = math.log(1 + (len(bags) - having + 0.5) / (having + 0.5))
            f = bag.count(word)
            total += idf * f * (k1 + 1) / (f + k1 * (1 - b + b * len(bag) / mean))
        scores.append(total)
    return scores


def test_words_lose_case_marks_and_plural():
    assert words("Orders, ORDER's address: 42!") == "order order s address 42".split()
    assert words("我的订单 where?") == ["我的订单", "where"]


@pytest.mark.parametrize("query", ["refund of a late parcel", "days days", "zebra"])
def test_bm25_is_its_formula(query):
    mine = BM25(PASSAGES).scores(query)
    np.testing.assert_allclose(mine, by_the_formula(PASSAGES, query), atol=1e-9)


@settings(deadline=None)
@given(st.text(max_size=60), st.integers(1, 6))
def test_bm25_takes_any_query_and_sorts(query, k):
    hits = BM25(PASSAGES).search(query, k)
    assert len(hits) <= k
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    assert all(h.score > 0 for h in hits)


def test_dense_is_the_largest_product():
    dense, encoder = Dense(PASSAGES, Letters()), Letters()
    queries = ["late parcel", "", "when do you open?"]
    products = encoder.encode(queries) @ encoder.encode(PASSAGES).T
    for row, hits in zip(products, dense.search_many(queries, 4), strict=True):
        assert [h.index for h in hits] == np.argsort(-row, kind="stable").tolist()
        np.testing.assert_allclose([h.score for h in hits], -np.sort(-row), atol=1e-6)
    assert len(dense.search("x", k=9)) == 4  # no place of -1
    assert dense.search_many([]) == []


def test_fusion_by_hand():
    hybrid = Hybrid(Fixed(2, 0, 1), Fixed(0, 3))
    hits = hybrid.search("any", k=4)
    assert [h.index for h in hits] == [0, 2, 3, 1]
    assert hits[0].score == pytest.approx(1 / 62 + 1 / 61)
    assert [h.index for h in hybrid.search("any", k=1)] == [0]
    assert Hybrid(Fixed(), Fixed()).search("any") == []


@pytest.mark.parametrize("passages", [[], "one text", ["", "x"], [None]])
def test_passages_are_checked(passages):
    with pytest.raises(ValueError, match="wants"):
        BM25(passages)
    with pytest.raises(ValueError, match="wants"):
        Dense(passages, Letters())


@pytest.mark.parametrize("k", [0, -1, 1.5, True])
def test_k_is_checked(k):
    for search in (
        BM25(PASSAGES),
        Dense(PASSAGES, Letters()),
        Hybrid(Fixed(), Fixed()),
    ):
        with pytest.raises(ValueError, match="wants a whole number"):
            search.search("x", k)


def test_a_search_takes_three_lines():
    bm25, dense = BM25(PASSAGES), Dense(PASSAGES, Letters())
    found = Hybrid(bm25, dense).search("refund for a late parcel", k=2)
    assert 2 in [hit.index for hit in found]
    assert retrieval.Hit._fields == ("index", "score")
