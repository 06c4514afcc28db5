"""Fill a table of results row by row, go on after a stop, and ship it with a card."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from helpers import checkpoints, course
from helpers.files import sha256_of, whole_file
from recipes import _shipping

Case = Mapping[str, int | float | str]


def fill(
    name: str,
    cases: Iterable[Case],
    measure: Callable[[Case], Case],
    about: Mapping,
    output: Path | None = None,
) -> Path:
    """Measure every case that is not measured yet; then write the table and its card.

    After each row the rows so far are written, whole, to build/<name>_rows.csv: the
    same command goes on from there after a stop. The file begins with what the table
    is about, and rows of another table are refused.

    Args:
        name: of the table and of its recipe.
        cases: the columns that tell a row from all others, in the order of the rows.
        measure: returns the other columns of a case, with the same names every time.
            One that reads a training again says itself, in cpu_seconds, what it took.
        about: the card's entries, of JSON's types: data, settings and what else the
            rows depend on. Command, seeds, hardware, minutes and versions are added.
        output: folder of the state and of the table; the course's own if None.

    Returns:
        The .csv file.

    Raises:
        ValueError: if two cases are equal, or the state is of another table.
    """
    cases = list(cases)
    if len({_key(case, case) for case in cases}) < len(cases):
        raise ValueError(f"`fill` wants cases that differ, received equal ones: {name}")
    state = (output or course.root() / "build") / f"{name}_rows.csv"
    rows = _resume(state, about)
    for case in cases:
        if not any(_key(row, case) == _key(case, case) for row in rows):
            start = time.process_time()
            found = dict(measure(case))
            spent = round(time.process_time() - start, 1)
            found["cpu_seconds"] = found.pop("cpu_seconds", spent)  # the last column
            rows.append({**case, **found})
            _write(state, rows, f"# {_said(about)}\n")
            print(" ".join(f"{k} {v}" for k, v in rows[-1].items()), flush=True)
    ordered = [row for c in cases for row in rows if _key(row, c) == _key(c, c)]
    path = _ship(name, ordered, about, output or checkpoints.results_folder())
    state.unlink(missing_ok=True)
    return path


def _key(row: Case, case: Case) -> tuple[str, ...]:
    """Return what tells a row from others: its columns of a case, as text."""
    return tuple(str(row.get(column)) for column in case)


def _said(about: Mapping) -> str:
    """Write what a table is about on one line."""
    return json.dumps(dict(about), ensure_ascii=False, sort_keys=True)


def _resume(state: Path, about: Mapping) -> list[dict]:
    """Return the rows measured so far, or refuse those of another table."""
    if not state.exists():
        return []
    first, *lines = state.read_text(encoding="utf-8").splitlines()
    if first != f"# {_said(about)}":
        raise ValueError(
            f"{state} is of a table about {first[2:]}; wanted {_said(about)}; delete "
            "the file to start anew"
        )
    print(f"going on after {len(lines) - 1} rows", flush=True)
    return list(csv.DictReader(lines))


def _write(path: Path, rows: list[dict], first: str = "") -> None:
    """Write all rows, whole or not at all."""
    with (
        whole_file(path) as scratch,
        open(scratch, "w", encoding="utf-8", newline="") as file,
    ):
        file.write(first)
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _ship(name: str, rows: list[dict], about: Mapping, folder: Path) -> Path:
    """Write the table, and the card that says how it was made."""
    import keras
    import tensorflow as tf

    path = folder / f"{name}.csv"
    _write(path, rows)
    seconds = sum(float(row["cpu_seconds"]) for row in rows)
    card = {
        "name": name,
        "command": f"python -m recipes.{name}",
        **about,
        "rows": len(rows),
        "seeds": sorted({int(row["seed"]) for row in rows}),
        "hardware": _shipping.hardware(),
        "minutes": round(seconds / 60, 1),
        "clock": "minutes of one core's time",
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
        "sha256": sha256_of(path),
    }
    with whole_file(path.with_suffix(".json")) as scratch:
        text = json.dumps(card, indent=2, ensure_ascii=False)
        scratch.write_text(text + "\n", encoding="utf-8")
    return path
