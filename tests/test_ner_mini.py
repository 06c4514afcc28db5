"""ner_mini: made by its script, split by story, too ambiguous for a list of names."""

from collections import Counter, defaultdict
from pathlib import Path

import pytest
from scripts import script

from helpers import datasets
from helpers.metrics.entities import entity_scores, spans

FOLDER = Path(__file__).resolve().parent.parent / "data/ner_mini"


@pytest.fixture(scope="module")
def maker():
    return script(FOLDER / "make_ner_mini.py")


@pytest.fixture(scope="module")
def table():
    return datasets.load("ner_mini").table


def names_in(rows):
    """Count the types of every name."""
    found = defaultdict(Counter)
    for words, tags in zip(rows["tokens"], rows["tags"], strict=True):
        for kind, start, end in spans(tags, strict=True):
            found[tuple(words[start:end])][kind] += 1
    return found


def listed(words, known):
    """Tag a sentence by a list of names, longest first."""
    tags, place = ["O"] * len(words), 0
    while place < len(words):
        for size in range(min(6, len(words) - place), 0, -1):
            kind = known.get(tuple(words[place : place + size]))
            if kind:
                inside = [f"I-{kind}"] * (size - 1)
                tags[place : place + size] = [f"B-{kind}", *inside]
                break
        place += max(1, size if kind else 1)
    return tags


def test_the_files_are_what_the_script_makes(maker):
    for split, text in maker.make().items():
        assert (FOLDER / f"{split}.conll").read_text(encoding="utf-8") == text


def test_sizes_and_tags(table):
    assert table["split"].value_counts().to_dict() == {
        "train": 545,
        "validation": 125,
        "test": 160,
    }
    kinds = {kind for counts in names_in(table).values() for kind in counts}
    assert kinds == {"PER", "LOC", "ORG", "MISC"}
    pairs = zip(table["tokens"], table["tags"], strict=True)
    assert all(len(a) == len(b) and a for a, b in pairs)


def test_no_document_and_no_story_is_in_two_splits(table, maker):
    assert table.groupby("document")["split"].nunique().max() == 1
    stories = maker.stories()
    lines = [(line, split) for _, split, lines in stories for line in lines]
    assert len({line for line, _ in lines}) == len(lines)
    assert Counter(split for _, split, _ in stories) == {
        "train": 17,
        "validation": 4,
        "test": 5,
    }


def test_one_name_is_several_things(table):
    found = names_in(table)
    several = [counts for counts in found.values() if len(counts) > 1]
    assert len(several) >= 25
    mentions = sum(map(Counter.total, found.values()))
    assert sum(map(Counter.total, several)) > 0.25 * mentions


def test_a_list_of_names_does_not_do(table):
    parts = dict(iter(table.groupby("split")))
    known = {n: c.most_common(1)[0][0] for n, c in names_in(parts["train"]).items()}
    for split, most in (("test", 0.80), ("validation", 0.80)):
        rows = parts[split]
        guess = [listed(words, known) for words in rows["tokens"]]
        f1 = entity_scores(rows["tags"], guess)["micro"]["f1"]
        assert 0.2 < f1 < most
    rows = parts["train"]
    guess = [listed(words, known) for words in rows["tokens"]]
    assert entity_scores(rows["tags"], guess)["micro"]["f1"] < 0.95


def test_the_course_calls_it_synthetic():
    assert datasets.load("ner_mini").synthetic
