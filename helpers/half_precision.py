"""Store a model's kernels with 16 bits: half the bytes, three decimal digits kept.

Vectors (biases, normalisation) stay float32: they are small, and variances may lie
below what float16 can hold.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

WEIGHTS = "model.weights.h5"


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
