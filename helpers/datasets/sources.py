"""Find a set's file on this machine, or fetch it whole and verified.

Every download of the course goes through :func:`verified_download`. The bytes are
written to a temporary name beside the target, checked against a SHA-256 and only
then renamed, so a final name always holds the right file: after a cut connection,
a wrong file, a full disk or Ctrl-C there is no half-written one to trip over.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from helpers import course
from helpers.datasets.payload import payload_sha256
from helpers.files import sha256_of, whole_file

CONNECT_SECONDS = 4.0  # no answer from the host
READ_SECONDS = 15.0  # no further byte from the host


class DownloadError(RuntimeError):
    """A file could not be fetched whole and as expected; nothing was left behind."""


class OfflineError(DownloadError):
    """The network was not tried: ``AIGC_OFFLINE=1`` or the ``smoke`` profile."""


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


def _find(name: str, entry: dict, file: dict) -> Path:
    """Return the first verified copy of a file, or raise what kept us from it."""
    for source, path in _candidates(name, entry, file):
        if not path.is_file():
            continue
        fault = _fault(path, file)
        if fault is None:
            return path
        print(f"{name}: {file['name']} in the {source} is not used: {fault}.")
        if source == "cache":
            path.unlink(missing_ok=True)
    return verified_download(
        file["url"],
        file["sha256"],
        course.cache_dir() / name / file["name"],
        f"{name}/{file['name']}",
        digest=lambda path: payload_sha256(path, file.get("members")),
    )


def _candidates(name: str, entry: dict, file: dict) -> Iterator[tuple[str, Path]]:
    """Yield where a file may lie on this machine, in the order of preference."""
    mirror = mirror_dir()
    if mirror is not None:
        yield "mirror", mirror / name / file["name"]
    yield "cache", course.cache_dir() / name / file["name"]
    if "package" in entry:
        package = entry["package"]
        yield f"package {package['name']}", Path(package["folder"]) / file["name"]


def mirror_dir() -> Path | None:
    """Return the mirror that ``AIGC_DATA`` names, or None.

    A relative name is taken from the working directory or, failing that, from the
    course's root, so that it means the same in `make` and in a notebook's kernel.
    """
    chosen = os.environ.get("AIGC_DATA", "").strip()
    if not chosen:
        return None
    here = Path(chosen).expanduser()
    return here if here.is_dir() else course.root() / here


def _fault(path: Path, file: dict) -> str | None:
    """Say what is wrong with a copy of a file, or None if it is right."""
    try:
        received = payload_sha256(path, file.get("members"))
    except (OSError, ValueError) as error:
        return str(error)
    if received == file["sha256"]:
        return None
    return f"it has SHA-256 {received}, wanted {file['sha256']}"
