"""Write files whole or not at all, one process at a time, and hash them."""

from __future__ import annotations

import csv
import glob
import hashlib
import io
import os
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

STALE_SECONDS = 24 * 3600.0  # age of a killed process's leftovers


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
    sweep(target)
    temporary = target.with_name(f".{target.name}.{uuid.uuid4().hex[:12]}.part")
    try:
        yield temporary
        os.replace(temporary, target)
    finally:
        with suppress(OSError):  # missing, or still open on Windows: swept later
            temporary.unlink()


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


def sweep(target: str | Path, seconds: float = STALE_SECONDS) -> None:
    """Remove the parts of a file that killed processes left beside it.

    Args:
        target: The file's final name; it need not exist.
        seconds: How old a part must be. 0 removes every part, which is right only for
            who holds the lock under which all parts of ``target`` are written.
    """
    target = Path(target)
    first, last = f".{target.name}.", ".part"
    with suppress(OSError):  # a folder that may not be read or changed stays as it is
        for part in target.parent.glob(f"{glob.escape(first)}*{last}"):
            middle = part.name.removeprefix(first).removesuffix(last)
            with suppress(OSError):  # renamed or deleted just now
                old = time.time() - part.stat().st_mtime >= seconds
                if old and "." not in middle:  # else of a file with a longer name
                    part.unlink()


def csv_text(rows: Sequence[Mapping[str, object]]) -> str:
    """Write rows as comma-separated text with line feeds, the same on every system.

    Args:
        rows: At least one; the first one's names are the header.

    Raises:
        ValueError: If there are no rows, or a row has a name that the first lacks.
    """
    if not rows:
        raise ValueError("`csv_text` wants one row or more, received none")
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write_texts(folder: str | Path, texts: Mapping[str, str]) -> None:
    """Write each text as UTF-8, whole or not at all, and say how long it is.

    Args:
        folder: Where the files go.
        texts: By file name.
    """
    for name, text in texts.items():
        with whole_file(Path(folder) / name) as temporary:
            temporary.write_text(text, encoding="utf-8", newline="\n")
        print(f"{name}: {len(text):,} characters")
