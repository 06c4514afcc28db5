"""The check of invented facts: planted errors found, true rewordings left alone."""

import re

import pytest

from helpers import datasets
from helpers.apps.newsroom import ordinary_words
from helpers.text.checking.facts import Finding, invented, spelled_value
from helpers.text.checking.planting import ERRORS, TRUE, Planted, plant, spell
from helpers.text.stories import fill, source

SOURCE = (
    "Tram driver of Velport looks for an owner\ncity Velport\ndistrict Kiln Lane\n"
    "person Meera Halloran\norganisation Passenger Union\nnumber 124\ndate 17 June"
)


@pytest.fixture(scope="module")
def tables():
    return datasets.load("picture_news").tables


@pytest.fixture(scope="module")
def ordinary():
    return ordinary_words()


def words(text):
    return set(re.findall(r"[\w-]+", text.lower()))


def counts(findings, errors):
    """Return errors found, errors missed, and findings that are none."""
    found = sum(any(words(e) & words(f.text) for f in findings) for e in errors)
    wrong = sum(not any(words(e) & words(f.text) for e in errors) for f in findings)
    return found, len(errors) - found, wrong


def rates(results):
    """Return precision and recall of many counts."""
    found, missed, wrong = map(sum, zip(*results, strict=True))
    return found / (found + wrong), found / (found + missed)


def planted(stories, split):
    """Yield planted articles with their sources and tones."""
    rows = stories[stories["split"] == split][:60].to_dict("records")
    texts = [fill(row["article"], row, row["thing"], row["tone"]) for row in rows]
    for case in plant(texts, rows):
        row = rows[case.source]
        given = source(fill(row["headline"], row, row["thing"], row["tone"]), row)
        yield case, given, row["tone"]


@pytest.mark.parametrize("split", ["validation", "test"])
def test_precision_and_recall_on_planted_errors(tables, ordinary, split):
    results, rules = [], set()
    for case, given, tone in planted(tables["stories"], split):
        findings = invented(case.text, given, [tone], ordinary)
        results.append(counts(findings, [case.error] if case.error else []))
        rules.add(case.rule)
    assert rules == {*ERRORS, *TRUE} and len(results) > 1_000
    precision, recall = rates(results)
    assert precision >= 0.95 and recall >= 0.95, (precision, recall)


def test_precision_and_recall_on_sentences_written_by_hand(tables, ordinary):
    results = [
        counts(
            invented(row.text, SOURCE, ["dark"], ordinary),
            [part for part in row.invented.split("; ") if part],
        )
        for row in tables["checks"].itertuples()
    ]
    precision, recall = rates(results)
    assert precision >= 0.95 and recall >= 0.95, (precision, recall)


def test_true_articles_of_known_stories_pass(tables, ordinary):
    for row in tables["stories"].to_dict("records"):
        if row["split"] == "unseen":
            continue
        given = source(fill(row["headline"], row, row["thing"], row["tone"]), row)
        text = fill(row["article"], row, row["thing"], row["tone"])
        assert invented(text, given, [row["tone"]], ordinary) == []


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("It was Mira Halloran.", "name", "Mira Halloran"),
        ("They met in Torvale.", "name", "Torvale"),
        ("There were 125 of them.", "number", "125"),
        ("There were thirteen of them.", "number", "thirteen"),
        ("It ends on June 18.", "date", "June 18"),
        ("It ends in May.", "date", "May"),
        ("It ends on a Sunday.", "date", "Sunday"),
        ("A green coat.", "colour", "green"),
        ("A pale coat.", "colour", "pale"),
    ],
)
def test_each_kind(text, kind, said):
    assert invented(text, SOURCE, ["dark"]) == [Finding(kind, said)]


def test_the_day_of_a_date_supports_no_number():
    assert invented("It ends on 17 June.", SOURCE) == []
    assert invented("I saw 17 of them.", SOURCE) == [Finding("number", "17")]


def test_halves_of_two_names_make_no_name():
    assert invented("I met Meera Velport.", SOURCE) == [
        Finding("name", "Meera Velport")
    ]


@pytest.mark.parametrize("number", [*range(2, 30), 40, 99, 100, 101, 124, 350, 999])
def test_numbers_are_read_as_they_are_spelled(number):
    """Two tables that share nothing agree: the planter's and the checker's."""
    assert spelled_value(spell(number)) == number


def test_planting_needs_another_story():
    with pytest.raises(ValueError, match="two or more articles, received 1 and 1"):
        plant(["text"], [{"person": "A B"}])


def test_planted_cases_say_what_is_wrong(tables):
    for case, _, _ in planted(tables["stories"][:40], "test"):
        assert isinstance(case, Planted)
        assert bool(case.error) == (case.rule in ERRORS)
        assert case.error in case.text
