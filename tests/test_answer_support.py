"""The support checker: passages support themselves; changed facts are refused."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import datasets
from helpers.text.checking.support import stem, unsupported_in
from helpers.text.reading.questions import sentences

TEXTS = list(datasets.load("support_desk").tables["passages"]["text"])
SENTENCES = [(one, text) for text in TEXTS for one in sentences(text)]
DELIVERY = "Standard delivery costs 49 crowns and is free for orders above 600 crowns."


@pytest.mark.parametrize("text", TEXTS)
def test_a_passage_supports_each_of_its_sentences(text):
    for one in sentences(text):
        assert unsupported_in(one, text) == []


def test_changed_numbers_are_refused():
    numbered = [(one, text) for one, text in SENTENCES if re.search(r"\d", one)]
    assert len(numbered) > 30
    for one, text in numbered:
        assert unsupported_in(re.sub(r"\d+", "77", one, count=1), text), one


def test_swapped_units_are_refused():
    assert unsupported_in("It costs 49 days.", "It costs 49 crowns. It takes 3 days.")


@given(st.integers(0, len(SENTENCES) - 1), st.integers(1, len(TEXTS) - 1))
def test_sentences_of_other_passages_are_refused(number, ahead):
    one, text = SENTENCES[number]
    other = TEXTS[(TEXTS.index(text) + ahead) % len(TEXTS)]
    assert unsupported_in(one, other)


@given(st.integers(0, len(SENTENCES) - 1))
def test_a_denial_put_in_is_refused(number):
    one, text = SENTENCES[number]
    if not re.search(r"\b(?:not?|never|nothing|cannot|neither|nor|none)\b|n't", one):
        assert unsupported_in(f"It is not so: {one}", text)


@pytest.mark.parametrize(
    ("answer", "faulty"),
    [
        ("Standard delivery costs 49 crowns.", False),
        ("It's free for orders above 600 crowns.", False),
        ("Delivery is always free.", True),
        ("Delivery costs 600 crowns and is free above 49 crowns.", False),  # order
        ("Yes, delivery is free.", True),
        ("Express delivery costs 49 crowns.", True),
        ("See https://shop.example", True),
        ("", True),
    ],
)
def test_examples(answer, faulty):
    assert bool(unsupported_in(answer, DELIVERY)) == faulty


def test_two_sentences_may_not_be_mixed():
    passage = "Express costs 119 crowns. Standard delivery costs 49 crowns."
    assert unsupported_in("Express costs 49 crowns.", passage)
    assert not unsupported_in("Express costs 119 crowns.", passage)


def test_the_question_gives_words_but_no_numbers():
    assert not unsupported_in(
        "The kettle costs 9 crowns.", "It costs 9 crowns.", "kettle"
    )
    assert unsupported_in("It costs 9 crowns.", "It costs money.", "9 crowns?")


def test_an_answer_must_say_more_than_the_question():
    passage = "Two orders that are packed together pay one fee."
    faults = unsupported_in("You pay shipping twice.", passage, "Pay shipping twice?")
    assert faults == ["only repeats the question"]


def test_stems():
    pairs = ("returned returns", "delivery deliveries", "charged charge", "day's days")
    for one, other in map(str.split, pairs):
        assert stem(one) == stem(other)
