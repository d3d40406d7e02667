"""Measures the values of a result's columns, which decide on the types (see `columns`).

`InFile` asks DuckDB. `InMemory` has all values of a small result at hand and asks DuckDB only about
columns with values that are out of the ordinary, so both find the same. `stored` tells ordinary
values as DuckDB stores them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import duckdb

from domain import duck
from domain.executions import results

DECIMAL = "DECIMAL(38,10)"
NUMBERS = ("BIGINT", DECIMAL)
# What most values look like. Each of them fits its type, whatever pattern it should match.
PLAIN_NUMBER = re.compile(r"(0|[1-9][0-9]{0,14})(?:\.([0-9]{1,18}))?", re.ASCII)
PLAIN_BOOLEANS = {"true", "false"}
PLAIN_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True)
class Wish:
    """The type that a column should get, and the pattern that all its values should match."""

    type: str
    pattern: str
    expected: bool  # by AMC or by the report, and not only guessed from the values


@dataclass(frozen=True)
class Measured:
    """What a column's values are like. `whole` and `scale` are the digits around the point."""

    misfits: int
    example: str | None
    whole: int
    scale: int
    is_safe: bool


class Values(Protocol):
    """All values of a result, which are text."""

    @property
    def names(self) -> Sequence[str]:
        """The columns."""

    def some(self, names: Sequence[str]) -> Mapping[str, str | None]:
        """Return a value of each column, or None if it has none."""

    def measure(self, wishes: Mapping[str, Wish]) -> Mapping[str, Measured]:
        """Return how the columns fit what they should be."""


class InFile:
    """The values of a scan or table of DuckDB."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, source: str, names: Sequence[str]
    ) -> None:
        self._connection, self._source, self.names = connection, source, names

    def all(self) -> list[tuple[str | None, ...]]:
        """Return all rows."""
        return self._connection.execute(f"SELECT * FROM {self._source}").fetchall()

    def some(self, names: Sequence[str]) -> Mapping[str, str | None]:
        """Return any value of each column."""
        if not names:
            return {}
        values = ", ".join(f"any_value({duck.name(name)})" for name in names)
        row = self._connection.execute(f"SELECT {values} FROM {self._source}").fetchone()
        return dict(zip(names, row or (), strict=False))

    def measure(self, wishes: Mapping[str, Wish]) -> Mapping[str, Measured]:
        """Measure all of these columns in one statement."""
        if not wishes:
            return {}
        asked = ", ".join(_measures(duck.name(name), wish) for name, wish in wishes.items())
        row = self._connection.execute(f"SELECT {asked} FROM {self._source}").fetchone() or ()
        values = zip(*[iter(row)] * 5, strict=True)
        return {name: Measured(*one) for name, one in zip(wishes, values, strict=True)}


class InMemory:
    """The values of a small result, by column and without NULL."""

    def __init__(self, values: Mapping[str, Sequence[str]], all_else: Callable[[], InFile]) -> None:
        self.names: Sequence[str] = list(values)
        self._values, self._all_else = values, all_else

    def some(self, names: Sequence[str]) -> Mapping[str, str | None]:
        """Return the first value of each column."""
        return {name: next(iter(self._values[name]), None) for name in names}

    def measure(self, wishes: Mapping[str, Wish]) -> Mapping[str, Measured]:
        """Measure these columns. DuckDB measures those with unusual values."""
        found = {name: _plain(wish, self._values[name]) for name, wish in wishes.items()}
        known = {name: one for name, one in found.items() if one is not None}
        odd = {name: wish for name, wish in wishes.items() if name not in known}
        return {**known, **self._all_else().measure(odd)} if odd else known


def _plain(wish: Wish, values: Sequence[str]) -> Measured | None:
    """Measure the values if all of them are ordinary ones of this type."""
    if wish.type in NUMBERS:
        matches = [PLAIN_NUMBER.fullmatch(value) for value in values]
        if not all(matches):
            return None
        parts = [match.groups() for match in matches if match]
        whole = max((len(before) for before, _ in parts if before != "0"), default=0)
        scale = max((len(after.rstrip("0")) for _, after in parts if after), default=0)
        return Measured(0, None, whole, scale, is_safe=True)
    if wish.type == "BOOLEAN":
        return Measured(0, None, 0, 0, True) if set(values) <= PLAIN_BOOLEANS else None
    if wish.type == "DATE" and all(_is_day(value) for value in values):
        return Measured(0, None, 0, 0, True)
    return None if values else Measured(0, None, 0, 0, True)


def stored(
    rows: Sequence[Sequence[str | None]], types: Sequence[str]
) -> list[tuple[str | None, ...]] | None:
    """Return all rows in the order of a stored result, with their values as DuckDB writes them.

    Return None if some value is out of the ordinary.
    """
    columns: list[Sequence[str | None]] = []
    keys: list[list[tuple[bool, str | int]]] = []
    for values, type_ in zip(zip(*rows, strict=True), types, strict=False):
        texts = _texts(values, type_)
        if texts is None:
            return None
        columns.append(texts)
        keys.append(_keys(texts, is_number=type_.startswith(("BIGINT", "DECIMAL"))))
    order = sorted(zip(*keys, range(len(rows)), strict=True))
    made = list(zip(*columns, strict=True))
    return [made[key[-1]] for key in order]


def _texts(values: Sequence[str | None], type_: str) -> Sequence[str | None] | None:
    """Return the values of a column as DuckDB writes them, or None if it has unusual ones."""
    if type_.startswith(("BIGINT", "DECIMAL")):
        return _numbers(values, type_)
    known = [value for value in values if value is not None]
    is_usual = (
        type_ == "VARCHAR"
        or (type_ == "BOOLEAN" and set(known) <= PLAIN_BOOLEANS)
        or (type_ == "DATE" and all(_is_day(value) for value in known))
    )
    return values if is_usual else None


def _numbers(values: Sequence[str | None], type_: str) -> list[str | None] | None:
    scale = int(type_.rpartition(",")[2].rstrip(")")) if type_.startswith("DECIMAL") else 0
    texts: list[str | None] = []
    for value in values:
        if value is None:
            texts.append(None)
            continue
        match = PLAIN_NUMBER.fullmatch(value)
        if match is None:
            return None
        whole, after = match.groups("")
        texts.append(f"{whole}.{after[:scale].ljust(scale, '0')}" if scale else whole)
    return texts


def _keys(texts: Sequence[str | None], *, is_number: bool) -> list[tuple[bool, str | int]]:
    """Return keys that sort as DuckDB does: NULL is last, and texts go by their bytes in UTF-8."""
    if is_number:
        return [(one is None, int(one.replace(".", "")) if one else 0) for one in texts]
    return [(one is None, one or "") for one in texts]


def _is_day(value: str) -> bool:
    if not PLAIN_DAY.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _measures(column: str, wish: Wish) -> str:
    """Return SQL for the five measures of a column."""
    is_number = wish.type in NUMBERS
    fits = f"regexp_full_match({column}, '{wish.pattern}')"
    if not is_number:
        fits = f"({fits} AND TRY_CAST({column} AS {wish.type}) IS NOT NULL)"
    misfit = f"{column} IS NOT NULL AND NOT {fits}"
    told = f"count(*) FILTER ({misfit}), any_value({column}) FILTER ({misfit})"
    if not is_number:
        return f"{told}, 0, 0, true"
    exponent = (
        f"coalesce(TRY_CAST(regexp_extract({column}, '[eE]([-+]?[0-9]+)$', 1) AS INTEGER), 0)"
    )
    whole = f"length(regexp_extract({column}, '^[-+]?0*([0-9]*)', 1)) + {exponent}"
    scale = f"length(regexp_extract({column}, '\\.([0-9]*?)0*([eE]|$)', 1)) - {exponent}"
    safe = f"coalesce(abs(TRY_CAST({column} AS DECIMAL(38,0))) <= {results.SAFE}, false)"
    return (
        f"{told}, greatest(coalesce(max({whole}) FILTER ({fits}), 0), 0), "
        f"greatest(coalesce(max({scale}) FILTER ({fits}), 0), 0), "
        f"coalesce(bool_and({safe}) FILTER ({fits}), true)"
    )
