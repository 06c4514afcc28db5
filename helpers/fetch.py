"""Fetch ahead what lessons use, so that a class can go offline afterwards.

python -m helpers.fetch                    all models and public datasets
python -m helpers.fetch smollm2 ag_news    only these
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from helpers import course, datasets, model_files, pretrained


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
    parser.add_argument("names", nargs="*", help="what to fetch; everything if empty")
    parser.add_argument(
        "--strict", action="store_true", help="fail if something is missing"
    )
    options = parser.parse_args(arguments)
    missing = [name for name in options.names or everything() if not fetch(name)]
    if missing:
        print(
            f"Missing: {', '.join(missing)}. Lessons use stand-ins, and say so; "
            "run this again when there is a network."
        )
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
    return [*model_files.catalogue(), *public]


def fetch(name: str) -> bool:
    """Make sure that one model or dataset is here, and print one line about it.

    Args:
        name: A model of `data/models.toml` or a set of `data/catalog.toml`.

    Returns:
        Whether it is here.

    Raises:
        ValueError: If there is no such name.
    """
    known = [*model_files.catalogue(), *datasets.catalogue()]
    if name not in known:
        raise ValueError(f"nothing is called {name!r}; wanted one of {known}")
    try:
        if name in model_files.catalogue():
            place = pretrained.prepare(name)
        else:
            paths = datasets.load(name).paths
            place = next(iter(paths.values())).parent if paths else "its package"
    except datasets.DatasetUnavailable as error:
        print(f"  missing  {name}: {' '.join(str(error).splitlines()[:2])}")
        return False
    print(f"  here     {name}: {place}")
    return True


if __name__ == "__main__":
    raise SystemExit(main())
