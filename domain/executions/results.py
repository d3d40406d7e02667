"""The rows of a completed execution, read from its Parquet file by DuckDB."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson

from domain import duck, pool, scratch, storage
from domain.errors import NotFound, NotReady
from domain.kinds import Execution
from domain.problems import check_number, refuse
from domain.storage import FileLost

MOST_ROWS = 100
MOST_WARNINGS = 24
SAFE = 2**53 - 1  # the largest whole number that JSON carries exactly to every client
FILES_AT_ONCE = 4  # of one request, so that it does not fill its line


@dataclass(frozen=True)
class Column:
    """A column of a result, with DuckDB's name for its type."""

    name: str
    type: str


@dataclass(frozen=True)
class Warned:
    """Something of a result that is not as AMC declares it. Nothing of it is lost unsaid."""

    column: str | None
    count: int
    example: str | None
    message: str


def warnings(execution: Execution) -> list[Warned]:
    """Return what is odd about a result. The list is empty if nothing is."""
    found = (execution.result_summary or {}).get("warnings") or []
    return [Warned(**one) for one in found[:MOST_WARNINGS]]


@dataclass(frozen=True)
class Page:
    """Rows `offset` to `offset + first` of a result. Only reading the rows needs the file."""

    location: str
    columns: tuple[Column, ...]
    total_count: int
    first: int
    offset: int

    @property
    def has_next_page(self) -> bool:
        """Whether more rows come after these."""
        return self.offset + self.first < self.total_count


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
        f"WHEN typeof({column}) = 'BIGINT' AND abs(TRY_CAST({column} AS DECIMAL(38,0))) > {SAFE} "
        f"THEN to_json({column}::VARCHAR) "
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


def page(execution: Execution, first: int, offset: int) -> Page:
    """Return a page in the file's order. Raises NotReady, NotFound, Problems."""
    refuse(check_number("first", first, 1, MOST_ROWS))
    columns = (execution.result_summary or {}).get("columns", [])
    return Page(
        location(execution),
        tuple(Column(one["name"], one["type"]) for one in columns),
        execution.row_count or 0,
        first,
        offset,
    )


async def read(pages: Sequence[Page]) -> dict[Page, list[list[Any]]]:
    """Read the rows of each page as JSON values. Decimals are strings, so that no digit is lost.

    Opens each file once, and FILES_AT_ONCE files at a time. Raises RateLimited and FileLost.
    """
    by_location: dict[str, list[Page]] = defaultdict(list)
    for one in pages:
        by_location[one.location].append(one)
    at_once = asyncio.Semaphore(FILES_AT_ONCE)

    async def of_file(location: str) -> list[tuple[Page, list[list[Any]]]]:
        async with at_once:
            return await pool.run(_read, location, by_location[location])

    found = await asyncio.gather(*map(of_file, by_location))
    return {page: rows for one in found for page, rows in one}


def _read(location: str, pages: Sequence[Page]) -> list[tuple[Page, list[list[Any]]]]:
    with scratch.folder() as folder:
        path = storage.fetch_now(location, folder)
        with whole([path]), duck.over(path.parent) as connection:
            scan = f"read_parquet('{path}')"
            return [
                (
                    one,
                    rows(connection, scan, [c.name for c in one.columns], one.first, one.offset),
                )
                for one in pages
            ]


def location(execution: Execution) -> str:
    """The key of the stored result. Raises NotReady until there is one, NotFound after."""
    if execution.output_location is None and execution.outcome is not None:
        raise NotFound("The result was removed together with its collection.", field="id")
    if execution.output_location is None:
        raise NotReady(f"The execution has no result: it is {execution.status}.", field="id")
    return execution.output_location
