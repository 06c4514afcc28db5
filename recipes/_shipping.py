"""Write a checkpoint and its card: what every recipe ends with."""

from __future__ import annotations

import argparse
import io
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
from helpers.checkpoints import WANTED, folder
from helpers.files import sha256_of

if TYPE_CHECKING:
    import keras

WEIGHTS = "model.weights.h5"  # Keras's name of the member that holds them
LIMIT = 5_000_000  # bytes of one checkpoint, its arrays and card included


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
        ValueError: If the card lacks an entry or holds a wrong one, a weight is not
            finite or too large for float16, or the files exceed 5 MB together; nothing
            is written then.
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


def recipe_options(
    about: str, argv: list[str] | None = None, measurable: bool = False
) -> argparse.Namespace:
    """Read a recipe's command line: --smoke, --output DIR, --measure.

    Args:
        about: What the recipe does; its module's docstring.
        argv: Arguments; those of the command line if None.
        measurable: Whether the recipe knows --measure.

    Returns:
        smoke: whether to take two tiny steps on stand-in data only (the profile is
        set so); output: folder to write to, None for the course's own; measure, where
        the recipe knows it: whether to train nothing, and to write the shipped
        checkpoint again with metrics measured anew.

    Raises:
        SystemExit: If --smoke comes without --output, or an argument is unknown.
    """
    parser = argparse.ArgumentParser(description=about.strip().split("\n")[0])
    parser.add_argument("--smoke", action="store_true", help="two tiny steps, to test")
    parser.add_argument("--output", type=Path, help="folder (the course's own)")
    if measurable:
        text = "measure the shipped checkpoint again"
        parser.add_argument("--measure", action="store_true", help=text)
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
    wrong = [key for key, kind in WANTED.items() if not isinstance(card[key], kind)]
    if wrong or not card["metrics"]:
        raise ValueError(f"the card of {name} has a wrong {(wrong or ['metrics'])[0]}")
    try:
        json.dumps(dict(card), allow_nan=False)
    except (TypeError, ValueError) as error:  # no type of JSON's, NaN
        raise ValueError(f"the card of {name} cannot be written: {error}") from error
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__}
    command = {"name": name, "command": f"python -m recipes.{name}"}
    return {**command, **card, "versions": versions}


def round_weights(model: keras.Model) -> None:
    """Round a model's matrices and kernels to float16, in place, as `save` stores them.

    What is measured after this holds for the checkpoint too.

    Args:
        model: A built model; its weights stay float32 variables.

    Raises:
        ValueError: If a weight is not finite or too large for float16.
    """
    for weight in model.weights:
        weight.assign(_rounded(weight.path, weight.numpy()))


def shrink_archive(path: Path) -> None:
    """Rewrite a Keras archive: kernels as float16, nothing to train on with.

    Args:
        path: A file that `model.save` wrote; it is changed in place.

    Raises:
        ValueError: If a weight is not finite or too large for float16.
    """
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    config["compile_config"] = None
    members["config.json"] = json.dumps(config).encode()
    members[WEIGHTS] = _half(members[WEIGHTS], path.parent)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(members):
            archive.writestr(zipfile.ZipInfo(name), members[name], zipfile.ZIP_DEFLATED)


def _half(content: bytes, scratch: Path) -> bytes:
    """Return a weights file with its float arrays of two or more axes as float16."""
    import h5py

    target = scratch / WEIGHTS
    with h5py.File(io.BytesIO(content)) as old, h5py.File(target, "w") as new:
        new.attrs.update(old.attrs)

        def copy(name: str, item) -> None:
            if name.split("/")[0] == "optimizer":
                return
            if isinstance(item, h5py.Group):
                made = new.require_group(name)
            else:
                made = new.create_dataset(name, data=_stored(name, item[()]))
            made.attrs.update(item.attrs)

        old.visititems(copy)
    return target.read_bytes()


def _stored(name: str, values: np.ndarray) -> np.ndarray:
    """Return an array of a weights file in the type that it is stored in."""
    rounded = _rounded(name, values)
    large = rounded.ndim >= 2 and rounded.dtype.kind == "f"
    return rounded.astype(np.float16) if large else rounded


def _rounded(name: str, values: np.ndarray) -> np.ndarray:
    """Round a float array of two or more axes to float16; leave others alone."""
    if values.dtype.kind != "f":
        return values
    if not np.isfinite(values).all():
        raise ValueError(f"weight {name} holds NaN or infinity")
    if values.ndim < 2:
        return values
    largest = np.abs(values).max(initial=0)
    if largest > np.finfo(np.float16).max:
        raise ValueError(f"weight {name} exceeds float16: {largest:g}")
    return values.astype(np.float16).astype(values.dtype)
