"""A submitted query, compiled and run: what comes in, what goes out, and what is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sandbox.warehouse import Warehouse

Privacy = Literal["REMOVE_ROWS", "REMOVE_VALUES"]


class Rejected(Exception):
    """A query that is not run; its text is the reason in AMC's words."""


@dataclass(frozen=True)
class Query:
    """One execution's SQL with all that decides its result. Times are UTC, half-open."""

    sql: str
    window_start: datetime | None = None  # None: all time
    window_end: datetime | None = None
    time_zone: str = "UTC"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    declared: Sequence[Mapping[str, Any]] = ()  # the workflow's inputParameters
    discriminator_column: str | None = None
    privacy: Privacy = "REMOVE_ROWS"
    user_count_column: str | None = None
    reason_column: str | None = None
    event_level: bool = False
    separator: str = ","
    quote: str = '"'
    escape: str = "\\"


@dataclass(frozen=True)
class Column:
    """A column of the result, in AMC's words."""

    name: str
    data_type: str
    column_type: str  # METRIC or DIMENSION


@dataclass(frozen=True)
class Result:
    """The files of a result; every part has the header."""

    paths: list[Path]
    columns: list[Column]
    row_count: int


def compile(query: Query, warehouse: Warehouse) -> list[Column]:  # noqa: A001
    """The columns that the query would have. Raises Rejected."""
    raise NotImplementedError


def run(
    query: Query,
    warehouse: Warehouse,
    destination: Path,
    *,
    timeout: float,
    split_rows: int | None = None,
) -> Result:
    """Run it and write the result as CSV to `destination`, a file or a folder.

    Raises Rejected, or TimeoutError after `timeout` seconds.
    """
    raise NotImplementedError
