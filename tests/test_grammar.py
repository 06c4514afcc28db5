"""The grammar of grammar_news: exact probabilities, entropy, text form, bad input."""

import itertools
import math
import re
import time
from collections import defaultdict
from functools import cache

import numpy as np
import pytest

from helpers.grammar.grammar import GRAMMAR_NEWS, Grammar
from helpers.grammar.rules import is_symbol, parse_rules

TINY = {
    "<s>": [(0.6, ["<who>", "<does>", "."]), (0.4, ["<does>", "now", "!"])],
    "<who>": [(0.5, ["we"]), (0.3, ["<name>"]), (0.2, ["the", "<name>"])],
    "<name>": [(0.25, ["fox"]), (0.75, ["owl"])],
    "<does>": [(0.9, ["sing"]), (0.1, ["sing", "and", "<name>"])],
}


@pytest.fixture(scope="module")
def news():
    return Grammar.load()


@pytest.fixture(scope="module")
def documents(news):
    return news.sample(2_000, seed=7)


def enumerate_strings(rules, symbol):
    """Write out every string of a finite grammar, by brute force."""
    strings = {}
    for probability, body in rules[symbol]:
        parts = [
            enumerate_strings(rules, item) if is_symbol(item) else {(item,): 1.0}
            for item in body
        ]
        for choice in itertools.product(*(part.items() for part in parts)):
            words = tuple(itertools.chain.from_iterable(words for words, _ in choice))
            p = probability * math.prod(p for _, p in choice)
            strings[words] = strings.get(words, 0.0) + p
    return strings


def fold(rules, start, combine, value):
    """Reduce a finite grammar from its words up.

    `value` gives each word's number, `combine` makes a symbol's of its alternatives'
    pairs (probability, sum over the body).
    """

    @cache
    def of(item):
        if not is_symbol(item):
            return value(item)
        return combine([(p, sum(map(of, body))) for p, body in rules[item]])

    return of(start)


def longest(rules, start):
    """Return the most words of a document."""
    return fold(rules, start, lambda pairs: max(n for _, n in pairs), lambda word: 1)


def expected_characters(rules, start):
    """Return the expected characters of a document's line, line end included.

    Each word brings one space (the first one's stands for the line end), except a mark
    that follows its word directly; an opening quotation mark saves the one after it.
    """
    return fold(
        rules,
        start,
        lambda pairs: sum(p * n for p, n in pairs),
        lambda word: len(word) + (word not in ".,:;?!”") - (word == "“"),
    )


def twice_derived(rules, start):
    """Search for a document with two derivations.

    Walks pairs of different derivations that have written the same words so far. Of a
    grammar without recursion there are finitely many, so finding none is a proof.

    Returns:
        The words of a shortest prefix at which two derivations meet, or None.
    """

    @cache
    def openings(symbol):
        """Return word -> what may stand behind it, once for each way to write it."""
        if not is_symbol(symbol):
            return {symbol: [()]}
        ways = defaultdict(list)
        for _, body in rules[symbol]:
            for word, tails in openings(body[0]).items():
                ways[word] += [tail + tuple(body[1:]) for tail in tails]
        return ways

    def steps(left, right):
        if not left or not right:
            return
        ours, theirs = openings(left[0]), openings(right[0])
        for word in ours.keys() & theirs.keys():
            pairs = itertools.product(enumerate(ours[word]), enumerate(theirs[word]))
            for (i, tail), (j, other) in pairs:
                differ = left != right or i != j
                yield word, tail + left[1:], other + right[1:], differ

    frontier = {((start,), (start,)): ()}
    seen = set(frontier)
    while frontier:
        reached = {}
        for pair, prefix in frontier.items():
            for word, left, right, differ in steps(*pair):
                if differ and left == right:
                    return [*prefix, word]
                key = (min(left, right), max(left, right))
                if key not in seen:
                    seen.add(key)
                    reached[key] = (*prefix, word)
        frontier = reached
    return None


def read_line(line, vocabulary):
    """Turn a line back into words: undo the capitals that begin a sentence."""
    words, previous = [], "."
    for word in re.findall(r"[\w'-]+|[^\w\s]", line):
        small = word[:1].lower() + word[1:]
        begins = previous in ".:?!“"
        words.append(small if begins and small in vocabulary else word)
        previous = word
    return words


def test_a_tiny_grammar_is_exact_by_enumeration():
    grammar = Grammar(TINY, "<s>")
    strings = enumerate_strings(TINY, "<s>")
    assert math.isclose(sum(strings.values()), 1.0)
    entropy = -sum(p * math.log(p) for p in strings.values())
    length = sum(p * (len(words) + 1) for words, p in strings.items())
    characters = sum(p * len(grammar.render(w) + "\n") for w, p in strings.items())
    assert grammar.entropy() == pytest.approx(entropy, abs=1e-12)
    assert grammar.expected_length() == pytest.approx(length, abs=1e-12)
    assert grammar.entropy_per_token() == pytest.approx(entropy / length, abs=1e-12)
    assert expected_characters(TINY, "<s>") == pytest.approx(characters, abs=1e-9)
    assert longest(TINY, "<s>") == max(map(len, strings))
    for words, p in strings.items():
        assert grammar.log_probability(words) == pytest.approx(math.log(p), abs=1e-12)
        assert grammar.derivations(words) == 1


def test_a_recursive_grammar_has_its_closed_form():
    # A geometric number of words: entropy 2 ln 2, two words on average.
    grammar = Grammar({"<s>": [(0.5, ["on", "<s>"]), (0.5, ["off"])]}, "<s>")
    assert grammar.entropy() == pytest.approx(2 * math.log(2))
    assert grammar.expected_length() == pytest.approx(3.0)
    assert grammar.log_probability(["on", "on", "off"]) == pytest.approx(
        3 * math.log(0.5)
    )


def test_probabilities_of_every_symbol_sum_to_one(news):
    for alternatives in news.rules.values():
        assert math.isclose(sum(p for p, _ in alternatives), 1.0, abs_tol=1e-9)


def test_entropy_agrees_with_monte_carlo(news, documents):
    nats = -np.array([news.log_probability(tokens) for tokens in documents])
    error = nats.std(ddof=1) / math.sqrt(len(nats))
    assert abs(nats.mean() - news.entropy()) < 4 * error
    lengths = np.array([len(tokens) + 1 for tokens in documents])
    error = lengths.std(ddof=1) / math.sqrt(len(lengths))
    assert abs(lengths.mean() - news.expected_length()) < 4 * error


def test_no_document_has_two_derivations(news, documents):
    assert twice_derived(news.rules, news.start) is None
    assert {news.derivations(tokens) for tokens in documents[:300]} == {1}


def test_a_second_derivation_is_found_where_there_is_one():
    fork = {"<s>": [(0.5, ["<a>", "b"]), (0.5, ["a", "b"])], "<a>": [(1.0, ["a"])]}
    grammar = Grammar(fork, "<s>")
    assert twice_derived(fork, "<s>") == ["a"]
    assert grammar.derivations(["a", "b"]) == 2
    assert grammar.log_probability(["a", "b"]) == pytest.approx(0.0)
    split = {
        "<s>": [(1.0, ["<x>", "<x>"])],
        "<x>": [(0.5, ["a"]), (0.5, ["a", "a"])],
    }
    assert twice_derived(split, "<s>") is not None
    assert twice_derived({"<s>": [(0.5, ["a"]), (0.5, ["a"])]}, "<s>") == ["a"]
    assert twice_derived(TINY, "<s>") is None


def test_datasheet_states_the_exact_values(news):
    sheet = (GRAMMAR_NEWS.parent / "DATASHEET.md").read_text(encoding="utf-8")
    characters = expected_characters(news.rules, news.start)
    most = longest(news.rules, news.start)
    for stated in (
        f"{news.expected_length():.2f}; {most} |",
        f"| {news.entropy():.3f} nats |",
        f"**{news.entropy_per_token():.4f} nats**",
        f"| {characters:.2f} |",
        f"| {news.entropy() / characters:.4f} nats",
    ):
        assert stated in sheet, stated


def test_documents_fit_a_window_of_64_tokens(news, documents):
    most = longest(news.rules, news.start)
    assert max(map(len, documents)) <= most <= 62
    assert min(map(len, documents)) >= 10


def test_the_language_is_rich_enough_to_teach(news, documents):
    assert len(news.vocabulary) >= 350
    used = {word for tokens in documents for word in tokens}
    assert used <= set(news.vocabulary)
    assert len(used) > 0.95 * len(news.vocabulary)
    assert len({tuple(tokens) for tokens in documents}) == len(documents)
    assert 0.9 < news.entropy_per_token() < 1.6


def test_verb_agrees_with_the_subject_and_not_with_the_noun_before_it(news, documents):
    # as in "the night bus near the old bridges has been repaired"
    hidden = [t for t in documents if "bridges has been" in " ".join(t)]
    assert hidden
    for tokens in hidden:
        wrong = ["have" if word == "has" else word for word in tokens]
        assert news.log_probability(wrong) == -math.inf


def test_sampling_repeats_with_its_seed(news):
    assert news.sample(20, seed=3) == news.sample(20, seed=3)
    assert news.sample(20, seed=3) != news.sample(20, seed=4)
    assert news.sample(5, seed=3) == news.sample(20, seed=3)[:5]
    assert news.sample(0) == []
    assert news.text(9_000, seed=1).startswith(news.text(3_000, seed=1))


def test_two_megabytes_come_in_seconds(news):
    begin = time.perf_counter()
    text = news.text(2_000_000, seed=0)
    assert time.perf_counter() - begin < 10
    assert len(text.encode()) >= 2_000_000
    assert text.endswith("\n")
    lines = text.splitlines()
    mean = np.mean([len(line) + 1 for line in lines])
    assert mean == pytest.approx(expected_characters(news.rules, news.start), rel=0.01)


def test_text_form_turns_back_into_tokens(news, documents):
    for tokens in documents:
        line = news.render(tokens)
        assert read_line(line, set(news.vocabulary)) == tokens
        assert line[0].isupper()
        assert " ," not in line and " ." not in line and "“ " not in line
    small = [word.lower() for word in news.vocabulary]
    assert len(set(small)) == len(small)


def test_words_outside_the_language_have_no_probability(news):
    assert news.log_probability(["no", "such", "news"]) == -math.inf
    assert news.log_probability([]) == -math.inf
    assert news.derivations(["no"]) == 0


def test_sample_file_is_what_the_script_line_makes(news):
    stored = (GRAMMAR_NEWS.parent / "sample.txt").read_text(encoding="utf-8")
    assert stored == news.text(20_000, seed=0)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("<document> = 0.5 a | 0.4 b", "sum to 0.9"),
        ("<document> = 1.0 <nowhere>", "<nowhere>"),
        ("<other> = 1.0 a", "no rule for <document>"),
        ("<document> = 1.0 a\n<other> = 1.0 b", "never reaches"),
        ("<document> = 0.5 <document> a | 0.5 b", "begins with itself"),
        ("<document> = 1.0 a <document>", "need not end"),
        ("<document> = 0.6 a <document> <document> | 0.4 b", "need not end"),
        ("<document> = 1.5 a | -0.5 b", "0 < p"),
        ("<document> = a b", "wanted a probability"),
        ("<document> = 0.5 a | 0.5", "empty alternative"),
        ("<document> = 1.0 a\n<document> = 1.0 b", "two rules"),
        ("<document>", "wanted '<symbol>"),
        ("document = 1.0 a", "wanted one <symbol>"),
        ("<document> = 1.0 <x.{colour}>", "colour"),
    ],
)
def test_malformed_rules_are_refused(source, message):
    with pytest.raises(ValueError, match=message):
        Grammar(parse_rules(source))


def test_a_file_that_is_not_utf_8_is_named(tmp_path):
    path = tmp_path / "rules.txt"
    path.write_bytes(b"<document> = 1.0 caf\xe9")
    with pytest.raises(
        ValueError, match=r"rules\.txt with the byte 0xe9 at position 20"
    ):
        Grammar.load(path)


def test_sets_write_a_rule_once_per_value():
    rules = parse_rules(
        "set n = one two  # numbers\n<document> = 0.5 <w.one>\n  | 0.5 <w.two>\n"
        "<w.{n}> = 1.0 {n} bird"
    )
    assert rules["<w.two>"] == [(1.0, ("two", "bird"))]
    assert Grammar(rules).entropy() == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda g: g.sample(-1), "count, wants a whole number"),
        (lambda g: g.sample(float("inf")), "received inf"),
        (lambda g: g.text(float("nan")), "received nan"),
        (lambda g: g.text(float("inf")), "received inf"),
        (lambda g: g.text(0), "min_bytes, wants a whole number"),
    ],
)
def test_bad_arguments_are_refused(news, call, message):
    with pytest.raises(ValueError, match=message):
        call(news)
