"""Sums of results over periods, overall and by one dimension at a time, in a few statements.

A file is read once for all periods and dimensions. What it holds is told by its own schema: a
report's revisions, and weeks without a value, give a column another type or none at all.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeAlias

import duckdb

from domain import duck

FILTERED = "filtered"
REST = "(other)"
MOST_VALUES = 500  # of a dimension in a period; the rest is one group
NUMBER = "DECIMAL(38,10)"
EXACT = {NUMBER, "BIGINT", "INTEGER", "SMALLINT", "TINYINT"}  # all their values are numbers

Shape: TypeAlias = Mapping[str, str]  # DuckDB's type of each column, by its name in small letters


@dataclass(frozen=True)
class Wanted:
    """The columns that matter; groups are ordered by the sum of `first`, or by their value."""

    day: str | None
    numbers: Sequence[str]
    dimensions: Sequence[str]
    first: str | None


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


@dataclass(frozen=True)
class Number:
    """A sum with all its digits, None where there was no value to add."""

    total: str | None
    lacking: int  # rows of files without the column
    unfit: int  # rows whose value is no number


@dataclass(frozen=True)
class Group:
    """The sums of one period, overall (dimension None) or of one value of a dimension."""

    period: int
    dimension: str | None
    value: str | None
    rest: bool  # of all values that are not among the first ones
    rows: int
    suppressed: int  # of these, rows that privacy took dimensions from
    numbers: Mapping[str, Number]


def shapes(connection: duckdb.DuckDBPyConnection, paths: Collection[Path]) -> dict[Path, Shape]:
    """The columns of each file."""
    if not paths:
        return {}
    found = connection.execute(
        "SELECT file_name, lower(name), duckdb_type FROM parquet_schema($paths) "
        "WHERE duckdb_type IS NOT NULL",
        {"paths": [str(path) for path in paths]},
    ).fetchall()
    shapes_: dict[Path, dict[str, str]] = {path: {} for path in paths}
    for file, name, type_ in found:
        shapes_[Path(file)][name] = type_
    return dict(shapes_)


class Sums:
    """The sums of some uses of some sources, whose files have these shapes."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        wanted: Wanted,
        shapes_: Mapping[Path, Shape],
        sources: Sequence[Source],
        uses: Sequence[Use],
    ) -> None:
        self._connection, self._wanted, self._uses = connection, wanted, uses
        self._sources = sources
        self._shapes = {path: shapes_[path] for path in _with_rows(connection, sources)}
        present = {name for shape in self._shapes.values() for name in shape}
        self._dimensions = [one for one in wanted.dimensions if one.lower() in present]
        if self._shapes:
            self._register()

    def groups(self) -> list[Group]:
        """Every group that has rows: periods in order, the overall first, largest values first."""
        if not self._shapes:
            return []
        self._sum()
        number = duck.digits("sum({0})") + ", sum({1}), sum({2})"
        shown = ", ".join(number.format(*_names(n)) for n in range(len(self._wanted.numbers)))
        found = self._connection.execute(
            f"""
            SELECT period, dimension, CASE WHEN place > {MOST_VALUES} THEN '{REST}' ELSE value END
                AS shown, place > {MOST_VALUES} AS rest, sum(rows), sum(suppressed), {shown or 0}
            FROM (
                SELECT *, CASE WHEN value IS NOT NULL THEN row_number() OVER (
                    PARTITION BY period, dimension, value IS NULL
                    ORDER BY value = '{REST}', {self._order()}
                ) ELSE 0 END AS place FROM sums
            )
            GROUP BY period, dimension, shown, rest
            ORDER BY period, dimension NULLS FIRST, shown IS NULL, min(place)
            """
        ).fetchall()
        return [self._group(row) for row in found]

    def undated(self) -> dict[int, int]:
        """Of each source that is split by days, the rows that tell no day."""
        if not self._shapes:
            return {}
        found = self._connection.execute(
            "SELECT source, count(*) FROM placed WHERE split AND place = -1 GROUP BY source"
        )
        return dict(found.fetchall())

    def _register(self) -> None:
        split = {use.source for use in self._uses if use.days is not None}
        sources = [n for n, one in enumerate(self._sources) if one.path in self._shapes]
        self._connection.execute(
            """
            CREATE TEMP TABLE source AS SELECT unnest($source::INTEGER[]) AS source,
                unnest($file::VARCHAR[]) AS file, unnest($start::DATE[]) AS start,
                unnest($days::INTEGER[]) AS days, unnest($split::BOOLEAN[]) AS split
            """,
            {
                "source": sources,
                "file": [str(self._sources[n].path) for n in sources],
                "start": [self._sources[n].start for n in sources],
                "days": [(self._sources[n].end - self._sources[n].start).days for n in sources],
                "split": [n in split for n in sources],
            },
        )
        given = [
            (use.source, use.period, n) for use in self._uses for n in self._places(use, split)
        ]
        self._connection.execute(
            """
            CREATE TEMP TABLE given AS SELECT unnest($source::INTEGER[]) AS source,
                unnest($period::INTEGER[]) AS period, unnest($place::INTEGER[]) AS place
            """,
            dict(
                zip(("source", "period", "place"), map(list, zip(*given, strict=True)), strict=True)
            ),
        )
        # A stored result is named by its content: two sources may well be one file.
        self._connection.execute(
            f"""
            CREATE TEMP VIEW placed AS
            SELECT found.*, source, split, CASE WHEN split AND day IS NOT NULL
                THEN least(greatest(day - start, 0), days - 1) ELSE -1 END AS place
            FROM ({" UNION ALL ".join(self._selects())}) found JOIN source USING (file)
            """
        )

    def _places(self, use: Use, split: Collection[int]) -> Iterator[int]:
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
        alike: dict[tuple[str | None, ...], list[Path]] = {}
        for path, shape in self._shapes.items():
            alike.setdefault(tuple(shape.get(name.lower()) for name in names), []).append(path)
        for paths in alike.values():
            shape = self._shapes[paths[0]]
            columns = [_day(self._wanted.day, shape), _filtered(shape)]
            columns += [f"{_text(d, shape)} AS d{n}" for n, d in enumerate(self._dimensions)]
            columns += [_number(n, name, shape) for n, name in enumerate(self._wanted.numbers)]
            files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
            yield (
                f"SELECT __file AS file, {', '.join(columns)} "
                f"FROM read_parquet([{files}], filename = '__file')"
            )

    def _sum(self) -> None:
        names = [f"d{n}" for n in range(len(self._dimensions))]
        sets = ["(period)", *(f"(period, {name})" for name in names)]
        cases = " ".join(f"WHEN grouping({name}) = 0 THEN {n}" for n, name in enumerate(names))
        sums = [self._summed(n, name) for n, name in enumerate(self._wanted.numbers)]
        columns = [
            "period",
            f"CASE {cases} END AS dimension" if names else "NULL::INTEGER AS dimension",
            f"coalesce({', '.join(names)}, NULL) AS value" if names else "NULL::VARCHAR AS value",
            "count(*) AS rows, count(*) FILTER (filtered) AS suppressed",
            *sums,
        ]
        self._connection.execute(
            f"""
            CREATE TEMP TABLE sums AS SELECT {", ".join(columns)}
            FROM placed JOIN given USING (source, place) GROUP BY GROUPING SETS ({", ".join(sets)})
            """
        )

    def _summed(self, number: int, name: str) -> str:
        """Only what can be lacking or unfit is counted: most reports never change."""
        total, lacking, unfit = _names(number)
        types = {shape.get(name.lower()) for shape in self._shapes.values()}
        lacks = f"count(*) FILTER ({lacking})" if None in types else "0"
        wrong = f"count(*) FILTER ({unfit})" if types - EXACT - {None} else "0"
        return f"sum({total}) AS {total}, {lacks} AS {lacking}, {wrong} AS {unfit}"

    def _order(self) -> str:
        if self._wanted.first is None:
            return "value"
        place = list(self._wanted.numbers).index(self._wanted.first)
        return f"{_names(place)[0]} DESC NULLS LAST, value"

    def _group(self, row: tuple[object, ...]) -> Group:
        period, dimension, value, rest, rows, suppressed, *numbers = row
        triples = zip(*[iter(numbers)] * 3, strict=False)
        named = zip(self._wanted.numbers, triples, strict=False)
        return Group(
            int(str(period)),
            None if dimension is None else self._dimensions[int(str(dimension))],
            None if value is None else str(value),
            bool(rest),
            int(str(rows)),
            int(str(suppressed)),
            {name: Number(total, lacking, unfit) for name, (total, lacking, unfit) in named},
        )


def _with_rows(connection: duckdb.DuckDBPyConnection, sources: Sequence[Source]) -> list[Path]:
    """The files that have any; a column without values has no type worth the name."""
    paths = sorted({str(source.path) for source in sources})
    if not paths:
        return []
    found = connection.execute(
        "SELECT file_name FROM parquet_file_metadata($paths) WHERE num_rows > 0 ORDER BY 1",
        {"paths": paths},
    )
    return [Path(file) for (file,) in found.fetchall()]


def _names(number: int) -> tuple[str, str, str]:
    return f"n{number}", f"lacks{number}", f"unfit{number}"


def _number(number: int, name: str, shape: Shape) -> str:
    total, lacking, unfit = _names(number)
    type_, column = shape.get(name.lower()), duck.name(name)
    if type_ is None:
        return f"NULL::{NUMBER} AS {total}, TRUE AS {lacking}, FALSE AS {unfit}"
    if type_ in EXACT:
        return f"CAST({column} AS {NUMBER}) AS {total}, FALSE AS {lacking}, FALSE AS {unfit}"
    read = f"TRY_CAST({column}::VARCHAR AS {NUMBER})"
    wrong = f"{column} IS NOT NULL AND {read} IS NULL"
    return f"{read} AS {total}, FALSE AS {lacking}, {wrong} AS {unfit}"


def _text(name: str, shape: Shape) -> str:
    type_, column = shape.get(name.lower()), duck.name(name)
    if type_ is None:
        return "NULL::VARCHAR"
    numeric = type_.startswith(("DECIMAL", "DOUBLE", "FLOAT"))
    return duck.digits(column) if numeric else f"{column}::VARCHAR"


def _day(name: str | None, shape: Shape) -> str:
    type_ = shape.get(name.lower()) if name else None
    if name is None or type_ is None:
        return "NULL::DATE AS day"
    if type_.startswith(("DATE", "TIMESTAMP")):
        return f"{duck.name(name)}::DATE AS day"
    return f"TRY_CAST({duck.name(name)}::VARCHAR AS TIMESTAMP)::DATE AS day"


def _filtered(shape: Shape) -> str:
    if FILTERED not in shape:
        return "FALSE AS filtered"
    return f"coalesce(TRY_CAST({FILTERED} AS BOOLEAN), FALSE) AS filtered"
