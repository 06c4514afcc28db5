"""A log of deliveries as a news feed sends them: some late, some twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from helpers.checks import require_share
from helpers.files import whole_file

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("id", "time", "topic", "score")


def deliveries(
    events: pd.DataFrame,
    seed: int = 0,
    late: float = 0.1,
    twice: float = 0.1,
    hours: float = 20.0,
) -> pd.DataFrame:
    """Return events in the order in which they arrive.

    Args:
        events: Columns id, time (datetime64), topic, score; an id comes once.
        seed: Of the draws.
        late: Share of the events that are delayed, 0 to 1 exclusive.
        twice: Share that is delivered a second time, later.
        hours: Mean delay of a late or second delivery.

    Returns:
        The four columns and arrival (datetime64), ordered by arrival.
    """
    import pandas as pd

    rng, count = np.random.default_rng(seed), len(events)
    for name, share in (("late", late), ("twice", twice)):
        if share != 0:
            require_share(share, f"deliveries, {name},")
    first = events[list(COLUMNS)].copy()
    delay = np.where(rng.random(count) < late, rng.exponential(hours, count), 0.0)
    first["arrival"] = first["time"] + pd.to_timedelta(np.round(delay * 3_600), "s")
    again = first[rng.random(count) < twice].copy()
    wait = np.round(rng.exponential(hours, len(again)) * 3_600) + 1
    again["arrival"] += pd.to_timedelta(wait, "s")
    both = pd.concat([first, again])
    return both.sort_values(["arrival", "id"], kind="stable", ignore_index=True)


def write_log(rows: pd.DataFrame, path: str | Path) -> None:
    """Write deliveries as a log, one JSON object a line.

    Args:
        rows: As `deliveries` returns them.
        path: Of the log.
    """
    records = rows[list(COLUMNS)].assign(time=rows["time"].map(lambda t: t.isoformat()))
    with whole_file(path) as temporary:
        lines = (json.dumps(row) + "\n" for row in records.to_dict("records"))
        temporary.write_text("".join(lines), encoding="utf-8", newline="\n")


def read_log(
    path: str | Path, offset: int = 0, batch: int = 50
) -> Iterator[tuple[list[tuple], int]]:
    """Yield batches of a log's events, and the offset behind each batch.

    A last line without its line end is still being written, and is left for later.

    Args:
        path: Of the log.
        offset: Byte to start from, as given with an earlier batch.
        batch: Lines at a time, 1 or more.

    Yields:
        Events as (id, time, topic, score), and the byte where the next batch starts.

    Raises:
        ValueError: If a line is no such event.
    """
    with open(path, "rb") as log:
        log.seek(offset)
        rows: list[tuple] = []
        for line in log:
            if not line.endswith(b"\n"):
                break
            rows.append(_event(line, offset))
            offset += len(line)
            if len(rows) == batch:
                yield rows, offset
                rows = []
        if rows:
            yield rows, offset


def _event(line: bytes, offset: int) -> tuple:
    """Read one line of the log, or say at which byte it is wrong."""
    try:
        record = json.loads(line)
        return tuple(record[name] for name in COLUMNS)
    except (ValueError, KeyError, TypeError) as error:
        found = line[:60]
        text = f"read_log wants events, received {found!r} at byte {offset}"
        raise ValueError(text) from error
