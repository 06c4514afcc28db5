"""Find passages: by their words (BM25), by their meaning (vectors), or by both."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np

from helpers.checks import require_count, require_text, require_texts

WORD = re.compile(r"\w+")


class Hit(NamedTuple):
    """A passage that was found.

    Attributes:
        index: Its place in the list of passages.
        score: Higher is better; scores of different searches cannot be compared.
    """

    index: int
    score: float


class Encoder(Protocol):
    """What turns texts into unit vectors, such as `pretrained.SentenceEncoder`."""

    def encode(self, sentences: list[str]) -> np.ndarray:
        """Return float32 (n, width), rows of length 1."""


def words(text: str) -> list[str]:
    """Cut a text into lower-case words; a Chinese sentence is one word.

    A final s is dropped from words of four letters or more ("orders" finds "order"),
    but not from "address".

    Args:
        text: Any text.
    """
    found = WORD.findall(text.casefold())
    return [
        word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] != "s" else word
        for word in found
    ]


class BM25:
    """Score passages by the query's words: rare words count more, long texts less.

    Args:
        passages: Texts, at least one.
        k1: How soon repeating a word stops to help.
        b: 0 to 1, how much a long passage is punished.

    Example:
        found = BM25(["Refunds take five days.", "We open at nine."])
        found.search("how long does a refund take", k=1)  # [Hit(index=0, score=…)]

    Source: Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework: BM25
        and Beyond", equation 3.15; the weight of a word is Lucene's, never negative.
    """

    def __init__(self, passages: Sequence[str], k1: float = 1.5, b: float = 0.75):
        bags = [Counter(words(text)) for text in require_texts(passages, "BM25")]
        lengths = np.array([sum(bag.values()) for bag in bags], float)
        places = [Counter(bag.keys()) for bag in bags]
        document_frequency = sum(places, Counter())
        longer = k1 * (1 - b + b * lengths / max(lengths.mean(), 1e-9))
        self.size = len(bags)
        self._weights: dict[str, list[tuple[int, float]]] = {}
        for index, bag in enumerate(bags):
            for word, count in bag.items():
                df = document_frequency[word]
                idf = np.log(1 + (self.size - df + 0.5) / (df + 0.5))
                weight = idf * count * (k1 + 1) / (count + longer[index])
                self._weights.setdefault(word, []).append((index, float(weight)))

    def scores(self, query: str) -> np.ndarray:
        """Return the score of every passage, float64 (passages,).

        Args:
            query: Any text; a word that no passage has adds nothing.
        """
        total = np.zeros(self.size)
        for word in words(require_text(query, "BM25.scores")):
            for index, weight in self._weights.get(word, ()):
                total[index] += weight
        return total

    def search(self, query: str, k: int = 3) -> list[Hit]:
        """Return the k best passages, best first; fewer if fewer share a word.

        Args:
            query: Any text.
            k: At least 1.
        """
        k = require_count(k, "BM25.search, k,")
        scores = self.scores(query)
        best = np.argsort(-scores, kind="stable")[:k]
        return [Hit(int(i), float(scores[i])) for i in best if scores[i] > 0]


class Dense:
    """Find passages whose vectors point where the query's points, with FAISS.

    Args:
        passages: Texts, at least one.
        encoder: Turns texts into unit vectors; kept.

    Attributes:
        index: A `faiss.IndexFlatIP`: it compares with every passage, exactly. Scores
            are cosines.

    Example:
        dense = Dense(passages, pretrained.load("minilm"))
        dense.search("my parcel is late", k=3)
    """

    def __init__(self, passages: Sequence[str], encoder: Encoder):
        import faiss

        self.encoder = encoder
        vectors = self._vectors(require_texts(passages, "Dense"))
        self.size = len(vectors)
        self.index = faiss.IndexFlatIP(vectors.shape[1])
        self.index.add(vectors)

    def search(self, query: str, k: int = 3) -> list[Hit]:
        """Return the k nearest passages, nearest first.

        Args:
            query: Any text.
            k: At least 1; not more than there are passages are returned.
        """
        return self.search_many([require_text(query, "Dense.search")], k)[0]

    def search_many(self, queries: Sequence[str], k: int = 3) -> list[list[Hit]]:
        """Search for several queries in one pass of the encoder.

        Args:
            queries: Any texts.
            k: As in `search`.
        """
        k = min(require_count(k, "Dense.search, k,"), self.size)
        if not len(queries):
            return []
        scores, places = self.index.search(self._vectors(queries), k)
        return [
            [Hit(int(i), float(s)) for i, s in zip(*row, strict=True)]
            for row in zip(places, scores, strict=True)
        ]

    def _vectors(self, texts: Sequence[str]) -> np.ndarray:
        """Encode texts as FAISS wants them: float32, rows one after the other."""
        return np.ascontiguousarray(self.encoder.encode(list(texts)), np.float32)


class Hybrid:
    """Join two searches by their ranks: a passage that both rank high comes first.

    Args:
        bm25: A search, such as `BM25`.
        dense: Another over the same passages, such as `Dense`.
        depth: How many of each are joined, at least 1.
        constant: Softens the first ranks; 60 in the paper.

    Source: Cormack, Clarke and Büttcher 2009, "Reciprocal rank fusion outperforms
        Condorcet and individual rank learning methods", section 2.
    """

    def __init__(self, bm25, dense, depth: int = 20, constant: float = 60.0):
        self.parts = (bm25, dense)
        self.depth = require_count(depth, "Hybrid, depth,")
        self.constant = constant

    def search(self, query: str, k: int = 3) -> list[Hit]:
        """Return the k best passages, best first; of equal ones the earlier.

        Args:
            query: Any text.
            k: At least 1.
        """
        k = require_count(k, "Hybrid.search, k,")
        total: dict[int, float] = {}
        for part in self.parts:
            for rank, hit in enumerate(part.search(query, max(k, self.depth)), start=1):
                gain = 1 / (self.constant + rank)
                total[hit.index] = total.get(hit.index, 0.0) + gain
        best = sorted(total, key=lambda index: (-total[index], index))[:k]
        return [Hit(index, total[index]) for index in best]
