"""Check that a machine has what the course needs, one row a requirement."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib import metadata

from helpers import course

FLOORS = {"tensorflow": "2.20", "keras": "3.15", "keras-hub": "0.30", "numpy": "2.0"}
MEMORY_GIB = 2.0  # a lesson may take 1.6 GB, and the system needs some too
DISK_GIB = 1.0  # models and converted weights in the cache


@dataclass(frozen=True)
class Check:
    """One requirement: what was found, what was wanted, whether it is met."""

    what: str
    found: str
    wanted: str
    ok: bool

    @property
    def mark(self) -> str:
        """Return ✓ or ✗."""
        return "✓" if self.ok else "✗"


def version_tuple(version: str) -> tuple[int, ...]:
    """Turn "3.15.1rc0" into (3, 15, 1): the leading digits of the first three parts.

    Raises:
        ValueError: if the text does not start with a number.
    """
    numbers = []
    for part in version.split(".")[:3]:
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits:
            break
        numbers.append(int(digits))
    if not numbers:
        raise ValueError(f"version is {version!r}; wanted numbers such as '3.15.1'")
    return tuple(numbers)


def check_package(name: str, floor: str) -> Check:
    """Check that the installed package `name` is at least as new as `floor`."""
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Check(name, "not installed", f"≥ {floor}", False)
    ok = version_tuple(found) >= version_tuple(floor)
    return Check(name, found, f"≥ {floor}", ok)


def check_environment() -> list[Check]:
    """Check Python, packages, cores, memory and disk; nothing is changed.

    Returns:
        One `Check` a requirement, those of Python first.

    Example:
        all(row.ok for row in check_environment())
    """
    import psutil

    python = sys.version_info[:2]
    supported = (3, 11) <= python <= (3, 13)
    rows = [Check("Python", platform.python_version(), "3.11 to 3.13", supported)]
    rows += [check_package(name, floor) for name, floor in FLOORS.items()]
    cores = course.cores()
    rows.append(Check("processor cores", str(cores), "≥ 2", cores >= 2))
    memory = psutil.virtual_memory().total / 2**30
    rows.append(
        Check(
            "memory", f"{memory:.1f} GiB", f"≥ {MEMORY_GIB} GiB", memory >= MEMORY_GIB
        )
    )
    return [*rows, *_check_cache()]


def _check_cache() -> list[Check]:
    """Check the folder that keeps downloads: room on its disk, and leave to write."""
    try:
        cache = course.cache_dir()
    except ValueError as error:
        return [Check("cache folder", str(error), "writable", False)]
    place = next((path for path in (cache, *cache.parents) if path.exists()), None)
    free = shutil.disk_usage(place).free / 2**30 if place else 0.0
    disk = Check("free disk", f"{free:.1f} GiB", f"≥ {DISK_GIB} GiB", free >= DISK_GIB)
    writable = place is not None and os.access(place, os.W_OK)
    found = "writable" if writable else "read-only" if place else "on no drive here"
    return [disk, Check("cache folder", found, "writable", writable)]
