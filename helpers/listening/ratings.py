"""Keep the ratings of a listening test: the scale, the file, the check of raters.

The file is CSV with one line a rating. It is only ever replaced as a whole, under a
lock, so two raters may save at once and a crash leaves the file as it was.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import contextmanager
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
MARK = re.compile(r"-[0-9a-f]{8}$")  # of a clip's waveform, at the end of its name
LONGEST = 40  # characters of a name, such a mark aside
JOINERS = "\u200c\u200d"  # Persian and Indian names need them inside a word
LOCK_SECONDS = 10.0


def check_name(name: object, what: str) -> str:
    """Return `name` in Unicode's form NFC if it can stand in a ratings file.

    Args:
        name: 1 to 40 letters, digits and marks of any script, spaces, ".", "_" or "-",
            a letter or digit first: a spreadsheet takes what begins with "=" for a
            formula.
        what: what it names, quoted in the message.

    Raises:
        ValueError: if it is no such text.
    """
    text = unicodedata.normalize("NFC", name) if isinstance(name, str) else ""
    kinds = [unicodedata.category(sign)[0] for sign in text]  # L, M, N: letters …
    known = all(
        kind in "LMN" or sign in " ._-" + JOINERS
        for kind, sign in zip(kinds, text, strict=True)
    )
    begins = bool(text) and (kinds[0] in "LN" or text[0] == "_")
    fits = len(MARK.sub("", text)) <= LONGEST and text == text.strip()
    if not (known and begins and fits):
        wanted = "1 to 40 letters, digits, spaces, '.', '_' or '-', a letter first"
        raise ValueError(f"{what} is {name!r}; wanted {wanted}")
    return text


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

    The old ratings and the new one are written to a temporary file that then takes
    the old one's place, under a lock: nobody ever sees half a line, and two raters who
    save at the same moment both get in.

    Args:
        path: the CSV file, with the columns time, rater, clip and rating.
        rater: who listened, see `check_name`.
        clip: name of the clip.
        rating: 1 (bad) to 5 (excellent).
        clips: names of the clips in the test, or None to accept any.
        replace: whether this rating takes the place of the rater's earlier one.

    Raises:
        ValueError: for a bad name, rating or clip, a second rating of the same clip
            without `replace`, or a file that is no ratings file; it stays as it was.
        TimeoutError: if another process holds the lock for ten seconds.
        OSError: if the file cannot be written.
    """
    import pandas as pd

    rater, clip = check_name(rater, "rater"), check_name(clip, "clip")
    rating = check_rating(rating)
    if clips is not None and clip not in clips:
        raise ValueError(f"clip is {clip!r}; wanted one of {sorted(clips)}")
    path = Path(path)
    with _changing(path):
        began = path.exists() and path.stat().st_size
        table = read(path) if began else pd.DataFrame(columns=COLUMNS)
        earlier = (table["rater"] == rater) & (table["clip"] == clip)
        if earlier.any() and not replace:
            raise ValueError(
                f"{rater!r} has rated {clip!r} already: "
                f"{table.loc[earlier, 'rating'].item()}; received {rating}."
                " Wanted one rating a clip, or replace=True"
            )
        table = table[~earlier].reset_index(drop=True)
        table.loc[len(table)] = [_now(), rater, clip, rating]
        _write(path, table)


def write(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table of ratings to a new file, all of it or nothing.

    Args:
        path: a file that is not there yet.
        table: columns rater, clip and rating, for instance a simulated panel's.

    Raises:
        ValueError: if the file exists, or the table is no valid set of ratings.
        TimeoutError: if another process holds the lock for ten seconds.
        OSError: if the file cannot be written.
    """
    path = Path(path)
    if missing := set(COLUMNS[1:]) - set(table.columns):
        raise ValueError(f"the table lacks {sorted(missing)}; has {[*table.columns]}")
    table = table[[*COLUMNS[1:]]].reset_index(drop=True)
    table.insert(0, "time", _now())
    table["rating"] = [str(check_rating(rating)) for rating in table["rating"]]
    table = _checked(table, [f"row {place}" for place in range(len(table))])
    with _changing(path):
        if path.exists():
            raise ValueError(f"{path.name} exists; wanted the name of a new file")
        _write(path, table)


def read(path: str | Path, clips: Collection[str] | None = None) -> pd.DataFrame:
    """Read and check a ratings file.

    Args:
        path: the CSV file, UTF-8, with the columns time, rater, clip and rating in any
            order. Blank lines and a byte order mark are left out.
        clips: names of the clips in the test, or None to accept any. Ratings of a clip
            that has another waveform by now, see `listening.Clip`, are left out.

    Returns:
        A table with the columns time, rater, clip (str) and rating (int64), one row
        a rating, in the order of the file.

    Raises:
        ValueError: naming line and fault: no header or another one, a missing field,
            a rating outside 1 to 5, an unknown clip, a clip rated twice by one rater.
        FileNotFoundError: if there is no such file.
    """
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"read wants a file, received the folder {path.name}")
    table = _checked(*_rows(path))
    if clips is None:
        return table
    earlier = {MARK.sub("", clip) for clip in clips if MARK.search(clip)}
    for clip in table["clip"].unique():
        if clip not in clips and MARK.sub("", clip) not in earlier:
            raise ValueError(
                f"{path.name}: clip {clip!r} is unknown; wanted one of {sorted(clips)}"
            )
    return table[table["clip"].isin(set(clips))].reset_index(drop=True)


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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def _changing(path: Path) -> Iterator[None]:
    """Hold the file's lock, and say in a sentence where it cannot be written."""
    try:
        with locked(path, LOCK_SECONDS):
            yield
    except TimeoutError:
        raise
    except OSError as error:
        raise OSError(
            f"{path.name} cannot be saved in the folder {path.parent}: "
            f"{error.strerror or error}. Choose a folder where you may write"
        ) from error


def _write(path: Path, table: pd.DataFrame) -> None:
    with whole_file(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8")


def _rows(path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return the fields of a ratings file as text, and where each row stands."""
    import pandas as pd

    width = len(COLUMNS)
    try:
        # One column more than wanted shows the lines that are too long, and blank
        # lines stay for now, so that lines are counted as an editor counts them.
        fields = pd.read_csv(
            path, header=None, names=range(width + 1), index_col=False, dtype=str,
            keep_default_na=False, skip_blank_lines=False, encoding="utf-8-sig",
        )  # fmt: skip
    except pd.errors.EmptyDataError:
        fields = pd.DataFrame(columns=range(width + 1), dtype=str)
    except (UnicodeDecodeError, pd.errors.ParserError) as error:
        raise ValueError(f"{path.name}: wanted CSV in UTF-8: {error}") from error
    fields = fields[(fields.map(str.strip) != "").any(axis=1)]
    header = [name for name in fields.head(1).to_numpy().ravel() if name]
    if sorted(header) != sorted(COLUMNS):
        raise ValueError(f"{path.name}: columns {header}; wanted {list(COLUMNS)}")
    rows = fields.iloc[1:]
    places = [f"{path.name}, line {index + 1}" for index in rows.index]
    for place, row in zip(places, rows.to_numpy(), strict=True):
        if row[width]:
            raise ValueError(f"{place}: {list(row)}; wanted {width} fields")
    return rows[range(width)].set_axis(header, axis=1)[[*COLUMNS]], places


def _checked(table: pd.DataFrame, places: list[str]) -> pd.DataFrame:
    """Return a table of texts with names in NFC and whole ratings, all checked.

    Args:
        table: the columns of a ratings file.
        places: where each row stands, for the message.
    """
    rows, seen = [], set()
    for place, (time, rater, clip, rating) in zip(
        places, table.to_numpy(), strict=True
    ):
        rater = check_name(rater, f"{place}: rater")
        clip = check_name(clip, f"{place}: clip")
        if rating not in map(str, SCALE):
            raise ValueError(f"{place}: rating {rating!r}; wanted 1, 2, 3, 4 or 5")
        try:
            datetime.fromisoformat(time)
        except ValueError as error:
            raise ValueError(f"{place}: time {time!r}; wanted ISO 8601") from error
        if (rater, clip) in seen:
            raise ValueError(f"{place}: {rater!r} rates {clip!r} twice; wanted once")
        seen.add((rater, clip))
        rows.append((time, rater, clip, int(rating)))
    checked = table.iloc[:0].from_records(rows, columns=COLUMNS)
    return checked.astype({"rating": "int64"})
