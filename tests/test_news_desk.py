"""The news desk: what it is given, what it writes, and what it does with findings."""

import numpy as np
import pytest

from helpers import datasets
from helpers.apps.news import NewsDesk
from helpers.apps.newsroom import Request
from helpers.sampling import Greedy
from helpers.text.stories import FACTS, fill, swap_names

FACTS_HERE = dict(
    zip(
        FACTS,
        ("Velport", "Kiln Lane", "Meera Halloran", "Passenger Union", "124", "17 June"),
        strict=True,
    )
)
GOOD = "A dark coat was left in Velport. The Passenger Union hung up 124 notices."


@pytest.fixture(scope="module")
def desk():
    return NewsDesk.load(batch_size=2, jit_compile=False)


@pytest.fixture(scope="module")
def requests():
    news = datasets.load("picture_news")
    rows = news.tables["stories"]
    return [
        Request(
            fill(row["headline"], row, row["thing"], row["tone"]),
            {name: row[name] for name in FACTS},
            news.arrays["test_images"][row["picture"]],
        )
        for row in rows[rows["split"] == "test"][:3].to_dict("records")
    ]


@pytest.fixture
def dark():
    picture = np.zeros((28, 28), np.uint8)
    picture[5:20, 5:20] = 60
    return Request("Forgotten on the last tram in Velport", FACTS_HERE, picture)


def scripted(desk, texts):
    """Return a desk that does not write: it reads texts from a list."""
    made = NewsDesk(desk.model, desk.tokenizer, desk.known, 2)
    made.draft = lambda requests, sampler: [texts.pop(0) for _ in requests]
    return made


def test_it_writes_with_every_fact_of_the_request(desk, requests):
    articles = desk.write(requests, drafts=2)
    assert len(articles) == 3
    for article, request in zip(articles, requests, strict=True):
        assert article.how in ("draft", "repaired", "withheld")
        assert len(article.drafts) == len(article.findings)
        assert not article.text or not desk.check(article.text, request)
    facts = [
        fact in article.drafts[0]
        for article, request in zip(articles, requests, strict=True)
        for fact in request.facts.values()
    ]
    assert np.mean(facts) > 0.7


def test_what_one_article_is_does_not_depend_on_its_batch(desk, requests):
    together = desk.draft(requests, Greedy(), placeholders=False)
    alone = [desk.draft([r], Greedy(), placeholders=False)[0] for r in requests]
    assert together == alone


def test_placeholders_carry_names_that_the_writer_cannot_spell(desk):
    rows = datasets.load("picture_news").tables["stories"]
    row = rows[rows["split"] == "names"].iloc[0].to_dict()
    picture = datasets.load("picture_news").arrays["test_images"][row["picture"]]
    facts = {name: row[name] for name in FACTS}
    request = Request(fill(row["headline"], row, "coat", "dark"), facts, picture)
    (text,) = desk.draft([request], Greedy())
    assert all(value in text for value in facts.values()), text
    other = request.renamed(desk.known[0])
    assert other.facts["number"] == facts["number"]
    assert facts["city"] not in other.source and desk.known[0]["city"] in other.source


def test_names_are_swapped_all_at_once():
    old = dict(
        zip(FACTS, ("Ayton", "Byton", "C Dee", "Byton Club", "1", "2 May"), strict=True)
    )
    new = dict(
        zip(
            FACTS, ("Byton", "Ayton", "E Eff", "Ayton Guild", "1", "2 May"), strict=True
        )
    )
    text = "In Ayton, C Dee of the Byton Club missed Byton's tram to Aytonville."
    wanted = "In Byton, E Eff of the Ayton Guild missed Ayton's tram to Aytonville."
    assert swap_names(text, old, new) == wanted
    assert swap_names(wanted, new, old) == text


def test_first_drafts_can_be_handed_in(desk, dark):
    (article,) = scripted(desk, []).write([dark], first=[GOOD])
    assert (article.text, article.drafts) == (GOOD, (GOOD,))


def test_tone_is_measured(dark):
    assert dark.tone == "dark"
    assert dark.source.startswith("Forgotten on the last tram in Velport\ncity Velport")


def test_a_good_first_draft_is_printed(desk, dark):
    (article,) = scripted(desk, [GOOD]).write([dark])
    assert (article.text, article.how, article.findings) == (GOOD, "draft", ((),))


def test_a_draft_with_findings_is_written_again(desk, dark):
    bad = GOOD.replace("124", "142")
    (article,) = scripted(desk, [bad, GOOD]).write([dark])
    assert article.text == GOOD and article.how == "draft"
    assert [len(found) for found in article.findings] == [1, 0]


def test_the_last_draft_is_repaired_if_its_lead_is_good(desk, dark):
    bad = GOOD + " It smells of Torvale."
    (article,) = scripted(desk, [bad, bad]).write([dark], drafts=2)
    assert (article.text, article.how) == (GOOD, "repaired")


@pytest.mark.parametrize(
    "bad", [GOOD.replace("dark", "pale"), "", "A dark coat lay in Torvale."]
)
def test_nothing_is_printed_if_the_lead_is_wrong(desk, dark, bad):
    (article,) = scripted(desk, [bad]).write([dark], drafts=1)
    assert (article.text, article.how) == ("", "withheld")


def test_only_open_requests_are_drafted_again(desk, dark):
    texts = [GOOD, "It was in Torvale.", GOOD]
    articles = scripted(desk, texts).write([dark, dark], drafts=4)
    assert [len(article.drafts) for article in articles] == [1, 2] and not texts
