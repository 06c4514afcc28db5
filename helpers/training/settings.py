"""Tell two models apart that have the same weights' shapes, by how they were made."""

from __future__ import annotations

import hashlib
import json

import keras

# What Keras notes in a configuration though it is no setting: the shapes of the first
# call, how the model was compiled, and the bytes of a lambda, which hold file names.
NO_SETTINGS = {"build_config", "compile_config", "shared_object_id"}


def fingerprint(model: keras.Model) -> str:
    """Hash a model's class and configuration, without what a new process changes.

    Layers' names do not count, since Keras numbers them anew in each process: every
    name is replaced by its place. A model that cannot tell its configuration is known
    by its class alone.

    Args:
        model: any Keras model.

    Returns:
        A SHA-256, 64 hexadecimal characters.
    """
    try:
        config = model.get_config()
    except NotImplementedError:
        config = {}
    plain = json.loads(json.dumps(config, default=_described, skipkeys=True))
    names: dict[str, str] = {}
    _collect_names(plain, names)
    settings = [type(model).__name__, _normal(plain, names)]
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()


def _described(value):
    """Return what stands for a value that JSON does not know, without its address."""
    if hasattr(value, "get_config"):
        return [type(value).__name__, value.get_config()]
    if hasattr(value, "tolist"):
        return value.tolist()
    return type(value).__name__


def _collect_names(part, names: dict[str, str]) -> None:
    """Number all names of layers and models, in order of appearance."""
    if isinstance(part, dict):
        name = part.get("name")
        if isinstance(name, str):
            names.setdefault(name, f"#{len(names)}")
        for value in part.values():
            _collect_names(value, names)
    elif isinstance(part, list):
        for value in part:
            _collect_names(value, names)


def _normal(part, names: dict[str, str]):
    """Return a configuration with numbered names, without what is no setting."""
    if isinstance(part, dict):
        if part.get("class_name") == "__lambda__":
            return "a lambda"
        kept = {key: part[key] for key in part if key not in NO_SETTINGS}
        return {key: _normal(value, names) for key, value in kept.items()}
    if isinstance(part, list):
        return [_normal(value, names) for value in part]
    return names.get(part, part) if isinstance(part, str) else part
