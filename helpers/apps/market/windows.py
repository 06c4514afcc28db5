"""Sentiment by topic over windows of event time, asked of DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.checks import require_count

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

WINDOWS = """
with days as (select distinct time_bucket(to_hours($hours), time) as start from events),
     topics as (select distinct topic from events)
select days.start, topics.topic, count(events.id) as count,
       avg(events.score) as mean, sum(events.score) as total
from days cross join topics
left join events on events.topic = topics.topic
     and time_bucket(to_hours($hours), events.time) = days.start
where days.start + to_hours($hours) <= $until
group by all order by all
"""
WATERMARK = "select max(time) - to_hours($late) from events"


def watermark(connection: duckdb.DuckDBPyConnection, late: int = 48):
    """Return the time before which no event is expected any more, or None.

    It is the newest event's time less the delay that is waited for.

    Args:
        connection: To a `Store`'s database.
        late: Hours that an event may take.
    """
    late = require_count(late, "watermark's late", least=0)
    return connection.execute(WATERMARK, {"late": late}).fetchall()[0][0]


def windows(
    connection: duckdb.DuckDBPyConnection, hours: int = 24, until: object = None
) -> pd.DataFrame:
    """Return one row for each window and topic, in the order of time.

    An event belongs to the window of its own time, not of its arrival. Windows in which
    nothing at all happened, such as weekends, have no row; a topic without a headline
    in another topic's window has count 0.

    Args:
        connection: To a `Store`'s database.
        hours: Length of a window; days start at midnight.
        until: Windows that end later than this are left out, such as `watermark`'s
            answer; none are by default.

    Returns:
        start (datetime64), topic, count, mean and total (NaN where the count is 0).
    """
    hours = require_count(hours, "windows' hours", most=24 * 366)
    values = {"hours": hours, "until": until or "9999-12-31"}
    return connection.execute(WINDOWS, values).df()
