"""Sums of results over periods, overall and by one dimension at a time, in a few statements.

A file is read once for all periods and dimensions. What it holds is told by its own schema: a
report's revisions, and weeks without a value, give a column another type or none at all.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from domain import duck
from domain.aggregates.columns import EXACT, Shape, day_of, names_of, number_of, text_of

FILTERED = "filtered"
OTHER = "(other)"
MOST_VALUES = 500  # of a dimension in a period, at most; the rest is one group
NO_VALUE, REST = 0, 501  # places beside those of the values that are shown


@dataclass(frozen=True)
class Only:
    """Only rows with these values of a column, or all but these. None: privacy took it."""

    column: str
    values: Collection[str | None]
    exclude: bool = False


@dataclass(frozen=True)
class Wanted:
    """The columns that matter; groups are ordered by the sum of `first`, or by their value."""

    day: str | None
    numbers: Sequence[str]
    dimensions: Sequence[str]
    first: str | None
    most: int = MOST_VALUES
    only: Sequence[Only] = ()


@dataclass(frozen=True)
class Source:
    """The days that a file is about; days beside them are taken for the nearest of them."""

    path: Path
    start: date
    end: date


@dataclass(frozen=True)
class Use:
    """What a period takes of a source, both by number: every row, or those of some days."""

    period: int
    source: int
    days: Collection[date] | None


class Number(NamedTuple):
    """A sum with all its digits, None where there was no value to add."""

    total: str | None
    lacking: int  # rows of files without the column
    unfit: int  # rows whose value is no number


@dataclass(frozen=True, slots=True)
class Group:
    """The sums of one period, overall (dimension None) or of one value of a dimension."""

    period: int
    dimension: str | None
    value: str | None
    rest: bool  # of all values that are not among the first ones
    rows: int
    suppressed: int  # of these, rows that privacy took dimensions from
    numbers: Mapping[str, Number]


def shapes(
    connection: duckdb.DuckDBPyConnection, paths: Collection[Path], least_rows: int = 0
) -> dict[Path, Shape]:
    """The columns of each file that has so many rows."""
    if not paths:
        return {}
    found = connection.execute(
        "SELECT file_name, lower(name), duckdb_type FROM parquet_schema($paths) "
        "JOIN parquet_file_metadata($paths) USING (file_name) "
        "WHERE duckdb_type IS NOT NULL AND num_rows >= $least_rows",
        {"paths": [str(path) for path in paths], "least_rows": least_rows},
    ).fetchall()
    shapes_: dict[Path, dict[str, str]] = {}
    for file, name, type_ in found:
        shapes_.setdefault(Path(file), {})[name] = type_
    return dict(shapes_)


class Sums:
    """The sums of some uses of some sources."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        wanted: Wanted,
        sources: Sequence[Source],
        uses: Sequence[Use],
    ) -> None:
        self._connection, self._wanted, self._uses = connection, wanted, uses
        self._sources = sources
        # A column without values has no type worth the name.
        self._shapes = shapes(connection, {source.path for source in sources}, least_rows=1)
        present = {name for shape in self._shapes.values() for name in shape}
        self._dimensions = [one for one in wanted.dimensions if one.lower() in present]
        if self._shapes:
            self._register()

    def undated(self) -> dict[int, int]:
        """Of each source that is split by days, the rows that tell no day."""
        if not self._shapes:
            return {}
        counted = "SELECT source, count(*) FROM placed WHERE split AND nth = -1 GROUP BY source"
        return dict(self._connection.execute(counted).fetchall())

    def groups(self) -> Iterator[Group]:
        """Every group that has rows: periods in order, the overall first, largest values first.

        They are read as they are taken, so nothing else may be asked before the last one.
        """
        if not self._shapes:
            return
        self._keep_the_largest()
        sums = [self._summed(n, name) for n, name in enumerate(self._wanted.numbers)]
        places = [
            f"CASE WHEN d{n} IS NULL THEN {NO_VALUE} ELSE coalesce(k{n}.place, {REST}) END AS p{n}"
            for n in range(len(self._dimensions))
        ]
        found = self._connection.execute(
            f"""
            SELECT period, dimension, value, place, summed.* EXCLUDE (period, dimension, place)
            FROM (
                SELECT period, {self._grouped("p", "place")}, count(*),
                    count(*) FILTER (filtered), {", ".join([*sums, "0"])}
                FROM (
                    SELECT placed.*, given.period, {", ".join([*places, "0"])}
                    FROM placed JOIN given USING (source, nth) {self._joins()}
                )
                GROUP BY GROUPING SETS ({", ".join(["(period)", *self._sets("p")])})
            ) summed LEFT JOIN kept USING (period, dimension, place)
            ORDER BY period, dimension NULLS FIRST, place = 0, place
            """
        )
        while rows := found.fetchmany(2000):
            yield from map(self._group, rows)

    def _keep_the_largest(self) -> None:
        """Find the values that are shown; all sums of all values would take much memory."""
        first = self._wanted.first
        total = "NULL" if first is None else f"sum(n{list(self._wanted.numbers).index(first)})"
        self._connection.execute(
            f"""
            CREATE TEMP TABLE kept AS SELECT period, dimension, value, row_number() OVER (
                PARTITION BY period, dimension
                ORDER BY value = '{OTHER}', total DESC NULLS LAST, value
            ) AS place
            FROM (
                SELECT period, {self._grouped("d", "value")}, {total} AS total
                FROM placed JOIN given USING (source, nth)
                GROUP BY GROUPING SETS ({", ".join(self._sets("d") or ["(period)"])})
            ) WHERE value IS NOT NULL QUALIFY place <= {self._wanted.most}
            """
        )

    def _joins(self) -> str:
        """What gives each row, for each dimension, the place of its value."""
        return " ".join(
            f"LEFT JOIN kept k{n} ON k{n}.dimension = {n} AND k{n}.period = given.period "
            f"AND k{n}.value = d{n}"
            for n in range(len(self._dimensions))
        )

    def _grouped(self, prefix: str, name: str) -> str:
        """Which dimension a row of grouping sets is about, and what it is grouped by."""
        keys = [f"{prefix}{n}" for n in range(len(self._dimensions))]
        cases = " ".join(f"WHEN grouping({key}) = 0 THEN {n}" for n, key in enumerate(keys))
        dimension = f"CASE {cases} END" if keys else "NULL::INTEGER"
        return f"{dimension} AS dimension, coalesce({', '.join([*keys, 'NULL'])}) AS {name}"

    def _sets(self, prefix: str) -> list[str]:
        return [f"(period, {prefix}{n})" for n in range(len(self._dimensions))]

    def _register(self) -> None:
        split = {use.source for use in self._uses if use.days is not None}
        self._table(
            "source",
            "source INTEGER, file VARCHAR, start DATE, days INTEGER, split BOOLEAN",
            [
                (number, str(one.path), one.start, (one.end - one.start).days, number in split)
                for number, one in enumerate(self._sources)
            ],
        )
        self._table(
            "given",
            "source INTEGER, period INTEGER, nth INTEGER",
            [(use.source, use.period, n) for use in self._uses for n in self._days(use, split)],
        )
        for number, one in enumerate(self._wanted.only):
            values = [(value,) for value in one.values if value is not None]
            self._table(f"only{number}", "value VARCHAR", values)
        # A stored result is named by its content: two sources may well be one file.
        self._connection.execute(
            f"""
            CREATE TEMP VIEW placed AS
            SELECT found.*, source, split, CASE WHEN split AND day IS NOT NULL
                THEN least(greatest(day - start, 0), days - 1) ELSE -1 END AS nth
            FROM ({" UNION ALL ".join(self._selects())}) found JOIN source USING (file)
            """
        )

    def _table(self, name: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
        self._connection.execute(f"CREATE TEMP TABLE {name} ({columns})")
        if not rows:
            return
        lists = [list(column) for column in zip(*rows, strict=True)]
        marks = ", ".join("unnest(?)" for _ in lists)
        self._connection.execute(f"INSERT INTO {name} SELECT {marks}", lists)

    def _days(self, use: Use, split: Collection[int]) -> Iterator[int]:
        """The days of a use, counted from the source's first one; -1 is a row without a day."""
        source = self._sources[use.source]
        if use.days is not None:
            yield from ((day - source.start).days for day in use.days)
            return
        yield -1
        if use.source in split:
            yield from range((source.end - source.start).days)

    def _selects(self) -> Iterator[str]:
        """A scan for all files that have what is wanted in the same types."""
        names = [*self._wanted.numbers, *self._dimensions, self._wanted.day or "", FILTERED]
        names += [one.column for one in self._wanted.only]
        alike: dict[tuple[str | None, ...], list[Path]] = {}
        for path, shape in self._shapes.items():
            alike.setdefault(tuple(shape.get(name.lower()) for name in names), []).append(path)
        for paths in alike.values():
            shape = self._shapes[paths[0]]
            filtered = f"coalesce({FILTERED}, FALSE)" if FILTERED in shape else "FALSE"
            columns = [f"{filtered} AS filtered, {day_of(self._wanted.day, shape)} AS day"]
            columns += [f"{text_of(d, shape)} AS d{n}" for n, d in enumerate(self._dimensions)]
            columns += [number_of(n, name, shape) for n, name in enumerate(self._wanted.numbers)]
            files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
            yield (
                f"SELECT __file AS file, {', '.join(columns)} "
                f"FROM read_parquet([{files}], filename = '__file'){self._where(shape)}"
            )

    def _where(self, shape: Shape) -> str:
        """The rows that matter, of files of this shape."""
        conditions = []
        for number, one in enumerate(self._wanted.only):
            text = text_of(one.column, shape)
            given = f"coalesce({text} IN (SELECT value FROM only{number}), FALSE)"
            given += f" OR {text} IS NULL" if None in one.values else ""
            conditions.append(f"NOT ({given})" if one.exclude else f"({given})")
        return f" WHERE {' AND '.join(conditions)}" if conditions else ""

    def _summed(self, number: int, name: str) -> str:
        """Only what can be lacking or unfit is counted: most reports never change."""
        total, lacking, unfit = names_of(number)
        types = {shape.get(name.lower()) for shape in self._shapes.values()}
        lacks = f"count(*) FILTER ({lacking})" if None in types else "0"
        wrong = f"count(*) FILTER ({unfit})" if types - EXACT - {None} else "0"
        return f"{duck.digits(f'sum({total})')}, {lacks}, {wrong}"

    def _group(self, row: tuple[Any, ...]) -> Group:
        period, dimension, value, place, rows, suppressed, *numbers = row
        named = zip(self._wanted.numbers, zip(*[iter(numbers)] * 3, strict=False), strict=False)
        return Group(
            period,
            None if dimension is None else self._dimensions[dimension],
            OTHER if place == REST else value,
            place == REST,
            rows,
            suppressed,
            {name: Number._make(number) for name, number in named},
        )
