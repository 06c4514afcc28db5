"""The one door to every dataset of the course: find, verify, read.

`load` looks for a set's files in the directory ``AIGC_DATA`` (a mirror), the user
cache, an installed package and at last on the network. Whatever it finds is hashed
before it is used. `data/catalog.toml` lists the sets.

Nothing here imports pandas or TensorFlow until a view of a dataset asks for it.
"""

from __future__ import annotations

import errno
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpers import course
from helpers.datasets.download import DownloadError
from helpers.datasets.sources import OfflineError, find, mirror_dir

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # a disk, a quota, a file system


class DatasetUnavailable(RuntimeError):  # noqa: N818  the name says it better
    """A dataset cannot be had here; the message says where to put it."""

    reason = ""


@dataclass(eq=False)
class Dataset:
    """A dataset whose files are present and verified.

    Its views `text`, `table`, `tables` and `arrays` are read when first used. Each
    raises `ValueError` where the set has no such view or a file is not as wanted.

    Attributes:
        name: The set that is here.
        requested: The set that was asked for; another one if this is a stand-in.
        info: Its entry in `data/catalog.toml`: title, about, home, licence, citation,
            kind (public, bundled or package), bytes to download, files and, where there
            is one, stand_in.
        paths: Where each file lies, by its name in the catalogue.
    """

    name: str
    requested: str
    info: dict[str, Any] = field(repr=False)
    paths: dict[str, Path] = field(repr=False)

    @property
    def is_stand_in(self) -> bool:
        """Whether another set was asked for."""
        return self.name != self.requested

    @property
    def synthetic(self) -> bool:
        """Whether the course invented the data."""
        return bool(self.info.get("synthetic", False))

    @property
    def credit(self) -> str:
        """One line of source and licence, to print beside results."""
        made = "synthetic" if self.synthetic else "real data"
        info = self.info
        return f"{info['title']} ({made}; {info['licence']}). {info['citation']}"

    @cached_property
    def text(self) -> str:
        """The whole set as one string, if it is for language modelling."""
        return self._view("text")

    @cached_property
    def table(self) -> pd.DataFrame:
        """The set's rows; `helpers.datasets.text_sets` says which columns."""
        return self._view("table")

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables by name, if there is more than one."""
        return self._view("tables")

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """Images or sound as arrays; `helpers.datasets.image_sets` says which."""
        return self._view("arrays")

    def _view(self, kind: str) -> Any:
        """Parse the files into one kind of view."""
        offered = views(self.info["parser"])
        if kind not in offered:
            has = " and ".join(f".{name}" for name in offered)
            raise ValueError(f"{self.name} has no .{kind}; it has {has}")
        return offered[kind](self.paths)


def catalogue() -> dict[str, dict[str, Any]]:
    """Return every set's catalogue entry by name (see `Dataset.info`)."""
    return _read_catalogue(catalogue_path())


def catalogue_path() -> Path:
    """Return where the catalogue lies."""
    return course.root() / "data" / "catalog.toml"


def load(name: str, *, fallback: bool = False, optional: bool | None = None) -> Dataset:
    """Find, verify and open a dataset.

    Sources, in this order: ``$AIGC_DATA/<name>/<file>``, the cache, an installed
    package, the network (unless ``AIGC_OFFLINE=1``). A wrong or cut-off file is
    reported and never used. Of several processes, one downloads. In the ``smoke``
    profile no public set is looked for.

    Args:
        name: A name in `catalogue()`.
        fallback: Give the bundled stand-in, and print one line about it, where a public
            set cannot be had.
        optional: Also take the optional files where they can be had (ag_news: the
            120,000 training items); by default only in the ``full`` profile.

    Returns:
        The dataset; its views `text`, `table` and `arrays` are read when first used.

    Raises:
        ValueError: If the catalogue has no such name.
        DatasetUnavailable: If the set cannot be had, and no stand-in was asked for or
            there is none.

    Example:
        >>> shakespeare = load("tiny_shakespeare", fallback=True)
        >>> shakespeare.text[:14]
    """
    entry = _entry(name)
    if optional is None:
        optional = course.profile() == "full"
    try:
        paths = _find_all(name, entry, optional)
    except DatasetUnavailable as error:
        stand_in = entry.get("stand_in")
        if not fallback or stand_in is None:
            raise
        other = _entry(stand_in)
        made = "synthetic" if other.get("synthetic") else "real data"
        print(f"Stand-in: {stand_in} ({made}) instead of {name}, {error.reason}.")
        return Dataset(stand_in, name, other, _find_all(stand_in, other, False))
    without = entry.get("without")
    if without and without["file"] not in paths:
        print(f"{name}: {without['note']} (without {without['file']}).")
    return Dataset(name, name, entry, paths)


@cache
def _read_catalogue(path: Path) -> dict[str, dict[str, Any]]:
    """Parse the catalogue once."""
    with open(path, "rb") as file:
        return tomllib.load(file)


def _entry(name: str) -> dict[str, Any]:
    """Look a name up, or say which names there are."""
    entries = catalogue()
    if name not in entries:
        raise ValueError(f"no dataset {name!r}; wanted one of {', '.join(entries)}")
    return entries[name]


def _find_all(name: str, entry: dict[str, Any], optional: bool) -> dict[str, Path]:
    """Find a set's files: all needed ones, and the optional ones if asked for."""
    if entry["kind"] != "public":
        return _find_bundled(name, entry)
    if course.profile() == "smoke":
        raise _unavailable(name, entry, "which the smoke profile leaves alone")
    paths = {}
    for file in entry["files"]:
        needed = not file.get("optional", False)
        if not needed and not optional:
            continue
        try:
            paths[file["name"]] = find(name, entry, file)
        except (RuntimeError, OSError, ValueError) as error:
            if needed:
                raise _unavailable(name, entry, _reason(error), str(error)) from error
            print(f"{name}: goes on without {file['name']}, {_reason(error)}.")
    return paths


def _find_bundled(name: str, entry: dict[str, Any]) -> dict[str, Path]:
    """Find the files of a set that the project itself carries."""
    folder = course.root() / "data" / entry.get("folder", name)
    paths = {file["name"]: folder / file["name"] for file in entry["files"]}
    for path in paths.values():
        if not path.is_file():
            lost = f"data/{folder.name}/{path.name}"
            raise _unavailable(name, entry, f"whose file {lost} this checkout lacks")
    return paths


def _reason(error: Exception) -> str:
    """Say in a few words why a file is not here."""
    if isinstance(error, OfflineError):
        return "which is not on this machine while the network is off"
    if isinstance(error, DownloadError):
        return "which could not be downloaded"
    if isinstance(error, (ValueError, RuntimeError)):  # from course.cache_dir
        return "for which there is no folder: AIGC_CACHE may name one"
    if getattr(error, "errno", None) in FULL:
        return "for which the disk is full"
    return "which cannot be read or stored here"


def _unavailable(
    name: str, entry: dict, reason: str, detail: str = ""
) -> DatasetUnavailable:
    """Compose the error that tells a reader what to do."""
    lines = [f"Not available: {entry['title']} ({name}), {reason}."]
    lines += [detail] * bool(detail) + [f"Home page: {entry['home']}"]
    if entry["kind"] == "public":
        files = ", ".join(f["name"] for f in entry["files"] if not f.get("optional"))
        mirror = mirror_dir() or Path("<directory in the variable AIGC_DATA>")
        lines.append(f"Put {files} into {mirror / name}")
        lines.append(f"or into {_cache_dir() / name}.")
        lines.append(_stand_in_line(name, entry))
    if "package" in entry:
        package = entry["package"]
        lines.append(f"Or install the {package['kind']} package {package['name']}.")
    error = DatasetUnavailable("\n".join(lines))
    error.reason = reason
    return error


def _cache_dir() -> Path:
    """Return the folder for downloads, or what stands for it where none is known."""
    try:
        return course.cache_dir()
    except (ValueError, RuntimeError):
        return Path("<directory in the variable AIGC_CACHE>")


def _stand_in_line(name: str, entry: dict) -> str:
    """Say what can be had instead."""
    if "stand_in" not in entry:
        return "It has no bundled stand-in yet."
    return f"Stand-in: {entry['stand_in']}, by load({name!r}, fallback=True)."


def views(parser: str) -> dict[str, Callable[[dict[str, Path]], Any]]:
    """Return the views a parser offers.

    Args:
        parser: The name in the catalogue.

    Returns:
        Functions from the files, by name, to a view; keys among text, table, tables
        and arrays.

    Raises:
        ValueError: If there is no such parser.
    """
    from helpers.datasets import (
        app_sets,
        audio_sets,
        image_sets,
        music_sets,
        spoken,
        text_sets,
    )

    offered = {
        **text_sets.VIEWS,
        **app_sets.VIEWS,
        "fashion_mnist": {"arrays": image_sets.fashion_mnist},
        "digits": {"arrays": image_sets.digits},
        "spoken_digits": {"arrays": audio_sets.spoken_digits},
        "espeak_digits": {"arrays": spoken.read},
        "bach_chorales": {"arrays": music_sets.bach_chorales},
    }
    if parser not in offered:
        raise ValueError(f"no parser {parser!r}; wanted one of {', '.join(offered)}")
    return offered[parser]
