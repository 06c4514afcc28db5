"""The grammar of grammar_news: exact probabilities, entropy, text form, bad input."""

import itertools
import math
import time

import numpy as np
import pytest

from helpers.grammar import GRAMMAR_NEWS, Grammar
from helpers.grammar_rules import is_symbol, parse_rules

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
    assert grammar.expected_characters() == pytest.approx(characters, abs=1e-9)
    assert grammar.longest() == max(map(len, strings))
    for words, p in strings.items():
        assert grammar.log_probability(words) == pytest.approx(math.log(p), abs=1e-12)
        assert grammar.derivations(words) == 1


def test_next_word_distribution_is_exact_by_enumeration():
    grammar, strings = Grammar(TINY, "<s>"), enumerate_strings(TINY, "<s>")
    prefix = ("sing",)
    total = sum(p for w, p in strings.items() if w[:1] == prefix)
    expected = {}
    for words, p in strings.items():
        if words[:1] == prefix:
            expected[words[1]] = expected.get(words[1], 0.0) + p / total
    assert grammar.next_probabilities(prefix) == pytest.approx(expected)
    assert grammar.next_probabilities(["we", "sing", "."]) == {None: 1.0}


def test_a_recursive_grammar_has_its_closed_form():
    # A geometric number of words: entropy 2 ln 2, two words on average.
    grammar = Grammar({"<s>": [(0.5, ["on", "<s>"]), (0.5, ["off"])]}, "<s>")
    assert grammar.entropy() == pytest.approx(2 * math.log(2))
    assert grammar.expected_length() == pytest.approx(3.0)
    assert math.isinf(grammar.longest())
    assert grammar.log_probability(["on", "on", "off"]) == pytest.approx(
        3 * math.log(0.5)
    )
    with pytest.raises(ValueError, match="recursive"):
        grammar.ambiguity()


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


def test_a_log_probability_is_the_product_of_next_word_probabilities(news):
    for tokens in news.sample(3, seed=5):
        total = 0.0
        for i, word in enumerate([*tokens, None]):
            following = news.next_probabilities(tokens[:i])
            assert math.isclose(sum(following.values()), 1.0, abs_tol=1e-9)
            total += math.log(following[word])
        assert news.log_probability(tokens) == pytest.approx(total, abs=1e-9)


def test_no_document_has_two_derivations(news, documents):
    assert news.ambiguity() is None
    assert {news.derivations(tokens) for tokens in documents[:300]} == {1}


def test_ambiguity_is_found_where_there_is_one():
    fork = {"<s>": [(0.5, ["<a>", "b"]), (0.5, ["a", "b"])], "<a>": [(1.0, ["a"])]}
    grammar = Grammar(fork, "<s>")
    assert grammar.ambiguity() == ["a"]
    assert grammar.derivations(["a", "b"]) == 2
    assert grammar.log_probability(["a", "b"]) == pytest.approx(0.0)
    split = {
        "<s>": [(1.0, ["<x>", "<x>"])],
        "<x>": [(0.5, ["a"]), (0.5, ["a", "a"])],
    }
    assert Grammar(split, "<s>").ambiguity() is not None
    assert Grammar(TINY, "<s>").ambiguity() is None


def test_documents_fit_a_window_of_64_tokens(news, documents):
    assert news.longest() <= 62
    assert max(map(len, documents)) <= news.longest()
    assert min(map(len, documents)) >= 10


def test_the_language_is_rich_enough_to_teach(news, documents):
    assert len(news.vocabulary) >= 350
    used = {word for tokens in documents for word in tokens}
    assert used <= set(news.vocabulary)
    assert len(used) > 0.95 * len(news.vocabulary)
    assert len({tuple(tokens) for tokens in documents}) == len(documents)
    assert 0.9 < news.entropy_per_token() < 1.6


def test_verb_and_pronoun_agree_with_the_subject(news):
    lead = "Velport , Monday : the {} near the old bridges {} been repaired".split()
    singular = " ".join(lead).format("night bus", "has").split()
    assert news.next_probabilities(singular)["after"] > 0
    wrong = " ".join(lead).format("night bus", "have").split()
    with pytest.raises(ValueError, match="no document begins"):
        news.next_probabilities(wrong)


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
    assert mean == pytest.approx(news.expected_characters(), rel=0.01)


def test_text_form_turns_back_into_tokens(news, documents):
    for tokens in documents:
        line = news.render(tokens)
        assert news.tokenize(line) == tokens
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
        (lambda g: g.sample(-1), "count=-1"),
        (lambda g: g.text(0), "min_bytes=0"),
        (lambda g: g.next_probabilities(["zzz"]), "zzz"),
    ],
)
def test_bad_arguments_are_refused(news, call, message):
    with pytest.raises(ValueError, match=message):
        call(news)
