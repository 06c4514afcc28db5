"""Watch a server: numbers for Prometheus, and one line of JSON for each request."""

from __future__ import annotations

import json
import logging
import time
import uuid

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

logger = logging.getLogger("aigc.serving")
SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)  # edges of the latency's boxes
BUSY = (1, 2, 4, 8, 16, 32, 64)  # and of the batch's


class Metrics:
    """The numbers of one server; a registry of its own lets two run side by side."""

    def __init__(self):
        self.registry = CollectorRegistry()
        own = {"registry": self.registry}
        self.requests = Counter(
            "aigc_requests", "Requests answered", ["path", "status"], **own
        )
        self.seconds = Histogram(
            "aigc_request_seconds", "From request to last byte", buckets=SECONDS, **own
        )
        self.first = Histogram(
            "aigc_first_token_seconds", "Until the first token", buckets=SECONDS, **own
        )
        self.tokens = Counter("aigc_tokens", "Tokens read and written", ["kind"], **own)
        self.batch = Histogram(
            "aigc_batch_size", "Slots in use at a step", buckets=BUSY, **own
        )
        self.open = Gauge("aigc_open_requests", "Requests being answered", **own)

    def page(self) -> bytes:
        """Return all numbers in Prometheus's text format."""
        return generate_latest(self.registry)

    def value(self, name: str, **labels: str) -> float:
        """Return one number, 0 if it has not been counted.

        Args:
            name: Such as "aigc_tokens_total".
            labels: Such as kind="written".
        """
        return self.registry.get_sample_value(name, labels) or 0.0


class Watch:
    """Count, time and log every request; its texts are never written down.

    The application leaves what it knows in `scope["notes"]`, numbers and names only.

    Args:
        app: The ASGI application behind it.
        metrics: Where to count.
        paths: Paths that are named; all others are counted as "other", so that a
            stranger cannot make a million counters.
    """

    def __init__(self, app, metrics: Metrics, paths: set[str]):
        self.app, self.metrics, self.paths = app, metrics, paths

    async def __call__(self, scope: dict, receive, send) -> None:
        """Pass a request on; write its line when it is over, however it ends."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name, start, status = uuid.uuid4().hex, time.monotonic(), [499]
        notes = scope["notes"] = {}

        async def noted(message):
            if message["type"] == "http.response.start":
                status[0] = message["status"]
                message["headers"] = [
                    *message.get("headers", []),
                    (b"x-request-id", name.encode()),
                ]
            await send(message)

        self.metrics.open.inc()
        try:
            await self.app(scope, receive, noted)
        except Exception:
            status[0] = 500
            raise
        finally:
            self.metrics.open.dec()
            seconds = time.monotonic() - start
            path = scope["path"] if scope["path"] in self.paths else "other"
            self.metrics.requests.labels(path, str(status[0])).inc()
            if path.endswith("/completions"):
                self.metrics.seconds.observe(seconds)
            line = {
                "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "request": name,
                "path": path,
                "status": status[0],
                "seconds": round(seconds, 3),
                **notes,
            }
            logger.info(json.dumps(line))
