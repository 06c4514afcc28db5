"""Copy: the checker's rules, repair that always succeeds, the briefs themselves."""

import random

import pytest

from helpers.apps.studio import copywriting
from helpers.text.checking.claims import unsupported, words_of

BRIEFS = copywriting.briefs()
KETTLE = BRIEFS[0]
GOOD = (
    "Camping with children? The Harrow kettle boils in about 5 minutes on a gas ring, "
    "and its handle stays cool."
)


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda brief: brief.product)
def test_a_brief_can_be_kept(brief):
    facts = " ".join(brief.facts)
    assert not unsupported(facts, brief.words, brief.banned)
    assert all(word in words_of(facts) for word in brief.required)
    assert not copywriting.check(copywriting.repair("", brief), brief)


def test_a_good_text_passes():
    assert copywriting.check(GOOD, KETTLE) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("5 minutes", "3 minutes", "number '3'"),
        ("5 minutes", "seven minutes", "claim 'seven'"),
        ("Harrow kettle", "Harrow kettle from Sweden", "name 'Sweden'"),
        ("its handle", "its red handle", "claim 'red'"),
        ("Camping", "Amazing camping", "banned word 'amazing'"),
        ("stays cool.", "stays cool", "does not end"),
        ("handle", "grip", "lacks 'handle'"),
        ("stays cool.", "stays cool. Award winner!", "claim 'award'"),
        ("stays cool.", "is dishwasher-safe.", "claim"),
        ("stays cool.", "stays cool. [Buy now]", "markup"),
        ("Camping with children? ", "Camp! " * 60, "length"),
    ],
)
def test_planted_faults_are_found(old, new, said):
    assert old in GOOD
    found = copywriting.check(GOOD.replace(old, new), KETTLE)
    assert any(said in fault for fault in found), found


def scrambled(rng: random.Random) -> str:
    """Return a draft of sentences from all briefs, with broken and bad ones."""
    pool = [fact for brief in BRIEFS for fact in brief.facts]
    pool += ["It is the best!", "Only 99 dollars.", "ASK Bob", "", "Buy it today."]
    text = " ".join(rng.choices(pool, k=rng.randint(0, 9)))
    return text[: rng.randint(0, 700)]


@pytest.mark.parametrize("brief", BRIEFS, ids=lambda brief: brief.product)
def test_any_draft_can_be_repaired(brief):
    rng = random.Random(brief.product)
    for _ in range(200):
        text = copywriting.repair(scrambled(rng), brief)
        assert copywriting.check(text, brief) == [], text


def test_good_drafts_stay_as_they_are_and_bad_ones_are_asked_for_again():
    answers = iter(["Best kettle ever!", GOOD, "never asked for"])
    copy = copywriting.write(lambda prompt, seed: next(answers), KETTLE)
    assert (copy.text, copy.how, len(copy.drafts)) == (GOOD, "draft", 2)
    bad = copywriting.write(lambda prompt, seed: "Wow", KETTLE, drafts=3)
    assert bad.how == "facts" and len(bad.drafts) == 3
    assert not copywriting.check(bad.text, KETTLE)
    half = copywriting.choose([f"Tea outdoors. {GOOD} It is the best."], KETTLE)
    assert half.how == "repaired" and "Tea outdoors." in half.text


def test_coverage_counts_facts():
    assert copywriting.coverage(" ".join(KETTLE.facts), KETTLE) == 1
    assert copywriting.coverage("Nothing.", KETTLE) == 0
    assert copywriting.coverage(GOOD, KETTLE) == 0.5
