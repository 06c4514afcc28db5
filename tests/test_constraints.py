"""Decoding under a grammar: every text parses, whatever the model."""

import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.apps.service.tools import TOOLS, Call, grammar
from helpers.sampling import constraints
from helpers.sampling.cached import CachedReader
from helpers.sampling.constraints import Digits, Either, Joined, Literal, record, value


class Characters:
    """A tokenizer with odd tokens: characters, pairs that cross borders, one half."""

    texts = ["", "\ufffd", *map(chr, range(32, 127)), '{"', '": ', '", "', "de", "12"]
    texts += ["é", '"}', "null", "order", "_status"]
    vocabulary_size = len(texts)

    def encode(self, text):
        return [self.texts.index(char) for char in text]

    def decode(self, ids):
        return "".join(self.texts[i] for i in ids)


TOKENIZER = Characters()
RULES = constraints.TokenRules(constraints.token_texts(TOKENIZER))
CANDIDATES = {
    "order": ["MF-30417", "MF-30471"],
    "service": [],
    "date": ["2026-03-05"],
    "part": ["morning", "evening", 'odd "one" é'],
}


def random_model(seed):
    rng = np.random.default_rng(seed)
    return lambda ids: rng.normal(size=TOKENIZER.vocabulary_size)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_every_text_of_a_random_model_parses(seed):
    text, asked = constraints.constrained(
        random_model(seed), [5], grammar(CANDIDATES), TOKENIZER, RULES
    )
    call = Call.parse(text)  # json.loads is the independent parser
    assert tuple(call.arguments) == TOOLS[call.tool] and asked >= 1
    for name, said in call.arguments.items():
        assert said in (CANDIDATES[name] or [None])


def test_random_models_write_every_call():
    part = grammar({"order": ["MF-30417"]})
    texts = {
        constraints.constrained(random_model(s), [5], part, TOKENIZER, RULES)[0]
        for s in range(40)
    }
    assert {json.loads(text)["tool"] for text in texts} == set(TOOLS)


@settings(max_examples=60, deadline=None)
@given(st.text('{}"order: 0123nul', max_size=18))
def test_accepts_as_a_regular_expression_does(text):
    part = record({"order": Either((Digits(2), value(None)))})
    pattern = r'\{"order": (\d\d|null)\}'
    assert constraints.accepts(part, text) == bool(re.fullmatch(pattern, text))


def test_what_has_to_come_is_not_asked_for():
    def never(ids):
        raise AssertionError("the model was asked")

    part = grammar({"order": ["MF-30417"]}, ["order_status"])
    text, asked = constraints.constrained(never, [5], part, TOKENIZER, RULES)
    assert json.loads(text) == {"tool": "order_status", "order": "MF-30417"}
    assert asked == 0


def test_allowed_tokens_are_those_that_a_slow_search_finds():
    state = constraints.start(grammar(CANDIDATES))
    for _ in range(6):
        allowed = RULES.allowed(state)
        slow = set()
        for token, text in enumerate(TOKENIZER.texts):
            after = state
            for char in text:
                after = constraints.step(after, char)
            if text and "\ufffd" not in text and after != constraints.DEAD:
                slow.add(token)
        assert set(allowed) == slow
        state = allowed[max(allowed)]


def test_digits_join_and_empty_records():
    part = Joined((Literal("a"), Digits(2), Either((Literal(""), Literal("b")))))
    yes = [constraints.accepts(part, text) for text in ("a12", "a99b", "a1", "a123")]
    assert yes == [True, True, False, False]
    assert constraints.accepts(record({}), "{}")


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="at least one part"):
        Either(())
    with pytest.raises(ValueError, match="without NaN"):
        constraints.constrained(
            lambda ids: np.full(TOKENIZER.vocabulary_size, np.nan),
            [5],
            grammar(CANDIDATES),
            TOKENIZER,
            RULES,
        )
    with pytest.raises(ValueError, match="no token"):
        part = Either((Literal("é1"), Literal("ü")))
        constraints.constrained(
            random_model(0), [5], part, TOKENIZER, constraints.TokenRules(["a"])
        )
    with pytest.raises(ValueError, match="not at an end"):
        constraints.constrained(
            random_model(0), [5], Digits(9), TOKENIZER, RULES, most=2
        )


class Sums:
    """A model with a cache: its logits count the ids read so far."""

    vocabulary_size = 16

    def initial_cache(self, batch, room):
        import tensorflow as tf

        return tf.zeros((batch, room, 16))

    def call_with_cache(self, tokens, cache, index):
        import tensorflow as tf

        rows = tf.one_hot(tokens[0], 16)
        cache = tf.tensor_scatter_nd_update(cache[0], [[index]], rows)[None]
        seen = tf.cast(tf.range(cache.shape[1]) <= index, tf.float32)
        return tf.reduce_sum(cache * seen[None, :, None], 1)[:, None], cache


def test_a_cached_reader_gives_what_a_fresh_one_gives():
    reader, rng = CachedReader(Sums(), room=12), np.random.default_rng(0)
    start = rng.integers(0, 16, 5)
    for _ in range(6):
        ids = np.concatenate([start, rng.integers(0, 16, rng.integers(1, 8))])
        expected = np.bincount(ids, minlength=16)
        np.testing.assert_allclose(reader(ids), expected)
        np.testing.assert_allclose(reader(ids[:3]), np.bincount(ids[:3], minlength=16))


def test_a_cached_reader_completes_greedily():
    reader = CachedReader(Sums(), room=12)
    assert reader.complete([3, 3, 5], 4, end_id=0).tolist() == [3, 3, 3, 3]
    assert reader.complete([3, 3, 5], 4, end_id=3).tolist() == []


def test_a_cached_reader_refuses_what_does_not_fit():
    reader = CachedReader(Sums(), room=4)
    for ids in ([], [1, 2, 3, 4, 5], [[1]]):
        with pytest.raises(ValueError, match="1 to 4 ids"):
            reader(ids)
