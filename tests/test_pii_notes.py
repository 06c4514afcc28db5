"""pii_notes: made by its script, marked soundly, its parts alike."""

import ipaddress
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scripts import script

from helpers import datasets
from helpers.datasets.text_sets import pii_notes
from helpers.text.duplicates import near_duplicates
from helpers.text.plain import plain_copy

FOLDER = Path(__file__).resolve().parent.parent / "data/pii_notes"
KINDS = {*"EMAIL PHONE ID CARD IBAN IP BIRTH NAME".split()}


@pytest.fixture(scope="module")
def notes():
    return datasets.load("pii_notes").table


def marked(notes, kind):
    return [
        plain_copy(text[start:end])[0]
        for text, spans in zip(notes["text"], notes["spans"], strict=True)
        for name, start, end in spans
        if name == kind
    ]


def test_the_file_is_what_the_script_makes():
    for name, text in script(FOLDER / "make_pii_notes.py").make().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text


def test_sizes_and_kinds(notes):
    sizes = notes["split"].value_counts().to_dict()
    assert sizes == {"development": 195, "test": 194, "second": 239, "fresh": 436}
    authors = notes["split"].replace({"development": "first", "test": "first"})
    for least, (_, part) in zip((225, 320, 180), notes.groupby(authors), strict=True):
        kinds = Counter(kind for spans in part["spans"] for kind, _, _ in spans)
        assert set(kinds) == KINDS
        assert min(kinds.values()) >= 15 and sum(kinds.values()) > least
        empty = sum(not spans for spans in part["spans"])
        assert 0.38 < empty / len(part) < 0.6
        chinese = part["text"].str.contains("[\u4e00-\u9fff]").mean()
        assert chinese > 0.22


def test_marks_lie_inside_their_text_and_do_not_overlap(notes):
    for text, spans in zip(notes["text"], notes["spans"], strict=True):
        ends = [0]
        for _, start, end in spans:
            assert ends[-1] <= start < end <= len(text)
            assert text[start:end] == text[start:end].strip()
            ends.append(end)


def test_accounts_have_the_check_digits_of_iso_13616(notes):
    for number in marked(notes, "IBAN"):
        plain = re.sub("[^0-9A-Z]", "", number.upper())
        digits = "".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])
        assert int(digits) % 97 == 1, number


def test_cards_have_luhns_check_digit(notes):
    for number in marked(notes, "CARD"):
        digits = [int(sign) for sign in number if sign.isdigit()][::-1]
        doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
        assert (sum(digits[::2]) + sum(doubled)) % 10 == 0, number


def test_identity_numbers_have_the_check_sign_of_gb_11643(notes):
    short = 0
    for number in marked(notes, "ID"):
        signs = re.sub("[^0-9X]", "", number.upper())
        short += len(signs) < 18
        if len(signs) == 18:
            values = [10 if sign == "X" else int(sign) for sign in signs]
            weights = [2 ** (17 - place) for place in range(18)]  # ISO 7064 MOD 11-2
            total = sum(w * v for w, v in zip(weights, values, strict=True))
            assert total % 11 == 1, number
    assert short <= 7  # old ones of 15 digits, and one that says it is incomplete


def test_machines_of_the_later_notes_are_nobodys(notes):
    nets = "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32".split()
    nets = [ipaddress.ip_network(net) for net in nets]  # RFC 5737, RFC 3849
    later = notes[notes["split"].isin(["second", "fresh"])]
    for address in marked(later, "IP"):
        one = ipaddress.ip_address(address.replace("[.]", "."))
        one = getattr(one, "ipv4_mapped", None) or one
        assert any(one in net for net in nets if net.version == one.version), one


def test_no_address_is_anybodys(notes):
    for address in marked(notes, "EMAIL"):
        assert re.search("example", address.lower()), address


def test_no_note_is_nearly_another(notes):
    assert near_duplicates(list(notes["text"]), threshold=0.5) == []


def test_the_first_authors_parts_cannot_be_told_apart(notes):
    notes = notes[notes["split"].isin(["development", "test"])]
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline

    first = (notes["split"] == "test").to_numpy()
    model = make_pipeline(
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 3), sublinear_tf=True),
        LogisticRegression(class_weight="balanced"),
    )
    guess = cross_val_predict(model, notes["text"], first, cv=5)
    recalls = [np.mean(guess[first == part] == part) for part in (True, False)]
    assert np.mean(recalls) < 0.5 + 1.25 / np.sqrt(len(notes))  # 2.5 standard errors


def test_a_doubled_brace_is_one_of_the_note(tmp_path):
    path = tmp_path / "pii_notes.csv"
    path.write_text("marked,split\n{{ip: {a:192.0.2.7}}},test\n", encoding="utf-8")
    (row,) = pii_notes({"pii_notes.csv": path}).itertuples()
    assert row.text == "{ip: 192.0.2.7}" and row.spans == [("IP", 5, 14)]


def test_damaged_marks_are_refused(tmp_path):
    path = tmp_path / "pii_notes.csv"
    for damaged in ("ring {p:123", "ring {q:123}", "ring 123}"):
        path.write_text(f"marked,split\n{damaged},test\n", encoding="utf-8")
        with pytest.raises(ValueError, match="`pii_notes` wants"):
            pii_notes({"pii_notes.csv": path})


def test_the_course_calls_it_synthetic():
    assert datasets.load("pii_notes").synthetic
