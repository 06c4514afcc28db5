"""picture_news: made by its script, and the thing stands in the picture alone."""

import re
from pathlib import Path

import numpy as np
import pytest
from scripts import script

from helpers import datasets
from helpers.images.tones import MARGIN, THRESHOLD, brightness, tones
from helpers.text.duplicates import near_duplicates
from helpers.text.stories import (
    FACTS,
    THINGS,
    TONES,
    fill,
    said_of,
    source,
    source_ids,
    template_sentences,
    thing_words,
    unexplained,
)

FOLDER = Path(__file__).resolve().parent.parent / "data/picture_news"


@pytest.fixture(scope="module")
def maker():
    return script(FOLDER / "make_picture_news.py")


@pytest.fixture(scope="module")
def stories():
    return datasets.load("picture_news").tables["stories"]


@pytest.fixture(scope="module")
def pictures():
    return datasets.load("picture_news").arrays


def test_the_files_are_what_the_script_makes(maker):
    for name, rows in (("stories", maker.make()), ("checks", maker.make_checks())):
        text = (FOLDER / f"{name}.csv").read_text(encoding="utf-8")
        assert text == maker.csv_text(rows)


def test_sizes(stories, pictures):
    assert stories["split"].value_counts().to_dict() == {
        "train": 480,
        "test": 160,
        "names": 96,
        "unseen": 80,
        "validation": 64,
    }
    seen = stories[stories["split"] != "unseen"]["kernel"]
    unseen = stories[stories["split"] == "unseen"]["kernel"]
    assert (seen.nunique(), unseen.nunique()) == (16, 4)
    assert not set(seen) & set(unseen)
    for part in ("train", "test"):
        assert pictures[f"{part}_images"].shape == (500, 28, 28)
        assert np.bincount(pictures[f"{part}_labels"]).tolist() == [50] * 10


def test_thing_and_tone_are_the_pictures(stories, pictures):
    for row in stories.itertuples():
        part = "train" if row.split == "train" else "test"
        image = pictures[f"{part}_images"][row.picture]
        assert THINGS[pictures[f"{part}_labels"][row.picture]] == row.thing
        assert TONES[tones(image[None])[0]] == row.tone


def test_pictures_are_clearly_dark_or_pale_and_equally_many(stories, pictures):
    for part in ("train", "test"):
        light = brightness(pictures[f"{part}_images"])
        assert (np.abs(light - THRESHOLD) > MARGIN).all()
        own = stories[(stories["split"] == "train") == (part == "train")]
        counts = own.groupby(["thing", "tone"]).size()
        assert len(counts) == 20 and counts.max() == counts.min()


def test_what_the_writer_is_given_names_no_thing_and_no_tone(stories):
    for row in stories.to_dict("records"):
        headline = fill(row["headline"], row, row["thing"], row["tone"])
        assert said_of(source(headline, row)) == ("", "")
        assert not set(TONES) & set(re.findall(r"\w+", headline.lower()))


def test_every_fact_stands_in_its_article(stories):
    for row in stories.to_dict("records"):
        text = fill(row["article"], row, row["thing"], row["tone"])
        assert all(row[name] in text for name in FACTS), text
        assert said_of(text) == (row["thing"], row["tone"])


def test_names_kept_back_are_in_no_other_split(stories):
    kept = stories[stories["split"] == "names"]
    rest = stories[stories["split"] != "names"]
    for column in ("city", "district", "organisation"):
        assert not set(kept[column]) & set(rest[column])
    for half in (0, 1):
        words = [set(part["person"].str.split().str[half]) for part in (kept, rest)]
        assert not words[0] & words[1]


def test_no_article_is_nearly_another(stories):
    texts = [
        fill(row["article"], row, row["thing"], row["tone"])
        for row in stories.to_dict("records")
    ]
    assert near_duplicates(texts, threshold=0.8) == []


def test_story_alone_does_not_tell_the_thing(stories):
    """The best guess from the kernel, made on training, is chance on test."""
    train, test = (stories[stories["split"] == s] for s in ("train", "test"))
    best = train.groupby("kernel")["thing"].agg(lambda x: x.value_counts().index[0])
    assert (test["kernel"].map(best) == test["thing"]).mean() < 0.2


def test_brightness_looks_at_the_thing_only():
    images = np.zeros((3, 28, 28), np.uint8)
    images[0, :3], images[1, :20], images[2] = 204, 51, 20
    np.testing.assert_allclose(brightness(images), [0.8, 0.2, 0])
    assert tones(images).tolist() == [1, 0, 0]
    with pytest.raises(ValueError, match="28 by 28 pixels, received float64"):
        brightness(images.astype(float))


def test_ways_to_name_a_thing():
    assert thing_words("pair of sandals", "pale") == {
        "a_thing": "a pair of pale sandals",
        "the_thing": "the pair of pale sandals",
        "plain": "pair of sandals",
    }
    assert thing_words("coat", "dark")["a_thing"] == "a dark coat"
    with pytest.raises(ValueError, match="received 'hat' and 'dark'"):
        thing_words("hat", "dark")


@pytest.mark.parametrize("thing", THINGS)
@pytest.mark.parametrize("tone", TONES)
def test_what_was_said_is_read_again(thing, tone):
    words = thing_words(thing, tone)
    assert said_of(f"Somebody lost {words['a_thing']}.") == (thing, tone)
    assert said_of(f"My {words['plain']}! It was {words['the_thing']}.") == (
        thing,
        tone,
    )
    assert said_of(f"My {words['plain']}.") == (thing, "")
    assert said_of("A dark night, a shirtless man.") == ("", "")


def test_explained_and_unexplained_sentences(stories):
    train = stories[stories["split"] == "train"]
    known = template_sentences(train["article"])
    row = train.iloc[0].to_dict()
    text = fill(row["article"], row, row["thing"], row["tone"])
    assert unexplained(text, known, row) == ""
    other = fill(row["article"], row, "bag", "pale")
    assert unexplained(other, known, row) == ""
    wrong = text.replace(row["person"], "Nobody Known")
    assert "Nobody Known" in unexplained(wrong, known, row)
    assert unexplained("It rained.", known, row) == "It rained."


def test_sources_are_equally_long():
    class Letters:
        end_id = 0

        def encode(self, text):
            return np.frombuffer(text.encode(), np.uint8).astype(np.int32)

    assert source_ids(Letters(), "ab", 4).tolist() == [0, 0, 97, 98]
    assert source_ids(Letters(), "abcdef", 4).tolist() == [99, 100, 101, 102]
