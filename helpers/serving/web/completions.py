"""Answer `/v1/chat/completions`, whole or piece by piece, in OpenAI's form."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing

from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from pydantic import ValidationError

from helpers.serving.batching import Batcher, FullError
from helpers.serving.engine import Job
from helpers.serving.limits import Keys, RefusedError
from helpers.serving.web.chat import ChatRequest
from helpers.serving.web.service import Service
from helpers.serving.web.stops import TextStream


class Answer:
    """One answer on its way: the job, its text and its form on the wire.

    Args:
        service: Counts tokens.
        batcher: Has taken the job.
        job: What is written.
        stops: Texts that end it.
        notes: Of the request, for its line in the log.
    """

    def __init__(
        self, service: Service, batcher: Batcher, job: Job, stops: list[str], notes
    ):
        self.service, self.batcher, self.job, self.notes = service, batcher, job, notes
        self.text = TextStream(batcher.engine.decode, stops)
        self.name, self.created = f"chatcmpl-{uuid.uuid4().hex}", int(time.time())

    async def pieces(self) -> AsyncIterator[str]:
        """Yield the text piece by piece.

        Raises:
            RefusedError: With 503 if no slot became free in time, 500 if the model
                failed.
        """
        metrics, start = self.service.metrics, time.monotonic()
        metrics.tokens.labels("read").inc(len(self.job.ids))
        try:
            async with aclosing(self.batcher.stream(self.job)) as tokens:
                async for token in tokens:
                    if not self.text.ids:
                        metrics.first.observe(time.monotonic() - start)
                    if new := self.text.push(token):
                        yield new
                    if self.text.stopped:
                        break
            if self.job.finish == "time" and not self.text.ids:
                reason = f"no slot became free in {self.service.limits.seconds:g} s"
                raise RefusedError(503, "busy", reason, 5)
            if rest := self.text.end():
                yield rest
        except RuntimeError as error:
            raise RefusedError(500, "model_failed", "the model failed") from error
        finally:
            metrics.tokens.labels("written").inc(len(self.text.ids))
            ended = "stop" if self.text.stopped else self.job.finish or "left"
            self.notes.update(self.usage(), finish=ended)

    def usage(self) -> dict[str, int]:
        """Return the tokens read and written."""
        read, written = len(self.job.ids), len(self.text.ids)
        return {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
        }

    def finish(self) -> str:
        """Return why it ended, in OpenAI's words; a time limit counts as a length."""
        ended = self.text.stopped or self.job.finish == "stop"
        return "stop" if ended else "length"

    def frame(self, kind: str, choices: list[dict], **more: object) -> dict:
        """Return an object of the interface.

        Args:
            kind: Such as "chat.completion".
            choices: As OpenAI names them.
            more: Further fields.
        """
        model = self.batcher.engine.name
        head = {"id": self.name, "object": kind, "created": self.created}
        return {**head, "model": model, "choices": choices, **more}

    async def whole(self) -> dict:
        """Write the answer to its end and return it."""
        async for _ in self.pieces():
            pass
        message = {"role": "assistant", "content": self.text.text}
        choice = {"index": 0, "message": message, "finish_reason": self.finish()}
        return self.frame("chat.completion", [choice], usage=self.usage())

    async def events(self, include_usage: bool) -> AsyncIterator[str]:
        """Yield the answer as server-sent events.

        Args:
            include_usage: Whether to end with the number of tokens.
        """
        kind = "chat.completion.chunk"

        def chunk(delta, finish=None):
            choice = {"index": 0, "delta": delta, "finish_reason": finish}
            return _event(self.frame(kind, [choice]))

        yield chunk({"role": "assistant", "content": ""})
        try:
            async with aclosing(self.pieces()) as pieces:
                async for piece in pieces:
                    yield chunk({"content": piece})
            yield chunk({}, self.finish())
            if include_usage:
                yield _event(self.frame(kind, [], usage=self.usage()))
        except RefusedError as refused:  # too late for another status
            yield _event({"error": {"message": refused.reason, "code": refused.code}})
        yield "data: [DONE]\n\n"


def _event(content: dict) -> str:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n"


def read_request(body: bytes) -> ChatRequest:
    """Return a request, or say what is wrong with it.

    Args:
        body: JSON.

    Raises:
        RefusedError: With 400; the reason names fields and never quotes what they held.
    """
    try:
        return ChatRequest.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        said = [f"{'.'.join(map(str, f['loc']))} {f['msg']}".strip() for f in faults]
        raise RefusedError(400, "malformed", "; ".join(said[:5])) from None


def add_chat(app: FastAPI, service: Service, keys: Keys) -> None:
    """Add the route.

    Args:
        app: The application.
        service: What it serves.
        keys: Who may ask.
    """

    @app.post("/v1/chat/completions")
    async def completions(request: Request):
        notes = request.scope["notes"]
        notes["key"] = keys.check(request.headers.get("authorization"))
        asked = read_request(await request.body())
        asked.check(service.limits)
        batcher = service.batcher
        job = service.job(asked, batcher)
        try:
            batcher.submit(job)
        except FullError as error:
            raise RefusedError(
                503, "busy", f"no more requests now: {error}", 1
            ) from error
        answer = Answer(service, batcher, job, asked.stops(), notes)
        if asked.stream:
            usage = bool((asked.stream_options or {}).get("include_usage"))
            events = answer.events(usage)
            return StreamingResponse(events, media_type="text/event-stream")
        return await unless_gone(request, answer)


async def unless_gone(request: Request, answer: Answer) -> dict:
    """Return the whole answer; stop writing if the client hangs up.

    Args:
        request: Tells when the client is gone.
        answer: To be written.

    Raises:
        RefusedError: As `Answer.pieces`; with 400 if there is nobody to answer.
    """
    writing = asyncio.ensure_future(answer.whole())
    gone = asyncio.ensure_future(request.receive())  # the body is read: it hung up
    try:
        await asyncio.wait({writing, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not writing.done():
            raise RefusedError(400, "gone", "the client hung up")
        return writing.result()
    finally:
        for task in (writing, gone):
            task.cancel()
