"""Stop and resume a training exactly: weights, optimizer, random state and position.

`keras.Model.save` keeps a model to use; these files keep a training to go on with. A
training that was killed and resumed ends, on one machine's CPU, with the same bits as
one that ran through.
"""

from __future__ import annotations

import json
import os
import random
import zipfile
from pathlib import Path

import keras
import numpy as np

from helpers.files import whole_file

FORMAT = "aigc training state 1"


def save_state(path: str | Path, model: keras.Model, **extra) -> None:
    """Write all that a training needs to go on where it is.

    That is the model's variables (weights, and the states of its random generators),
    the optimizer's (moments, iteration), Keras's global random generator, and `extra`.
    A model that trains with several optimizers lists them all in `optimizers`. The
    file appears whole or not at all.

    Args:
        path: file to write, ending in .npz; its folder is made if missing.
        model: a compiled model; steps are those of the optimizer that `compile` got.
        extra: further values to keep, of JSON's types.

    Raises:
        ValueError: if the model is not compiled, or `extra` holds another type.
    """
    variables = _variables(model)
    about = {
        "format": FORMAT,
        "step": int(model.optimizer.iterations.numpy()),
        "extra": extra,
        "names": [name for name, _ in variables],
    }
    try:
        header = json.dumps(about)
    except TypeError as error:
        raise ValueError(f"extra is {extra!r}; wanted values of JSON types") from error
    arrays = {str(i): variable.numpy() for i, (_, variable) in enumerate(variables)}
    with whole_file(path) as temporary, open(temporary, "wb") as stream:
        np.savez(stream, about=np.array(header), **arrays)
        stream.flush()
        os.fsync(stream.fileno())  # a state must outlive a power cut


def load_state(path: str | Path, model: keras.Model) -> dict:
    """Put a model and its optimizer back to where `save_state` was called.

    The data's position is the returned step: train on with `dataset.skip(step)`.

    Args:
        path: file that `save_state` wrote.
        model: a compiled model, made and compiled as the saved one.

    Returns:
        `{"step": training steps done, **extra}`.

    Raises:
        ValueError: if the file is cut off, damaged, no training state, or that of
            another model or optimizer; the model is unchanged then.
        FileNotFoundError: if there is no such file.
    """
    about, arrays = _read(Path(path))
    variables = _variables(model)
    _check_fit(path, about["names"], arrays, variables)
    for array, (_, variable) in zip(arrays, variables, strict=True):
        variable.assign(array)
    return {**about["extra"], "step": about["step"]}


def _check_fit(path, names: list, arrays: list, variables: list) -> None:
    """Raise ValueError if a file's arrays are not those of these variables."""
    wanted = [name for name, _ in variables]
    if names != wanted:
        pairs = zip(names, wanted, strict=False)
        first = next((f"{a}, {b}" for a, b in pairs if a != b), "one has more")
        raise ValueError(
            f"{path} holds {len(names)} variables, the model and its optimizer have "
            f"{len(wanted)}; wanted the same (first difference: {first})"
        )
    for array, (name, variable) in zip(arrays, variables, strict=True):
        shape, dtype = tuple(variable.shape), variable.numpy().dtype
        if array.shape != shape or array.dtype != dtype:
            raise ValueError(
                f"{path} holds {name} as {array.dtype} {array.shape}; wanted {dtype} "
                f"{shape}, as in the model"
            )


def _variables(model: keras.Model) -> list[tuple[str, keras.Variable]]:
    """List (name, variable) of a training, in a fixed order; metrics left out."""
    optimizers = _optimizers(model)
    metrics = {id(variable) for variable in model.metrics_variables}
    own = [variable for variable in model.variables if id(variable) not in metrics]
    named = [(f"model {_tail(variable)}", variable) for variable in own]
    for one in optimizers:
        kind = type(one).__name__
        named += [(f"{kind} state", variable) for variable in one.variables]
    return [*named, ("random", _global_generator().state)]


def _optimizers(model: keras.Model) -> list[keras.optimizers.Optimizer]:
    """List the built optimizers: the model's own `optimizers`, or the compiled one."""
    if not model.compiled or model.optimizer is None:
        raise ValueError(f"model {model.name} is not compiled; wanted an optimizer too")
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return getattr(model, "optimizers", [model.optimizer])


def _tail(variable: keras.Variable) -> str:
    """Return a variable's name without what Keras numbers anew in each process."""
    return variable.path.rsplit("/", 1)[-1]


def _global_generator() -> keras.random.SeedGenerator:
    """Return the generator behind every random op without a seed of its own."""
    from keras.src.random.seed_generator import global_seed_generator

    before = random.getstate()  # making the generator would draw from Python's
    generator = global_seed_generator()
    random.setstate(before)
    return generator


def _read(path: Path) -> tuple[dict, list[np.ndarray]]:
    """Read what `save_state` wrote; the zip's checksums guard every array."""
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file["about"]))
            if about["format"] != FORMAT:
                raise ValueError(f"its format is {about['format']!r}")
            return about, [file[str(i)] for i in range(len(about["names"]))]
    except FileNotFoundError:
        raise
    except (
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        OSError,
        AttributeError,
        zipfile.BadZipFile,
    ) as error:
        raise ValueError(
            f"{path} is no whole training state ({error}); wanted a file that "
            "save_state wrote"
        ) from error
