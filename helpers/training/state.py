"""Stop and resume a training exactly: weights, optimizer, random state and position.

`keras.Model.save` keeps a model to use; these files keep a training to go on with. A
training that was killed and resumed ends, on one machine's CPU, with the same bits as
one that ran through.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import zipfile
from pathlib import Path

import keras
import numpy as np

from helpers.files import whole_file
from helpers.training.settings import fingerprint

FORMAT = "aigc training state 2"
LONGEST_HEADER = 64 * 2**20  # bytes; names and extra of the course's models take 20 kB
NPY_HEADER = 4_096  # bytes that come before the numbers of an array, at most


def save_state(path: str | Path, model: keras.Model, **extra) -> None:
    """Write all that a training needs to go on where it is.

    That is the model's variables (weights, and the states of its random generators),
    the optimizer's (moments, iteration), Keras's global random generator, and `extra`.
    A model that trains with several optimizers lists them all in `optimizers`. The
    file appears whole or not at all.

    Args:
        path: file to write, ending in .npz; its folder is made if missing.
        model: a compiled model; steps are those of the optimizer that `compile` got.
        extra: further values to keep, of JSON's types. Tuples come back as lists. Not
            `step`, which `load_state` returns itself.

    Raises:
        ValueError: if the model is not compiled, or `extra` holds another type, a
            `step`, or more than 64 MiB.
    """
    variables = _variables(model)
    if "step" in extra:
        raise ValueError(
            "`save_state` wants no value named step, which the optimizer counts, "
            f"received step={extra['step']!r}"
        )
    if not _is_plain(extra):
        raise ValueError(f"extra is {extra!r}; wanted values of JSON types")
    header = json.dumps(
        {
            "format": FORMAT,
            "step": int(model.optimizer.iterations.numpy()),
            "extra": extra,
            "settings": fingerprint(model),
            "variables": _described(variables),
        }
    )
    if len(header) * 4 > LONGEST_HEADER:  # NumPy keeps four bytes a character
        raise ValueError(f"extra has {len(header):,} characters; wanted fewer")
    arrays = {str(i): _bits(one.numpy()) for i, (_, one) in enumerate(variables)}
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
    variables = _variables(model)
    try:
        with zipfile.ZipFile(path) as file:
            about = _read_header(file)
            _check_fit(path, about, model, variables)
            arrays = [_read_like(file, i, one) for i, (_, one) in enumerate(variables)]
    except (FileNotFoundError, OtherModelError):
        raise
    # A damaged zip fails in more than ten ways, from zlib.error to NotImplementedError.
    except Exception as error:
        raise ValueError(
            f"{path} is no whole training state ({type(error).__name__}: {error}); "
            "wanted a file that save_state wrote"
        ) from error
    for array, (_, variable) in zip(arrays, variables, strict=True):
        variable.assign(array)  # only now: a file is taken whole or not at all
    return {**about["extra"], "step": about["step"]}


def state_hash(model: keras.Model) -> str:
    """Hash the bits of a training: its model's variables and its optimizers'.

    Two trainings with the same hash are at the same place, to the last bit. Keras's
    global generator does not count, since other models draw from it, too.

    Args:
        model: a compiled model.

    Returns:
        A SHA-256, 64 hexadecimal characters.

    Raises:
        ValueError: if the model is not compiled.
    """
    digest = hashlib.sha256()
    for name, variable in _variables(model)[:-1]:  # the last is the global generator
        digest.update(f"{name} {variable.dtype} {variable.shape};".encode())
        digest.update(variable.numpy().tobytes())
    return digest.hexdigest()


class OtherModelError(ValueError):
    """A whole state, of another model or optimizer."""


def _read_header(file: zipfile.ZipFile) -> dict:
    """Read what a state says of itself; the zip's checksum guards it."""
    about = json.loads(str(_read(file, "about", LONGEST_HEADER)))
    if about["format"] != FORMAT:
        raise ValueError(f"its format is {about['format']!r}")
    step, extra = about["step"], about["extra"]
    if type(step) is not int or not 0 <= step < 2**63 or not isinstance(extra, dict):
        raise ValueError(f"its step is {step!r}, its extra {extra!r}")
    return about


def _read(file: zipfile.ZipFile, name: str, most: int) -> np.ndarray:
    """Read one array of at most so many bytes: a size is not believed before."""
    member = file.getinfo(f"{name}.npy")
    if member.file_size > most + NPY_HEADER:
        raise ValueError(f"{member.filename} has {member.file_size:,} bytes")
    with file.open(member) as stream:
        content = stream.read(most + NPY_HEADER + 1)
    return np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)


def _read_like(file: zipfile.ZipFile, index: int, variable) -> np.ndarray:
    """Read the array of a variable, whose shape and dtype it must have."""
    wanted = variable.numpy()
    array = _read(file, str(index), wanted.nbytes)
    if array.shape != wanted.shape or array.dtype != _bits(wanted).dtype:
        raise ValueError(
            f"its array {index} is {array.dtype} {array.shape}, its header says "
            f"{wanted.dtype} {wanted.shape}"
        )
    return array.view(wanted.dtype)


def _bits(array: np.ndarray) -> np.ndarray:
    """Return what NumPy can write: of bfloat16 and its like, the bits as integers."""
    # Types that NumPy does not have itself are no subtypes of its numbers.
    own = array.dtype.isbuiltin == 1
    return array if own else array.view(f"u{array.dtype.itemsize}")


def _described(variables: list) -> list:
    """Return [name, dtype, shape] of each variable, as JSON gives them back."""
    return [[name, str(one.dtype), list(one.shape)] for name, one in variables]


def _check_fit(path, about: dict, model, variables: list) -> None:
    """Raise ValueError if a state is not one of this model and its optimizers."""
    wanted, found = _described(variables), about["variables"]
    if found != wanted:
        pairs = zip(found, wanted, strict=False)
        first = next((f"{a}, {b}" for a, b in pairs if a != b), "one has more")
        raise OtherModelError(
            f"{path} holds {len(found)} variables, the model and its optimizer have "
            f"{len(wanted)}; wanted the same (first difference: {first})"
        )
    if about["settings"] != fingerprint(model):
        raise OtherModelError(
            f"{path} is of a {type(model).__name__} with other settings; wanted a "
            "model made with the same arguments (activation, dropout, …)"
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


def _is_plain(value) -> bool:
    """Tell whether JSON keeps a value as it is, tuples apart."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(value[key]) for key in value)
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (str, int, float, bool))
