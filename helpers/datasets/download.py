"""Fetch an address into a file: bounded in size, time and patience.

`pooch` and `requests` alone would follow a body without end, and wait for as long as
one byte comes every few seconds.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Future

    from requests import Response

CONNECT_SECONDS = 4.0  # no answer from the host
SLOW_SECONDS = 15.0  # in each of which SLOW_BYTES must come, connecting included
SLOW_BYTES = 15_000  # a modem of 1995 is three times as fast
DEADLINE_SECONDS = 1_800.0  # for one file
PAUSES = (0.5, 2.0)  # seconds before the second and the third try
WAIT_SECONDS = 60.0  # the longest Retry-After that is waited for
PIECE_BYTES = 1 << 12  # small, so that a slow download can be told from a stalled one


class DownloadError(RuntimeError):
    """A file could not be fetched whole and as expected; nothing was left behind."""


def fetch(url: str, target: Path, what: str, limit: int) -> None:
    """Fetch an address into a file under a progress bar on standard output.

    It tries again if the connection fails, or as the host's Retry-After says.

    Args:
        url: An ``http`` or ``https`` address.
        target: The file; on an error it holds a part or nothing.
        what: What to call it beside the progress bar and in errors.
        limit: The most bytes that the body may have, decompressed.

    Raises:
        DownloadError: If the host does not answer, or sends an error, too slowly, too
            much or less than it announced.
        OSError: If the file cannot be written.
    """
    import requests

    deadline = time.monotonic() + DEADLINE_SECONDS
    for pause in (*PAUSES, None):
        try:
            with open(target, "wb") as file:  # closed, it stops its transfer
                return _watch(_Transfer(url, file, limit), what, deadline)
        except requests.HTTPError as error:
            fault = f"answered {error.response.status_code}"
            pause = _patience(error.response, pause)
        except requests.RequestException as error:
            fault = f"failed: {_short(error)}"
            pause = pause if pause == PAUSES[0] else None  # twice is enough
        except DownloadError as error:
            raise DownloadError(f"{what}: {url} failed: {error}") from error
        if pause is None:
            raise DownloadError(f"{what}: {url} {fault}")
        time.sleep(pause)


def _patience(response: Response, pause: float | None) -> float | None:
    """Return the seconds to wait before the next try; None for no other try."""
    from email.utils import parsedate_to_datetime

    if pause is None or (response.status_code < 500 and response.status_code != 429):
        return None
    asked = response.headers.get("Retry-After", "").strip()
    try:
        if not _is_number(asked):
            until = parsedate_to_datetime(asked)
            asked = until.timestamp() - time.time()
        seconds = max(pause, float(asked))
    except (ValueError, TypeError, OverflowError):  # not said, or not understood
        return pause
    return seconds if seconds <= WAIT_SECONDS else None


def _is_number(header: str) -> bool:
    """Tell whether a header holds a whole number, and not one of absurd length."""
    return header.isascii() and header.isdigit() and len(header) < 20


@dataclass
class _Transfer:
    """One try to fetch an address into an open file, never beyond a limit."""

    url: str
    file: IO[bytes]
    limit: int
    received: int = 0
    total: int | None = None  # as the host says, for the progress bar only

    def run(self) -> None:
        """Receive the whole body."""
        import requests

        with requests.get(
            self.url,
            stream=True,
            timeout=(CONNECT_SECONDS, SLOW_SECONDS),
            headers={"Accept-Encoding": "identity"},
        ) as response:
            response.raise_for_status()
            length = response.headers.get("Content-Length", "")
            if "Content-Encoding" not in response.headers and _is_number(length):
                self.total = int(length)
            self._refuse_more(self.total or 0)
            for piece in response.iter_content(PIECE_BYTES):  # decoded
                self.received += len(piece)
                self._refuse_more(self.received)
                self.file.write(piece)

    def _refuse_more(self, size: int) -> None:
        """Raise if the body is larger than it may be."""
        if size > self.limit:
            raise DownloadError(f"it has more than the {self.limit:,} bytes wanted")


def _watch(transfer: _Transfer, what: str, deadline: float) -> None:
    """Run a transfer under a progress bar on standard output while it is fast enough.

    It runs in a thread of its own, since no timeout of a socket ends an answer whose
    headers or body come byte by byte. A thread that is given up ends when it next
    wants to write: its file is closed then.
    """
    from concurrent.futures import wait

    from tqdm import tqdm

    done = _in_thread(transfer.run)
    checked, before = time.monotonic(), 0
    style = {"unit": "B", "unit_scale": True, "ncols": 79, "delay": 0.5}
    with tqdm(desc=what, total=1, file=sys.stdout, **style) as bar:
        running = True
        while running:
            running = bool(wait([done], timeout=0.1).not_done)
            bar.total = transfer.total or max(1, transfer.received)
            bar.update(transfer.received - bar.n)
            now = time.monotonic()
            if running and now - checked > SLOW_SECONDS:
                if transfer.received - before < SLOW_BYTES:
                    raise DownloadError(_slow(transfer.received - before, SLOW_SECONDS))
                checked, before = now, transfer.received
            if running and now > deadline:
                raise DownloadError(_slow(transfer.received, DEADLINE_SECONDS))
    done.result()


def _slow(received: int, seconds: float) -> str:
    """Say that too little came."""
    return f"it timed out: {received:,} bytes in {seconds:.0f} s"


def _in_thread(work: Callable[[], None]) -> Future:
    """Start some work in a thread that does not keep the program from ending."""
    from concurrent.futures import Future

    future: Future = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def _short(error: BaseException) -> str:
    """Reduce an HTTP library's nested error to its kind and innermost reason."""
    reason = error
    while reason.args and isinstance(reason.args[0], BaseException):
        reason = reason.args[0]
    reason = getattr(reason, "reason", None) or reason
    return f"{type(error).__name__}: {str(reason)[:200]}"
