"""Metrics of text: likelihood, overlap with references, diversity, meaning.

Overlap is sacrebleu's and rouge-score's; input is checked and their options fixed here.
"""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from helpers.checks import require_texts


class Encoder(Protocol):
    """Anything that turns texts into unit vectors."""

    def encode(self, texts: list[str]) -> np.ndarray:
        """Return one unit vector a text, shape (n, dim)."""


def _mean_nats(nats: float | Sequence[float] | np.ndarray) -> float:
    """Return the mean of one or more losses, each finite and >= 0."""
    array = np.asarray(nats, float)
    if array.size == 0 or not np.isfinite(array).all() or (array < 0).any():
        raise ValueError(f"nats per token are finite and >= 0, received {nats!r:.60}")
    return float(array.mean())


def perplexity(nats: float | Sequence[float] | np.ndarray) -> float:
    """Return exp(mean loss): between how many equal choices a model wavers.

    Args:
        nats: Loss per token in nats, >= 0; a mean, or one value a token.

    Raises:
        ValueError: If there is no value, or one is negative or not finite.
    """
    mean = _mean_nats(nats)
    return math.exp(mean) if mean < 700 else math.inf


def bits_per_character(
    nats: float | Sequence[float] | np.ndarray, characters_per_token: float = 1.0
) -> float:
    """Return a loss in bits per character, which tokenizers cannot bend.

    Args:
        nats: Loss per token in nats, as in `perplexity`.
        characters_per_token: Mean length of a token, > 0; 1 for characters.

    Raises:
        ValueError: As in `perplexity`, or if the token length is not positive.
    """
    if not characters_per_token > 0:
        raise ValueError(f"characters_per_token is > 0, got {characters_per_token}")
    return _mean_nats(nats) / math.log(2) / characters_per_token


def _pairs(
    hypotheses: Sequence[str], references: Sequence[str] | Sequence[Sequence[str]]
) -> tuple[list[str], list[list[str]]]:
    """Return hypotheses, and for each the list of its references."""
    hypotheses = require_texts(hypotheses, "hypotheses")
    if isinstance(references, str):
        raise ValueError("references wants a list of texts, received one str")
    lists = [[r] if isinstance(r, str) else r for r in references]
    lists = [require_texts(r, f"references of item {i}") for i, r in enumerate(lists)]
    if len(hypotheses) != len(lists):
        raise ValueError(
            "hypotheses and references want one length, received"
            f" {len(hypotheses)} and {len(lists)}"
        )
    return hypotheses, lists


def _streams(references: list[list[str]]) -> list[list[str | None]]:
    """Turn references per item into sacrebleu's streams, padded with None."""
    most = max(map(len, references))
    return [[r[k] if k < len(r) else None for r in references] for k in range(most)]


def bleu(
    hypotheses: Sequence[str],
    references: Sequence[str] | Sequence[Sequence[str]],
    *,
    tokenize: str = "13a",
    lowercase: bool = False,
    max_order: int = 4,
    smooth: str = "exp",
) -> float:
    """Return corpus BLEU, 0 to 100: clipped n-gram precision, brevity penalty.

    Args:
        hypotheses: One text an item.
        references: One text, or a list of texts, an item.
        tokenize: sacrebleu's name: "13a", "zh", "char", "none", …
        lowercase: Ignore case.
        max_order: Longest n-gram.
        smooth: What to do about counts of 0: "exp", "floor", "add-k", "none".

    Raises:
        ValueError: If lengths differ or a text is empty.

    Source: Papineni et al. 2002; Post 2018 (sacrebleu).
    """
    from sacrebleu.metrics import BLEU

    hypotheses, lists = _pairs(hypotheses, references)
    options = {"tokenize": tokenize, "lowercase": lowercase, "smooth_method": smooth}
    metric = BLEU(max_ngram_order=max_order, force=True, **options)
    return metric.corpus_score(hypotheses, _streams(lists)).score


def chrf(
    hypotheses: Sequence[str],
    references: Sequence[str] | Sequence[Sequence[str]],
    *,
    word_order: int = 0,
) -> float:
    """Return corpus chrF, 0 to 100: F2 over n-grams of 1 to 6 characters.

    `hypotheses`, `references` and errors as in `bleu`; `word_order` 2 gives chrF++.

    Source: Popović 2015.
    """
    from sacrebleu.metrics import CHRF

    hypotheses, lists = _pairs(hypotheses, references)
    metric = CHRF(word_order=word_order)
    return metric.corpus_score(hypotheses, _streams(lists)).score


class _Characters:
    """Tokenizer for rouge-score that keeps every character but white space."""

    def tokenize(self, text: str) -> list[str]:
        return [c for c in text.lower() if not c.isspace()]


def rouge(
    hypotheses: Sequence[str],
    references: Sequence[str],
    *,
    kinds: Sequence[str] = ("rouge1", "rouge2", "rougeL"),
    stem: bool = False,
    characters: bool = False,
) -> dict[str, np.ndarray]:
    """Return ROUGE F-measures, 0 to 1, of every item.

    Args:
        hypotheses: One text an item.
        references: One text an item.
        kinds: "rouge1", "rouge2", …: n-gram overlap; "rougeL": longest common
            subsequence.
        stem: Level English word endings first.
        characters: Count characters, not words; rouge-score's own words are runs
            of a-z and 0-9, so Chinese has none.

    Returns:
        float64 (items,) for each kind; the corpus score is the mean.

    Raises:
        ValueError: If lengths differ or a text is empty.

    Source: Lin 2004.
    """
    from rouge_score.rouge_scorer import RougeScorer

    hypotheses, lists = _pairs(hypotheses, references)
    if any(len(r) != 1 for r in lists):
        raise ValueError("rouge wants one reference an item, received several")
    tokenizer = _Characters() if characters else None
    scorer = RougeScorer(list(kinds), use_stemmer=stem, tokenizer=tokenizer)
    pairs = zip(lists, hypotheses, strict=True)
    scores = [scorer.score(reference[0], text) for reference, text in pairs]
    return {kind: np.array([s[kind].fmeasure for s in scores]) for kind in kinds}


def _ngrams(text: str, n: int, characters: bool) -> list[tuple[str, ...]]:
    """Return the n-grams of words or characters of a text, in order."""
    if n < 1:
        raise ValueError(f"n is 1 or more, received {n}")
    tokens = list(text) if characters else text.split()
    return list(zip(*(tokens[i:] for i in range(n)), strict=False))


def distinct_n(texts: Sequence[str], n: int = 2, *, characters: bool = False) -> float:
    """Return the share of different n-grams among all n-grams of all texts.

    It falls as texts grow longer: compare like lengths. `characters`: not words.

    Raises:
        ValueError: If a text is empty or none has n tokens.

    Source: Li et al. 2016, A diversity-promoting objective function.
    """
    texts = require_texts(texts, "distinct_n")
    found = [gram for text in texts for gram in _ngrams(text, n, characters)]
    if not found:
        raise ValueError(f"distinct_n wants a text of {n} or more tokens")
    return len(set(found)) / len(found)


def self_bleu(texts: Sequence[str], *, max_order: int = 4) -> float:
    """Return the mean BLEU of each text against all others, 0 to 100.

    High means repetitive. `max_order`: longest n-gram. Time is quadratic in texts.

    Raises:
        ValueError: If there are fewer than two texts or one is empty.

    Source: Zhu et al. 2018, Texygen.
    """
    from sacrebleu.metrics import BLEU

    texts = require_texts(texts, "self_bleu", least=2)
    metric = BLEU(max_ngram_order=max_order, effective_order=True, force=True)
    rest = [texts[:i] + texts[i + 1 :] for i in range(len(texts))]
    scores = [metric.sentence_score(t, rest[i]).score for i, t in enumerate(texts)]
    return float(np.mean(scores))


def repetition(texts: Sequence[str], n: int = 4, *, characters: bool = False) -> float:
    """Return the mean share of n-grams (words or `characters`) that `texts` repeat.

    Raises:
        ValueError: If a text is empty or none has n tokens.

    Source: Welleck et al. 2020, Unlikelihood training (seq-rep-n).
    """
    texts = require_texts(texts, "repetition")
    grams = [found for t in texts if (found := _ngrams(t, n, characters))]
    if not grams:
        raise ValueError(f"repetition wants a text of {n} or more tokens")
    return float(np.mean([1 - len(set(found)) / len(found) for found in grams]))


def embedding_similarity(
    hypotheses: Sequence[str] | np.ndarray,
    references: Sequence[str] | np.ndarray,
    encoder: Encoder | None = None,
) -> np.ndarray:
    """Return the cosine of each hypothesis with its reference, -1 to 1.

    Args:
        hypotheses: Unit vectors, shape (n, dim), or texts for the encoder.
        references: As hypotheses, same length.
        encoder: Turns texts into unit vectors, for instance
            ``pretrained.load("minilm")``.

    Returns:
        float64 (n,).

    Raises:
        ValueError: If lengths differ, a text is empty or a vector is not of
            length 1.
    """
    if encoder is not None:
        hypotheses, lists = _pairs(hypotheses, references)
        references = encoder.encode([r[0] for r in lists])
        hypotheses = encoder.encode(hypotheses)
    a, b = np.asarray(hypotheses), np.asarray(references)
    if a.ndim != 2 or a.shape != b.shape or a.dtype.kind not in "fiu":
        raise ValueError(
            "embedding_similarity wants two arrays of one shape (n, dim), or texts"
            f" and an encoder; received {a.dtype} {a.shape} and {b.dtype} {b.shape}"
        )
    lengths = np.linalg.norm(np.vstack([a, b]), axis=1)
    if not np.allclose(lengths, 1, atol=1e-3):
        worst = lengths[np.abs(lengths - 1).argmax()]
        raise ValueError(f"vectors want length 1, one has length {worst:.3f}")
    return np.sum(a.astype(float) * b, axis=1)
