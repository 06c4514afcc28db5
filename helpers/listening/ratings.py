"""Keep the ratings of a listening test: the scale, the file, the check of raters.

The file is CSV with one line a rating. It is only ever replaced as a whole, under a
lock, so two raters may save at once and a crash leaves the file as it was.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from helpers.files import locked, whole_file

if TYPE_CHECKING:
    import pandas as pd

# Absolute category rating, ITU-T P.800 (1996), annex B.
SCALE = {5: "Excellent", 4: "Good", 3: "Fair", 2: "Poor", 1: "Bad"}
COLUMNS = ("time", "rater", "clip", "rating")
SIMULATED = "simulated-"  # begins the name of every rater who is no person
NAME = re.compile(r"\w[\w .-]{0,39}")
LOCK_SECONDS = 10.0


def check_name(name: object, what: str) -> str:
    """Return `name` if it can stand in a ratings file.

    Args:
        name: 1 to 40 letters, digits, spaces, ".", "_" or "-", a letter or digit
            first.
        what: what it names, quoted in the message.

    Raises:
        ValueError: if it is no such text.
    """
    if not isinstance(name, str) or not NAME.fullmatch(name) or name != name.strip():
        wanted = "1 to 40 letters, digits, spaces, '.', '_' or '-'"
        raise ValueError(f"{what} is {name!r}; wanted {wanted}")
    return name


def check_rating(rating: object) -> int:
    """Return `rating` as an int if it is a whole number from 1 to 5.

    Raises:
        ValueError: for anything else, True and 4.5 included.
    """
    whole = isinstance(rating, int | np.integer) and not isinstance(rating, bool)
    if not whole or rating not in SCALE:
        raise ValueError(f"rating is {rating!r}; wanted a whole number from 1 to 5")
    return int(rating)


def append(
    path: str | Path,
    rater: str,
    clip: str,
    rating: int,
    *,
    clips: Collection[str] | None = None,
    replace: bool = False,
) -> None:
    """Add one rating to the file; make the file if there is none.

    The old file and the new line are written to a temporary file that then takes the
    old one's place, under a lock: nobody ever sees half a line, and two raters who
    save at the same moment both get in.

    Args:
        path: the CSV file, with the header time,rater,clip,rating.
        rater: who listened, see `check_name`.
        clip: name of the clip.
        rating: 1 (bad) to 5 (excellent).
        clips: names of the clips in the test, or None to accept any.
        replace: whether this rating takes the place of the rater's earlier one.

    Raises:
        ValueError: for a bad name, rating or clip, a second rating of the same clip
            without `replace`, or a file that is no ratings file; it stays as it was.
        TimeoutError: if another process holds the lock for ten seconds.
    """
    rater, clip = check_name(rater, "rater"), check_name(clip, "clip")
    rating = check_rating(rating)
    if clips is not None and clip not in clips:
        raise ValueError(f"clip is {clip!r}; wanted one of {sorted(clips)}")
    path = Path(path)
    with locked(path, LOCK_SECONDS):
        rows = _rows(path) if path.exists() and path.stat().st_size else []
        earlier = [row for row in rows if (row["rater"], row["clip"]) == (rater, clip)]
        if earlier and not replace:
            given = earlier[0]["rating"]
            raise ValueError(
                f"{rater!r} has rated {clip!r} already: {given}; received {rating}."
                " Wanted one rating a clip, or replace=True"
            )
        now = datetime.now(UTC).isoformat(timespec="seconds")
        rows = [row for row in rows if row not in earlier]
        rows.append({"time": now, "rater": rater, "clip": clip, "rating": rating})
        _write(path, rows)


def write(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table of ratings to a new file, all of it or nothing.

    Args:
        path: a file that is not there yet.
        table: columns rater, clip and rating, for instance a simulated panel's.

    Raises:
        ValueError: if the file exists, or the table is no valid set of ratings.
        TimeoutError: if another process holds the lock for ten seconds.
    """
    path = Path(path)
    if missing := set(COLUMNS[1:]) - set(table.columns):
        raise ValueError(f"the table lacks {sorted(missing)}; has {[*table.columns]}")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    rows = [{"time": now, **row} for row in table[[*COLUMNS[1:]]].to_dict("records")]
    for place, row in enumerate(rows):
        row["rating"] = str(check_rating(row["rating"]))
        _check_row(row, f"row {place}")
    _no_duplicates(rows, "the table")
    with locked(path, LOCK_SECONDS):
        if path.exists():
            raise ValueError(f"{path.name} exists; wanted the name of a new file")
        _write(path, rows)


def read(path: str | Path, clips: Collection[str] | None = None) -> pd.DataFrame:
    """Read and check a ratings file.

    Args:
        path: the CSV file, UTF-8, with the header time,rater,clip,rating.
        clips: names of the clips in the test, or None to accept any.

    Returns:
        A table with the columns time, rater, clip (str) and rating (int64), one row
        a rating, in the order of the file.

    Raises:
        ValueError: naming line and fault: no header or another one, a missing field,
            a rating outside 1 to 5, an unknown clip, a clip rated twice by one rater.
        FileNotFoundError: if there is no such file.
    """
    import pandas as pd

    path = Path(path)
    rows = _rows(path)
    for row in rows:
        if clips is not None and row["clip"] not in clips:
            raise ValueError(
                f"{path.name}: clip {row['clip']!r} is unknown; wanted one of "
                f"{sorted(clips)}"
            )
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.astype({"rating": "int64"})


def failed_controls(
    table: pd.DataFrame, reference: Collection[str], anchor: Collection[str]
) -> list[str]:
    """Name the raters who do not put the hidden reference above the hidden anchor.

    A rater is judged by clips whose truth is known, never by agreement with others.

    Args:
        table: ratings with the columns rater, clip and rating.
        reference: names of the clips that are natural recordings.
        anchor: names of the clips spoilt on purpose.

    Returns:
        Raters whose mean over the references is not above that over the anchors, or
        who did not rate both kinds, sorted.

    Raises:
        ValueError: if one of the two is empty or they share a clip.
    """
    if not reference or not anchor or set(reference) & set(anchor):
        raise ValueError(
            f"wanted clips of two kinds, received reference {sorted(reference)} and "
            f"anchor {sorted(anchor)}"
        )
    failed = []
    for rater, own in table.groupby("rater"):
        good = own.loc[own["clip"].isin(reference), "rating"].mean()
        bad = own.loc[own["clip"].isin(anchor), "rating"].mean()
        if not good > bad:  # NaN, where a kind is missing, fails too
            failed.append(rater)
    return sorted(failed)


def _write(path: Path, rows: list[dict]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    with whole_file(path) as temporary:
        temporary.write_text(text.getvalue(), encoding="utf-8", newline="\n")


def _rows(path: Path) -> list[dict]:
    """Return every line of a ratings file as a checked dict."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path.name}: wanted CSV in UTF-8: {error}") from error
    header = lines[0] if lines else []
    if tuple(header) != COLUMNS:
        raise ValueError(f"{path.name}: columns {header}; wanted {list(COLUMNS)}")
    rows = []
    for number, fields in enumerate(lines[1:], start=2):
        where = f"{path.name}, line {number}"
        if len(fields) != len(COLUMNS):
            raise ValueError(f"{where}: {fields}; wanted {len(COLUMNS)} fields")
        rows.append(dict(zip(COLUMNS, fields, strict=True)))
        _check_row(rows[-1], where)
    _no_duplicates(rows, path.name)
    return rows


def _check_row(row: dict, where: str) -> None:
    check_name(row["rater"], f"{where}: rater")
    check_name(row["clip"], f"{where}: clip")
    if row["rating"] not in map(str, SCALE):
        raise ValueError(f"{where}: rating {row['rating']!r}; wanted 1, 2, 3, 4 or 5")
    try:
        datetime.fromisoformat(row["time"])
    except ValueError as error:
        raise ValueError(f"{where}: time {row['time']!r}; wanted ISO 8601") from error


def _no_duplicates(rows: list[dict], where: str) -> None:
    seen = set()
    for row in rows:
        key = row["rater"], row["clip"]
        if key in seen:
            raise ValueError(f"{where}: {key[0]!r} rates {key[1]!r} twice; wanted once")
        seen.add(key)
