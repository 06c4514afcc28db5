"""The parts of the service: batching, drawing, stop sequences, limits, the log."""

import asyncio
import logging
import time
from collections import Counter

import numpy as np
import pytest

from helpers.serving.batching import Batcher, FullError
from helpers.serving.engine import Job, choose
from helpers.serving.limits import Keys, Limits, RefusedError
from helpers.serving.monitor import Metrics
from helpers.serving.web.completions import read_request
from helpers.serving.web.stops import TextStream
from tests.stand_in_engine import Echo


async def answer(batcher, text, **settings):
    job = Job(batcher.engine.encode([{"content": text}]), 100, **settings)
    batcher.submit(job)
    return batcher.engine.decode([token async for token in batcher.stream(job)]), job


def with_batcher(work, **settings):
    """Run `work(batcher)` and return its result and the engine."""
    engine = Echo(**settings.pop("engine", {}))

    async def main():
        batcher = Batcher(engine, **settings)
        batcher.start()
        found = await work(batcher)
        await batcher.close()
        return found

    return asyncio.run(asyncio.wait_for(main(), 30)), engine


def test_each_of_many_gets_its_own_answer_and_steps_are_shared():
    async def work(batcher):
        texts = [f"question {n} " + "x" * (n % 7) for n in range(32)]
        return texts, await asyncio.gather(*(answer(batcher, text) for text in texts))

    (texts, answers), engine = with_batcher(work)
    assert [text for text, _ in answers] == texts
    assert {job.finish for _, job in answers} == {"stop"}
    steps = sum(len(text) + 1 for text in texts)  # one at a time: a step for each token
    assert engine.calls < steps / 3 and max(engine.sizes) == engine.slots


def test_a_late_request_joins_a_running_batch():
    async def work(batcher):
        long = asyncio.ensure_future(answer(batcher, "a" * 80))
        await asyncio.sleep(0.02)
        short, _ = await answer(batcher, "b")
        early = not long.done()
        await long
        return short, early

    (short, early), _ = with_batcher(work)
    assert short == "b" and early


def test_one_slot_means_one_at_a_time():
    async def work(batcher):
        return await asyncio.gather(*(answer(batcher, "abc") for _ in range(5)))

    _, engine = with_batcher(work, engine={"slots": 1})
    assert set(engine.sizes) == {1} and engine.calls == 5 * 4


def test_who_leaves_frees_the_slot():
    async def work(batcher):
        job = Job([1, *b"a long answer " * 10], 200)
        batcher.submit(job)
        async for _ in batcher.stream(job):
            break
        after, _ = await answer(batcher, "next")
        return after, batcher.engine.calls

    (after, calls), _ = with_batcher(work, engine={"slots": 1})
    assert after == "next" and calls < 15


def test_the_deadline_holds_while_waiting_writing_and_if_the_engine_hangs():
    async def work(batcher):
        start = time.monotonic()
        writing = asyncio.ensure_future(answer(batcher, "x" * 90, seconds=0.2))
        await asyncio.sleep(0.05)
        waiting = asyncio.ensure_future(answer(batcher, "y", seconds=0.1))
        some, none = await writing, await waiting
        took = time.monotonic() - start
        batcher.engine.open.clear()
        hung, job = await answer(batcher, "z", seconds=0.1)
        batcher.engine.open.set()
        return some, none, took, hung, job

    (some, none, took, hung, job), _ = with_batcher(
        work, engine={"slots": 1, "seconds": 0.01}
    )
    assert 1 < len(some[0]) < 60 and some[1].finish == "time"
    assert none[0] == "" and none[1].finish == "time"
    assert took < 0.5 and hung == "" and job.finish == "time"


def test_a_full_queue_and_a_closed_batcher_say_so():
    async def work(batcher):
        open_ones = [asyncio.ensure_future(answer(batcher, "x" * 50)) for _ in range(3)]
        await asyncio.sleep(0.01)
        with pytest.raises(FullError, match="waiting"):
            await answer(batcher, "one too many")
        closing = asyncio.ensure_future(batcher.close())
        await asyncio.sleep(0)
        with pytest.raises(FullError, match="shuts down"):
            await answer(batcher, "late")
        await closing  # drains: what was taken is finished
        return [(await one)[0] for one in open_ones]

    texts, _ = with_batcher(work, waiting=2, engine={"slots": 1})
    assert texts == ["x" * 50] * 3


def test_a_failure_ends_those_it_hits_and_no_others():
    async def work(batcher):
        good = asyncio.ensure_future(answer(batcher, "good " * 5))
        with pytest.raises(RuntimeError):
            await answer(batcher, "bad \u4e00")
        assert (await good)[0] == "good " * 5
        batcher.engine.broken = True
        with pytest.raises(RuntimeError):
            await answer(batcher, "x")
        batcher.engine.broken = False
        return (await answer(batcher, "again"))[0]

    assert with_batcher(work)[0] == "again"


def test_drawing_follows_temperature_and_nucleus():
    logits, draws = np.log([0.5, 0.3, 0.15, 0.05]), np.random.default_rng(1)
    assert choose(logits, 0, 1, draws) == 0
    count = Counter(choose(logits, 1, 1, draws) for _ in range(4000))
    shares = np.array([count[i] for i in range(4)]) / 4000
    assert np.abs(shares - [0.5, 0.3, 0.15, 0.05]).max() < 0.03
    hot = np.array([0.25, 0.09, 0.0225, 0.0025])  # temperature 1/2 squares the shares
    count = Counter(choose(logits, 0.5, 1, draws) for _ in range(4000))
    assert abs(count[0] / 4000 - hot[0] / hot.sum()) < 0.03
    assert {choose(logits, 1, 0.6, draws) for _ in range(200)} == {0, 1}
    assert {choose(logits, 1, 0.01, draws) for _ in range(50)} == {0}
    forbidden = np.array([-np.inf, 0.0, -np.inf])
    assert choose(forbidden, 2, 0.9, draws) == 1
    for bad in (np.full(3, np.nan), np.full(3, -np.inf), np.array([0, np.inf])):
        with pytest.raises(ValueError, match="finite"):
            choose(bad, 1, 1, draws)


def written(text, stops, size=1):
    stream = TextStream("".join, stops)
    sent = []
    for start in range(0, len(text), size):
        sent.append(stream.push(text[start : start + size]))
        if stream.stopped:
            break
    return "".join(sent) + stream.end(), sent, stream


@pytest.mark.parametrize("size", [1, 2, 3, 5, 50])
@pytest.mark.parametrize(
    ("text", "stops"),
    [
        ("one two three", ["two"]),
        ("aaab", ["aab"]),
        ("no stop in it", ["stop!", "xyz"]),
        ("abcabd end", ["abd", "end"]),
        ("ends in a beginning: sto", ["stop"]),
        ("stop at once", ["stop"]),
    ],
)
def test_stops_cut_as_a_search_of_the_whole_text_would(text, stops, size):
    whole, sent, stream = written(text, stops, size)
    places = [text.index(stop) for stop in stops if stop in text]
    assert whole == text[: min(places)] if places else whole == text
    assert stream.stopped == bool(places)
    assert not any(stop in "".join(sent) for stop in stops)


def test_half_a_character_is_not_sent():
    data = "né 好".encode()
    stream = TextStream(lambda ids: bytes(ids).decode("utf-8", "replace"))
    sent = [stream.push(byte) for byte in data]
    assert "".join(sent) == "né 好" and "\ufffd" not in "".join(sent)


def test_keys_and_their_rate():
    keys = Keys(["secret"], Limits(per_minute=60, burst=3))
    for wrong in (None, "", "Bearer other", "Bearer secret2", "Basic secret"):
        with pytest.raises(RefusedError) as caught:
            keys.check(wrong)
        assert caught.value.status == 401
    names = {keys.check("Bearer secret") for _ in range(3)}
    assert len(names) == 1 and "secret" not in names.pop()
    with pytest.raises(RefusedError) as caught:
        keys.check("Bearer secret")
    assert caught.value.status == 429 and caught.value.retry_after == 1
    (owner,) = keys._left
    left, since = keys._left[owner]
    keys._left[owner] = left, since - 2.0  # two seconds later: two more
    keys.check("Bearer secret")
    keys.check("Bearer secret")
    with pytest.raises(RefusedError):
        keys.check("Bearer secret")
    assert Keys(None, Limits()).check(None) == "anyone"


@pytest.mark.parametrize(
    "field",
    [
        '"temperature": -1', '"temperature": 3', '"temperature": NaN', '"top_p": 0',
        '"top_p": 1.1', '"max_tokens": 0', '"n": 2', '"seed": -1', '"stop": 5',
        '"stream": "maybe"', '"messages": []', '"messages": "hi"', '"messages": null',
        '"messages": [{"role": "user"}]',
        '"messages": [{"role": "root", "content": ""}]',
        '"messages": [{"role": "user", "content": ["a"]}]',
    ],
)  # fmt: skip
def test_a_bad_field_is_named(field):
    name = field.split('"')[1]
    message = '"messages": [{"role": "user", "content": "hello"}]'
    body = "{" + ", ".join([message, field]) + "}"
    with pytest.raises(RefusedError) as caught:
        read_request(body.encode())
    assert caught.value.status == 400
    assert name in caught.value.reason or "JSON" in caught.value.reason


def test_two_servers_count_apart():
    one, two = Metrics(), Metrics()
    one.tokens.labels("read").inc(3)
    assert one.value("aigc_tokens_total", kind="read") == 3
    assert two.value("aigc_tokens_total", kind="read") == 0
    assert b"aigc_tokens_total" in one.page()


def test_a_broken_engine_is_logged_without_the_text(caplog):
    async def work(batcher):
        batcher.engine.broken = True
        with pytest.raises(RuntimeError):
            await answer(batcher, "my private words")

    with caplog.at_level(logging.INFO, "aigc.serving"):
        with_batcher(work)
    assert "out of memory" in caplog.text and "private" not in caplog.text
