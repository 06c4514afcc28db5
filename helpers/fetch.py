"""Fetch ahead what lessons use, so that a class can go offline afterwards.

python -m helpers.fetch                    what the lessons use
python -m helpers.fetch smollm2 ag_news    only these
python -m helpers.fetch --all              every model and public dataset; mind the
                                           licences, which data/catalog.toml names
"""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Sequence

from helpers import course, datasets, pretrained
from helpers.datasets.sources import OfflineError
from helpers.pretrained import wheels

# What the lessons load, as tests/test_fetch.py checks.
LESSONS = (
    "smollm2",
    "minilm",
    "tiny_shakespeare",
    "chinese_poetry",
    "ag_news",
    "fashion_mnist",
    "spoken_digits",
)
WIDTH = 88  # of a line about something missing


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch and report, one line each.

    Args:
        arguments: The command line, without the program's name.

    Returns:
        Exit code: 0, or 1 if something is missing and --strict was given.

    Raises:
        ValueError: If a name is in neither catalogue.
    """
    parser = argparse.ArgumentParser(
        prog="python -m helpers.fetch", description="Fetch models and datasets ahead."
    )
    parser.add_argument(
        "names", nargs="*", help="what to fetch; what the lessons use if empty"
    )
    parser.add_argument(
        "--all", action="store_true", help="fetch every model and public dataset"
    )
    parser.add_argument(
        "--strict", action="store_true", help="fail if something is missing"
    )
    options = parser.parse_args(arguments)
    names = everything() if options.all else options.names or list(LESSONS)
    print(f"Looking for {announcement(names)}:")
    missing = [name for name in names if not fetch(name)]
    if missing:
        given = ["--all"] if options.all else options.names
        again = " ".join(["python -m helpers.fetch", *given])
        count = f"{len(missing)} of {len(names)}"
        print(f"Missing: {count}. Lessons use stand-ins instead, and say so.")
        print(f"With a network, try again: {again}")
    else:
        print(f"All is in {course.cache_dir()} or where it was found.")
    return 1 if missing and options.strict else 0


def everything() -> list[str]:
    """Return the names of all models and public datasets."""
    public = [
        name
        for name, entry in datasets.catalogue().items()
        if entry["kind"] == "public"
    ]
    return [*wheels.catalogue(), *public]


def announcement(names: Sequence[str]) -> str:
    """Say how much there is to fetch at most.

    Args:
        names: Models of `data/models.toml` and sets of `data/catalog.toml`.

    Returns:
        Such as "2 models and 5 data sets, 226 MB if none is here yet".

    Raises:
        ValueError: If there is no such name.
    """
    models, sets = wheels.catalogue(), datasets.catalogue()
    for name in names:
        if name not in models and name not in sets:
            known = [*models, *sets]
            raise ValueError(f"nothing is called {name!r}; wanted one of {known}")
    sizes = [models[name]["wheel"]["bytes"] for name in names if name in models]
    counts = [(len(sizes), "model"), (len(names) - len(sizes), "data set")]
    parts = [f"{n} {what}{'s' * (n != 1)}" for n, what in counts if n]
    sizes += [sets[name]["bytes"] for name in names if name not in models]
    return f"{' and '.join(parts)}, {sum(sizes) / 1e6:.0f} MB if none is here yet"


def fetch(name: str) -> bool:
    """Make sure that one model or dataset is here, and print one line about it.

    Args:
        name: A model of `data/models.toml` or a set of `data/catalog.toml`.

    Returns:
        Whether it is here.

    Raises:
        ValueError: If there is no such name.
    """
    try:
        if name in wheels.catalogue():
            place = pretrained.prepare(name)
        else:
            paths = datasets.load(name).paths
            place = next(iter(paths.values())).parent if paths else "its package"
    except datasets.DatasetUnavailable as error:
        line = textwrap.shorten(name + _reason(error), WIDTH - 11, placeholder=" …")
        print(f"  missing  {line}")
        return False
    print(f"  here     {name}: {place}")
    return True


def _reason(error: datasets.DatasetUnavailable) -> str:
    """Say why in a few words and without addresses; `load` itself says more."""
    cause = error.__cause__
    if cause is None or isinstance(cause, OfflineError):
        return f", {error.reason}"
    text = re.sub(r"https?://\S+ ", "", str(cause))
    return ": " + re.split(r" failed: |ERROR: ", text)[-1]


if __name__ == "__main__":
    raise SystemExit(main())
