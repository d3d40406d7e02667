"""The rows of a completed execution, read from its Parquet file by DuckDB."""

import asyncio
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson

from domain import duck, storage
from domain.errors import NotFound, NotReady
from domain.kinds import Execution
from domain.problems import check_number, refuse
from domain.storage import FileLost

MOST_ROWS = 100


@dataclass(frozen=True)
class Column:
    """A column of a result, with DuckDB's name for its type."""

    name: str
    type: str


@dataclass(frozen=True)
class Rows:
    """A page of a result. Decimals are strings, so that no digit is lost on the way."""

    columns: list[Column]
    rows: list[list[Any]]
    total_count: int
    has_next_page: bool


def rows(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    names: Sequence[str],
    limit: int,
    offset: int,
) -> list[list[Any]]:
    """Rows as JSON values, made by DuckDB in one piece; `source` is a table or a scan."""
    shown = ", ".join(
        f"CASE WHEN typeof({column}) LIKE 'DECIMAL%' THEN to_json({duck.digits(column)}) "
        f"WHEN typeof({column}) LIKE 'TIME%' THEN to_json({column}::VARCHAR) "
        f"ELSE to_json({column}) END"
        for column in map(duck.name, names)
    )
    answer = connection.execute(
        f"""
        SELECT json_group_array(json_array({shown}))::VARCHAR
        FROM (SELECT * FROM {source} LIMIT {limit:d} OFFSET {offset:d})
        """
    ).fetchone()
    found: list[list[Any]] = orjson.loads(answer[0]) if answer and answer[0] else []
    return found


@contextmanager
def whole(paths: Collection[Path]) -> Iterator[None]:
    """Raise FileLost instead of DuckDB's error if one of the files that it reads is damaged."""
    try:
        yield
    except duckdb.Error as error:
        if any(_is_damaged(path) for path in paths):
            raise FileLost.damaged() from error
        raise


def _is_damaged(path: Path) -> bool:
    """Return whether some value of the file cannot be read."""
    with duck.over(path.parent) as connection:
        try:
            connection.execute(f"SELECT count(COLUMNS(*)) FROM read_parquet('{path}')")
        except duckdb.OutOfMemoryException:
            return False
        except duckdb.Error:
            return True
    return False


async def page(execution: Execution, first: int, offset: int) -> Rows:
    """Rows `offset` to `offset + first` in the file's own order, which never changes.

    Raises NotReady, and FileLost if the file is gone or damaged.
    """
    refuse(check_number("first", first, 1, MOST_ROWS))
    key = location(execution)
    columns = [
        Column(one["name"], one["type"]) for one in (execution.result_summary or {})["columns"]
    ]
    total = execution.row_count or 0
    with tempfile.TemporaryDirectory(prefix="amc-reports-") as folder:
        path = await storage.fetch(key, Path(folder))
        names = [one.name for one in columns]
        found = await asyncio.to_thread(_read, path, names, first, offset)
    return Rows(columns, found, total, offset + len(found) < total)


def _read(path: Path, names: Sequence[str], first: int, offset: int) -> list[list[Any]]:
    with whole([path]), duck.over(path.parent) as connection:
        return rows(connection, f"read_parquet('{path}')", names, first, offset)


def location(execution: Execution) -> str:
    """The key of the stored result. Raises NotReady until there is one, NotFound after."""
    if execution.output_location is None and execution.outcome is not None:
        raise NotFound("The result was removed together with its collection.", field="id")
    if execution.output_location is None:
        raise NotReady(f"The execution has no result: it is {execution.status}.", field="id")
    return execution.output_location
