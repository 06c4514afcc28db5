"""Plain files are read whole or refused with a message that quotes them."""

import csv
import gzip
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.datasets.readers import (
    quote,
    read_conll,
    read_documents,
    read_json,
    read_rows,
    read_table,
    read_text,
    require_classes,
    to_numbers,
)
from helpers.metrics.entities import to_iob2


@pytest.fixture
def file(tmp_path):
    def write(content, encoding="utf-8"):
        path = tmp_path / "given.txt"
        raw = content if isinstance(content, bytes) else content.encode(encoding)
        path.write_bytes(raw)
        return path

    return write


def test_text_in_both_encodings(file):
    assert read_text(file("café 月")) == "café 月"
    assert read_text(file("\ufeffcafé")) == "café"
    assert read_text(file("café", "latin-1"), "latin-1") == "café"
    assert read_text(file(gzip.compress("café".encode()))) == "café"


@pytest.mark.parametrize("content", [b"", b" \n\t\n", b"\xef\xbb\xbf"])
def test_empty_text_is_refused(file, content):
    with pytest.raises(ValueError, match=r"given\.txt: is empty"):
        read_text(file(content))


def test_wrong_encoding_is_quoted(file):
    with pytest.raises(ValueError, match=r"b'\\xe9 au lai' at 3 .* wanted .* utf-8"):
        read_text(file("café au lait", "latin-1"))
    with pytest.raises(ValueError, match=r"is UTF-8; wanted .* latin-1"):
        read_text(file("café au lait"), "latin-1")
    with pytest.raises(ValueError, match="not utf-8"):
        read_text(file("café", "utf-16"))


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=6))
def test_rows_are_what_the_csv_writer_wrote(tmp_path_factory, rows):
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows(rows)
    path = tmp_path_factory.mktemp("rows") / "x.csv"
    path.write_bytes(buffer.getvalue().encode())
    assert read_rows(path) == [list(row) for row in rows]


def test_ragged_rows_are_quoted(file):
    with pytest.raises(ValueError, match=r"line 3: 2 fields in \['4', '5'\]; wanted 3"):
        read_rows(file("a,b,c\n1,2,3\n4,5\n"))
    with pytest.raises(ValueError, match="line 1: 3 fields .* wanted 2"):
        read_rows(file("a,b,c\n"), columns=2)
    with pytest.raises(ValueError, match="line 1"):
        read_rows(file('a,"b'))


def test_table_names_its_missing_columns(file):
    with pytest.raises(ValueError, match=r"\['user', 'film'\] lack item, rating"):
        read_table(file("user,film\n1,2\n"), ["user", "item", "rating"])


def test_table_needs_rows_and_drops_nameless_columns(file):
    with pytest.raises(ValueError, match="has a header and no row"):
        read_table(file("user,item\n"), ["user"])
    table = read_table(file("user,item,,\n1,2,,x\n"), ["user"])
    assert table.to_dict("list") == {"user": ["1"], "item": ["2"]}


def test_table_refuses_a_column_that_comes_twice(file):
    with pytest.raises(ValueError, match=r"given\.txt: columns \['a'\] come more than"):
        read_table(file("a,b,a\n1,2,3\n"), ["b"])


def test_a_field_may_hold_a_book(file):
    book = "Call me Ishmael. " * 20_000
    assert read_table(file(f"text\n{book}\n"), ["text"])["text"].tolist() == [book]


def test_missing_looking_text_stays_text(file):
    table = read_table(file("a,b\nNA,null\nnan,\n"), ["a"])
    assert table.to_numpy().tolist() == [["NA", "null"], ["nan", ""]]


def test_json(file):
    assert read_json(file('["月"]'), list) == ["月"]
    for content, message in (
        ("[1, 2", "is no JSON: .* in '\\[1, 2'"),
        ('{"a": 1}', "holds {'a': 1}; wanted a list"),
        ("[]", r"holds \[\]"),
        ("[" * 100_000, r"given\.txt: is no JSON"),
        ("[" + "1" * 5_000 + "]", r"given\.txt: is no JSON"),
    ):
        with pytest.raises(ValueError, match=message):
            read_json(file(content), list)


def test_conll_columns(file):
    content = (
        "-DOCSTART- -X- O O\n\nAda NNP I-NP I-PER\nmet VBD I-VP O\nBob NNP I-NP I-PER\n"
        "\nParis NNP I-NP I-LOC\nToday NN I-NP O\n"
    )
    assert read_conll(file(content)) == [
        (["Ada", "met", "Bob"], ["B-PER", "O", "B-PER"]),
        (["Paris", "Today"], ["B-LOC", "O"]),
    ]


def test_conll_documents(file):
    row = "{} B-LOC\n"
    start = "-DOCSTART- O\n\n"
    content = "\n".join([start, row.format("Rome"), row.format("Oslo"), start, start])
    content += "now O\n"
    rome, oslo = ((["Rome"], ["B-LOC"]), (["Oslo"], ["B-LOC"]))
    assert read_documents(file(content)) == [[rome, oslo], [(["now"], ["O"])]]
    assert read_conll(file(content)) == [rome, oslo, (["now"], ["O"])]
    bare = content.replace(start, "")
    assert read_documents(file(bare)) == [[rome, oslo, (["now"], ["O"])]]


def test_conll_blank_lines_with_tabs_and_marks(file):
    content = "\ufeffAda\tB-person\r\n\t\r\n\n\nhi there\tO\n\ufeff\n"
    assert read_conll(file(content)) == [(["Ada"], ["B-person"]), (["hi there"], ["O"])]


@pytest.mark.parametrize(
    "content, message",
    [
        ("Ada\tB-PER\nmet\n", r"line 2: 1 columns in \['met'\]; wanted 2, as above"),
        ("Ada B-PER\nmet VBD O\n", "line 2: 3 columns"),
        ("Ada\nmet\n", r"line 1: 1 columns in \['Ada'\]; wanted a token and a tag"),
        ("Ada\tPERSON\n", "line 1: tag 'PERSON'; wanted O, B-<type> or I-<type>"),
        ("Ada\tB-\n", "line 1: tag 'B-'"),
        ("Ada\tO\nmet\tO\n", r"labels \['O'\]; wanted at least two"),
        ("-DOCSTART- -X- O O\n", r"labels \[\]"),
        ("\n\n", "is empty"),
    ],
)
def test_conll_refuses(file, content, message):
    with pytest.raises(ValueError, match=message):
        read_conll(file(content))


def spans(tags, begins):
    """Read names off tags the slow way: `begins(previous, tag)` opens a name."""
    found = []
    for place, tag in enumerate(tags):
        if tag == "O":
            continue
        before = tags[place - 1] if place else "O"
        if begins(before, tag):
            found.append([tag[2:], place, place])
        else:
            found[-1][2] = place
    return found


tag_lists = st.lists(st.sampled_from(["O", "B-A", "I-A", "B-B", "I-B"]), max_size=12)


@given(tag_lists)
def test_iob2_keeps_every_name(tags):
    def iob(before, tag):
        return tag[0] == "B" or before == "O" or before[2:] != tag[2:]

    def bio(_, tag):
        return tag[0] == "B"

    converted = to_iob2(tags)
    assert spans(converted, bio) == spans(tags, iob)
    assert to_iob2(converted) == converted


@pytest.mark.parametrize("labels", [[], ["a"], ["a", "a"], ["a", " "]])
def test_fewer_than_two_classes_are_refused(labels):
    with pytest.raises(ValueError, match="x.csv: labels .* wanted at least two"):
        require_classes(labels, "x.csv")


def test_numbers(file):
    table = read_table(file("n,x\n1,0.5\n-2,3\n"), ["n"])
    numbers = to_numbers(table, {"n": "int64", "x": "float64"}, "x.csv")
    assert numbers["n"].tolist() == [1, -2] and numbers["x"].tolist() == [0.5, 3.0]
    assert numbers["n"].dtype == "int64"
    for content, message in (
        ("n\n1\nten\n", "row 2: n is 'ten'; wanted int64"),
        ("n\n1.5\n", "row 1: n is '1.5'"),
        ("n,m\n,1\n", "row 1: n is ''"),
        ("n\ninf\n", "row 1: n is 'inf'"),
    ):
        with pytest.raises(ValueError, match=message):
            to_numbers(read_table(file(content), ["n"]), {"n": "int64"}, "x.csv")


@pytest.mark.parametrize(
    "text, number",
    [
        ("9007199254740993", 2**53 + 1),  # no float is this
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775807", 2**63 - 1),
        ("1.0", 1),
        ("1e3", 1_000),
        (" 7 ", 7),
        ("1e30", None),
        ("9223372036854775808", None),
        ("18446744073709551615", None),
        ("9007199254740993.5", None),
        ("1e999999999", None),
        ("1e99999999999999999999", None),
        ("1_000", None),
        ("١", None),
        ("nan", None),
        ("", None),
    ],
)
def test_whole_numbers_are_exact_or_refused(text, number):
    table = pd.DataFrame({"n": ["5", text]})
    if number is None:
        with pytest.raises(ValueError, match=r"x\.csv, row 2: n is .*; wanted int64"):
            to_numbers(table, {"n": "int64"}, "x.csv")
    else:
        numbers = to_numbers(table, {"n": "int64"}, "x.csv")["n"]
        assert numbers.tolist() == [5, number] and numbers.dtype == "int64"


@pytest.mark.parametrize("text", ["inf", "nan", "1e400", "0x10", "1_0", "one"])
def test_floats_are_finite_or_refused(text):
    with pytest.raises(ValueError, match="row 1: x is .*; wanted float64"):
        to_numbers(pd.DataFrame({"x": [text]}), {"x": "float64"}, "x.csv")


def test_quotes_are_short():
    assert quote("a") == "'a'"
    assert len(quote("a" * 1_000)) == 80
