"""Text metrics against libraries, formulas and plain re-counts."""

import math
import subprocess
import sys
import unicodedata
from collections import Counter

import numpy as np
import pytest
import sacrebleu
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from helpers.metrics import intervals
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
PAIR = ["a b c d"], ["a b c d"]
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


def count(tokens, n) -> Counter:
    """Count the n-grams of a text or a list of words."""
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def bleu_by_hand(hypotheses, references) -> float:
    """Recount corpus BLEU on white-space tokens, without smoothing."""
    matches, totals = [0] * 4, [0] * 4
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        h, r = hypothesis.split(), reference.split()
        for n in range(4):
            matches[n] += (count(h, n + 1) & count(r, n + 1)).total()
            totals[n] += count(h, n + 1).total()
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


def chrf_by_hand(hypotheses, references, word_order=0) -> float:
    """Recount corpus chrF: mean precision and recall over orders, then F2.

    Counts are summed over the corpus; white space is no character; an order that
    hypotheses or references are too short for does not count (Popović 2015, 2017),
    nor does a hypothesis whose own reference is (sacrebleu's choice).
    """
    precisions, recalls = [], []
    orders = [(n, "".join) for n in range(1, 7)]
    orders += [(n, list) for n in range(1, word_order + 1)]
    for n, units in orders:
        matches = received = wanted = 0
        for hypothesis, reference in zip(hypotheses, references, strict=True):
            h, r = (count(units(t.split()), n) for t in (hypothesis, reference))
            matches += (h & r).total()
            received += h.total() if r else 0
            wanted += r.total()
        if received and wanted:
            precisions.append(matches / received)
            recalls.append(matches / wanted)
    p, r = np.mean(precisions), np.mean(recalls)
    return 100 * 5 * p * r / (4 * p + r) if p + r else 0.0


@pytest.mark.parametrize("word_order", [0, 2])
@given(st.lists(st.tuples(sentences, sentences), min_size=1, max_size=5))
def test_chrf_equals_a_recount(word_order, pairs):
    hypotheses, references = zip(*pairs, strict=True)
    expected = chrf_by_hand(hypotheses, references, word_order)
    got = metrics.chrf(hypotheses, references, word_order=word_order)
    assert got == pytest.approx(expected)


def test_chrf_on_paper():
    # Of 1 to 4 characters 3 of 4, 2 of 3, 1 of 2 and 0 of 1 agree; 5 there are not.
    expected = (3 / 4 + 2 / 3 + 1 / 2 + 0 / 1) / 4
    assert metrics.chrf(["abcd"], ["abce"]) == pytest.approx(100 * expected)
    # All is right, but 2 of 4 characters and 1 of 3 pairs were wanted: recall counts
    # four times, in 5 P R / (4 P + R) with P = 1 and R = (2 / 4 + 1 / 3) / 2 = 5 / 12.
    assert metrics.chrf(["ab"], ["abcd"]) == pytest.approx(100 * 25 / 53)
    assert metrics.chrf(["abcd"], ["ab"]) == pytest.approx(100 * 25 / 32)
    assert metrics.chrf(["a b"], ["ab"]) == pytest.approx(100)
    assert metrics.chrf(["ab"], ["cd"]) == 0


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


def longest_common(a, b) -> int:
    """Length of the longest common subsequence, by trying both ways at each step."""
    table = {}
    for i in range(len(a) + 1):
        for j in range(len(b) + 1):
            if not i or not j:
                table[i, j] = 0
            elif a[i - 1] == b[j - 1]:
                table[i, j] = table[i - 1, j - 1] + 1
            else:
                table[i, j] = max(table[i - 1, j], table[i, j - 1])
    return table[len(a), len(b)]


def f_measure(shared, received, wanted) -> float:
    """Harmonic mean of shared / received and shared / wanted."""
    return 2 / (received / shared + wanted / shared) if shared else 0.0


@given(st.lists(st.tuples(sentences, sentences), min_size=1, max_size=5))
def test_rouge_equals_a_recount(pairs):
    got = metrics.rouge(*zip(*pairs, strict=True))
    for i, (hypothesis, reference) in enumerate(pairs):
        h, r = hypothesis.split(), reference.split()
        for n in (1, 2):
            a, b = count(h, n), count(r, n)
            expected = f_measure((a & b).total(), a.total(), b.total())
            assert got[f"rouge{n}"][i] == pytest.approx(expected)
        expected = f_measure(longest_common(h, r), len(h), len(r))
        assert got["rougeL"][i] == pytest.approx(expected)


def test_rouge_on_paper():
    # "the", "cat", "on", "mat" are shared, 4 of 6 and 6, in one order; of five pairs
    # only "the cat".
    got = metrics.rouge(["The cat sat on a mat."], ["the cat is on the mat"])
    assert got["rouge1"][0] == pytest.approx(4 / 6)
    assert got["rouge2"][0] == pytest.approx(1 / 5)
    assert got["rougeL"][0] == pytest.approx(4 / 6)
    # A word counts as often as the reference has it: 1 of 3, and 1 of 2.
    got = metrics.rouge(["the the the"], ["the cat"])
    assert got["rouge1"][0] == pytest.approx(2 * (1 / 3) * (1 / 2) / (1 / 3 + 1 / 2))
    # The same words backwards: all of ROUGE-1, one word of three for ROUGE-L.
    got = metrics.rouge(["a b c"], ["c b a"])
    assert [got[kind][0] for kind in got] == pytest.approx([1, 0, 1 / 3])
    plain, stemmed = (
        metrics.rouge(["cats jumped"], ["cat jumps"], stem=stem)["rouge1"][0]
        for stem in (False, True)
    )
    assert (plain, stemmed) == (0, 1)


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


def self_bleu_by_hand(texts) -> float:
    """Recount self-BLEU: each text's BLEU-4 against all others, averaged.

    An n-gram counts as often as the one reference that has it most often. The penalty
    is for the reference whose length is nearest, the shorter of two. Orders longer
    than the text are left out; the k-th order without a match gets 1 / (2^k · total).
    """
    scores = []
    for i, text in enumerate(texts):
        words = text.split()
        others = [t.split() for j, t in enumerate(texts) if j != i]
        logs, empty = [], 0
        for n in range(1, min(4, len(words)) + 1):
            found, known = count(words, n), Counter()
            for other in others:
                known |= count(other, n)
            matches = (found & known).total()
            if n == 1 and not matches:
                break
            empty += not matches
            share = matches or 0.5**empty
            logs.append(math.log(share / found.total()))
        nearest = min(map(len, others), key=lambda k: (abs(k - len(words)), k))
        penalty = math.exp(min(0, 1 - nearest / len(words)))
        scores.append(100 * penalty * math.exp(np.mean(logs)) if logs else 0.0)
    return float(np.mean(scores))


@given(st.lists(sentences, min_size=2, max_size=5))
def test_self_bleu_equals_a_recount(texts):
    assert metrics.self_bleu(texts) == pytest.approx(self_bleu_by_hand(texts))


def test_self_bleu_on_paper():
    # Each text shares 3 of 4 words, 2 of 3 pairs, 1 of 2 triples and 0 of 1 fours
    # with the other; the last counts as half.
    expected = (3 / 4 * 2 / 3 * 1 / 2 * 1 / 2) ** (1 / 4)
    got = metrics.self_bleu(["a b c d", "a b c e"])
    assert got == pytest.approx(100 * expected)
    # Pairs only: the first text is all in the second, but one word short of three.
    short, long = 1 * math.exp(1 - 3 / 2), (2 / 3 * 1 / 2) ** (1 / 2)
    got = metrics.self_bleu(["a b", "a b c"], max_order=2)
    assert got == pytest.approx(100 * (short + long) / 2)
    assert metrics.self_bleu(["a b", "c d"]) == 0


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
    got = intervals.wilson_interval(wins, trials, confidence)
    assert got.value == wins / trials
    assert (got.low, got.high) == pytest.approx(tuple(expected), abs=1e-9)


def test_win_rate_leaves_ties_out_and_mirrors():
    judgements = ["a"] * 14 + ["b"] * 6 + ["tie"] * 5
    got = intervals.win_rate(judgements)
    assert (got.wins, got.losses, got.ties) == (14, 6, 5)
    assert got.value == pytest.approx(0.7)
    tail = sum(math.comb(20, k) for k in range(14, 21)) / 2**20
    assert got.p_value == pytest.approx(2 * tail)
    mirror = intervals.win_rate(judgements, system="b")
    assert (mirror.value, mirror.low, mirror.high) == pytest.approx(
        (1 - got.value, 1 - got.high, 1 - got.low)
    )
    assert mirror.p_value == pytest.approx(got.p_value)


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
        got = intervals.bootstrap_interval(values, statistic=statistic, resamples=8_000)
        assert got.value == pytest.approx(statistic(values))
        width = expected.high - expected.low
        assert got.low == pytest.approx(expected.low, abs=0.05 * width)
        assert got.high == pytest.approx(expected.high, abs=0.05 * width)


def test_bootstrap_covers_the_true_mean():
    rng = np.random.default_rng(11)
    hits = 0
    for seed in range(300):
        found = intervals.bootstrap_interval(
            rng.normal(5, 2, 40), resamples=300, seed=seed
        )
        hits += found.low <= 5 <= found.high
    assert 0.89 < hits / 300 < 0.98


def test_paired_bootstrap():
    rng = np.random.default_rng(2)
    difficulty = rng.normal(0, 5, 60)
    one, two = difficulty + 0.5, difficulty + rng.normal(0, 0.1, 60)
    paired = intervals.bootstrap_interval(one, two)
    assert paired.low > 0
    expected = scipy.stats.bootstrap(
        (one - two,), np.mean, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert tuple(paired[1:]) == pytest.approx(tuple(expected), abs=0.005)
    assert (
        intervals.bootstrap_interval(one).low < intervals.bootstrap_interval(two).high
    )


def test_bootstrap_of_a_corpus_score_takes_rows():
    rows = np.array([[1, 2], [3, 3], [0, 5], [2, 4]])
    got = intervals.bootstrap_interval(
        rows, statistic=lambda r: r[:, 0].sum() / r[:, 1].sum()
    )
    assert got.value == pytest.approx(6 / 14)
    assert 0 <= got.low < got.value < got.high <= 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.perplexity([]), "received"),
        (lambda: metrics.perplexity(-0.1), "finite and >= 0"),
        (lambda: metrics.perplexity([1.0, math.nan]), "finite numbers"),
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
        (lambda: metrics.distinct_n(["a b"], 0), "from 1 to 100, received 0"),
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
        (lambda: intervals.wilson_interval(3, 2), "from 0 to 2, received 3"),
        (lambda: intervals.wilson_interval(0, 0), "trials wants .* received 0"),
        (lambda: intervals.wilson_interval(1, 2, 1.0), "confidence wants .*between"),
        (lambda: intervals.win_rate([]), "prefers a side"),
        (lambda: intervals.win_rate(["tie"]), "received 1 ties"),
        (lambda: intervals.win_rate(["a", "A"]), r"received \['A'\]"),
        (lambda: intervals.win_rate(["a"], system="c"), "system a or b"),
        (lambda: intervals.bootstrap_interval([1.0]), "two or more items, received 1"),
        (lambda: intervals.bootstrap_interval(3.0), "two or more items, received 1"),
        (lambda: intervals.bootstrap_interval([]), "two or more items, received 0"),
        (lambda: intervals.bootstrap_interval([1, 2], [1, 2, 3]), "one shape"),
        (lambda: intervals.bootstrap_interval([1, math.nan]), "finite numbers"),
        (
            lambda: intervals.bootstrap_interval([1, 2], confidence=95),
            "between 0 and 1",
        ),
        (
            lambda: intervals.bootstrap_interval([1, 2], resamples=0),
            "resamples wants .* received 0",
        ),
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


SCRIPTS = {
    "Russian": "Мэр открыл новый мост",
    "Hindi": "मेयर ने पुल खोला",
    "accents": "le café à côté",
    "Arabic": "افتتح العمدة الجسر الجديد",
    "Korean": "시장이 새 다리를 열었다",
}
UNSPACED = {
    "Chinese": "今天天气很好我们去公园",
    "Thai": "วันนี้อากาศดีมาก",
    "Japanese": "今日はいい天気です",
    "emoji": "😀😀😃😀🎉🚀😃😀",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_equal_texts_of_spaced_scripts_score_best(name):
    text = SCRIPTS[name]
    assert metrics.rouge([text], [text])["rouge1"][0] == 1
    assert metrics.bleu([text], [text]) == pytest.approx(100)
    assert metrics.chrf([text], [text], word_order=2) == pytest.approx(100)
    assert metrics.self_bleu([text, text]) == pytest.approx(100)
    decomposed = unicodedata.normalize("NFD", text)
    assert metrics.rouge([decomposed], [text])["rouge2"][0] == 1
    assert metrics.bleu([decomposed], [text]) == pytest.approx(100)
    words = text.split()
    swapped = " ".join([*words[:-1], "x"])
    got = metrics.rouge([swapped], [text])["rouge1"][0]
    assert got == pytest.approx((len(words) - 1) / len(words))


@pytest.mark.parametrize("name", UNSPACED)
def test_texts_without_blanks_are_counted_in_characters_only(name):
    text = UNSPACED[name]
    pair = [text], [text]
    with pytest.raises(ValueError, match="characters=True"):
        metrics.rouge(*pair)
    with pytest.raises(ValueError, match='tokenize="zh" for Chinese or "char"'):
        metrics.bleu(*pair)
    for call in (metrics.distinct_n, metrics.repetition):
        with pytest.raises(ValueError, match="characters=True"):
            call([text])
        assert 0 <= call([text], characters=True) <= 1
    assert metrics.rouge(*pair, characters=True)["rougeL"][0] == 1
    assert metrics.bleu(*pair, tokenize="char") == pytest.approx(100)
    assert metrics.chrf(*pair) == pytest.approx(100)
    both = [text, text + text[0]]
    got = metrics.self_bleu(both, characters=True)
    assert got == pytest.approx(metrics.self_bleu([" ".join(t) for t in both]))
    assert got > 80


def test_rouge_knows_words_beyond_ascii():
    assert metrics.rouge(["café"], ["caf"])["rouge1"][0] == 0
    # ASCII words beside others are rouge-score's, stems included.
    got = metrics.rouge(["“It’s” jumping — café"], ["it s jumped café"], stem=True)
    assert got["rouge1"][0] == 1
    for text in ("!?", "…", "😀"):
        with pytest.raises(ValueError, match="characters=True"):
            metrics.rouge([text], ["rain"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: metrics.bleu(*PAIR, tokenize="klingon"),
            "tokenize .*'13a'.*'klingon'",
        ),
        (lambda: metrics.bleu(*PAIR, smooth="bogus"), "smooth .*'exp'.*'bogus'"),
        (lambda: metrics.bleu(*PAIR, max_order=0), "max_order .* 1 to 100, received 0"),
        (lambda: metrics.bleu(*PAIR, max_order=10**9), "received 1000000000"),
        (lambda: metrics.bleu(*PAIR, lowercase="no"), "lowercase .*'no'"),
        (lambda: metrics.self_bleu(["a b"] * 2, max_order=0), "max_order .*received 0"),
        (lambda: metrics.chrf(*PAIR, word_order=-1), "word_order .*0 to 100.*-1"),
        (lambda: metrics.chrf(*PAIR, word_order=math.nan), "word_order .*nan"),
        (lambda: metrics.rouge(*PAIR, kinds="rouge1"), "kinds .*list.*'rouge1'"),
        (lambda: metrics.rouge(*PAIR, kinds=["rouge0"]), "kinds .*'rougeL'.*'rouge0'"),
        (lambda: metrics.rouge(*PAIR, kinds=[]), "kinds .*received"),
        (lambda: metrics.rouge(*PAIR, stem=True, characters=True), "received both"),
        (lambda: metrics.distinct_n(["a"], True), "n wants a whole number"),
        (lambda: metrics.repetition(["a"], 10**9), "from 1 to 100"),
        (lambda: metrics.perplexity(True), "real numbers, received bool"),
        (lambda: metrics.perplexity([1 + 2j]), "real numbers, received complex128"),
        (lambda: metrics.perplexity("1"), "real numbers"),
        (lambda: metrics.bits_per_character(1.0, math.nan), "finite numbers"),
        (lambda: intervals.wilson_interval(1.5, 3), "whole number"),
        (lambda: intervals.wilson_interval(1, 3, math.nan), "confidence"),
        (lambda: intervals.win_rate(["a", ["b"]]), "received"),
        (lambda: intervals.bootstrap_interval([1j, 2]), "real numbers"),
        (lambda: intervals.bootstrap_interval([1, 2], resamples=10**12), "1000000"),
        (
            lambda: intervals.bootstrap_interval([1, 2], statistic=lambda d: math.nan),
            "finite numbers",
        ),
    ],
)
def test_options_and_numbers_are_checked_first(call, message):
    with pytest.raises(ValueError, match=message):
        call()
