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


SPELLINGS = """
EMAIL|escribe a |lola arroba ejemplo punto example| porfa
EMAIL|schreiben Sie an |m.huber [ät] beispiel [punkt] example|
EMAIL|邮箱：|wang圈aexample点com|
EMAIL|user=|ops.night@example.com| ok
PHONE|Tel: |030 / 23 125 012|
PHONE|Call |07700/900/461| or not
PHONE|手机|138*0013*8000|
PHONE|固话：|0571—55500128|
PHONE|客服|400-5550-123|，周一至周五
PHONE|Móvil: |612 555 012|
PHONE|ring me: |null eins sieben eins drei neun zwei null null eins|
ID|身份证号：|110105·19491231·002X|
ID|老身份证 |110105491231002|
CARD|Kreditkarte: |4111.1111.1111.1111|
IBAN||TR33 0006 1005 1978 6457 8413 26|
IBAN|iban |gb82west12345698765432|
IP|ip |203 . 0 . 113 . 9|
IP||203[.]0[.]113[.]9| beaconed twice
IP|Upgrade to 4.1.0.2, then connect from |203.0.113.8|
BIRTH|DOB |12 MAY 61|
BIRTH|née en |1961|, à Lyon
BIRTH|ur. |12 maja 1961| r.
BIRTH|生日：|三月十二|
BIRTH|他|九三年|生的
BIRTH||5月12日|是我生日
BIRTH|nacida el |3 de marzo de 1994| en Lima
NAME|Imię i nazwisko: |Łukasz Żak|
NAME|姓　名：|张　三|
NAME|患者|王秀兰|，女，67岁
NAME|Ansprechpartnerin: Frau |Dr. Lena Groß|
NAME|Name: |LOWE, Harriet|
"""


@pytest.mark.parametrize("line", SPELLINGS.strip().splitlines())
def test_spellings_beside_the_pattern(line):
    kind, before, what, after = line.split("|")
    assert kinds(before + what + after) == [(kind, what)]


@pytest.mark.parametrize(
    "text",
    [
        "IBAN GB83 WEST 1234 5698 7654 32",  # check digits off by one
        "parcel 110105194912310021",
        "order 4111 1111 1111 1111",
        "version 10.2.1.4 of the firmware",
        "we met on 3 May 1990",
        "ping 127.0.0.1",
        "Firmware 10.2.1.4 is fine, 10.2.1.3 made it worse",
        "our printer is 192.168.0.12, the resolver 9.9.9.9",
        "clone git@git.example:team/repo.git and logo@2x.png",
        "we are open at shop.example from 9",
        "Message-ID: <20250101.abc@mail.example>",
        "客户编号13800138000，已发货",
        "IMEI 356938035643809",
        "Library card 4111 1111 1111 1111 is overdue",
        "4485 0275 7423 0826 is not a card, it's the boiler",
        "birthday party on 12 May, cake on 13/05",
        "生日蛋糕6月1日取，出生率2023年下降",
        "born to run, 1975, vinyl",
        "Contact: Customer Services, product name: Blue Kettle",
        "姓名：不详，联系人：前台",
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
    assert numbers.is_card("4111111111111111") and numbers.is_card("378282246310005")
    assert not numbers.is_card("4111111111111112")
    assert not numbers.is_card("356938035643809")  # passes Luhn, but no card has 15
    with pytest.raises(ValueError, match="17 digits"):
        numbers.resident_check("123")


# The examples that ISO 13616's registry prints, with blanks as it does.
IBANS = (
    """
AD12 0001 2030 2003 5910 0100|AE07 0331 2345 6789 0123 456|AT61 1904 3002 3457 3201
AL47 2121 1009 0000 0002 3569 8741|AZ21 NABZ 0000 0000 1370 1000 1944
BA39 1290 0794 0102 8494|BE68 5390 0754 7034|BG80 BNBG 9661 1020 3456 78
BH67 BMAG 0000 1299 1234 56|BR18 0036 0305 0000 1000 9795 493C 1
CH93 0076 2011 6238 5295 7|CR05 0152 0200 1026 2840 66|CZ65 0800 0000 1920 0014 5399
CY17 0020 0128 0000 0012 0052 7600|DK50 0040 0440 1162 43|EE38 2200 2210 2014 5685
DO28 BAGR 0000 0001 2124 5361 1324|EG38 0019 0005 0000 0000 2631 8000 2
FO62 6460 0001 6316 34|GI75 NWBK 0000 0000 7099 453|GL89 6471 0001 0002 06
GR16 0110 1250 0000 0001 2300 695|HR12 1001 0051 8630 0016 0|IE29 AIBK 9311 5212 3456 78
HU42 1177 3016 1111 1018 0000 0000|IS14 0159 2600 7654 5510 7303 39
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@pytest.mark.parametrize("iban", IBANS)
def test_lengths_of_accounts_are_those_of_the_registry(iban):
    signs = iban.replace(" ", "")
    assert numbers.iban_end(signs + "REST") == len(signs)
    assert kinds(f"to {iban.lower()}, please") == [("IBAN", iban.lower())]


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
