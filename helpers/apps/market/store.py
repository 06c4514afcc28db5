"""Store a log's events in DuckDB, each exactly once, whenever the process is killed.

    python -m helpers.apps.market.store LOG DATABASE [--batch 50] [--pause 0.0]

Two rules make it so. An event's id is the table's key, so a second delivery changes
nothing. And the place in the log up to which we have read is kept in the same database
and changed in the same transaction as the events: both are there, or neither is.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.apps.market.feed import read_log

if TYPE_CHECKING:
    import duckdb

TABLES = """
create table if not exists events (
    id varchar primary key, time timestamp, topic varchar, score double);
create table if not exists progress (log varchar primary key, byte bigint);
"""


class Store:
    """A DuckDB file of events, each there once.

    Args:
        path: Of the database; made if missing.

    Attributes:
        connection: A `duckdb.DuckDBPyConnection`.

    Example:
        with Store("market.duckdb") as store:
            store.consume("feed.jsonl")
            store.connection.sql("select topic, count(*) from events group by topic")
    """

    def __init__(self, path: str | Path):
        import duckdb

        self.connection: duckdb.DuckDBPyConnection = duckdb.connect(str(path))
        self.connection.execute("set threads to 1")
        self.connection.execute(TABLES)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_) -> None:
        self.connection.close()

    def offset(self, log: str | Path) -> int:
        """Return the byte of a log up to which its events are stored.

        Args:
            log: The log's path; its name is what is remembered.
        """
        query = "select byte from progress where log = ?"
        rows = self.connection.execute(query, [Path(log).name]).fetchall()
        return rows[0][0] if rows else 0

    def take(
        self,
        rows: Sequence[tuple],
        log: str | Path,
        byte: int,
        before_commit: Callable[[], object] = lambda: None,
    ) -> None:
        """Store a batch and the place behind it, both or neither.

        Args:
            rows: Events as (id, time, topic, score), also with ids seen before.
            log: The log's path.
            byte: Where the next batch starts.
            before_commit: Called inside the transaction, for tests that break it.
        """
        database = self.connection
        database.execute("begin")
        try:
            insert = "insert into events values (?, ?, ?, ?) on conflict do nothing"
            if rows:
                database.executemany(insert, [list(row) for row in rows])
            place = "insert or replace into progress values (?, ?)"
            database.execute(place, [Path(log).name, byte])
            before_commit()
            database.execute("commit")
        except BaseException:
            database.execute("rollback")
            raise

    def consume(
        self,
        log: str | Path,
        batch: int = 50,
        before_commit: Callable[[], object] = lambda: None,
    ) -> int:
        """Store what a log holds behind the place where we stopped.

        Args:
            log: The log's path.
            batch: Lines for each transaction.
            before_commit: As in `take`.

        Returns:
            How many lines were read.
        """
        count = 0
        for rows, byte in read_log(log, self.offset(log), batch):
            self.take(rows, log, byte, before_commit)
            count += len(rows)
        return count


def main(arguments: Sequence[str] | None = None) -> None:
    """Consume one log; say on standard output when a transaction is half done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("log")
    parser.add_argument("database")
    parser.add_argument("--batch", type=int, default=50)
    parser.add_argument("--pause", type=float, default=0.0, help="s before a commit")
    options = parser.parse_args(arguments)

    def wait() -> None:
        print("half", flush=True)
        time.sleep(options.pause)

    with Store(options.database) as store:
        print("open", flush=True)
        store.consume(options.log, options.batch, wait)
    print("done", flush=True)


if __name__ == "__main__":
    main()
