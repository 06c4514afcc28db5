"""Run a server in a thread, and put it under load from many clients at once."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np


@contextmanager
def running(app, port: int = 0, drain_seconds: int = 30) -> Iterator[str]:
    """Serve an application on this machine only, while the block runs.

    At the end the server takes no more connections and finishes what is open.

    Args:
        app: An ASGI application.
        port: 0 for any that is free.
        drain_seconds: Most seconds that open requests get at the end.

    Yields:
        The address, "http://127.0.0.1:…".

    Raises:
        RuntimeError: If the server does not start within a minute.
    """
    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,  # it would not know what may be written down
        timeout_graceful_shutdown=drain_seconds,
    )
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", port), backlog=256)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        start = time.monotonic()
        while not server.started:
            if not thread.is_alive() or time.monotonic() - start > 60:
                raise RuntimeError("the server did not start")
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(drain_seconds + 5)
        listener.close()


@dataclass(frozen=True)
class Load:
    """What a load test found.

    Args:
        sent: Requests sent.
        statuses: Status of each answer, 0 where none came; (sent,).
        latencies: Seconds from request to whole answer; (sent,).
        tokens: Tokens written in all.
        seconds: How long the test took.
    """

    sent: int
    statuses: np.ndarray
    latencies: np.ndarray
    tokens: int
    seconds: float

    @property
    def lost(self) -> int:
        """Number of requests to which no answer came at all."""
        return int((self.statuses == 0).sum())

    @property
    def answered(self) -> int:
        """Number of requests answered with 200."""
        return int((self.statuses == 200).sum())

    def per_second(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds

    def quantile(self, share: float) -> float:
        """Return a quantile of the latency of answered requests, in seconds.

        Args:
            share: 0 to 1; 0.5 for the median.
        """
        return float(np.quantile(self.latencies[self.statuses == 200], share))


def put_under_load(
    url: str,
    body: Callable[[int], dict],
    clients: int = 32,
    seconds: float = 30.0,
    key: str | None = None,
) -> Load:
    """Let clients ask one request after the other, for some time.

    No new request begins when the time is over; those that are open are waited for.
    It runs in a thread with an event loop of its own, so that it works in a notebook.

    Args:
        url: As from `running`.
        body: Makes the body of a request from its number.
        clients: How many ask side by side, at least 1.
        seconds: How long.
        key: The API key.

    Example:
        with running(create_app(engine)) as url:
            found = put_under_load(url, lambda n: {"messages": [...], "seed": n})
    """
    with ThreadPoolExecutor(1) as pool:
        work = _ask_all(url, body, clients, seconds, key)
        return pool.submit(asyncio.run, work).result()


async def _ask_all(url, body, clients, seconds, key) -> Load:
    import httpx

    found: list[tuple[int, float, int]] = []
    start, number = time.monotonic(), iter(range(10**9))

    async def one_client(session):
        while time.monotonic() - start < seconds:
            began, status, tokens = time.monotonic(), 0, 0
            try:
                path = "/v1/chat/completions"
                answer = await session.post(path, json=body(next(number)))
                status = answer.status_code
                tokens = answer.json().get("usage", {}).get("completion_tokens", 0)
            except (httpx.HTTPError, ValueError):
                pass  # counted as lost: its status stays 0
            found.append((status, time.monotonic() - began, tokens))

    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(
        base_url=url, headers=headers, limits=limits, timeout=120, trust_env=False
    ) as session:
        await asyncio.gather(*(one_client(session) for _ in range(clients)))
    statuses, latencies, tokens = map(np.array, zip(*found, strict=True))
    took = time.monotonic() - start
    return Load(len(found), statuses, latencies, int(tokens.sum()), took)
