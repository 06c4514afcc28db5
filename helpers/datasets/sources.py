"""Find a set's file on this machine, or fetch it whole and verified.

Every download of the course's data goes through :func:`verified_download`. The bytes
are written to a temporary name beside the target, checked against a SHA-256 and only
then renamed, so a final name always holds the right file: after a cut connection,
a wrong file, a full disk or Ctrl-C there is no half-written one to trip over.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from helpers import course
from helpers.datasets.download import DEADLINE_SECONDS, DownloadError, fetch
from helpers.datasets.payload import LIMIT_BYTES, payload_sha256
from helpers.files import locked, sweep, whole_file

LOCK_SECONDS = 2 * DEADLINE_SECONDS  # for another process's download, tries and all


class OfflineError(DownloadError):
    """The network was not tried: ``AIGC_OFFLINE=1`` or the ``smoke`` profile."""


def find(name: str, entry: dict, file: dict) -> Path:
    """Return the first right copy of a set's file; fetch it if there is none.

    Args:
        name: The set's name in the catalogue.
        entry: Its entry there.
        file: The file's part of the entry: name, url, sha256 and, where they are
            known, bytes, limit and members.

    Returns:
        Where the file lies. Its payload has the catalogue's SHA-256.

    Raises:
        DownloadError: If it is not here and cannot be fetched.
        OSError: If it cannot be stored: the disk is full, or may not be written to.
        ValueError: If no folder for downloads is known.
    """
    for source, path in _candidates(name, entry, file):
        if not os.path.isfile(path):  # nor in a folder that may not be read
            continue
        fault = _fault(path, file)
        if fault is None:
            if source == "cache":
                sweep(path)
            return path
        print(f"{name}: {file['name']} in the {source} is not used: {fault}.")
        if source == "cache":
            _delete_wrong(path, file)
    return verified_download(
        file["url"],
        file["sha256"],
        course.cache_dir() / name / file["name"],
        f"{name}/{file['name']}",
        members=file.get("members"),
        limit=_limit(file),
    )


def mirror_dir() -> Path | None:
    """Return the mirror that ``AIGC_DATA`` names, or None.

    A relative name is taken from the working directory or, failing that, from the
    course's root, so that it means the same in `make` and in a notebook's kernel.
    What cannot be a folder is said once, and then is as if it were not set.
    """
    chosen = os.environ.get("AIGC_DATA", "").strip()
    if not chosen:
        return None
    try:
        here = Path(chosen).expanduser()
    except RuntimeError as error:  # nobody's home
        return _say_once(f"AIGC_DATA is not used: it is {chosen!r}. {error}")
    if not os.path.isdir(here):
        here = course.root() / here
    if os.path.isfile(here):
        return _say_once(f"AIGC_DATA is not used: {here} is a file; wanted a folder.")
    return here


def verified_download(
    url: str,
    sha256: str,
    target: str | Path,
    description: str = "",
    *,
    members: str | None = None,
    limit: int = LIMIT_BYTES,
) -> Path:
    """Download ``url`` to ``target`` unless ``target`` is there and right already.

    One process downloads at a time; the others wait and then use what it fetched.

    Args:
        url: An ``http`` or ``https`` address.
        sha256: The payload's hash, as `payload_sha256` gives it.
        target: The file's final name; its directory is made if missing.
        description: Shown beside the progress bar and in errors; the file's name if
            empty.
        members: Pattern of an archive's wanted members.
        limit: The most bytes that the payload may have. A plain file's download stops
            there; what is compressed may be as large again, since it may be packed
            in another way.

    Returns:
        ``target`` as a :class:`~pathlib.Path`.

    Raises:
        OfflineError: If the network may not be used.
        DownloadError: If the host does not answer or sends too slowly, or the file is
            cut off, too large or another one. ``target`` does not exist then.
        OSError: If the file cannot be stored.
    """
    target = Path(target)
    what = description or target.name
    file = {"sha256": sha256, "members": members, "limit": limit}
    if _is_right(target, file):
        sweep(target)
        return target
    if course.offline():
        raise OfflineError(
            f"{what}: needs {url}, but the network is switched off "
            "(AIGC_OFFLINE=1 or AIGC_PROFILE=smoke)"
        )
    with locked(target, LOCK_SECONDS):
        sweep(target, seconds=0)  # who wrote these parts has lost the lock, so is dead
        if not _is_right(target, file):  # another process has not fetched it meanwhile
            with whole_file(target) as temporary:
                most = limit if members is None else 2 * limit  # with unwanted members
                fetch(url, temporary, what, most)
                _require_right(temporary, file, f"{what}: {url}")
    return target


def _candidates(name: str, entry: dict, file: dict) -> Iterator[tuple[str, Path]]:
    """Yield where a file may lie on this machine, in the order of preference."""
    mirror = mirror_dir()
    if mirror is not None:
        yield "mirror", mirror / name / file["name"]
    with suppress(ValueError, RuntimeError):  # no folder for downloads is known
        yield "cache", course.cache_dir() / name / file["name"]
    if "package" in entry:
        package = entry["package"]
        yield f"package {package['name']}", Path(package["folder"]) / file["name"]


@cache
def _say_once(line: str) -> None:
    """Print a line, unless it has been printed before."""
    print(line)


def _limit(file: dict) -> int:
    """Return the most bytes that a file's payload may have."""
    return file.get("limit", file.get("bytes", LIMIT_BYTES))


def _fault(path: Path, file: dict) -> str | None:
    """Say what is wrong with a copy of a file, or None if it is right."""
    try:
        received = payload_sha256(path, file.get("members"), _limit(file))
    except ValueError as error:
        return str(error).removeprefix(f"{path.name}: ")
    if received == file["sha256"]:
        return None
    return f"it has SHA-256 {received}, wanted {file['sha256']}"


def _is_right(path: Path, file: dict) -> bool:
    """Tell whether a file is there and right."""
    return os.path.isfile(path) and _fault(path, file) is None


def _require_right(path: Path, file: dict, where: str) -> None:
    """Raise if what came from the network is another file."""
    fault = _fault(path, file)
    if fault is not None:
        size = path.stat().st_size
        raise DownloadError(f"{where} gave {size:,} bytes, thrown away: {fault}")


def _delete_wrong(path: Path, file: dict) -> None:
    """Delete a wrong file, unless another process has put the right one there."""
    with suppress(OSError), locked(path, LOCK_SECONDS):
        if not _is_right(path, file):
            path.unlink(missing_ok=True)
