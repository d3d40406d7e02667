"""The tables of the local AMC: columns, privacy thresholds and window columns."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

Kind = Literal["DIMENSION", "METRIC"]


@dataclass(frozen=True)
class Column:
    """A column as AMC describes it."""

    name: str
    type: str  # STRING, LONG, INTEGER, DOUBLE, DECIMAL(38,4), DATE, TIMESTAMP, BOOLEAN, ARRAY[...]
    kind: Kind
    threshold: str  # NONE, LOW, MEDIUM, HIGH, VERY_HIGH or INTERNAL


@dataclass(frozen=True)
class Table:
    """A data source. Without a window column it is a DIMENSION table, which has no window."""

    name: str
    columns: tuple[Column, ...]
    window: str | None

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @property
    def dataset_type(self) -> Literal["FACT", "DIMENSION"]:
        """FACT if the execution's time window limits the table, DIMENSION otherwise."""
        return "FACT" if self.window else "DIMENSION"


def _read() -> tuple[dict[str, Table], dict[str, str]]:
    """Reads tables and old names from tables.json. `like` takes the columns of another table."""
    data: dict[str, Any] = json.loads(Path(__file__).with_name("tables.json").read_text())
    tables: dict[str, Table] = {}
    for name, given in data["tables"].items():
        columns = {column.name: column for column in _like(tables, given)}
        columns |= {column.name: column for column in map(_column, given["columns"])}
        ordered = tuple(columns[key] for key in sorted(columns))
        tables[name] = Table(name, ordered, given["window"])
    return tables, data["aliases"]


def _like(tables: Mapping[str, Table], given: Mapping[str, Any]) -> list[Column]:
    if "like" not in given:
        return []
    without = given.get("without", ())
    return [column for column in tables[given["like"]].columns if column.name not in without]


def _column(line: str) -> Column:
    name, type_, kind, threshold = line.split()
    return Column(name, type_, "METRIC" if kind == "METRIC" else "DIMENSION", threshold)


TABLES, ALIASES = _read()  # tables by name, and old names that published queries still use
