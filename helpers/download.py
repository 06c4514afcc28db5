"""Fetch a file whole and verified, or leave nothing behind.

Every download of the course goes through :func:`verified_download`. The bytes are
written to a temporary name beside the target, checked against a SHA-256 and only
then renamed, so a final name always holds the right file: after a cut connection,
a wrong file, a full disk or Ctrl-C there is no half-written one to trip over.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from helpers import course

CONNECT_SECONDS = 4.0  # no answer from the host
READ_SECONDS = 15.0  # no further byte from the host
STALE_SECONDS = 24 * 3600.0  # age of a killed process's leftovers


class DownloadError(RuntimeError):
    """A file could not be fetched whole and as expected; nothing was left behind."""


class OfflineError(DownloadError):
    """The network was not tried: ``AIGC_OFFLINE=1`` or the ``smoke`` profile."""


def sha256_of(path: str | Path) -> str:
    """Hash a file's bytes.

    Args:
        path: A readable file of any size; it is read in pieces.

    Returns:
        The SHA-256 in lower-case hexadecimal, 64 characters.
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def whole_file(target: str | Path) -> Iterator[Path]:
    """Yield a temporary path that becomes ``target`` if the block succeeds.

    The directory is made if missing. The rename is atomic, so another process sees
    the old file or the new one, never a part. On any exception, Ctrl-C included,
    the temporary file is removed and ``target`` is as it was.

    Args:
        target: The file's final name.

    Example:
        >>> with whole_file("notes.txt") as temporary:
        ...     temporary.write_text("all of it")
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep(target)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex[:12]}.part")
    try:
        yield temporary
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def locked(target: str | Path, seconds: float = -1) -> Iterator[None]:
    """Keep other processes that ask for the same lock out while the block runs.

    An empty file, ``.<name>.lock`` beside ``target``, stands for the lock and stays.
    The system frees the lock of a process that dies.

    Args:
        target: The file or folder that the block changes; it need not exist.
        seconds: How long to wait for the lock; -1 for as long as it takes.

    Raises:
        TimeoutError: If another process holds the lock for so long.
        OSError: If nothing can be written there.
    """
    from filelock import FileLock

    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_name(f".{target.name}.lock"), timeout=seconds):
        yield


def verified_download(
    url: str,
    sha256: str,
    target: str | Path,
    description: str = "",
    *,
    digest: Callable[[Path], str] = sha256_of,
    timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
) -> Path:
    """Download ``url`` to ``target`` unless ``target`` is there and right already.

    Args:
        url: An ``http`` or ``https`` address.
        sha256: What ``digest`` must give for the file, 64 hexadecimal characters.
        target: The file's final name; its directory is made if missing.
        description: Shown beside the progress bar and in errors; the file's name if
            empty.
        digest: How to hash the file: :func:`sha256_of` for its bytes, or a function
            that looks inside an archive.
        timeout: Seconds to wait for a connection, and for each next piece.

    Returns:
        ``target`` as a :class:`~pathlib.Path`.

    Raises:
        OfflineError: If the network may not be used.
        DownloadError: If the host does not answer (tried twice), the file is cut off
            or its hash is another one. ``target`` does not exist then.
    """
    target = Path(target)
    what = description or target.name
    if target.is_file() and _digest_or_reason(digest, target) == sha256:
        return target
    if course.offline():
        raise OfflineError(
            f"{what}: needs {url}, but the network is switched off "
            "(AIGC_OFFLINE=1 or AIGC_PROFILE=smoke)"
        )
    with whole_file(target) as temporary:
        _fetch_twice(url, temporary, what, timeout)
        received = _digest_or_reason(digest, temporary)
        if received != sha256:
            size = temporary.stat().st_size
            raise DownloadError(
                f"{what}: {url} gave {size:,} bytes with SHA-256 {received}, "
                f"wanted {sha256}; the file was thrown away"
            )
    return target


def _digest_or_reason(digest: Callable[[Path], str], path: Path) -> str:
    """Hash a file, or say in words why it cannot be read (cut-off archive…)."""
    try:
        return digest(path)
    except (OSError, EOFError, ValueError) as error:
        return f"unreadable ({error})"


def _fetch_twice(
    url: str, temporary: Path, what: str, timeout: tuple[float, float]
) -> None:
    """Fetch once, and once more if the connection (not the server) failed."""
    import requests

    for last_try in (False, True):
        try:
            _fetch(url, temporary, what, timeout)
            return
        except requests.HTTPError as error:
            status = error.response.status_code
            if last_try or status < 500:
                raise DownloadError(f"{what}: {url} answered {status}") from error
        except (requests.RequestException, OSError) as error:
            if last_try:
                reason = _short(error)
                raise DownloadError(f"{what}: {url} failed: {reason}") from error
        time.sleep(0.5)


def _fetch(url: str, temporary: Path, what: str, timeout: tuple[float, float]) -> None:
    """Stream ``url`` into ``temporary`` under a progress bar on standard output."""
    import pooch
    from tqdm import tqdm

    class Bar(tqdm):
        def reset(self, total: float | None = None) -> None:
            """Go back to 0 bytes but keep the clock: pooch resets before closing."""
            self.n = self.last_print_n = 0

    style = {"unit": "B", "unit_scale": True, "ncols": 79, "delay": 0.5}
    with Bar(desc=what, total=1, file=sys.stdout, **style) as bar:
        downloader = pooch.HTTPDownloader(
            progressbar=bar, chunk_size=1 << 16, timeout=timeout
        )
        downloader(url, str(temporary), None)


def _short(error: BaseException) -> str:
    """Reduce an HTTP library's nested error to its kind and innermost reason."""
    reason = error
    while reason.args and isinstance(reason.args[0], BaseException):
        reason = reason.args[0]
    reason = getattr(reason, "reason", None) or reason
    return f"{type(error).__name__}: {str(reason)[:200]}"


def _sweep(target: Path) -> None:
    """Remove parts of ``target`` that a process killed long ago left behind."""
    for leftover in target.parent.glob(f".{target.name}.*.part"):
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > STALE_SECONDS:
                leftover.unlink()
