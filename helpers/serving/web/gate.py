"""The first thing that a request meets: is its body small enough, and does it come?"""

from __future__ import annotations

import asyncio
from contextlib import suppress

from helpers.serving.limits import Limits, RefusedError

# Bytes that are read and thrown away before a "no": if the connection were closed while
# more was on its way, the client's system would throw the answer away instead.
DISCARDED = 12_000_000


class Gate:
    """Read a body whole before the application sees it: not too big, not too slow.

    Args:
        app: The ASGI application behind it.
        limits: Bytes and seconds; a request is dropped when its time is over even if
            the client does not read the answer.
    """

    def __init__(self, app, limits: Limits):
        self.app, self.limits = app, limits

    async def __call__(self, scope: dict, receive, send) -> None:
        """Pass a request on, or answer why not."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self.limits.upload_seconds):
                body = await self._read(receive)
        except (TimeoutError, RefusedError) as problem:
            late = RefusedError(
                408, "too_slow", "the request's body did not arrive in time"
            )
            refused = problem if isinstance(problem, RefusedError) else late
            scope.get("notes", {})["refused"] = refused.code
            answer = refused.response()
            answer.headers["connection"] = "close"  # what still comes is not read
            await answer(scope, receive, send)
            return
        first = {"type": "http.request", "body": body, "more_body": False}
        replies = [first]

        async def again():
            return replies.pop() if replies else await receive()

        # A client that does not read its answer is dropped when its time is over.
        most = self.limits.seconds + self.limits.upload_seconds
        with suppress(TimeoutError):
            async with asyncio.timeout(most):
                await self.app(scope, again, send)

    async def _read(self, receive) -> bytes:
        """Collect the body; of one that is too big, nothing is kept."""
        most = self.limits.body_bytes
        size, parts, more = 0, [], True
        while more and size <= DISCARDED:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RefusedError(400, "gone", "the client hung up")
            size += len(message.get("body", b""))
            if size <= most:
                parts.append(message.get("body", b""))
            more = message.get("more_body", False)
        if size > most:
            reason = f"the request has more than {most:,} bytes"
            raise RefusedError(413, "body_too_large", reason)
        return b"".join(parts)
