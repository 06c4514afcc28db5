"""Write files whole or not at all, one process at a time, and hash them."""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Iterator
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


def _sweep(target: Path) -> None:
    """Remove parts of ``target`` that a process killed long ago left behind."""
    for leftover in target.parent.glob(f".{target.name}.*.part"):
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > STALE_SECONDS:
                leftover.unlink()
