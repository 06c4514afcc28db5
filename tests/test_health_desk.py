"""The clinic's desk: emergencies first, verbatim quotes, disclaimers, extraction."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from word_vectors import WordVectors

from helpers import datasets
from helpers.apps import evidence, health
from helpers.text.reading import prescriptions, questions
from helpers.text.reading.urgency import SIGNS, danger_signs


@pytest.fixture(scope="module")
def tables():
    return datasets.load("clinic_qa").tables


@pytest.fixture(scope="module")
def passages(tables):
    return list(tables["passages"]["title"] + ". " + tables["passages"]["text"])


@pytest.fixture(scope="module")
def support(tables, passages):
    rows = tables["questions"]
    rows = rows[rows["split"] == "calibration"]
    place = {name: number for number, name in enumerate(tables["passages"]["id"])}
    found = evidence.Evidence(passages, WordVectors())
    answers = [place.get(name) for name in rows["passage"]]
    return evidence.Support(found).fit(list(rows["text"]), answers)


@pytest.fixture(scope="module")
def desk(support):
    return health.Desk(support, 0.6)


def test_five_lines_are_enough():
    encoder = WordVectors()
    found = evidence.Evidence(["We open at nine.", "Parking is free."], encoder)
    support = evidence.Support(found).fit(["open when", "parking free"], [0, 1])
    reply = health.Desk(support, 0.2).ask("Is parking free?")
    assert "Parking is free." in str(reply) and health.DISCLAIMER in str(reply)


def test_features_have_names_and_are_finite(support):
    numbers, features = support.evidence.look("Which tram stops at the clinic?")
    assert features.shape == (len(numbers), len(evidence.FEATURES))
    assert np.isfinite(features).all() and len(set(numbers.tolist())) == len(numbers)


def test_a_hidden_passage_is_never_found(support, tables):
    for text in tables["questions"]["text"][:20]:
        number, _ = support.best(text)
        assert support.best(text, hidden=number)[0] != number


def test_every_reply_is_a_leaflets_words_or_a_fixed_sentence(desk, tables, passages):
    texts = [*tables["questions"]["text"], *tables["messages"]["text"]]
    replies = [desk.ask(text) for text in texts]
    assert {reply.kind for reply in replies} == {"answer", "emergency", "hand-over"}
    for reply in replies:
        body, _, end = str(reply).rpartition("\n")
        assert end == health.DISCLAIMER
        if reply.kind == "answer":
            assert body == f"“{passages[reply.passage]}”"
        else:
            assert body == health.FIXED[reply.kind]


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_gets_a_reply_with_its_disclaimer(desk, text):
    if any("\ud800" <= c <= "\udfff" for c in text):
        return
    assert str(desk.ask(text)).endswith(health.DISCLAIMER)


def test_emergencies_come_before_the_leaflets(desk, tables, monkeypatch):
    def never(*_):
        raise AssertionError("the search ran first")

    monkeypatch.setattr(desk.support, "best", never)
    assert desk.ask("My wife has chest pain. Are you open?").kind == "emergency"
    assert desk.ask("?!").kind == "hand-over"
    with pytest.raises(ValueError, match="wants a str"):
        desk.ask(None)


@pytest.mark.parametrize(
    "parts",
    [
        {"kind": "advice"},
        {"kind": "answer"},
        {"kind": "answer", "passage": 3},
        {"kind": "answer", "source": "Take two."},
        {"kind": "hand-over", "passage": 1, "source": "x"},
        {"kind": "emergency", "source": "Wait until tomorrow."},
    ],
)
def test_a_reply_without_its_source_cannot_be_made(parts):
    with pytest.raises(ValueError, match="`Reply`"):
        health.Reply(**parts)


def test_a_threshold_above_one_hands_everything_over(support, tables):
    desk = health.Desk(support, 1.1)
    assert {desk.ask(t).kind for t in tables["questions"]["text"]} == {"hand-over"}


def test_danger_signs_on_the_lists(tables):
    rows = tables["messages"]
    rows = rows[rows["split"] != "fresh"]
    signs = [bool(danger_signs(text)) for text in rows["text"]]
    assert np.mean(np.array(signs)[rows["urgent"]]) > 0.9
    assert np.mean(np.array(signs)[~rows["urgent"]]) < 0.2
    found = {sign for text in rows["text"] for sign in danger_signs(text)}
    assert found == set(SIGNS)
    assert danger_signs("I can’t breathe") == ["breath"]


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("What does it cost?", ["money"]),
        ("How long does it take?", ["length"]),
        ("Who runs the course?", ["person"]),
        ("Tell me about moles.", []),
    ],
)
def test_kinds_of_answers(question, kinds):
    assert questions.asked_kinds(question) == kinds


def test_share_offered():
    assert questions.share_offered("What does it cost?", "It costs 12 crowns.") == 1
    assert questions.share_offered("What does it cost?", "Bring a towel.") == 0
    assert questions.share_offered("Tell me about moles.", "Bring a towel.") == 1


def test_coverage_is_one_for_the_passages_own_words():
    cover = questions.Coverage(["tram stops here", "blue towel"], WordVectors())
    own, other = cover("Tram here?", [0, 1])
    assert np.allclose(own, 1, atol=1e-5) and (other < 0.9).all()
    assert cover("and the", [0]).tolist() == [[0, 0]]


def test_sentences():
    text = "It opens at 8 am. It closes at 6.30 pm. Ask Dr Okafor."
    assert len(questions.sentences(text)) == 3


def test_marks_round_trip(tables):
    text, spans = prescriptions.read_marks("Start {velatol} <5mg> [od].")
    assert text == "Start velatol 5mg od."
    assert [(kind, text[a:b]) for kind, a, b in spans] == [
        ("DRUG", "velatol"),
        ("DOSE", "5mg"),
        ("FREQ", "od"),
    ]
    assert prescriptions.tags_of(text, spans) == [
        "O",
        "B-DRUG",
        "B-DOSE",
        "I-DOSE",
        "B-FREQ",
        "O",
    ]
    with pytest.raises(ValueError, match="read_marks"):
        prescriptions.read_marks("{velatol")
    for text in tables["notes"]["text"]:
        words = prescriptions.note_words(text)
        assert "".join(w for w, _, _ in words) == "".join(text.split())
        assert all(text[a:b] == word for word, a, b in words)


def test_rules_and_record():
    rules = prescriptions.Rules(["velatol", "Oralmet"])
    text = "Velatol 20 mg once daily, oralmet 850 mg at night and 1 g prn."
    rows = health.record(text, rules.tag([text])[0])
    assert rows == [
        {"drug": "Velatol", "dose": "20 mg", "frequency": "once daily"},
        {"drug": "oralmet", "dose": "850 mg", "frequency": "at night"},
        {"drug": "oralmet", "dose": "1 g", "frequency": "prn"},
    ]
    assert health.record("BP 120/80.", rules.tag(["BP 120/80."])[0]) == []
