"""Look inside compressed files and archives without unpacking them to disk.

Compression and packing may change while the data inside stay the same: a mirror
re-packs an archive, a host compresses with another level. So the catalogue's hashes
are taken over the *payload*:

- a plain file: its bytes;
- a gzip file: the decompressed bytes;
- an archive (tar or zip): its wanted members, sorted by name; for each one the name in
  UTF-8, a zero byte, the length as 8 bytes big-endian, then the content.

A file may claim any size for what it holds. Here only bytes that were read count, and
no more of them are read than a limit allows.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO

LIMIT_BYTES = 1 << 28  # 256 MiB, more than any set of the course
_GZIP = b"\x1f\x8b"  # a file's first bytes
_PACKED = {_GZIP: gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
# zipfile unpacks these piece by piece, the others by more than is asked for.
_BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_payload(path: str | Path, limit: int = LIMIT_BYTES) -> bytes:
    """Read a file's bytes, decompressed if it is gzip.

    Args:
        path: A plain or gzip file.
        limit: The most bytes that the payload may have.

    Returns:
        The payload.

    Raises:
        ValueError: If the file is cut off, damaged or holds more than `limit` bytes.
    """
    with _named(path), open(path, "rb") as file:
        return _read(gzip.open(file) if _starts(file, _GZIP) else file, limit)


def payload_sha256(
    path: str | Path, members: str | None = None, limit: int = LIMIT_BYTES
) -> str:
    """Hash what a file holds, whatever it is packed in.

    Args:
        path: A plain file, a gzip file or, with ``members``, a tar or zip archive.
        members: Pattern of the wanted members, such as ``recordings/*.wav``.
        limit: The most bytes that the payload may have.

    Returns:
        SHA-256 in lower-case hexadecimal, as the module's first lines define it.

    Raises:
        ValueError: If the file is cut off, damaged or holds more than `limit` bytes.
    """
    if members:
        return members_sha256(read_members(path, members, limit))
    return hashlib.sha256(read_payload(path, limit)).hexdigest()


def members_sha256(members: dict[str, bytes]) -> str:
    """Hash an archive's members, given by name, as the module's first lines say."""
    digest = hashlib.sha256()
    for name in sorted(members):
        content = members[name]
        digest.update(name.encode() + b"\0" + len(content).to_bytes(8, "big"))
        digest.update(content)
    return digest.hexdigest()


def read_members(
    path: str | Path, pattern: str, limit: int = LIMIT_BYTES
) -> dict[str, bytes]:
    r"""Read the members of a tar or zip archive whose name fits a pattern.

    One leading folder is allowed and dropped, since hosts put the project's name and
    commit there: both ``recordings/a.wav`` and ``project-1.0/recordings/a.wav`` are
    returned as ``recordings/a.wav``. So is ``recordings\a.wav``, which some programs
    write on Windows. What a Mac adds (``__MACOSX/…``, ``._a.wav``) is left out, and
    so is all that is no regular file. Nothing is written, wherever a name points.

    Args:
        path: A ``.tar`` (plain, gz, bz2, xz) or ``.zip`` archive.
        pattern: Such as ``recordings/*.wav``; ``*`` stays within one folder.
        limit: The most bytes that the wanted members may have together.

    Returns:
        Content by name.

    Raises:
        ValueError: If the archive is cut off or damaged, holds nothing that fits, holds
            a name twice, or more than `limit` bytes.
    """
    found: dict[str, bytes] = {}
    room = limit
    with _named(path), open(path, "rb") as file:
        walk = _zip_members if _starts(file, b"PK") else _tar_members
        for name, member in walk(file, limit):
            key = _wanted(name, pattern)
            if key in found:
                raise ValueError(f"member {name!r} appears twice")
            if key is not None:
                found[key] = _read(member(), room)
                room -= len(found[key])
        if not found:
            raise ValueError(f"no member fits {pattern!r}")
    return found


def _zip_members(file: IO[bytes], limit: int) -> Iterator[tuple[str, Callable]]:
    """Yield the name and the opener of each member of a zip archive."""
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            if entry.compress_type not in _BOUNDED and not entry.is_dir():
                kind = entry.compress_type
                raise ValueError(
                    f"member {entry.filename!r} is compressed by method {kind}; "
                    "wanted stored or deflated members"
                )
            if not entry.is_dir():
                yield entry.filename, lambda entry=entry: archive.open(entry)


def _tar_members(file: IO[bytes], limit: int) -> Iterator[tuple[str, Callable]]:
    """Yield the name and the opener of each regular file in a tar archive."""
    unpack = next((_PACKED[first] for first in _PACKED if _starts(file, first)), None)
    # As much again for headers, padding and members that nobody wants
    content = _read(unpack(file) if unpack else file, 2 * limit + (1 << 20))
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        for entry in archive:
            if entry.size < 0:  # some versions of tarfile would read it for ever
                raise ValueError(f"member {entry.name!r} has {entry.size} bytes")
            if entry.isreg():
                yield entry.name, lambda entry=entry: archive.extractfile(entry)


def _read(file: IO[bytes], limit: int) -> bytes:
    """Read a file to its end, or refuse what is longer than the limit."""
    content = bytearray()  # grows: read(n) would take n bytes of memory at once
    while piece := file.read(min(1 << 20, limit + 1 - len(content))):
        content += piece
    if len(content) > limit:
        raise ValueError(f"holds more than {limit:,} bytes")
    return bytes(content)


def _starts(file: IO[bytes], first: bytes) -> bool:
    """Tell whether a file begins with these bytes; the next read starts there, too."""
    found = file.read(len(first))
    file.seek(0)
    return found == first


def _wanted(name: str, pattern: str) -> str | None:
    """Return the member's name without a leading folder if it fits the pattern."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    wanted = PurePosixPath(pattern).parts
    tail = parts[-len(wanted) :]
    if "__MACOSX" in parts or (parts and parts[-1].startswith("._")):
        return None
    if not len(wanted) <= len(parts) <= len(wanted) + 1:
        return None
    return "/".join(tail) if all(map(fnmatchcase, tail, wanted)) else None


@contextmanager
def _named(path: str | Path) -> Iterator[None]:
    """Turn whatever a library raises about a file into a ValueError with its name.

    Libraries fail on damaged bytes in many ways, up to MemoryError and struct.error.
    """
    try:
        yield
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise ValueError(
            f"{Path(path).name}: cannot be read whole: {reason}"
        ) from error
