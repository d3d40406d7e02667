"""AMC SQL without the local AMC's HTTP, over synthetic events or over given rows."""

import csv
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from sandbox.events.warehouse import Warehouse
from sandbox.sql import query
from sandbox.sql.query import Query, Rejected, Result
from tests.sandbox.events import EVENTS, warehouse

TODAY = date(2026, 11, 21)


def parameter(name: str, type_: str, *, array: bool = False, **more: Any) -> dict[str, Any]:
    data_type = {"type": "ARRAY", "elementDataType": type_} if array else type_
    return {"name": name, "dataType": data_type} | more


class Sql:
    """AMC SQL over one warehouse. Results are text, as in the file."""

    def __init__(self, warehouse: Warehouse, folder: Path) -> None:
        self.warehouse, self.folder = warehouse, folder

    @classmethod
    def over_events(cls, folder: Path, events: int = EVENTS) -> "Sql":
        return cls(warehouse(events, TODAY), folder)

    @classmethod
    def over(cls, folder: Path, tables: dict[str, tuple[str, Sequence[tuple]]]) -> "Sql":
        """Tables with these columns ("name TYPE, ...") and rows. The last column is the user."""
        path = folder / "own.duckdb"
        with duckdb.connect(str(path)) as connection:
            for name, (columns, rows) in tables.items():
                connection.execute(f'CREATE TABLE {name} ({columns}, "__user" BIGINT)')
                named = [{f"c{place}": one for place, one in enumerate(row)} for row in rows]
                connection.execute(
                    f"INSERT INTO {name} SELECT unnest($rows, recursive := true)", {"rows": named}
                )
        return cls(Warehouse.at(path), folder)

    def result(self, sql: str, *, timeout: float = 60, split_rows: int | None = None, **given: Any):
        asked = Query(sql, **given)
        place = self.folder / "results"
        return query.run(asked, self.warehouse, place, timeout=timeout, split_rows=split_rows)

    def rows(self, sql: str, **given: Any) -> list[tuple[str | None, ...]]:
        return read(self.result(sql, **given))[1:]

    def value(self, sql: str, **given: Any) -> str | None:
        """The one value of `SELECT sql`."""
        ((value,),) = self.rows(f"SELECT {sql} AS value", **given)
        return value

    def refused(self, sql: str, **given: Any) -> str:
        try:
            self.result(sql, **given)
        except Rejected as rejected:
            return str(rejected)
        raise AssertionError(f"not refused: {sql}")


def text(result: Result) -> str:
    return "".join(path.read_bytes().decode() for path in result.paths)


def read(result: Result) -> list[tuple[str | None, ...]]:
    """Header and rows. An empty field without quotes is NULL."""
    lines = []
    for number, path in enumerate(result.paths):
        with path.open(encoding="utf-8", newline="") as file:
            found = list(fields(file.read()))
        lines += found if number == 0 else found[1:]
    return lines


def fields(content: str) -> list[tuple[str | None, ...]]:
    return [
        tuple(None if one == "" else one for one in row or [""])
        for row in csv.reader(content.splitlines(keepends=True), escapechar="\\", doublequote=False)
    ]


def moment(text_: str) -> datetime:
    return datetime.fromisoformat(text_).replace(tzinfo=UTC)
