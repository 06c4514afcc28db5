"""Every term has one Chinese name, in every lesson that gives one: docs/terms.csv."""

import csv
import re
from collections.abc import Iterator

import pytest

from tools import notebooks

LESSONS = sorted(notebooks.NOTEBOOKS.glob("*.ipynb"))
HAN = r"\u4e00-\u9fff"
TERM = r"\*\*(?P<{0}>[^*]+)\*\*"
NAMED = re.compile(  # **logits** (未归一化得分); a **bigram** model (二元语法); …
    rf"{TERM.format('before')}(?:\s+[a-z-]+){{0,2}}\s*[(（](?P<name>[^()（）]*[{HAN}][^()（）]*)"
    rf"|[(（]{TERM.format('inside')}[,:]\s*(?P<other>[^()（）]*[{HAN}][^()（）]*)"
)


def one_form(term: str) -> str:
    """Return a term as the list has it: small letters, one space between words."""
    return " ".join(term.lower().split())


def introduced(text: str) -> Iterator[tuple[str, str]]:
    """Yield the bold terms of a lesson's text with the Chinese names beside them."""
    for match in NAMED.finditer(text):
        names = match["name"] or match["other"]
        pieces = (" ".join(piece.split()) for piece in re.split("[,;，；:]", names))
        chinese = [piece for piece in pieces if re.search(f"[{HAN}]", piece)]
        yield one_form(match["before"] or match["inside"]), " / ".join(chinese)


def terms() -> list[dict[str, str]]:
    """Return the rows of docs/terms.csv."""
    path = notebooks.ROOT / "docs" / "terms.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def forms(row: dict[str, str]) -> set[str]:
    """Return the forms under which lessons write a term: one, many, short."""
    written = {one_form(form) for form in row["English"].split(";")}
    return written | {form + "s" for form in written}


BY_FORM = {form: row for row in terms() for form in forms(row)}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("**Logits** (未归一化得分) are", [("logits", "未归一化得分")]),
        ("a **bigram** model (二元语法),", [("bigram", "二元语法")]),
        ("transposed (**tied weights**, 权重绑定)", [("tied weights", "权重绑定")]),
        ("**EMA** (moving average, 指数移动平均)", [("ema", "指数移动平均")]),
        ("**bold words** (no Chinese) and 中文", []),
    ],
)
def test_terms_are_read_as_a_reader_would(text, found):
    assert list(introduced(text)) == found


def test_the_list_is_in_order_and_each_term_stands_once():
    rows = terms()
    assert [row["English"] for row in rows] == sorted(
        (row["English"] for row in rows), key=str.lower
    )
    assert sum(len(forms(row)) for row in rows) == len(BY_FORM)
    assert all(re.search(f"[{HAN}]", row["Chinese"]) for row in rows)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_calls_a_term_by_its_one_chinese_name(path):
    wrong = []
    for cell in notebooks.read_notebook(path)["cells"]:
        if cell["cell_type"] == "markdown":
            for term, chinese in introduced(cell["source"]):
                row = BY_FORM.get(term)
                if row is None or row["Chinese"] != chinese:
                    listed = row["Chinese"] if row else "not in docs/terms.csv"
                    wrong.append(f"{cell['id']}: {term}, {chinese} ({listed})")
    assert not wrong


def test_each_term_is_first_named_in_the_lesson_that_the_list_says():
    first = {}
    for path in LESSONS:
        for cell in notebooks.read_notebook(path)["cells"]:
            if cell["cell_type"] == "markdown":
                for term, _ in introduced(cell["source"]):
                    if term in BY_FORM:
                        first.setdefault(BY_FORM[term]["English"], path.name[:2])
    assert first == {row["English"]: row["lesson"] for row in terms()}
