"""city_news: made by its script, correct facts, balanced, no near-duplicates."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from scripts import script

FOLDER = Path(__file__).resolve().parent.parent / "data/city_news"
FACTS = ("city", "district", "person", "organisation", "number", "date")
PICTURES = {  # picture key: what the body must mention
    "t-shirt": r"\bt-shirts?\b",
    "trouser": r"\btrousers\b",
    "pullover": r"\bpullovers?\b",
    "dress": r"\bdress(es)?\b",
    "coat": r"\bcoats?\b",
    "sandal": r"\bsandals?\b",
    "shirt": r"(?<!t-)\bshirts?\b",
    "sneaker": r"\bsneakers?\b",
    "bag": r"\bbags?\b",
    "ankle boot": r"\bankle boots?\b",
}


@pytest.fixture(scope="module")
def maker():
    return script(FOLDER / "make_city_news.py")


@pytest.fixture(scope="module")
def rows():
    with (FOLDER / "city_news.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def poems():
    with (FOLDER / "city_news_zh.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_tables_are_what_the_script_makes(maker):
    stored = (FOLDER / "city_news.csv").read_text(encoding="utf-8")
    assert stored == maker.csv_text(maker.make())
    stored = (FOLDER / "city_news_zh.csv").read_text(encoding="utf-8")
    assert stored == maker.csv_text(maker.make_zh())


def test_every_fact_stands_in_the_body(rows):
    for row in rows:
        for fact in FACTS:
            assert row[fact], row
            assert re.search(rf"(?<!\w){re.escape(row[fact])}(?!\w)", row["body"]), row


def test_the_pictured_thing_is_in_the_story(rows):
    assert set(PICTURES) == {row["picture_key"] for row in rows}
    for row in rows:
        assert re.search(PICTURES[row["picture_key"]], row["body"].lower()), row


def test_topics_and_pictures_are_balanced(rows):
    topics = Counter(row["topic"] for row in rows)
    assert len(topics) == 8
    assert min(topics.values()) / len(rows) >= 0.08
    pictures = Counter(row["picture_key"] for row in rows)
    assert min(pictures.values()) / len(rows) >= 0.08


def test_sizes_are_as_documented(rows):
    assert len(rows) == 1_536
    assert len({row["kernel"] for row in rows}) == 64
    assert [row["id"] for row in rows] == [f"cn-{i:04d}" for i in range(1, 1_537)]
    assert all(60 <= len(row["body"].split()) <= 110 for row in rows)
    assert all(3 <= len(row["headline"].split()) <= 16 for row in rows)
    assert sum(path.stat().st_size for path in FOLDER.rglob("*.*")) < 1_500_000


def test_no_two_items_are_near_duplicates(maker, rows):
    assert len({row["body"] for row in rows}) == len(rows)
    for kernel in {row["kernel"] for row in rows}:
        bodies = [row["body"] for row in rows if row["kernel"] == kernel]
        assert maker.near_duplicate_pairs(bodies, 0.8) == []


def test_near_duplicate_search_finds_one(maker):
    text = "one two three four five six seven eight nine ten"
    texts = [text, "something else entirely different here", text + " eleven"]
    assert maker.near_duplicate_pairs(texts, 0.8) == [(0, 2)]


def test_the_small_grammar_is_right(rows):
    for row in rows:
        text = f"{row['headline']} {row['body']}"
        assert "{" not in text and "}" not in text and "  " not in text, text
        assert not re.search(r"\b[Aa] (?=[aeioAEIOU])", text), text
        assert not re.search(r"\b[Aa]n (?=[^aeiouhAEIOUHX\W])", text), text
        assert not re.search(r"\b(\w+) \1\b", text.lower()), text
        assert row["body"].count('"') % 2 == 0
        assert row["headline"][0].isupper() and row["body"][0].isupper()
        assert not re.search(r"[.?!]\"? [a-z]", re.sub(r'[?!]" [a-z]', "", row["body"]))
        assert row["body"][-1] in '."'
        assert row["body"].isascii()


def test_a_kernel_names_each_fact_in_a_fixed_place(maker):
    """Every lead names the city, every detail number and organisation, and so on."""
    for path in sorted((FOLDER / "kernels").glob("*.txt")):
        shared, kernels = maker.read_kernels(path)
        assert len(kernels) == 8
        assert all("{district}" in sentence for sentence in shared["C"])
        for kernel in kernels:
            assert [len(kernel[part]) for part in "HLDQE"] == [2, 3, 2, 3, 2]
            assert all("{city}" in sentence for sentence in kernel["L"])
            assert all("{org}" in sentence for sentence in kernel["D"])
            for sentence in kernel["D"]:
                assert "{number}" in sentence or "{counted}" in sentence
            assert all("{person}" in sentence for sentence in kernel["Q"])
            assert all("{date}" in sentence for sentence in kernel["E"])


@pytest.mark.parametrize(
    ("one", "several", "look", "expected"),
    [
        ("coat", "coats", "old leather", ("an old leather coat", "coats")),
        (
            "pair of trousers",
            "trousers",
            "grey",
            ("a pair of grey trousers", "pairs of trousers"),
        ),
    ],
)
def test_items_take_the_right_article(maker, one, several, look, expected):
    words = maker.item_words(one, several, look)
    assert (words["item_a"], words["counted"]) == expected


def test_chinese_pieces_are_simplified_and_distinct(poems):
    assert len(poems) == 120
    assert list(poems[0]) == ["title", "author", "text", "collection"]
    assert len({poem["text"] for poem in poems}) == len(poems)
    assert Counter(poem["collection"] for poem in poems).most_common()[-1][1] == 20
    for poem in poems:
        lines = poem["text"].split("\n")
        assert 4 <= len(lines) <= 8
        assert all(re.fullmatch(r"[\u4e00-\u9fff、]{3,16}", line) for line in lines)
        text = poem["text"] + poem["title"]
        assert text.encode("gb2312")  # simplified characters only


def articles(text):
    """Read the items of one page: headline and body."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(text, "html.parser")
    for article in soup.find_all("article"):
        yield article.h2.get_text(), article.find_all("p")[-1].get_text()


def test_raw_pages_hold_exactly_the_planted_faults(maker):
    raw = script(FOLDER / "make_raw_pages.py")
    stored = {
        path.name: path.read_text(encoding="utf-8")
        for path in (FOLDER / "raw").glob("*.html")
    }
    assert stored == raw.pages()
    bodies = [body for name in sorted(stored) for _, body in articles(stored[name])]
    full = [body for body in bodies if body]
    usual = [body for body in full if len(body.split()) <= 200]
    found = {
        "pages": len(stored),
        "items": len(bodies),
        "exact copies": len(full) - len(set(full)),
        "near copies": len(maker.near_duplicate_pairs(sorted(set(full)), 0.8)),
        "mojibake items": sum("â€" in body for body in bodies),
        "empty items": len(bodies) - len(full),
        "too long items": len(full) - len(usual),
        "e-mail addresses": sum(
            len(re.findall(r"[\w.+]+@example\.org", body)) for body in bodies
        ),
        "telephone numbers": sum(
            len(re.findall(r"\(020\) 555-\d{4}", b)) for b in bodies
        ),
    }
    found["items left"] = len(set(usual)) - found["near copies"]
    assert found == raw.PLANTED
    boilerplate = ("cookies", "Advertisement", "Log in", "Share", "<script>")
    assert all(word in page for page in stored.values() for word in boilerplate)
