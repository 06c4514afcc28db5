"""Keep a tokenizer in a JSON file, and refuse every other file with a clear word."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from helpers.download import whole_file


def write_fields(path: str | Path, kind: str, **fields: str | list[str]) -> None:
    """Write a tokenizer's fields, whole or not at all.

    Args:
        path: The file's name; its folder is made if missing.
        kind: What kind of tokenizer it is, in words.
        fields: What it takes to make it again.
    """
    with whole_file(path) as temporary:
        temporary.write_text(json.dumps({"kind": kind, **fields}), encoding="utf-8")


def read_fields(path: str | Path, kind: str, make: Callable, **fields: type) -> Any:
    """Read what `write_fields` wrote, and make the tokenizer of it.

    Args:
        path: A file.
        kind: The kind it must hold.
        make: Takes the fields' values in order, and returns the tokenizer.
        fields: The type of each field that the file must hold.

    Returns:
        What `make` gives.

    Raises:
        ValueError: If the file holds no JSON, another kind, or fields that are missing,
            of another type or refused by `make`; it names the file.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        message = f"{path} is not a tokenizer file: {error}; wanted one that save wrote"
        raise ValueError(message) from error
    found = content.get("kind") if isinstance(content, dict) else None
    if found != kind:
        raise ValueError(f"{path} should hold a {kind} tokenizer, it holds {found!r}")
    for name, wanted in fields.items():
        if not isinstance(content.get(name), wanted):
            what = f"its {name!r} is {content.get(name)!r:.40}"
            raise ValueError(f"{path}: {what}; wanted a {wanted.__name__}")
    try:
        return make(*(content[name] for name in fields))
    except ValueError as error:
        raise ValueError(f"{path} holds no {kind} tokenizer: {error}") from error
