"""Text metrics against libraries, formulas and plain re-counts."""

import math
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import sacrebleu
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from helpers.metrics import text as metrics

HYPOTHESES = [
    "the cat sat on a mat .",
    "a new bridge opens in the old town",
    "shares of the firm fell by 3.5 percent on Monday",
    "rain",
]
REFERENCES = [
    "the cat is on the mat .",
    "the old town opens a new bridge",
    "shares of the company fell 3.5 percent on Monday",
    "heavy rain is expected in the north",
]
sentences = st.lists(st.sampled_from("a b c d e".split()), min_size=1).map(" ".join)


def test_perplexity_and_bits():
    rng = np.random.default_rng(0)
    probabilities = rng.uniform(0.01, 1, 50)
    geometric = scipy.stats.gmean(1 / probabilities)
    assert metrics.perplexity(-np.log(probabilities)) == pytest.approx(geometric)
    assert metrics.perplexity(math.log(65)) == pytest.approx(65)
    assert metrics.perplexity(1e6) == math.inf
    assert metrics.bits_per_character(math.log(2)) == pytest.approx(1)
    assert metrics.bits_per_character(math.log(16), 4) == pytest.approx(1)


def bleu_by_hand(hypotheses, references) -> float:
    """Recount corpus BLEU on white-space tokens, without smoothing."""
    matches, totals = [0] * 4, [0] * 4
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        h, r = hypothesis.split(), reference.split()
        for n in range(4):
            grams = Counter(tuple(h[i : i + n + 1]) for i in range(len(h) - n))
            known = Counter(tuple(r[i : i + n + 1]) for i in range(len(r) - n))
            matches[n] += sum((grams & known).values())
            totals[n] += sum(grams.values())
    if 0 in matches:
        return 0.0
    long = sum(len(h.split()) for h in hypotheses)
    wanted = sum(len(r.split()) for r in references)
    logs = [math.log(m / t) for m, t in zip(matches, totals, strict=True)]
    return 100 * math.exp(min(0, 1 - wanted / long) + sum(logs) / 4)


@given(st.lists(st.tuples(sentences, sentences), min_size=1, max_size=5))
def test_bleu_equals_a_recount(pairs):
    hypotheses, references = zip(*pairs, strict=True)
    expected = bleu_by_hand(hypotheses, references)
    got = metrics.bleu(hypotheses, references, tokenize="none", smooth="none")
    assert got == pytest.approx(expected)


def test_bleu_and_chrf_equal_sacrebleu():
    streams = [REFERENCES]
    expected = sacrebleu.corpus_bleu(HYPOTHESES, streams).score
    assert metrics.bleu(HYPOTHESES, REFERENCES) == pytest.approx(expected)
    expected = sacrebleu.corpus_chrf(HYPOTHESES, streams).score
    assert metrics.chrf(HYPOTHESES, REFERENCES) == pytest.approx(expected)
    expected = sacrebleu.corpus_chrf(HYPOTHESES, streams, word_order=2).score
    assert metrics.chrf(HYPOTHESES, REFERENCES, word_order=2) == pytest.approx(expected)
    assert metrics.bleu(REFERENCES, REFERENCES) == pytest.approx(100)
    assert metrics.chrf(REFERENCES, REFERENCES) == pytest.approx(100)


def test_bleu_takes_several_references_an_item():
    several = [[r, h] for r, h in zip(REFERENCES, HYPOTHESES, strict=True)]
    assert metrics.bleu(HYPOTHESES, several) == pytest.approx(100)
    uneven = [[REFERENCES[0], HYPOTHESES[0]], *REFERENCES[1:]]
    streams = [REFERENCES, [HYPOTHESES[0], None, None, None]]
    expected = sacrebleu.corpus_bleu(HYPOTHESES, streams).score
    assert metrics.bleu(HYPOTHESES, uneven) == pytest.approx(expected)


def test_bleu_and_rouge_of_chinese():
    assert metrics.bleu(["今天天气很好"], ["今天天气很好"], tokenize="zh") > 99.9
    scores = metrics.rouge(["今天天气好"], ["今天天气很好"], characters=True)
    assert scores["rouge1"][0] == pytest.approx(2 * 5 / (5 + 6))
    assert scores["rougeL"][0] == pytest.approx(2 * 5 / (5 + 6))


@pytest.mark.parametrize("stem", [False, True])
def test_rouge_equals_rouge_score(stem):
    kinds = ["rouge1", "rouge2", "rougeL"]
    scorer = RougeScorer(kinds, use_stemmer=stem)
    got = metrics.rouge(HYPOTHESES, REFERENCES, stem=stem)
    for i, (h, r) in enumerate(zip(HYPOTHESES, REFERENCES, strict=True)):
        for kind, score in scorer.score(r, h).items():
            assert got[kind][i] == pytest.approx(score.fmeasure)


@given(st.lists(sentences, min_size=1), st.integers(1, 3))
def test_distinct_n_and_repetition_equal_a_recount(texts, n):
    grams = []
    for text in texts:
        tokens = text.split()
        grams.append([tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)])
    everything = sum(grams, [])
    if not everything:
        with pytest.raises(ValueError, match="or more tokens"):
            metrics.distinct_n(texts, n)
        return
    distinct = len(set(everything)) / len(everything)
    assert metrics.distinct_n(texts, n) == pytest.approx(distinct)
    repeated = [sum(g in found[:i] for i, g in enumerate(found)) for found in grams]
    shares = [a / len(b) for a, b in zip(repeated, grams, strict=True) if b]
    assert metrics.repetition(texts, n) == pytest.approx(np.mean(shares))


def test_self_bleu():
    assert metrics.self_bleu(["a b c d e"] * 3) == pytest.approx(100)
    texts = HYPOTHESES[:3]
    expected = np.mean(
        [
            sacrebleu.sentence_bleu(t, [x for x in texts if x is not t]).score
            for t in texts
        ]
    )
    assert metrics.self_bleu(texts) == pytest.approx(expected)


class CountingEncoder:
    """Unit vectors of letter counts."""

    def encode(self, texts):
        counts = [[text.count(c) + 1e-9 for c in "abcdefgh"] for text in texts]
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)


def test_embedding_similarity():
    encoder = CountingEncoder()
    a, b = ["abc", "aab", "hh"], ["cab", "b", "a"]
    expected = [1, 1 / math.sqrt(5), 0]
    got = metrics.embedding_similarity(a, b, encoder)
    assert got == pytest.approx(expected, abs=1e-6)
    vectors = encoder.encode(a), encoder.encode(b)
    assert metrics.embedding_similarity(*vectors) == pytest.approx(got)


@given(st.integers(1, 400), st.floats(0, 1), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_wilson_equals_scipy(trials, share, confidence):
    wins = round(share * trials)
    test = scipy.stats.binomtest(wins, trials)
    expected = test.proportion_ci(confidence, method="wilson")
    got = metrics.wilson_interval(wins, trials, confidence)
    assert got.value == wins / trials
    assert (got.low, got.high) == pytest.approx(tuple(expected), abs=1e-9)


def test_win_rate_leaves_ties_out_and_mirrors():
    judgements = ["a"] * 14 + ["b"] * 6 + ["tie"] * 5
    got = metrics.win_rate(judgements)
    assert (got.wins, got.losses, got.ties) == (14, 6, 5)
    assert got.value == pytest.approx(0.7)
    tail = sum(math.comb(20, k) for k in range(14, 21)) / 2**20
    assert got.p_value == pytest.approx(2 * tail)
    mirror = metrics.win_rate(judgements, system="b")
    assert (mirror.value, mirror.low, mirror.high) == pytest.approx(
        (1 - got.value, 1 - got.high, 1 - got.low)
    )
    assert mirror.p_value == pytest.approx(got.p_value)


def test_bradley_terry_finds_known_strengths():
    strength = np.array([4.0, 2.0, 1.0, 0.5])
    strength /= scipy.stats.gmean(strength)
    chance = strength[:, None] / (strength[:, None] + strength)
    wins = 1_000 * chance
    np.fill_diagonal(wins, 0)
    assert metrics.bradley_terry(wins) == pytest.approx(strength, rel=1e-6)
    two = metrics.bradley_terry([[0, 3], [1, 0]])
    assert two[0] / two[1] == pytest.approx(3)


def test_bootstrap_agrees_with_scipy():
    values = np.random.default_rng(3).gamma(2, size=80)
    for statistic in (np.mean, np.median):
        expected = scipy.stats.bootstrap(
            (values,),
            statistic,
            n_resamples=8_000,
            method="percentile",
            rng=np.random.default_rng(1),
        ).confidence_interval
        got = metrics.bootstrap_interval(values, statistic=statistic, resamples=8_000)
        assert got.value == pytest.approx(statistic(values))
        width = expected.high - expected.low
        assert got.low == pytest.approx(expected.low, abs=0.05 * width)
        assert got.high == pytest.approx(expected.high, abs=0.05 * width)


def test_bootstrap_covers_the_true_mean():
    rng = np.random.default_rng(11)
    hits = 0
    for seed in range(300):
        found = metrics.bootstrap_interval(
            rng.normal(5, 2, 40), resamples=300, seed=seed
        )
        hits += found.low <= 5 <= found.high
    assert 0.89 < hits / 300 < 0.98


def test_paired_bootstrap():
    rng = np.random.default_rng(2)
    difficulty = rng.normal(0, 5, 60)
    one, two = difficulty + 0.5, difficulty + rng.normal(0, 0.1, 60)
    paired = metrics.bootstrap_interval(one, two)
    assert paired.low > 0
    expected = scipy.stats.bootstrap(
        (one - two,), np.mean, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert tuple(paired[1:]) == pytest.approx(tuple(expected), abs=0.005)
    assert metrics.bootstrap_interval(one).low < metrics.bootstrap_interval(two).high


def test_bootstrap_of_a_corpus_score_takes_rows():
    rows = np.array([[1, 2], [3, 3], [0, 5], [2, 4]])
    got = metrics.bootstrap_interval(
        rows, statistic=lambda r: r[:, 0].sum() / r[:, 1].sum()
    )
    assert got.value == pytest.approx(6 / 14)
    assert 0 <= got.low < got.value < got.high <= 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.perplexity([]), "received"),
        (lambda: metrics.perplexity(-0.1), "finite and >= 0"),
        (lambda: metrics.perplexity([1.0, math.nan]), "finite and >= 0"),
        (lambda: metrics.bits_per_character(1.0, 0), "characters_per_token is > 0"),
        (lambda: metrics.bleu(["a"], ["a", "b"]), "received 1 and 2"),
        (lambda: metrics.bleu([], []), "1 or more texts"),
        (lambda: metrics.bleu(["a", " "], ["a", "b"]), "text 1 is ' '"),
        (lambda: metrics.bleu(["a"], [""]), "references of item 0"),
        (lambda: metrics.bleu(["a"], [[]]), "references of item 0 wants 1 or more"),
        (lambda: metrics.bleu("a", ["a"]), "received one str"),
        (lambda: metrics.bleu(["a"], "a"), "received one str"),
        (lambda: metrics.bleu([None], ["a"]), "wants a str, received NoneType"),
        (lambda: metrics.chrf(["a", "b"], ["a"]), "received 2 and 1"),
        (lambda: metrics.chrf([""], ["a"]), "wants texts with words"),
        (lambda: metrics.rouge(["a"], []), "received 1 and 0"),
        (lambda: metrics.rouge(["a"], [["a", "b"]]), "one reference an item"),
        (lambda: metrics.rouge(["a"], [""]), "wants texts with words"),
        (lambda: metrics.distinct_n([""]), "wants texts with words"),
        (lambda: metrics.distinct_n(["a b"], 0), "n is 1 or more"),
        (lambda: metrics.distinct_n(["a"], 2), "2 or more tokens"),
        (lambda: metrics.repetition(["a b c"]), "4 or more tokens"),
        (lambda: metrics.self_bleu(["a b"]), "2 or more texts"),
        (lambda: metrics.embedding_similarity(np.eye(2), np.eye(3)), "one shape"),
        (lambda: metrics.embedding_similarity(np.eye(2), np.ones((2, 2))), "length 1"),
        (lambda: metrics.embedding_similarity(["a"], ["b"]), "and an encoder"),
        (
            lambda: metrics.embedding_similarity(["a"], ["b", "c"], CountingEncoder()),
            "received 1 and 2",
        ),
        (lambda: metrics.wilson_interval(3, 2), "received 3 of 2"),
        (lambda: metrics.wilson_interval(0, 0), "trials >= 1"),
        (lambda: metrics.wilson_interval(1, 2, 1.0), "confidence is between"),
        (lambda: metrics.win_rate([]), "prefers a side"),
        (lambda: metrics.win_rate(["tie"]), "received 1 ties"),
        (lambda: metrics.win_rate(["a", "A"]), r"received \['A'\]"),
        (lambda: metrics.win_rate(["a"], system="c"), "system a or b"),
        (lambda: metrics.bradley_terry([[0, 1]]), "square matrix"),
        (lambda: metrics.bradley_terry([[0, 1], [0, 0]]), "never lost"),
        (lambda: metrics.bootstrap_interval([1.0]), "two or more items, received 1"),
        (lambda: metrics.bootstrap_interval(3.0), "two or more items, received 1"),
        (lambda: metrics.bootstrap_interval([]), "two or more items, received 0"),
        (lambda: metrics.bootstrap_interval([1, 2], [1, 2, 3]), "one shape"),
        (lambda: metrics.bootstrap_interval([1, math.nan]), "finite values"),
        (lambda: metrics.bootstrap_interval([1, 2], confidence=95), "between 0 and 1"),
        (lambda: metrics.bootstrap_interval([1, 2], resamples=0), "resamples is >= 1"),
    ],
)
def test_bad_input_says_what_was_wanted(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_metrics_import_neither_data_nor_plots_nor_tensorflow():
    code = (
        "import sys, helpers.metrics.text, helpers.text\n"
        "heavy = {'tensorflow', 'keras', 'pandas', 'matplotlib', 'helpers.datasets',"
        " 'helpers.plots', 'sacrebleu', 'datasketch'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
