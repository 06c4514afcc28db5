"""Serve the page so that a browser asks no other host, and a request stays small."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fastapi import FastAPI

from helpers.serving.limits import Limits
from helpers.serving.web.gate import Gate

if TYPE_CHECKING:
    from gradio import Blocks

HERE = ("127.0.0.1", "localhost", "[::1]", "::1")
LIMITS = Limits(body_bytes=2_000_000, upload_seconds=20, seconds=12 * 3_600)
CLOSED = (
    "upload",
    "file",
    "proxy=",
    "stream",
    "run_history",
    "monitoring",
    "component_server",
)
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # Gradio's own page has both
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
ADVERTS = re.compile(r"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>\s*")


def plain(page: str) -> str:
    """Return Gradio's page without what names other hosts.

    Args:
        page: HTML.
    """
    return ADVERTS.sub("", page)


class Offline:
    """Rewrite pages on their way out, and close doors that the studio does not use.

    Args:
        app: The ASGI application behind it.
        hosts: Names by which it may be asked for; None for all. A page of another site
            that points its own name at this machine is sent away.
    """

    def __init__(self, app, hosts: Sequence[str] | None = HERE):
        self.app, self.hosts = app, hosts

    async def __call__(self, scope: dict, receive, send) -> None:
        """Pass a request on, or say no."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if self.hosts is not None and re.sub(r":\d+$", "", host) not in self.hosts:
            await _refuse(send, 421, "The studio answers on this computer only.")
            return
        path = scope["path"].removeprefix("/gradio_api").lstrip("/")
        if path.startswith(CLOSED):
            await _refuse(send, 404, "The studio takes and keeps no files.")
            return
        kept = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        inner = {**scope, "headers": kept} if scope["path"] == "/" else scope
        await self.app(inner, receive, _Rewriter(send))


class _Rewriter:
    """Pass an answer on with more headers; hold HTML back until it is whole."""

    def __init__(self, send):
        self.send, self.start, self.parts = send, None, []

    async def __call__(self, message: dict) -> None:
        if message["type"] == "http.response.start":
            new = [(k.encode(), v.encode()) for k, v in HEADERS.items()]
            message = {**message, "headers": [*message["headers"], *new]}
            if b"text/html" in dict(message["headers"]).get(b"content-type", b""):
                self.start = message
                return
        if self.start is None:
            await self.send(message)
            return
        self.parts.append(message.get("body", b""))
        if not message.get("more_body"):
            body = plain(b"".join(self.parts).decode("utf-8")).encode("utf-8")
            length = (b"content-length", str(len(body)).encode())
            kept = [p for p in self.start["headers"] if p[0] != b"content-length"]
            await self.send({**self.start, "headers": [*kept, length]})
            await self.send({"type": "http.response.body", "body": body})


async def _refuse(send, status: int, reason: str) -> None:
    """Answer with a sentence."""
    head = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": reason.encode()})


def application(page: Blocks, hosts: Sequence[str] | None = HERE) -> FastAPI:
    """Return the whole site around a page.

    Args:
        page: As `build_page` returns it.
        hosts: As in `Offline`.
    """
    import gradio as gr

    from helpers.serving.studio import look

    site = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    site.add_middleware(Gate, limits=LIMITS)
    site.add_middleware(Offline, hosts=hosts)
    return gr.mount_gradio_app(
        site, page, "/", server_name="127.0.0.1", footer_links=[], show_error=False,
        max_file_size="1kb", ssr_mode=False, pwa=False, mcp_server=False,
        enable_monitoring=False, run_history=False, theme=look.theme(), css=look.CSS,
    )  # fmt: skip
