"""The events of the local AMC: one DuckDB file of synthetic data, opened read-only.

The name of a file has its size, seed and last day. A file is built under another name, one month
per transaction, and renamed when it is complete. So a reader never sees an incomplete file, and a
builder that was killed continues where it stopped.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from sandbox.events.synthetic import calendar, dimensions, events, views
from sandbox.tables import TABLES, Table

# Version of the generator and of DuckDB, whose hashes it uses. Another version makes other events.
VERSION = f"2-{duckdb.__version__}"
MONTHS = 13
SMALL = 300_000  # number of events that are made at once; more are made a month at a time
MEMORY = "1GB"
THREADS = 2
LOCKED = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "memory_limit": MEMORY,
    "threads": str(THREADS),
    "temp_directory": "",
}

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Warehouse:
    """A file of events, with AMC's tables as views."""

    path: Path
    tables: Mapping[str, Table]
    connection: duckdb.DuckDBPyConnection

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        events: int,
        seed: int = 7,
        today: date,
        on_progress: Progress | None = None,
    ) -> "Warehouse":
        """Open the events up to the day before `today`. Missing events are created first.

        Several processes may open one folder at the same time, and may be killed at any moment.
        """
        path = _build(folder, events, seed, today, on_progress or (lambda part: None))
        return cls.at(path)

    @classmethod
    def at(cls, path: Path, tables: Mapping[str, Table] = TABLES) -> "Warehouse":
        """Open a file that has these tables already."""
        connection = duckdb.connect(path, read_only=True, config=dict(LOCKED))
        row = connection.execute("SELECT current_setting('lock_configuration')").fetchone()
        if row is not None and not row[0]:  # this process may have opened the file already
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET lock_configuration = true")
        return cls(path, tables, connection)

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection that can read these events and nothing else."""
        return self.connection.cursor()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


def _build(folder: Path, size: int, seed: int, today: date, progress: Progress) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    last = today - timedelta(days=1)
    family = f"events-{VERSION}-{size}-{seed}-"
    path = folder / f"{family}{last.isoformat()}.duckdb"
    if path.exists():
        return path
    with _only_one(folder / "building.lock"):
        if path.exists():  # another process was faster
            return path
        building = folder / f"{family}{last.isoformat()}.building"
        older = sorted(folder.glob(f"{family}*.duckdb"))
        if older and older[-1] < path and not building.exists():
            copy = building.with_suffix(".copying")
            shutil.copyfile(older[-1], copy)
            copy.rename(building)
        _fill(building, _months_before(today, MONTHS), last, size, seed, progress)
        building.rename(path)
        _remove(folder, family, path)
    return path


def _remove(folder: Path, family: str, path: Path) -> None:
    """Remove the files of other days. Processes that have one open can read on."""
    for other in folder.glob(f"{family}*"):
        if other != path:
            other.unlink(missing_ok=True)


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Lock the folder for one builder. The lock ends with its process."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _fill(path: Path, first: date, last: date, size: int, seed: int, progress: Progress) -> None:
    shoppers = max(400, size // 20)
    with duckdb.connect(path, config={"threads": THREADS}) as connection:
        done = _done(connection)
        if done is None:
            connection.begin()
            dimensions.create(connection, shoppers, seed)
            connection.execute(events.TABLES)
            connection.execute("CREATE TABLE horizon (first DATE, last DATE, days DATE[])")
            # Conversions of the first days follow traffic of earlier days.
            done = first - events.ATTRIBUTION - timedelta(days=1)
            connection.execute("INSERT INTO horizon VALUES (?, ?, [])", [first, done])
            views.create(connection)
            connection.commit()
        start = done
        while done < last:
            until = last if size < SMALL else min(last, _month_end(done + timedelta(days=1)))
            volumes = calendar.volumes(done + timedelta(days=1), until, size, seed)
            events.make(connection, volumes, first=first, until=until, shoppers=shoppers, seed=seed)
            done = until
            progress((done - start) / (last - start))
        connection.execute("CHECKPOINT")


def _done(connection: duckdb.DuckDBPyConnection) -> date | None:
    """The last day whose events are in the file."""
    row = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'horizon'"
    ).fetchone()
    if row is None or row[0] == 0:
        return None
    found = connection.execute("SELECT last FROM horizon").fetchone()
    assert found is not None
    last: date = found[0]
    return last


def _months_before(day: date, months: int) -> date:
    total = day.year * 12 + day.month - 1 - months
    year, month = divmod(total, 12)
    return date(year, month + 1, min(day.day, _month_end(date(year, month + 1, 1)).day))


def _month_end(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
