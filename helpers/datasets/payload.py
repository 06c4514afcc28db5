"""Look inside compressed files and archives without unpacking them to disk.

Compression and packing may change while the data inside stay the same: a mirror
re-packs an archive, a host compresses with another level. So the catalogue's hashes
are taken over the *payload*:

- a plain file: its bytes;
- a gzip file: the decompressed bytes;
- an archive (tar or zip): its wanted members, sorted by name; for each one the name in
  UTF-8, a zero byte, the length as 8 bytes big-endian, then the content.
"""

from __future__ import annotations

import gzip
import hashlib
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO

from helpers.files import sha256_of

LIMIT_BYTES = 1 << 30  # more than any set of the course; an archive bomb is far more
_DAMAGE = (
    EOFError,
    OSError,
    zlib.error,
    lzma.LZMAError,
    tarfile.TarError,
    zipfile.BadZipFile,
    RuntimeError,  # an encrypted member, or a compression zipfile does not know
)


def open_payload(path: str | Path) -> IO[bytes]:
    """Open a file for reading, through gzip if its first bytes say so."""
    with open(path, "rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if compressed else open(path, "rb")


def read_payload(path: str | Path) -> bytes:
    """Read a file's bytes, decompressed if it is gzip.

    Args:
        path: A plain or gzip file.

    Returns:
        The payload.

    Raises:
        ValueError: If the file is cut off, damaged or larger than 1 GiB inside.
    """
    try:
        with open_payload(path) as file:
            payload = file.read(LIMIT_BYTES + 1)
    except _DAMAGE as error:
        raise ValueError(f"{Path(path).name}: cannot be read whole: {error}") from error
    if len(payload) > LIMIT_BYTES:
        raise ValueError(f"{Path(path).name}: holds more than {LIMIT_BYTES:,} bytes")
    return payload


def payload_sha256(path: str | Path, members: str | None = None) -> str:
    """Hash what a file holds, whatever it is packed in.

    Args:
        path: A plain file, a gzip file or, with ``members``, a tar or zip archive.
        members: Pattern of the wanted members, such as ``recordings/*.wav``.

    Returns:
        SHA-256 in lower-case hexadecimal, as the module's first lines define it.

    Raises:
        ValueError: If the file is cut off, damaged or an unsafe archive.
    """
    if members:
        return members_sha256(read_members(path, members))
    with open(path, "rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
    if compressed:
        return hashlib.sha256(read_payload(path)).hexdigest()
    return sha256_of(path)


def members_sha256(members: dict[str, bytes]) -> str:
    """Hash an archive's members: their sorted names and contents, nothing else.

    Args:
        members: Content by name, as :func:`read_members` returns it.

    Returns:
        SHA-256 in lower-case hexadecimal.
    """
    digest = hashlib.sha256()
    for name in sorted(members):
        content = members[name]
        digest.update(name.encode() + b"\0" + len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()


def read_members(path: str | Path, pattern: str) -> dict[str, bytes]:
    """Read the members of a tar or zip archive whose name fits a pattern.

    One leading folder is allowed and dropped, since hosts put the project's name and
    commit there: both ``recordings/a.wav`` and ``project-1.0/recordings/a.wav`` are
    returned as ``recordings/a.wav``.

    Args:
        path: A ``.tar`` (plain, gz, bz2, xz) or ``.zip`` archive.
        pattern: Such as ``recordings/*.wav``; ``*`` stays within one folder.

    Returns:
        Content by name.

    Raises:
        ValueError: If the archive is cut off or damaged, holds nothing that fits, holds
            a name twice, more than 1 GiB, or any member that would be written outside
            the target folder: an absolute or ``..`` name, a link, a device.
    """
    found: dict[str, bytes] = {}
    total = 0
    try:
        for name, size, read in _walk(Path(path)):
            key = _wanted(name, pattern)
            if key is None:
                continue
            total += size
            if key in found or total > LIMIT_BYTES:
                fault = "appears twice" if key in found else "makes it too large"
                raise ValueError(f"{Path(path).name}: member {name!r} {fault}")
            found[key] = read()
    except _DAMAGE as error:
        raise ValueError(f"{Path(path).name}: cannot be read whole: {error}") from error
    if not found:
        raise ValueError(f"{Path(path).name}: no member fits {pattern!r}")
    return found


def _walk(path: Path) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    """Yield name, size and reader of each regular file; refuse unsafe members."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                kind = stat.S_IFMT(entry.external_attr >> 16)
                plain = kind in (0, stat.S_IFREG, stat.S_IFDIR)
                _refuse_unsafe(path, entry.filename, plain)
                if not entry.is_dir():
                    yield (
                        entry.filename,
                        entry.file_size,
                        lambda e=entry: archive.read(e),
                    )
        return
    with tarfile.open(path, "r:*") as archive:
        for entry in archive:
            _refuse_unsafe(path, entry.name, entry.isreg() or entry.isdir())
            if entry.isreg():
                yield entry.name, entry.size, lambda e=entry: _tar_bytes(archive, e)


def _tar_bytes(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> bytes:
    """Read one tar member whole."""
    content = archive.extractfile(entry).read()
    if len(content) != entry.size:
        raise EOFError(f"{entry.name} ends after {len(content)} of {entry.size} bytes")
    return content


def _refuse_unsafe(path: Path, name: str, plain: bool) -> None:
    """Raise if a member could write outside the folder it is unpacked into."""
    parts = PurePosixPath(name).parts
    outside = name.startswith("/") or ".." in parts or "\\" in name or ":" in name
    if outside or not plain:
        fault = "leaves the target folder" if outside else "is a link or a device"
        raise ValueError(f"{path.name}: refused, since member {name!r} {fault}")


def _wanted(name: str, pattern: str) -> str | None:
    """Return the member's name without a leading folder if it fits the pattern."""
    parts, wanted = PurePosixPath(name).parts, PurePosixPath(pattern).parts
    tail = parts[-len(wanted) :]
    if not len(wanted) <= len(parts) <= len(wanted) + 1:
        return None
    if all(map(fnmatchcase, tail, wanted)):
        return "/".join(tail)
    return None
