"""Entity scores: against nervaluate and scikit-learn, and what is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nervaluate import Evaluator
from sklearn.metrics import classification_report

from helpers.metrics.entities import (
    entity_scores,
    report,
    spans,
    to_iob2,
    token_accuracy,
    token_scores,
)

KINDS = ["LOC", "MISC", "PER"]
TAGS = ["O", *(f"{p}-{kind}" for kind in KINDS for p in "BI")]
sentences = st.lists(
    st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)), max_size=9),
    min_size=1,
    max_size=6,
).filter(any)


def columns(pairs):
    """Part pairs of tags into true and predicted sentences."""
    return tuple([[pair[i] for pair in one] for one in pairs] for i in (0, 1))


@settings(max_examples=60, deadline=None)
@given(sentences)
def test_names_are_scored_as_nervaluate_scores_them(pairs):
    true, predicted = ([to_iob2(s) for s in side] for side in columns(pairs))
    ours = entity_scores(true, predicted)
    found = Evaluator(true, predicted, tags=KINDS, loader="list").evaluate()
    theirs = {"micro": found["overall"], **found["entities"]}
    for kind, row in ours.items():
        strict = theirs[kind]["strict"]
        for name in ("precision", "recall", "f1"):
            assert row[name] == pytest.approx(getattr(strict, name)), (kind, name)


@settings(max_examples=60, deadline=None)
@given(sentences)
def test_tags_are_scored_as_scikit_learn_scores_them(pairs):
    true, predicted = columns(pairs)
    flat = [[tag for one in side for tag in one] for side in (true, predicted)]
    ours = token_scores(true, predicted)
    theirs = classification_report(
        *flat, labels=sorted(set(flat[0])), output_dict=True, zero_division=0
    )
    for tag in {*flat[0], "macro", "weighted"}:
        row = theirs[tag if tag in TAGS else f"{tag} avg"]
        assert ours[tag]["f1"] == pytest.approx(row["f1-score"]), tag
        assert ours[tag]["precision"] == pytest.approx(row["precision"]), tag
        assert ours[tag]["recall"] == pytest.approx(row["recall"]), tag
    assert token_accuracy(true, predicted) == np.mean(
        [a == b for a, b in zip(*flat, strict=True)]
    )


def test_a_half_found_name_is_wrong_twice():
    true = [["B-PER", "I-PER", "O", "B-LOC"]]
    guess = [["B-PER", "O", "O", "B-LOC"]]
    rows = entity_scores(true, guess)
    assert rows["PER"]["f1"] == 0 and rows["LOC"]["f1"] == 1
    assert rows["micro"]["f1"] == 0.5  # one of two found, one of two right
    # one tag of four is wrong: B-PER and B-LOC 1, O 2/3 and I-PER 0
    assert token_scores(true, guess)["weighted"]["f1"] == pytest.approx(2 / 3)
    assert rows["micro"]["support"] == rows["micro"]["found"] == 2


def test_spans_of_touching_and_broken_names():
    assert spans(["B-PER", "B-PER", "I-PER"]) == [("PER", 0, 1), ("PER", 1, 3)]
    broken = ["O", "I-PER", "I-LOC", "I-LOC"]
    assert spans(broken) == [("PER", 1, 2), ("LOC", 2, 4)]
    with pytest.raises(ValueError, match="wants IOB2, received 'I-PER' at token 1"):
        spans(broken, strict=True)
    assert spans([]) == spans(["O"]) == []


def test_iob1_becomes_iob2():
    assert to_iob2(["I-PER", "I-PER", "B-PER", "O", "I-LOC"]) == [
        "B-PER",
        "I-PER",
        "B-PER",
        "O",
        "B-LOC",
    ]


@pytest.mark.parametrize("tag", ["", "X", "B", "B-", "I- ", "b-PER", "E-PER", None, 3])
def test_unknown_tags_are_refused(tag):
    for function in (spans, to_iob2):
        with pytest.raises(ValueError, match=r"B-<type> or I-<type>, received .* 1"):
            function(["O", tag])
    with pytest.raises(ValueError, match="a tag is O"):
        entity_scores([["O", "O"]], [["O", tag]])


@pytest.mark.parametrize("function", [entity_scores, token_scores, token_accuracy])
def test_lengths_that_differ_are_refused(function):
    with pytest.raises(ValueError, match="received 0 and 1"):
        function([["O"]], [])
    with pytest.raises(ValueError, match="received 1 tags for 2 tokens in sentence 1"):
        function([["O"], ["O", "O"]], [["O"], ["O"]])
    with pytest.raises(ValueError, match="at least one token"):
        function([[], []], [[], []])


def test_an_empty_sentence_counts_nothing():
    full = entity_scores([["B-PER"]], [["B-PER"]])
    assert entity_scores([[], ["B-PER"]], [[], ["B-PER"]]) == full


def test_a_type_that_is_never_true_still_costs_precision():
    rows = entity_scores([["B-PER", "O"]], [["B-PER", "B-LOC"]])
    assert rows["LOC"]["precision"] == 0 and rows["LOC"]["support"] == 0
    assert rows["micro"]["precision"] == 0.5 and rows["micro"]["recall"] == 1


def test_a_report_has_a_line_for_each_row():
    rows = entity_scores([["B-PER", "O"]], [["B-PER", "B-LOC"]])
    lines = report(rows).split("\n")
    assert lines[1].split() == ["LOC", "0.000", "0.000", "0.000", "0"]
    assert lines[-1].split() == ["micro", "0.500", "1.000", "0.667", "1"]
