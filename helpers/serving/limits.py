"""Say no early, with a reason: to what is too long, too much, malformed or unknown."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterable
from dataclasses import dataclass

from fastapi.responses import JSONResponse


@dataclass(frozen=True)
class Limits:
    """What one request, one key and the whole server may take.

    Args:
        body_bytes: Most bytes of a request.
        characters: Most characters of all messages together.
        new_tokens: Most tokens of an answer.
        seconds: Longest time from a request's arrival to the end of its answer.
        upload_seconds: Longest time in which a request's body has to arrive.
        per_minute: Requests that a key may make in a minute, in the long run.
        burst: Requests that it may make at once.
        waiting: Requests that may wait for a slot; more are sent away.
    """

    body_bytes: int = 64_000
    characters: int = 8_000
    new_tokens: int = 256
    seconds: float = 30.0
    upload_seconds: float = 5.0
    per_minute: float = 600.0
    burst: int = 100
    waiting: int = 64


class RefusedError(Exception):
    """A request that is not answered, and why.

    Args:
        status: Of HTTP, 400 or above.
        code: One word for programs.
        reason: A sentence for people; never a part of the prompt.
        retry_after: Seconds after which another try makes sense, or None.
    """

    def __init__(
        self, status: int, code: str, reason: str, retry_after: int | None = None
    ):
        super().__init__(reason)
        self.status, self.code, self.reason = status, code, reason
        self.retry_after = retry_after

    def response(self) -> JSONResponse:
        """Return the answer, in the form of OpenAI's errors."""
        kind = "invalid_request_error" if self.status < 500 else "server_error"
        error = {"message": self.reason, "type": kind, "code": self.code}
        headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
        headers = {name: str(value) for name, value in headers.items()}
        return JSONResponse({"error": error}, self.status, headers)


class Keys:
    """API keys, of which only the hashes are kept, and how much each may still ask.

    A bucket of `burst` requests is filled again at `per_minute`; each takes one out.

    Args:
        keys: The keys, or None for a server without keys, on one's own machine.
        limits: Gives `burst` and `per_minute`.
    """

    def __init__(self, keys: Iterable[str] | None, limits: Limits):
        self.hashes = None if keys is None else [self.fingerprint(key) for key in keys]
        self.limits = limits
        self._left: dict[str, tuple[float, float]] = {}  # key: requests, since when

    @staticmethod
    def fingerprint(key: str) -> str:
        """Return a key's SHA-256, by which logs may name it."""
        return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()

    def check(self, header: str | None) -> str:
        """Let a request pass, or not.

        Args:
            header: The request's Authorization, "Bearer …".

        Returns:
            The first 8 digits of the key's fingerprint, or "anyone".

        Raises:
            RefusedError: With 401 for an unknown key, 429 for one that asks too often.
        """
        owner = "anyone"
        if self.hashes is not None:
            given = self.fingerprint((header or "").removeprefix("Bearer ").strip())
            # In constant time: how long it takes must not tell how near a guess is.
            if not any(hmac.compare_digest(given, known) for known in self.hashes):
                raise RefusedError(401, "bad_key", "the API key is missing or unknown")
            owner = given[:8]
        now = time.monotonic()
        left, since = self._left.get(owner, (float(self.limits.burst), now))
        speed = self.limits.per_minute / 60
        left = min(self.limits.burst, left + (now - since) * speed)
        if left < 1:
            self._left[owner] = left, now
            wait = int((1 - left) / speed) + 1
            reason = f"more than {self.limits.per_minute:g} requests a minute"
            raise RefusedError(429, "rate_limit", reason, wait)
        self._left[owner] = left - 1, now
        return owner
