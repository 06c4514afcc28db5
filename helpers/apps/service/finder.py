"""Find a shop's passage: four measures of question and passage, and what they weigh."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from helpers.apps.retrieval import BM25, Encoder, Hit
from helpers.checks import require_count
from helpers.text.reading.questions import sentences

MEASURES = ("passage", "best sentence", "best asked", "BM25")


class Remembered:
    """An encoder that encodes each text once.

    Args:
        inner: The encoder.
    """

    def __init__(self, inner: Encoder):
        self.inner, self.vectors = inner, {}

    def encode(self, sentences: Sequence[str]) -> np.ndarray:
        """Return float32 (n, width), rows of length 1.

        Args:
            sentences: Texts, at least one.
        """
        new = [text for text in dict.fromkeys(sentences) if text not in self.vectors]
        if new:
            self.vectors.update(zip(new, self.inner.encode(new), strict=True))
        return np.stack([self.vectors[text] for text in sentences])


class Finder:
    """Rank passages by cosines with their parts and by shared words.

    Args:
        titles: One for each passage.
        texts: The passages.
        asked: For each passage, questions that it answers.
        encoder: Turns texts into unit vectors.
        measures: Which of `MEASURES` are used.
    """

    def __init__(
        self,
        titles: Sequence[str],
        texts: Sequence[str],
        asked: Sequence[Sequence[str]],
        encoder: Encoder,
        measures: Sequence[str] = MEASURES,
    ):
        self.titles, self.texts, self.encoder = list(titles), list(texts), encoder
        self.columns = [MEASURES.index(name) for name in measures]
        whole = [f"{a} {b}" for a, b in zip(titles, texts, strict=True)]
        groups = [whole, map(sentences, texts), asked]
        self.parts = [self._encoded(group) for group in groups]
        pairs = zip(whole, asked, strict=True)
        self.bm25 = BM25([" ".join([text, *more]) for text, more in pairs])
        self.weights = np.array([1.0, 1.0, 1.0, 0.02])[self.columns]
        self.model = None

    def _encoded(self, group) -> tuple[np.ndarray, np.ndarray]:
        """Encode all parts of all passages; return vectors and each passage's start."""
        lists = [[one] if isinstance(one, str) else list(one) for one in group]
        starts = np.cumsum([0, *map(len, lists)])[:-1]
        return self.encoder.encode([text for part in lists for text in part]), starts

    def measure(self, questions: Sequence[str]) -> np.ndarray:
        """Return the measures of each question and passage, (questions, passages, n).

        Args:
            questions: Texts.
        """
        vectors = self.encoder.encode(list(questions))
        columns = [
            np.maximum.reduceat(vectors @ parts.T, starts, axis=1)
            for parts, starts in self.parts
        ]
        columns.append(np.stack([self.bm25.scores(text) for text in questions]))
        return np.stack(columns, axis=-1)[..., self.columns]

    def fit(self, questions: Sequence[str], answers: Sequence[int]) -> Finder:
        """Learn the weights by a logistic regression over all pairs.

        Args:
            questions: Texts.
            answers: The number of each one's passage, -1 if none answers it.
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        measured = self.measure(questions)
        right = np.asarray(answers)[:, None] == np.arange(len(self.texts))
        regression = LogisticRegression(C=0.3, max_iter=1_000)
        self.model = make_pipeline(StandardScaler(), regression)
        self.model.fit(measured.reshape(-1, measured.shape[-1]), right.ravel())
        return self

    def scores(self, questions: Sequence[str]) -> np.ndarray:
        """Return for each question and passage a score, (questions, passages).

        Once fitted, it is the probability that the passage answers the question.

        Args:
            questions: Texts.
        """
        measured = self.measure(questions)
        if self.model is None:
            return measured @ self.weights
        rows = measured.reshape(-1, measured.shape[-1])
        return self.model.predict_proba(rows)[:, 1].reshape(measured.shape[:2])

    def search_many(self, questions: Sequence[str], k: int = 3) -> list[list[Hit]]:
        """Return the k best passages of each question, best first.

        Args:
            questions: Texts.
            k: At least 1; not more than there are passages are returned.
        """
        k = require_count(k, "Finder.search_many, k,")
        if not len(questions):
            return []
        scores = self.scores(questions)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        return [
            [Hit(int(i), float(row[i])) for i in order]
            for row, order in zip(scores, best, strict=True)
        ]

    def search(self, question: str, k: int = 3) -> list[Hit]:
        """Return the k best passages, best first.

        Args:
            question: Any text.
            k: As in `search_many`.
        """
        return self.search_many([question], k)[0]


class Bigrams(BM25):
    """Search texts without blanks, such as Chinese titles, by pairs of characters.

    Args:
        passages: Texts, at least one.

    Example:
        Bigrams(["怎么退货？", "运费是多少？"]).search("邮费是多少", k=1)
    """

    def __init__(self, passages: Sequence[str]):
        super().__init__([self.pairs(text) for text in passages])

    @staticmethod
    def pairs(text: str) -> str:
        """Write each character and each pair of neighbours as words."""
        signs = [char for char in text if char.isalnum()]
        return " ".join([*signs, *map("".join, zip(signs, signs[1:], strict=False))])

    def scores(self, query: str) -> np.ndarray:
        """Return the score of every passage, float64 (passages,).

        Args:
            query: Any text.
        """
        return super().scores(self.pairs(query))
