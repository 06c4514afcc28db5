"""Load the checkpoints and tables of results that the course ships, with their cards.

A checkpoint is `data/checkpoints/<name>.keras`, a plain Keras archive whose matrices
and kernels are stored as float16; `<name>.json`, the card that says how it was made
and what it reached on held-out data; and, where one needs more arrays, `<name>.npz`.
`recipes/<name>.py` makes it again: ``make train NAME=<name>``.

A table is `data/results/<name>.csv`, of trainings that would take longer than a lesson,
with such a card, too.
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
    import pandas as pd

WANTED = {  # entries of a card that its recipe gives, and their types
    "data": str,
    "seed": int,
    "steps": int,
    "hardware": str,
    "minutes": int | float,
    "metrics": dict,
}
ENTRIES = {"command": str, "sha256": dict, **WANTED}
RESULTS_ENTRIES = {  # of a table's card
    "command": str,
    "data": str,
    "seeds": list,
    "hardware": str,
    "minutes": int | float,
    "rows": int,
    "sha256": str,
}


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
    return _read_card(_file(name, ".json", where), ENTRIES)


def _read_card(path: Path, entries: dict) -> dict:
    """Return a card that has all entries, of the right types."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path.name} is no whole card ({error})") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path.name} is no card: it holds a {type(found).__name__}")
    missing = [key for key in entries if key not in found]
    if missing:
        raise ValueError(f"{path.name} lacks {', '.join(missing)}")
    for key, kind in entries.items():
        if not isinstance(found[key], kind) or isinstance(found[key], bool):
            raise ValueError(f"{path.name} has a damaged {key}: {found[key]!r:.80}")
    return found


def load(name: str, where: str | Path | None = None) -> keras.Model:
    """Return a checkpoint's model, with float32 weights and not compiled.

    The card's hash is checked before anything of the archive is read, and what the
    archive asks for is limited even then: classes of Keras and of `helpers.models`,
    and no Python code in it (Keras's safe mode).

    Args:
        name: Name of the checkpoint.
        where: Folder; the course's own if None.

    Raises:
        ValueError: If there is no such checkpoint, or a file is not the one that its
            card was written for, or holds no model that is safe to load.
    """
    import keras

    path = _verified(name, ".keras", where)
    try:
        with zipfile.ZipFile(path) as archive:
            _register(json.loads(archive.read("config.json")))
        return keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises what the damage happens to cause
        raise ValueError(
            f"{path.name} holds no model that is safe to load: {error}"
        ) from error


def arrays(name: str, where: str | Path | None = None) -> dict[str, np.ndarray]:
    """Return the arrays kept beside a checkpoint, by name.

    Args:
        name: Name of the checkpoint.
        where: Folder; the course's own if None.

    Raises:
        ValueError: As `load`.
    """
    path = _verified(name, ".npz", where)
    try:
        with np.load(path, allow_pickle=False) as file:
            return {key: file[key] for key in file.files}
    except Exception as error:  # NumPy and zipfile: EOFError, BadZipFile, zlib.error …
        raise ValueError(f"{path.name} holds no plain arrays: {error}") from error


def results_folder() -> Path:
    """Return where the shipped tables of results lie."""
    return course.root() / "data" / "results"


def results(name: str, where: str | Path | None = None) -> pd.DataFrame:
    """Return a table of stored results: one row for each training.

    Args:
        name: Name of the table.
        where: Folder; the course's own if None.

    Raises:
        ValueError: If there is no such table, or it is not the one of its card.

    Example:
        losses = results("text_changes").groupby("changes")["validation"]
    """
    import pandas as pd

    wanted = results_card(name, where)["sha256"]
    path = _results_file(name, ".csv", where)
    if sha256_of(path) != wanted:
        raise ValueError(
            f"{path.name} is not the table its card describes (cut off, or changed);"
            f" git restores it, or make train NAME={name} makes it again"
        )
    return pd.read_csv(path, keep_default_na=False)  # an empty text stays a text


def expected(
    name: str,
    column: str,
    confidence: float = 0.99,
    where: str | Path | None = None,
    **case: str | int | float,
) -> tuple[float, float]:
    """Return the range in which one more training, from a new seed, should end.

    It is the prediction interval mean ± t · s · √(1 + 1/n) of the n stored seeds, for
    normally distributed results: wide where there are few.

    Args:
        name: Name of the table.
        column: Of the result, numbers.
        confidence: How often the range should hold, between 0 and 1.
        where: Folder; the course's own if None.
        case: Columns and their values that tell the wanted rows, one for each seed.

    Raises:
        ValueError: As `results`, or if there is no such column, or fewer than two such
            rows.

    Example:
        low, high = expected("text_changes", "validation", group="ladder", changes="")
    """
    from scipy.special import stdtrit  # scipy.stats holds 40 MB for the same number

    table = results(name, where)
    unknown = {column, *case} - set(table.columns)
    if unknown:
        raise ValueError(f"{name} has no columns {sorted(unknown)}: {[*table.columns]}")
    for key, value in case.items():
        table = table[table[key] == value]
    count, values = len(table), table[column]
    if count < 2 or not 0 < confidence < 1:
        raise ValueError(
            "`expected` wants two or more rows and a confidence between 0 and 1, "
            f"received {count} of {case} and {confidence}"
        )
    quantile = stdtrit(count - 1, (1 + confidence) / 2)  # of Student's t
    half = quantile * values.std() * (1 + 1 / count) ** 0.5
    return float(values.mean() - half), float(values.mean() + half)


def results_card(name: str, where: str | Path | None = None) -> dict:
    """Return the card of a table: command, data, seeds, hardware, minutes.

    Args:
        name: Name of the table.
        where: Folder; the course's own if None.

    Raises:
        ValueError: If there is no such table, or the card is damaged.
    """
    return _read_card(_results_file(name, ".json", where), RESULTS_ENTRIES)


def _results_file(name: str, ending: str, where: str | Path | None) -> Path:
    """Return a table's file, or say which tables there are."""
    base = Path(where) if where is not None else results_folder()
    path = base / f"{name}{ending}"
    known = sorted(p.stem for p in base.glob("*.csv"))
    if name not in known or not path.is_file():
        there = ", ".join(known) or "none"
        raise ValueError(f"no {path.name} among the results; there are: {there}")
    return path


def _register(config: object) -> None:
    """Import the course's modules that a model's configuration names, and no others.

    Raises:
        ValueError: If it names a module of neither Keras nor `helpers.models`.
    """
    for module in sorted(_modules(config)):
        if module.startswith("helpers.models."):
            importlib.import_module(module)  # registers its classes
        elif module not in ("keras", "builtins") and not module.startswith("keras."):
            raise ValueError(f"its configuration names the module {module!r}")


def _modules(config: object) -> set[str]:
    """Collect all modules that a configuration names, nested ones too."""
    if isinstance(config, dict):
        own = config.get("module")
        found = set() if own is None else {str(own)}
        return found.union(*map(_modules, config.values()))
    return set().union(*map(_modules, config)) if isinstance(config, list) else set()


def _file(name: str, ending: str, where: str | Path | None) -> Path:
    """Return a checkpoint's file, or say which checkpoints there are."""
    base = Path(where) if where is not None else folder()
    path = base / f"{name}{ending}"
    known = sorted(p.stem for p in base.glob("*.keras"))
    if name not in known or not path.is_file():
        there = ", ".join(known) or "none"
        raise ValueError(f"no {path.name} among the checkpoints; there are: {there}")
    return path


def _verified(name: str, ending: str, where: str | Path | None) -> Path:
    """Return a checkpoint's file if it is the one its card describes."""
    path = _file(name, ending, where)
    wanted = card(name, where)["sha256"].get(path.name)
    if wanted is None:
        raise ValueError(f"{name}.json lacks the SHA-256 of {path.name}")
    if sha256_of(path) != wanted:
        raise ValueError(
            f"{path.name} is not the file its card describes (cut off, or changed);"
            f" git restores it, or make train NAME={name} makes it again"
        )
    return path
