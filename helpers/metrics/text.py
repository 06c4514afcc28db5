"""Metrics of text: likelihood, overlap with references, diversity, meaning.

Overlap is sacrebleu's and rouge-score's; input is checked and their options fixed here.
"""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from helpers.checks import require_count, require_flag, require_numbers, require_option
from helpers.metrics.words import (
    MOST_ORDER,
    Characters,
    Words,
    composed,
    ngrams,
    pairs,
    require_countable,
    require_words,
    streams,
)

TOKENIZERS = ("13a", "intl", "zh", "char", "none")  # sacrebleu's that need no download
SMOOTHERS = ("exp", "floor", "add-k", "none")


class Encoder(Protocol):
    """Anything that turns texts into unit vectors."""

    def encode(self, texts: list[str]) -> np.ndarray:
        """Return one unit vector a text, shape (n, dim)."""


def _mean_nats(nats: float | Sequence[float] | np.ndarray) -> float:
    """Return the mean of one or more losses, each finite and >= 0."""
    array = require_numbers(nats, "nats per token")
    if array.size == 0 or (array < 0).any():
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
    length = require_numbers(characters_per_token, "characters_per_token")
    if length.ndim or not length > 0:
        raise ValueError(f"characters_per_token is > 0, received {length}")
    return _mean_nats(nats) / math.log(2) / float(length)


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
        tokenize: sacrebleu's name: "13a" for words, "intl", "zh", "char", "none".
        lowercase: Ignore case.
        max_order: Longest n-gram, 1 to 100.
        smooth: What to do about counts of 0: "exp", "floor", "add-k", "none".

    Raises:
        ValueError: If lengths differ, a text is empty, an option is none of these, or
            the tokenizer cuts no words in a text, as "13a" in Chinese.

    Source: Papineni et al. 2002; Post 2018 (sacrebleu).
    """
    from sacrebleu.metrics import BLEU

    hypotheses, lists = pairs(hypotheses, references)
    require_option(tokenize, TOKENIZERS, "bleu's tokenize")
    require_option(smooth, SMOOTHERS, "bleu's smooth")
    require_flag(lowercase, "bleu's lowercase")
    order = require_count(max_order, "bleu's max_order", most=MOST_ORDER)
    options = {"tokenize": tokenize, "lowercase": lowercase, "smooth_method": smooth}
    metric = BLEU(max_ngram_order=order, force=True, **options)
    require_countable(metric, hypotheses, "bleu", order)
    require_countable(metric, [text for texts in lists for text in texts], "bleu", 1)
    return metric.corpus_score(hypotheses, streams(lists)).score


def chrf(
    hypotheses: Sequence[str],
    references: Sequence[str] | Sequence[Sequence[str]],
    *,
    word_order: int = 0,
) -> float:
    """Return corpus chrF, 0 to 100: F2 over n-grams of 1 to 6 characters.

    Args:
        hypotheses: One text an item.
        references: One text, or a list of texts, an item.
        word_order: Longest n-gram of words, 0 to 100; 2 gives chrF++.

    Raises:
        ValueError: If lengths differ, a text is empty, `word_order` is out of range, or
            above 0 for a text without words, such as a Chinese one.

    Source: Popović 2015.
    """
    from sacrebleu.metrics import CHRF

    hypotheses, lists = pairs(hypotheses, references)
    order = require_count(word_order, "chrf's word_order", least=0, most=MOST_ORDER)
    for text in [*hypotheses, *(text for texts in lists for text in texts)]:
        if order and not text.isascii():
            require_words(text.split(), text, "chrf", "word_order=0")
    metric = CHRF(word_order=order)
    return metric.corpus_score(hypotheses, streams(lists)).score


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
        kinds: "rouge1" to "rouge9"; "rougeL", "rougeLsum": longest common subsequence.
        stem: Level English word endings first.
        characters: Count characters, not words. Words are runs of letters, marks and
            digits; Chinese puts no blanks between them, so it has none.

    Returns:
        float64 (items,) for each kind; the corpus score is the mean.

    Raises:
        ValueError: If lengths differ, a text is empty or has no word, or an option is
            none of these.

    Source: Lin 2004.
    """
    from rouge_score.rouge_scorer import RougeScorer

    hypotheses, lists = pairs(hypotheses, references)
    if any(len(r) != 1 for r in lists):
        raise ValueError("rouge wants one reference an item, received several")
    _rouge_options(kinds, stem, characters)
    tokenizer = Characters() if characters else Words(stem)
    for text in [] if characters else [*hypotheses, *(texts[0] for texts in lists)]:
        require_words(tokenizer.tokenize(text), text, "rouge", "characters=True")
    scorer = RougeScorer(list(kinds), tokenizer=tokenizer)
    both = zip(lists, hypotheses, strict=True)
    scores = [scorer.score(reference[0], text) for reference, text in both]
    return {kind: np.array([s[kind].fmeasure for s in scores]) for kind in kinds}


def _rouge_options(kinds: Sequence[str], stem: bool, characters: bool) -> None:
    """Refuse options that rouge-score would misread or cannot combine."""
    known = [*(f"rouge{n}" for n in range(1, 10)), "rougeL", "rougeLsum"]
    if isinstance(kinds, str) or not isinstance(kinds, Sequence) or not kinds:
        raise ValueError(f"rouge's kinds wants a list of names, received {kinds!r}")
    for kind in kinds:
        require_option(kind, known, "rouge's kinds")
    require_flag(stem, "rouge's stem")
    require_flag(characters, "rouge's characters")
    if stem and characters:
        raise ValueError("rouge wants stem or characters, received both")


def distinct_n(texts: Sequence[str], n: int = 2, *, characters: bool = False) -> float:
    """Return the share of different n-grams among all n-grams of all texts.

    It falls as texts grow longer: compare like lengths.

    Args:
        texts: One text or more.
        n: Tokens of an n-gram, 1 to 100.
        characters: Count characters, not words, which white space separates.

    Raises:
        ValueError: If a text is empty, none has n tokens, or words are wanted of a text
            without blanks, such as a Chinese one.

    Source: Li et al. 2016, A diversity-promoting objective function.
    """
    texts = ngrams(texts, n, characters, "distinct_n")
    found = [gram for grams in texts for gram in grams]
    return len(set(found)) / len(found)


def self_bleu(
    texts: Sequence[str], *, max_order: int = 4, characters: bool = False
) -> float:
    """Return the mean BLEU of each text against all others, 0 to 100.

    High means repetitive. Time is quadratic in texts.

    Args:
        texts: Two texts or more.
        max_order: Longest n-gram, 1 to 100.
        characters: Count characters, not words.

    Raises:
        ValueError: If there are fewer than two texts, one is empty, or words are wanted
            of a text without blanks, such as a Chinese one.

    Source: Zhu et al. 2018, Texygen.
    """
    from sacrebleu.metrics import BLEU

    texts = composed(texts, "self_bleu", least=2)
    order = require_count(max_order, "self_bleu's max_order", most=MOST_ORDER)
    require_flag(characters, "self_bleu's characters")
    tokenize = "char" if characters else "13a"
    options = {"effective_order": True, "force": True, "tokenize": tokenize}
    metric = BLEU(max_ngram_order=order, **options)
    require_countable(metric, texts, "self_bleu", 1)
    rest = [texts[:i] + texts[i + 1 :] for i in range(len(texts))]
    scores = [metric.sentence_score(t, rest[i]).score for i, t in enumerate(texts)]
    return float(np.mean(scores))


def repetition(texts: Sequence[str], n: int = 4, *, characters: bool = False) -> float:
    """Return the mean share of n-grams that `texts` repeat.

    Args, errors: as `distinct_n`, with n-grams of words or of `characters`.

    Source: Welleck et al. 2020, Unlikelihood training (seq-rep-n).
    """
    grams = [found for found in ngrams(texts, n, characters, "repetition") if found]
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
        hypotheses, lists = pairs(hypotheses, references)
        if max(map(len, lists)) > 1:
            raise ValueError("embedding_similarity wants one reference, received more")
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
