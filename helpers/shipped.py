"""Save and load the checkpoints that the course ships, each with its card.

A checkpoint is `data/checkpoints/<name>.keras`, a plain Keras archive whose matrices
and kernels are stored as float16; `<name>.json`, the card that says how it was made
and what it reached on held-out data; and, where one needs more arrays, `<name>.npz`.
`recipes/<name>.py` makes it again: ``make train NAME=<name>``.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from helpers import course
from helpers.download import sha256_of
from helpers.half_precision import round_weights, shrink_archive

if TYPE_CHECKING:
    import keras

__all__ = [
    "arrays",
    "card",
    "folder",
    "hardware",
    "load",
    "names",
    "recipe_options",
    "round_weights",
    "save",
]

LIMIT = 5_000_000  # bytes of one checkpoint, its arrays and card included
WANTED = ("data", "seed", "steps", "hardware", "minutes", "metrics")


def folder() -> Path:
    """Return where the shipped checkpoints lie."""
    return course.root() / "data" / "checkpoints"


def names() -> list[str]:
    """Return the names of all shipped checkpoints."""
    return sorted(path.stem for path in folder().glob("*.keras"))


def hardware() -> str:
    """Say what this process computes on, without naming the machine."""
    import tensorflow as tf

    gpus = len(tf.config.list_physical_devices("GPU"))
    device = f"{gpus} GPU and " if gpus else ""
    cores = course.cores()
    plural = "" if cores == 1 else "s"
    return f"{device}{cores} CPU core{plural}, {platform.machine()}"


def save(
    name: str,
    model: keras.Model,
    card: Mapping,
    arrays: Mapping[str, np.ndarray] | None = None,
    where: str | Path | None = None,
) -> Path:
    """Write a checkpoint: the model for use, not for training on, and its card.

    Matrices and kernels are rounded to float16, vectors (biases, normalisation) stay
    as they are: call `round_weights` before you measure what the card says.

    Args:
        name: Name of the checkpoint, and of its recipe.
        model: A built model of a class in `helpers.models`, registered with Keras.
        card: How it was made, of JSON's types: data (which, and which part), seed,
            steps, hardware (see `hardware`), minutes of training, metrics (name to
            number, on held-out data), and what else a reader should know. The
            command, parameters, bytes and versions are added here.
        arrays: Further arrays to keep beside it.
        where: Folder, made if need be; the course's own if None.

    Returns:
        The .keras file.

    Raises:
        ValueError: If the card lacks an entry, a weight is not finite or too large for
            float16, or the files exceed 5 MB together; nothing is written then.
    """
    card = _checked_card(name, card)
    target = Path(where) if where is not None else folder()
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=f".{name}.") as scratch:
        path = Path(scratch) / f"{name}.keras"
        model.save(path)
        shrink_archive(path)
        parts = [path]
        if arrays:
            parts.append(path.with_suffix(".npz"))
            np.savez_compressed(parts[1], **arrays)
        size = sum(part.stat().st_size for part in parts)
        if size > LIMIT:
            raise ValueError(f"{name} takes {size:,} bytes; wanted {LIMIT:,} at most")
        facts = {"bytes": size, "parameters": model.count_params()}
        facts["sha256"] = {part.name: sha256_of(part) for part in parts}
        parts.append(path.with_suffix(".json"))
        text = json.dumps({**card, **facts}, indent=2, ensure_ascii=False)
        parts[-1].write_text(text + "\n", encoding="utf-8")
        for part in parts:
            os.replace(part, target / part.name)
    return target / f"{name}.keras"


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


def recipe_options(about: str, argv: list[str] | None = None) -> argparse.Namespace:
    """Read a recipe's command line: --smoke, --output DIR.

    Args:
        about: What the recipe does; its module's docstring.
        argv: Arguments; those of the command line if None.

    Returns:
        smoke: whether to take two tiny steps on stand-in data only (the profile is
        set so); output: folder to write to, None for the course's own.

    Raises:
        SystemExit: If --smoke comes without --output, or an argument is unknown.
    """
    parser = argparse.ArgumentParser(description=about.strip().split("\n")[0])
    parser.add_argument("--smoke", action="store_true", help="two tiny steps, to test")
    parser.add_argument("--output", type=Path, help="folder (the course's own)")
    options = parser.parse_args(argv)
    if options.smoke and options.output is None:
        parser.error("--smoke wants --output DIR, so that it replaces no checkpoint")
    if options.smoke:
        os.environ["AIGC_PROFILE"] = "smoke"
    return options


def _checked_card(name: str, card: Mapping) -> dict:
    """Return the card with command and versions, or say what it lacks."""
    import keras
    import tensorflow as tf

    missing = [key for key in WANTED if key not in card]
    if missing:
        raise ValueError(f"the card of {name} lacks {', '.join(missing)}")
    numbers = card["metrics"]
    if not isinstance(numbers, Mapping) or not numbers:
        raise ValueError(f"metrics of {name} want name: number, received {numbers!r}")
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__}
    command = {"name": name, "command": f"python -m recipes.{name}"}
    return {**command, **card, "versions": versions}


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
