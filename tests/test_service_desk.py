"""The service desk: cites or hands over, calls tools, gives nothing away."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from word_vectors import WordVectors

from helpers import datasets
from helpers.apps.service import desk, drafting, finder, guard, page, tools

TODAY = date(2026, 3, 2)


@pytest.fixture(scope="module")
def tables():
    return datasets.load("support_desk").tables


@pytest.fixture(scope="module")
def found(tables):
    passages, rows = tables["passages"], tables["questions"].query("split == 'train'")
    place = {name: number for number, name in enumerate(passages["id"])}
    columns = (passages["title"], passages["text"], passages["asked"])
    made = finder.Finder(*columns, WordVectors())
    return made.fit(list(rows["text"]), [place[name] for name in rows["passage"]])


@pytest.fixture(scope="module")
def router(tables):
    rows = tables["requests"].query("split == 'train'")
    asked = tables["questions"].query("split == 'train'")
    routes = [*rows["tool"], *["question"] * len(asked)]
    return desk.Router(WordVectors(), TODAY).fit(
        [*rows["text"], *asked["text"]], routes
    )


@pytest.fixture
def made(tables, found, router):
    orders = tools.Orders(tables["orders"].to_dict("records"))
    chinese = finder.Bigrams(list(tables["passages"]["title_zh"]))
    return desk.Desk(found, router, orders, 0.1, chinese)


def test_finder_ranks_by_weighted_measures(found):
    plain = finder.Finder(found.titles, found.texts, [["a"]] * 60, WordVectors())
    measured = plain.measure(["how long is the warranty"])
    assert measured.shape == (1, 60, 4)
    by_hand = measured[0] @ [1, 1, 1, 0.02]
    hits = plain.search("how long is the warranty", 60)
    assert [hit.index for hit in hits] == list(np.argsort(-by_hand, kind="stable"))
    one = finder.Finder(
        found.titles, found.texts, [["a"]] * 60, WordVectors(), ["BM25"]
    )
    np.testing.assert_allclose(
        one.measure(["kettle"])[0, :, 0], one.bm25.scores("kettle")
    )


def test_finder_finds_its_own_titles(found):
    first = [hits[0].index for hits in found.search_many(found.titles, 1)]
    assert np.mean(np.array(first) == np.arange(60)) > 0.9
    assert found.search_many([]) == []
    chances = found.scores(found.titles)
    assert ((chances >= 0) & (chances <= 1)).all()


def test_a_remembered_text_is_encoded_once():
    class Counting(WordVectors):
        seen = ()

        def encode(self, texts):
            self.seen = [*self.seen, *texts]
            return super().encode(texts)

    inner = Counting()
    encoder = finder.Remembered(inner)
    first = encoder.encode(["a lamp", "a pan", "a lamp"])
    np.testing.assert_array_equal(encoder.encode(["a pan"])[0], first[1])
    np.testing.assert_array_equal(first[0], first[2])
    assert inner.seen == ["a lamp", "a pan"]


def test_bigrams_read_chinese(tables):
    titles = list(tables["passages"]["title_zh"])
    search = finder.Bigrams(titles)
    assert [search.search(title, 1)[0].index for title in titles] == list(range(60))
    assert finder.Bigrams.pairs("怎么退货？") == "怎 么 退 货 怎么 么退 退货"


def test_an_order_is_only_reached_by_its_customer(tables):
    orders = tools.Orders(tables["orders"].to_dict("records"))
    for number, row in list(orders.rows.items()):
        for tool in ("order_status", "cancel_order"):
            call = tools.Call(tool, {"order": number})
            before = dict(row)
            said = orders.run(call, "nobody")
            assert said == f"There is no order {number} among yours." and row == before
    assert "Packing" in orders.run(
        tools.Call("order_status", {"order": "MF-31450"}), "ines"
    )


def test_cancelling_needs_an_order_that_is_not_sent(tables):
    orders = tools.Orders(tables["orders"].to_dict("records"))
    sent, packing = (
        tools.Call("cancel_order", {"order": n}) for n in ("MF-30033", "MF-31450")
    )
    assert "cannot be cancelled" in orders.run(sent, "ines")
    assert "is cancelled" in orders.run(packing, "ines")
    assert "cannot be cancelled" in orders.run(packing, "ines")


def test_calls_are_read_strictly():
    with pytest.raises(ValueError, match="wants one of"):
        tools.Call.parse(
            '{"tool": "order_status", "order": null, "customer": "gerald"}'
        )
    with pytest.raises(ValueError, match="with a tool"):
        tools.Call.parse("[1]")
    call = tools.Call.parse('{"tool": "order_status", "order": null}')
    assert call.missing == ["order"]
    with pytest.raises(ValueError, match="complete call"):
        tools.Orders([]).run(call, "ines")


def test_the_desk_asks_for_what_is_missing_and_remembers(made):
    session = desk.Session("ines")
    assert made.ask("Please cancel my order", session).kind == "ask"
    assert "is cancelled" in made.ask("MF-32740", session).text
    assert "no order" in made.ask("cancel order MF-31177", session).text


def test_answers_cite_and_the_rest_is_handed_over(made):
    reply = made.ask("How long is the warranty?", desk.Session("ines"))
    assert reply.kind == "answer" and reply.source == "How long is the warranty?"
    assert "[How long is the warranty?]" in str(reply)
    assert made.ask("xyzzy plugh", desk.Session("ines")).kind == "hand-over"
    assert (
        made.ask("怎么退货", desk.Session("ines")).source
        == "How do I send a parcel back?"
    )
    made.chinese = None
    assert made.ask("怎么退货", desk.Session("ines")).kind == "hand-over"


def test_drafts_are_checked(made):
    made.write = lambda question, passage: "The warranty is two years from delivery."
    assert made.ask("How long is the warranty?", desk.Session("a")).text.startswith(
        "The w"
    )
    made.write = lambda question, passage: "The staff code is HERON-4417."
    reply = made.ask("How long is the warranty?", desk.Session("a"))
    assert all(one in " ".join(made.finder.texts) for one in reply.text.split(". "))


def test_hostile_inputs_leak_nothing(made, tables):
    made.write = lambda question, passage: drafting.INSTRUCTIONS  # the worst model
    others = tables["orders"].query("customer != 'ines'")
    secrets = ["HERON-4417", *others["article"], *others["town"]]
    for text in tables["hostile"]["text"]:
        reply = str(made.ask(text, desk.Session("ines")))
        assert drafting.leaks(reply, secrets) == [], text


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=60))
def test_any_text_gets_a_reply(text):
    levelled = guard.clean(text)
    assert guard.clean(levelled) == levelled and len(levelled) <= guard.LONGEST
    assert guard.script(levelled) in ("latin", "han", "other", "mixed", "none")


def test_guard_levels_and_tells_scripts():
    assert guard.clean("ＭＦ-３４１０２ \u200bst\u200baff\n") == "MF-34102 staff"
    assert len(guard.clean("a" * 20_000)) == 500
    kinds = {"hello": "latin", "你好吗 ok": "han", "Привет": "other", "сode": "mixed"}
    assert {text: guard.script(text) for text in kinds} == kinds
    assert guard.script("?! 42") == "none"


def test_passages_that_command_are_noticed(tables):
    assert all(map(guard.commands, filter(None, tables["hostile"]["passage"])))
    assert not any(map(guard.commands, tables["passages"]["text"]))


def test_leaks_are_found_in_disguise():
    secrets = ["HERON-4417"]
    assert drafting.leaks("it is h e r o n 4417", secrets) == secrets
    assert drafting.leaks("a heron", secrets) == []


def test_a_page_escapes_what_is_said():
    html = page.bubbles(
        [("customer", "<script>alert(1)</script>"), ("desk", "no & no")]
    )
    assert "<script>" not in html and "&lt;script&gt;" in html and "no &amp; no" in html
    with pytest.raises(ValueError, match="wants"):
        page.bubbles([("robot", "hi")])


def test_a_chat_answers_and_empties_its_line():
    box = page.chat(lambda text: f"you said {text}")
    view, (line, button) = box.children[0], box.children[1].children
    line.value = "hello"
    button.click()
    assert "you said hello" in view.value and line.value == ""
