"""Save and load the checkpoints that the course ships, each with its card.

A checkpoint is `data/checkpoints/<name>.keras`, a plain Keras archive whose matrices
and kernels are stored as float16; `<name>.json`, the card that says how it was made
and what it reached on held-out data; and, where one needs more arrays, `<name>.npz`.
`recipes/<name>.py` makes it again: ``make train NAME=<name>``.
"""

from __future__ import annotations

import importlib
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from helpers import course
from helpers.files import sha256_of

if TYPE_CHECKING:
    import keras
WANTED = ("data", "seed", "steps", "hardware", "minutes", "metrics")


def folder() -> Path:
    """Return where the shipped checkpoints lie."""
    return course.root() / "data" / "checkpoints"


def names() -> list[str]:
    """Return the names of all shipped checkpoints."""
    return sorted(path.stem for path in folder().glob("*.keras"))


def card(name: str, where: str | Path | None = None) -> dict:
    """Return a checkpoint's card.

    Args:
        name: Name of the checkpoint.
        where: Folder; the course's own if None.

    Raises:
        ValueError: If there is no such checkpoint, or the card is damaged.
    """
    path = _file(name, ".json", where)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path.name} is no whole card ({error})") from error
    missing = [key for key in ("command", "sha256", *WANTED) if key not in found]
    if missing:
        raise ValueError(f"{path.name} lacks {', '.join(missing)}")
    return found


def load(name: str, where: str | Path | None = None) -> keras.Model:
    """Return a checkpoint's model, with float32 weights and not compiled.

    Args:
        name: Name of the checkpoint.
        where: Folder; the course's own if None.

    Raises:
        ValueError: If there is no such checkpoint, or a file is not the one that its
            card was written for.
    """
    import keras

    path = _verified(name, ".keras", where)
    with zipfile.ZipFile(path) as archive:
        module = json.loads(archive.read("config.json")).get("module") or ""
    if module.startswith("helpers.models."):
        importlib.import_module(module)  # registers the class
    return keras.models.load_model(path, compile=False)


def arrays(name: str, where: str | Path | None = None) -> dict[str, np.ndarray]:
    """Return the arrays kept beside a checkpoint, by name.

    Args:
        name: Name of the checkpoint.
        where: Folder; the course's own if None.

    Raises:
        ValueError: As `load`.
    """
    with np.load(_verified(name, ".npz", where), allow_pickle=False) as file:
        return {key: file[key] for key in file.files}


def _file(name: str, ending: str, where: str | Path | None) -> Path:
    """Return a checkpoint's file, or say which checkpoints there are."""
    base = Path(where) if where is not None else folder()
    path = base / f"{name}{ending}"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in base.glob("*.keras"))) or "none"
        raise ValueError(f"no {path.name} among the checkpoints; there are: {known}")
    return path


def _verified(name: str, ending: str, where: str | Path | None) -> Path:
    """Return a checkpoint's file if it is the one its card describes."""
    path = _file(name, ending, where)
    if sha256_of(path) != card(name, where)["sha256"].get(path.name):
        raise ValueError(
            f"{path.name} is not the file its card describes (cut off, or changed);"
            f" git restores it, or make train NAME={name} makes it again"
        )
    return path
