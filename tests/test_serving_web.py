"""The service over HTTP on this machine, as clients see it, also under fault."""

import contextlib
import json
import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import openai
import pytest

from helpers.serving import Limits, create_app, put_under_load, running
from tests.stand_in_engine import Echo

PATH = "/v1/chat/completions"
LIMITS = Limits(burst=10_000, per_minute=1e6, upload_seconds=1.0, seconds=5.0)


# One client for all: each `httpx.post` would load certificates again, which takes long.
CLIENT = httpx.Client(
    verify=False, trust_env=False, timeout=20, limits=httpx.Limits(max_connections=256)
)


def body(text, **settings):
    return {"messages": [{"role": "user", "content": text}], **settings}


def ask(url, text, **settings):
    return CLIENT.post(url + PATH, json=body(text, **settings))


@contextlib.contextmanager
def served(limits=LIMITS, **settings):
    """Yield the address and the engine."""
    parts = {
        k: settings.pop(k) for k in ("keys", "admin_key", "previous") if k in settings
    }
    engine = Echo(**settings)
    with running(create_app(engine, limits, **parts)) as url:
        yield url, engine


def wait_until(true, seconds=5.0):
    start = time.monotonic()
    while not true():
        assert time.monotonic() - start < seconds, "it did not come true in time"
        time.sleep(0.01)


def test_the_openai_client_reads_whole_answers_and_streams():
    with served(keys=["key"]) as (url, _):
        client = openai.OpenAI(base_url=f"{url}/v1", api_key="key", max_retries=0)
        chat = client.chat.completions.create
        message = [{"role": "user", "content": "hello there"}]
        whole = chat(model="echo", messages=message, temperature=0)
        assert whole.choices[0].message.content == "hello there"
        assert whole.choices[0].finish_reason == "stop"
        assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (12, 11)
        cut = chat(model="echo", messages=message, stop=["the"])
        assert cut.choices[0].message.content == "hello "
        short = chat(model="echo", messages=message, max_tokens=4)
        assert short.choices[0].message.content == "hell"
        assert short.choices[0].finish_reason == "length"
        usage = {"include_usage": True}
        parts = list(
            chat(model="echo", messages=message, stream=True, stream_options=usage)
        )
        said = [part.choices[0].delta.content or "" for part in parts if part.choices]
        assert "".join(said) == "hello there" and len(said) > 5
        assert parts[-1].usage.completion_tokens == 11
        assert [model.id for model in client.models.list()] == ["echo"]
        with pytest.raises(openai.NotFoundError, match="the model here is echo"):
            chat(model="gpt-9", messages=message)
        with pytest.raises(openai.BadRequestError, match="wanted at most 256"):
            chat(model="echo", messages=message, max_tokens=1_000)
        stranger = openai.OpenAI(base_url=f"{url}/v1", api_key="x", max_retries=0)
        with pytest.raises(openai.AuthenticationError):
            stranger.chat.completions.create(model="echo", messages=message)


def test_nothing_is_lost_under_32_clients_and_batches_are_shared():
    with served(slots=8) as (url, engine):
        texts = [f"text number {n}" for n in range(200)]
        with ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(lambda text: ask(url, text), texts))
        said = [one.json()["choices"][0]["message"]["content"] for one in answers]
        assert said == texts
        tokens = sum(len(text) + 1 for text in texts)
        assert engine.calls < tokens / 3 and max(engine.sizes) == 8
        page = CLIENT.get(f"{url}/metrics").text
        line = f'aigc_requests_total{{path="{PATH}",status="200"}} 200.0'
        assert line in page and "aigc_batch_size_bucket" in page


def test_the_load_test_counts_what_was_answered():
    with served(slots=8, seconds=0.0) as (url, engine):
        found = put_under_load(url, lambda n: body(f"text {n}"), clients=4, seconds=0.5)
        assert found.lost == 0 and found.answered == found.sent == engine.begun
        assert found.per_second() > 1 and found.quantile(0.5) <= found.quantile(0.95)


@pytest.mark.parametrize(
    ("content", "status", "reason"),
    [
        (b"\xff\xfe{}", 400, "Invalid JSON"),
        (b'{"messages": [{"role": "user", "content": "\xff"}]}', 400, "JSON"),
        (b'{"messages": [{"role": "user", "content": "\\ud800"}]}', 400, "JSON"),
        (b"{", 400, "Invalid JSON"),
        (b"[" * 60_000, 400, "recursion"),
        (b"", 400, "Invalid JSON"),
        (b"x" * 10_000_000, 413, "more than 64,000 bytes"),
        (json.dumps(body("y" * 9_000)).encode(), 400, "9,000 characters"),
        (json.dumps(body("many tokens " * 30)).encode(), 400, "361 tokens"),
        (json.dumps(body("x" * 100_000)).encode(), 413, "more than 64,000 bytes"),
        (json.dumps(body("x", max_tokens=257)).encode(), 400, "max_tokens is 257"),
        (json.dumps(body("x", stop=["a"] * 5)).encode(), 400, "at most 4 texts"),
    ],
    ids=range(12),
)  # fmt: skip
def test_bad_requests_get_a_reason_and_cost_no_step(content, status, reason):
    with served() as (url, engine):
        answer = CLIENT.post(url + PATH, content=content)
        assert answer.status_code == status
        assert reason in answer.json()["error"]["message"]
        assert engine.calls == engine.begun == 0
        assert ask(url, "and you?").status_code == 200


def test_a_prompt_without_a_length_is_not_read_to_its_end():
    read = []

    def endless():
        while len(read) < 10_000:
            read.append(1)
            yield b"x" * 10_000

    with served() as (url, _):
        with contextlib.suppress(httpx.HTTPError):  # the server hangs up meanwhile
            assert CLIENT.post(url + PATH, content=endless()).status_code == 413
        assert len(read) < 2_000
        assert ask(url, "still there").status_code == 200


def test_a_client_that_sends_nothing_is_dropped_and_harms_nobody():
    with served() as (url, _):
        address = httpx.URL(url)
        lazy = socket.create_connection((address.host, address.port))
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
        lazy.sendall(head.encode())
        assert ask(url, "quick").status_code == 200
        lazy.settimeout(5)
        assert b"408" in lazy.recv(1_000)


def test_a_client_that_goes_frees_its_slot():
    with served(slots=1, seconds=0.02) as (url, engine):
        settings = body("x" * 200, stream=True)
        with CLIENT.stream("POST", url + PATH, json=settings) as stream:
            next(stream.iter_lines())
        start = time.monotonic()
        assert ask(url, "next").json()["choices"][0]["message"]["content"] == "next"
        assert time.monotonic() - start < 2  # the long one would take 4
        with pytest.raises(httpx.ReadTimeout):  # not streamed: it hangs up, too
            CLIENT.post(url + PATH, json=body("y" * 200), timeout=0.2)
        start = time.monotonic()
        assert ask(url, "last").status_code == 200
        assert time.monotonic() - start < 2
        assert engine.calls < 150


def test_two_hundred_at_once_are_answered_or_told_to_come_back():
    with served(LIMITS, slots=8) as (url, _):
        with ThreadPoolExecutor(200) as pool:
            answers = list(pool.map(lambda n: ask(url, f"text {n}"), range(200)))
        codes = [one.status_code for one in answers]
        assert set(codes) <= {200, 503} and codes.count(200) >= 72
        for n, one in enumerate(answers):
            if one.status_code == 200:
                content = one.json()["choices"][0]["message"]["content"]
                assert content == f"text {n}"
            else:
                assert one.headers["retry-after"] == "1"


def test_time_is_limited():
    limits = Limits(seconds=0.3)
    with (
        served(limits, slots=1, seconds=0.02) as (url, _),
        ThreadPoolExecutor(2) as pool,
    ):
        slow = pool.submit(ask, url, "x" * 200)
        time.sleep(0.1)
        waiting = pool.submit(ask, url, "y")
        cut, none = slow.result(), waiting.result()
        assert cut.status_code == 200
        assert cut.json()["choices"][0]["finish_reason"] == "length"
        assert none.status_code in (200, 503)  # it may slip in as the first one ends


def test_shutdown_finishes_what_is_open():
    with served(slots=2, seconds=0.01) as (url, engine), ThreadPoolExecutor(8) as pool:
        open_ones = [pool.submit(ask, url, f"{n} " * 20) for n in range(6)]
        wait_until(lambda: engine.calls > 3)
    assert [one.result().status_code for one in open_ones] == [200] * 6
    with pytest.raises(httpx.HTTPError):
        CLIENT.get(f"{url}/health", timeout=1)


def test_a_failing_model_is_a_500_and_a_broken_stream_says_so():
    with served() as (url, engine):
        engine.broken = True
        answer = ask(url, "private words")
        assert answer.status_code == 500
        assert answer.json()["error"]["code"] == "model_failed"
        lines = ask(url, "private words", stream=True).text
        assert "model_failed" in lines and lines.endswith("data: [DONE]\n\n")
        engine.broken = False
        assert ask(url, "well again").status_code == 200


def test_rollback_lets_the_old_model_finish():
    old = Echo(name="old", seconds=0.01)
    new = Echo(name="new", seconds=0.01)
    app = create_app(new, LIMITS, admin_key="admin", previous=lambda: old)
    with running(app) as url, ThreadPoolExecutor(1) as pool:
        running_one = pool.submit(ask, url, "x" * 100)
        wait_until(lambda: new.calls > 3)
        wrong = CLIENT.post(f"{url}/admin/rollback")
        assert wrong.status_code == 401
        header = {"Authorization": "Bearer admin"}
        back = CLIENT.post(f"{url}/admin/rollback", headers=header)
        assert back.json() == {"status": "rolled back", "model": "old"}
        assert ask(url, "who?").json()["model"] == "old"
        assert running_one.result().json()["model"] == "new"
        assert CLIENT.get(f"{url}/ready").json()["model"] == "old"
    with served() as (url, _):
        assert CLIENT.post(f"{url}/admin/rollback").status_code == 404


def test_the_log_has_numbers_and_no_words(caplog):
    logging.getLogger("aigc.serving").propagate = True
    with caplog.at_level(logging.INFO, "aigc.serving"), served() as (url, _):
        ask(url, "a secret wish")
        ask(url, "another secret", stream=True)
        CLIENT.post(url + PATH, content=b'{"messages": "secret"}')
        CLIENT.post(url + PATH, content=json.dumps(body("secret " * 2_000)))
        CLIENT.get(f"{url}/secret-path?q=secret")
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert [line["status"] for line in lines] == [200, 200, 400, 400, 404]
    assert lines[0]["completion_tokens"] == 13 and lines[0]["finish"] == "stop"
    assert lines[3]["refused"] == "prompt_too_long" and lines[4]["path"] == "other"
    assert "secret" not in caplog.text and "wish" not in caplog.text


def test_an_application_can_be_started_again():
    app = create_app(Echo(), LIMITS)
    for _ in range(2):
        with running(app) as url:
            assert ask(url, "hello").status_code == 200


def test_many_paths_make_one_counter():
    with served() as (url, _):
        for n in range(20):
            CLIENT.get(f"{url}/{n}")
        page = CLIENT.get(f"{url}/metrics").text
    assert 'path="other",status="404"} 20.0' in page and 'path="/3"' not in page


def test_two_streams_do_not_mix():
    with served(slots=2, seconds=0.005) as (url, _):
        found = {}

        def read(letter):
            text = ask(url, letter * 60, stream=True).text
            events = [line[6:] for line in text.split("\n\n") if line][:-1]
            parts = [json.loads(event)["choices"][0]["delta"] for event in events]
            found[letter] = "".join(part.get("content", "") for part in parts)

        threads = [threading.Thread(target=read, args=(letter,)) for letter in "ab"]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    assert found == {"a": "a" * 60, "b": "b" * 60}
