"""How well does a passage answer a question? Measures, and a probability from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from helpers.apps.retrieval import BM25, Dense, Encoder, Hybrid
from helpers.text.reading.questions import (
    Coverage,
    content_words,
    sentences,
    share_offered,
)

FEATURES = (
    "cosine",
    "best sentence",
    "shared words",
    "covered words",
    "worst gap",
    "kind offered",
    "sentence of that kind",
)


class Evidence:
    """Measure in several ways how well passages answer a question.

    Args:
        passages: Texts, at least two.
        encoder: Turns texts into unit vectors.
        depth: How many passages are looked at for each question.
    """

    def __init__(self, passages: Sequence[str], encoder: Encoder, depth: int = 8):
        self.passages, self.encoder, self.depth = list(passages), encoder, depth
        self.bm25, dense = BM25(self.passages), Dense(self.passages, encoder)
        self.search = Hybrid(self.bm25, dense)
        self.vectors = dense.index.reconstruct_n(0, dense.size)  # (passages, width)
        self.parts = [sentences(text) for text in self.passages]
        self.owner = np.repeat(np.arange(len(self.parts)), list(map(len, self.parts)))
        self.sentence_vectors = encoder.encode([s for part in self.parts for s in part])
        self.coverage = Coverage(self.passages, encoder)

    def look(
        self, question: str, hidden: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Find candidates and measure them.

        Args:
            question: Any text.
            hidden: The number of a passage to leave out, as if it did not exist.

        Returns:
            The candidates' numbers (n,), best rank first, and their `FEATURES` (n, 7).
        """
        found = self.search.search(question, self.depth + 1)
        numbers = [h.index for h in found if h.index != hidden][: self.depth]
        (vector,) = self.encoder.encode([question])
        cosine = self.vectors @ vector
        spoken = self.sentence_vectors @ vector
        said = [spoken[self.owner == number] for number in numbers]
        best = [row.max() for row in said]
        shared = self.bm25.scores(question) / (1 + len(content_words(question)))
        covered = self.coverage(question, numbers)
        kinds = [[share_offered(question, s) for s in self.parts[n]] for n in numbers]
        offered = [max(row) for row in kinds]
        of_kind = [max(r * np.array(k)) for r, k in zip(said, kinds, strict=True)]
        columns = [cosine[numbers], best, shared[numbers], *covered.T]
        columns += [offered, of_kind]
        return np.array(numbers), np.stack(columns, axis=1)


class Support:
    """Estimate the probability that a passage answers a question.

    Args:
        evidence: Finds and measures the candidates.
        strength: Of the penalty on large weights; smaller is stronger.
    """

    def __init__(self, evidence: Evidence, strength: float = 0.3):
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self.evidence = evidence
        regression = LogisticRegression(C=strength, max_iter=1_000)
        self.model = make_pipeline(StandardScaler(), regression)

    def fit(self, questions: Sequence[str], answers: Sequence[int | None]) -> Support:
        """Learn from questions and the passages that answer them.

        Args:
            questions: Texts.
            answers: The number of each one's passage, None if none answers it.
        """
        rows, labels = [], []
        for question, answer in zip(questions, answers, strict=True):
            numbers, features = self.evidence.look(question)
            rows.append(features)
            labels.append(numbers == (-1 if answer is None else answer))
        self.model.fit(np.concatenate(rows), np.concatenate(labels))
        return self

    def best(self, question: str, hidden: int | None = None) -> tuple[int, float]:
        """Return the passage that most likely answers, and that probability.

        Args:
            question: Any text.
            hidden: As `Evidence.look`.
        """
        numbers, features = self.evidence.look(question, hidden)
        chances = self.model.predict_proba(features)[:, 1]
        return int(numbers[chances.argmax()]), float(chances.max())
