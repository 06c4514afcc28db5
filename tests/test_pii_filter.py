"""The filter for personal data, its check digits, and its score."""

import time

import pytest

from helpers import datasets
from helpers.safety import numbers, pii
from helpers.text.scrubbing import find_pii, scrub_pii


def kinds(text):
    return [(kind, text[start:end]) for kind, start, end in pii.find(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "write to ann [at] example [dot] org",
            ("EMAIL", "ann [at] example [dot] org"),
        ),
        ("IBAN GB82 WEST 1234 5698 7654 32", ("IBAN", "GB82 WEST 1234 5698 7654 32")),
        (
            "身份证11010519491231002X",
            ("ID", "11010519491231002X"),
        ),  # GB 11643's example
        ("born on 3 May 1990", ("BIRTH", "3 May 1990")),
        ("李某，1990年5月3日出生", ("BIRTH", "1990年5月3日")),
        ("call seven seven double oh nine two one four", ("PHONE", None)),
        ("手机：138 0013 8000", ("PHONE", "138 0013 8000")),
        ("from 203.0.113.9 today", ("IP", "203.0.113.9")),
        ("Name: Ann Lee", ("NAME", "Ann Lee")),
        ("card 4111 1111 1111 1111", ("CARD", "4111 1111 1111 1111")),
    ],
)
def test_each_kind_is_found(text, wanted):
    ((kind, found),) = kinds(text)
    assert kind == wanted[0] and wanted[1] in (None, found)


@pytest.mark.parametrize(
    "text",
    [
        "IBAN GB83 WEST 1234 5698 7654 32",  # check digits off by one
        "parcel 110105194912310021",
        "order 4111 1111 1111 1111",
        "version 10.2.1.4 of the firmware",
        "we met on 3 May 1990",
        "ping 127.0.0.1",
        "",
    ],
)
def test_look_alikes_are_left_alone(text):
    assert kinds(text) == []


def test_redact_changes_nothing_else():
    text = "born 12 May 1961, ring 020 7946 0312!"
    assert pii.redact(text) == "born <BIRTH>, ring <PHONE>!"
    assert pii.redact("nothing here") == "nothing here"


def test_spans_do_not_overlap_on_any_note():
    for text in datasets.load("pii_notes").table["text"]:
        last = 0
        for _, start, end in pii.find(text):
            assert last <= start < end <= len(text), text
            last = end


def test_scrub_replaces_what_is_found():
    text = "ann@example.org, 203.0.113.9 and www.example.org"
    pieces, last = [], 0
    for kind, start, end in find_pii(text):
        pieces += [text[last:start], f"<{kind}>"]
        last = end
    assert scrub_pii(text) == "".join(pieces) + text[last:]


def test_a_perfect_and_a_half_number():
    text = "ring 020 7946 0312."
    whole, half = [("PHONE", 5, 18)], [("PHONE", 5, 13)]
    row = pii.score([text], [whole], [[("PHONE", 5, 19)]])["all"]  # the full stop, too
    assert row["right"] == row["found"] == row["marked"] == 1
    row = pii.score([text], [whole], [half])["PHONE"]
    assert (row["right"], row["precision"].value, row["recall"].value) == (0, 0, 0)
    assert pii.score([text], [whole], [[]])["PHONE"]["precision"] is None


def test_the_filter_is_better_than_the_older_patterns():
    table = datasets.load("pii_notes").table
    texts, marked = list(table["text"]), list(table["spans"])
    new = pii.score(texts, marked, [pii.find(text) for text in texts])["all"]
    old = [[one for one in find_pii(t) if one[0] != "URL"] for t in texts]
    before = pii.score(texts, marked, old)["all"]
    for measure in ("precision", "recall"):
        assert new[measure].low > before[measure].high
        assert new[measure].value < 1  # the set is not solved


def test_check_digits_against_published_examples():
    assert numbers.resident_check("11010519491231002") == "X"
    assert numbers.resident_check("44052418800101001") == "4"
    for iban in ("DE89370400440532013000", "FR1420041010050500013M02606"):
        assert numbers.iban_end(iban + "REST") == len(iban)  # the ISO's examples
    assert numbers.iban_end("DE88370400440532013000") == 0
    with pytest.raises(ValueError, match="17 digits"):
        numbers.resident_check("123")


def test_every_single_digit_error_of_an_id_is_noticed():
    good = "11010519491231002X"
    for place in range(17):
        for digit in "0123456789":
            if digit != good[place]:
                bad = good[:place] + digit + good[place + 1 :]
                assert not numbers.is_resident_id(bad)


def test_digits_in_words_are_counted():
    assert numbers.count_spoken("seven double-oh nine") == 4
    assert numbers.count_spoken("一三八，零零") == 5


@pytest.mark.parametrize("piece", ["1 2-", "a@", "oh ", "born ", "身份证1", "GB82 "])
def test_time_is_about_linear(piece):
    def seconds(count):
        start = time.perf_counter()
        pii.find(piece * count)
        return time.perf_counter() - start

    seconds(100)
    assert seconds(8_000) < 5
