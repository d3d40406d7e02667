"""Sums the rows of result files by period, overall and by one dimension at a time, in DuckDB.

A few statements sum them for all periods and dimensions. The header of each file says which columns
it has. A column may be missing or have another type in other revisions of
a report, and in weeks without a value.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import duckdb

from domain import duck
from domain.aggregates import pairs
from domain.amc import currencies
from domain.calendar.days import Days

FILTERED = "filtered"  # AMC's column that marks rows whose dimensions were withheld for privacy
OTHER = "(other)"
MOST_VALUES = 500  # of a dimension in a period; all others form one group
SMALL = 100_000  # rows of all files, which are kept in memory
NO_VALUE, REST = 0, 501  # places beside those of values that have their own group

DECIMAL = "DECIMAL(38,10)"
EXACT = {DECIMAL, "BIGINT", "INTEGER", "SMALLINT", "TINYINT"}  # types whose values are all numbers

Schema: TypeAlias = Mapping[str, str]  # DuckDB's type of each column, by its name in lower case


@dataclass(frozen=True)
class RowFilter:
    """Keep only rows with these values of a column, or all but these.

    None: withheld for privacy.
    """

    column: str
    values: Collection[str | None]
    exclude: bool = False


@dataclass(frozen=True)
class SumQuery:
    """Which columns to sum, by which dimensions, over which rows."""

    day: str | None  # the column by which a file is split into days
    numbers: Sequence[str]
    dimensions: Sequence[str]
    order_by: str | None  # the number whose sum orders the values; None: the values themselves
    most: int = MOST_VALUES  # values of a dimension that have their own group
    filters: Sequence[RowFilter] = ()
    # Columns by the number that may be summed only if all its rows agree on them.
    alike: Mapping[str, Sequence[str]] = field(default_factory=dict)
    has_money: bool = False  # whether some of the numbers are amounts
    currency: str | None = None  # of the instance; None if it is not known


@dataclass(frozen=True)
class ResultFile:
    """A result and its days. A row dated outside of them counts for the nearest day."""

    path: Path
    days: Days


@dataclass(frozen=True)
class Header:
    """What a file tells about itself: the types of its columns, and how many rows it has."""

    schema: Schema
    rows: int


@dataclass(frozen=True)
class FileUse:
    """What a period uses of a file: every row, or the rows of some days."""

    period: int
    file: int
    days: Collection[date] | None


class ColumnSum(NamedTuple):
    """The sum of a column, as text with all digits. None if no row has a value."""

    total: str | None
    lacking: int  # rows of files without the column
    unfit: int  # rows whose value is not a number


@dataclass(frozen=True, slots=True)
class Group:
    """The sums of one period, overall (dimension None) or for one value of a dimension."""

    period: int
    dimension: str | None
    value: str | None
    is_rest: bool  # whether it holds all values without their own group
    rows: int
    suppressed: int  # rows among them whose dimensions were withheld for privacy
    numbers: Mapping[str, ColumnSum]
    alike: frozenset[str] = frozenset()  # numbers whose rows agree on the columns they must
    is_foreign: bool = False  # whether a row is in another currency than the instance


def headers(connection: duckdb.DuckDBPyConnection, paths: Collection[Path]) -> dict[Path, Header]:
    """Return the header of each file."""
    if not paths:
        return {}
    given = {"paths": [str(path) for path in paths]}
    rows = connection.execute(
        "SELECT file_name, num_rows FROM parquet_file_metadata($paths)", given
    ).fetchall()
    columns = connection.execute(
        "SELECT file_name, lower(name), duckdb_type FROM parquet_schema($paths) "
        "WHERE duckdb_type IS NOT NULL",
        given,
    ).fetchall()
    schemas: dict[str, dict[str, str]] = {}
    for file, name, type_ in columns:
        schemas.setdefault(file, {})[name] = type_
    return {Path(file): Header(schemas.get(file, {}), count) for file, count in rows}


class ResultSums:
    """The sums of a query over some uses of some files."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        query: SumQuery,
        files: Sequence[ResultFile],
        uses: Sequence[FileUse],
        headers: Mapping[Path, Header],
    ) -> None:
        self._connection, self._query, self._files, self._uses = connection, query, files, uses
        found = {file.path: headers[file.path] for file in files}
        # The type of a column in a file without rows is arbitrary.
        self._schemas = {path: one.schema for path, one in found.items() if one.rows}
        self._is_small = sum(headers[file.path].rows for file in files) <= SMALL
        present = {name for schema in self._schemas.values() for name in schema}
        self._dimensions = [
            one
            for one in query.dimensions
            if present.issuperset(part.lower() for part in pairs.parts(one))
        ]
        types = (one for schema in self._schemas.values() for one in schema.items())
        self._currencies = currencies.columns(types) if query.has_money else []
        if self._schemas:
            self._register()

    def undated(self) -> dict[int, int]:
        """Return the number of rows without a day, for each file that is split by days."""
        if not self._schemas:
            return {}
        counted = "SELECT file, count(*) FROM placed WHERE split AND nth = -1 GROUP BY file"
        return dict(self._connection.execute(counted).fetchall())

    def groups(self) -> Iterator[Group]:
        """Yield the groups that have rows, by period: the overall group, then the largest values.

        Groups are fetched during the iteration, so do not run other statements before it ends.
        """
        if not self._schemas:
            return
        self._keep_the_largest()
        sums = [self._summed(n, name) for n, name in enumerate(self._query.numbers)]
        sums += [f"min(a{n}) = max(a{n})" for n in range(len(self._query.alike))]
        sums += [currencies.is_foreign()] if self._currencies else []
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
                    SELECT placed.*, uses.period, {", ".join([*places, "0"])}
                    FROM placed JOIN uses USING (file, nth) {self._joins()}
                )
                GROUP BY GROUPING SETS ({", ".join(["(period)", *self._sets("p")])})
            ) summed LEFT JOIN kept USING (period, dimension, place)
            ORDER BY period, dimension NULLS FIRST, place = 0, place
            """
        )
        while rows := found.fetchmany(2000):
            yield from map(self._group, rows)

    def _keep_the_largest(self) -> None:
        """Find the values that get a group.

        Summing all columns by all values would need much memory.
        """
        first = self._query.order_by
        total = "NULL" if first is None else f"sum(n{list(self._query.numbers).index(first)})"
        self._connection.execute(
            f"""
            CREATE TEMP TABLE kept AS SELECT period, dimension, value, row_number() OVER (
                PARTITION BY period, dimension
                ORDER BY value = '{OTHER}', total DESC NULLS LAST, value
            ) AS place
            FROM (
                SELECT period, {self._grouped("d", "value")}, {total} AS total
                FROM placed JOIN uses USING (file, nth)
                GROUP BY GROUPING SETS ({", ".join(self._sets("d") or ["(period)"])})
            ) WHERE value IS NOT NULL QUALIFY place <= {self._query.most}
            """
        )

    def _joins(self) -> str:
        """Return the joins that give each row the place of its value, for each dimension."""
        return " ".join(
            f"LEFT JOIN kept k{n} ON k{n}.dimension = {n} AND k{n}.period = uses.period "
            f"AND k{n}.value = d{n}"
            for n in range(len(self._dimensions))
        )

    def _grouped(self, prefix: str, name: str) -> str:
        """Return the columns for the dimension of a row of the grouping sets, and for its key."""
        keys = [f"{prefix}{n}" for n in range(len(self._dimensions))]
        cases = " ".join(f"WHEN grouping({key}) = 0 THEN {n}" for n, key in enumerate(keys))
        dimension = f"CASE {cases} END" if keys else "NULL::INTEGER"
        return f"{dimension} AS dimension, coalesce({', '.join([*keys, 'NULL'])}) AS {name}"

    def _sets(self, prefix: str) -> list[str]:
        return [f"(period, {prefix}{n})" for n in range(len(self._dimensions))]

    def _register(self) -> None:
        """Create the tables and the view that all statements read."""
        split = {use.file for use in self._uses if use.days is not None}
        self._table(
            "files",
            "file INTEGER, path VARCHAR, start DATE, days INTEGER, split BOOLEAN",
            [
                (number, str(one.path), one.days.start, one.days.length, number in split)
                for number, one in enumerate(self._files)
            ],
        )
        self._table(
            "uses",
            "file INTEGER, period INTEGER, nth INTEGER",
            [(use.file, use.period, n) for use in self._uses for n in self._days(use, split)],
        )
        for number, one in enumerate(self._query.filters):
            values = [(value,) for value in one.values if value is not None]
            self._table(f"filter{number}", "value VARCHAR", values)
        # A stored result is named by its content, so two files may have the same path.
        # Few rows are read from the files once. Many are read by each statement and fill no memory.
        kind = "TABLE" if self._is_small else "VIEW"
        self._connection.execute(
            f"""
            CREATE TEMP {kind} placed AS
            SELECT found.*, file, split, CASE WHEN split AND day IS NOT NULL
                THEN least(greatest(day - start, 0), days - 1) ELSE -1 END AS nth
            FROM ({" UNION ALL ".join(self._selects())}) found JOIN files USING (path)
            """
        )

    def _table(self, name: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
        self._connection.execute(f"CREATE TEMP TABLE {name} ({columns})")
        if not rows:
            return
        lists = [list(column) for column in zip(*rows, strict=True)]
        marks = ", ".join("unnest(?)" for _ in lists)
        self._connection.execute(f"INSERT INTO {name} SELECT {marks}", lists)

    def _days(self, use: FileUse, split: Collection[int]) -> Iterator[int]:
        """Yield the days of a use, counted from its file's first day.

        -1 stands for rows without a day.
        """
        file = self._files[use.file]
        if use.days is not None:
            yield from ((day - file.days.start).days for day in use.days)
            return
        yield -1
        if use.file in split:
            yield from range(file.days.length)

    def _selects(self) -> Iterator[str]:
        """Yield a scan for each set of files that have the query's columns in the same types."""
        names = [*self._query.numbers, self._query.day or "", FILTERED]
        names += [part for one in self._dimensions for part in pairs.parts(one)]
        names += [one.column for one in self._query.filters]
        names += [name for columns in self._query.alike.values() for name in columns]
        names += self._currencies
        alike: dict[tuple[str | None, ...], list[Path]] = {}
        for path, schema in self._schemas.items():
            alike.setdefault(tuple(schema.get(name.lower()) for name in names), []).append(path)
        for paths in alike.values():
            schema = self._schemas[paths[0]]
            filtered = f"coalesce({FILTERED}, FALSE)" if FILTERED in schema else "FALSE"
            columns = [f"{filtered} AS filtered, {_day(self._query.day, schema)} AS day"]
            columns += [f"{_texts(d, schema)} AS d{n}" for n, d in enumerate(self._dimensions)]
            columns += [_number(n, name, schema) for n, name in enumerate(self._query.numbers)]
            columns += [
                f"{_digest(names_, schema)} AS a{n}"
                for n, names_ in enumerate(self._query.alike.values())
            ]
            if self._currencies:
                home = self._query.currency
                columns.append(currencies.of_row(self._currencies, schema, home))
            files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
            yield (
                f"SELECT __file AS path, {', '.join(columns)} "
                f"FROM read_parquet([{files}], filename = '__file'){self._where(schema)}"
            )

    def _where(self, schema: Schema) -> str:
        """Return the condition of the filters, for files of this schema."""
        conditions = []
        for number, one in enumerate(self._query.filters):
            text = _text(one.column, schema)
            given = f"coalesce({text} IN (SELECT value FROM filter{number}), FALSE)"
            given += f" OR {text} IS NULL" if None in one.values else ""
            conditions.append(f"NOT ({given})" if one.exclude else f"({given})")
        return f" WHERE {' AND '.join(conditions)}" if conditions else ""

    def _summed(self, number: int, name: str) -> str:
        """Return the sum of a column.

        Lacking and unfit rows are counted only if there may be any.
        """
        total, lacking, unfit = _number_names(number)
        types = {schema.get(name.lower()) for schema in self._schemas.values()}
        lacks = f"count(*) FILTER ({lacking})" if None in types else "0"
        wrong = f"count(*) FILTER ({unfit})" if types - EXACT - {None} else "0"
        return f"sum({total})::VARCHAR, {lacks}, {wrong}"

    def _group(self, row: tuple[Any, ...]) -> Group:
        period, dimension, value, place, rows, suppressed, *numbers = row
        alike = numbers[3 * len(self._query.numbers) :]
        is_foreign = bool(self._currencies and alike[len(self._query.alike)])
        named = zip(self._query.numbers, zip(*[iter(numbers)] * 3, strict=False), strict=False)
        return Group(
            period,
            None if dimension is None else self._dimensions[dimension],
            OTHER if place == REST else value,
            place == REST,
            rows,
            suppressed,
            {name: ColumnSum(_digits(total), *rest) for name, (total, *rest) in named},
            frozenset(compress(self._query.alike, alike)),
            is_foreign,
        )


def _digits(total: str | None) -> str | None:
    """Return a decimal as text without trailing zeros."""
    if total is None or "." not in total:
        return total
    return total.rstrip("0").rstrip(".")


def _number_names(number: int) -> tuple[str, str, str]:
    """Return three column names: a number, whether its file lacks it, and whether it is unfit."""
    return f"n{number}", f"lacks{number}", f"unfit{number}"


def _number(number: int, name: str, schema: Schema) -> str:
    """Return SQL for a row's number, whether its file lacks the column, and whether it is unfit."""
    total, lacking, unfit = _number_names(number)
    type_, column = schema.get(name.lower()), duck.name(name)
    if type_ is None:
        return f"NULL::{DECIMAL} AS {total}, TRUE AS {lacking}, FALSE AS {unfit}"
    if type_ in EXACT:
        return f"CAST({column} AS {DECIMAL}) AS {total}, FALSE AS {lacking}, FALSE AS {unfit}"
    read = f"TRY_CAST({column}::VARCHAR AS {DECIMAL})"
    wrong = f"{column} IS NOT NULL AND {read} IS NULL"
    return f"{read} AS {total}, FALSE AS {lacking}, {wrong} AS {unfit}"


def _text(name: str, schema: Schema) -> str:
    """Return SQL for a value as text. Equal numbers give equal text, whatever type a file uses."""
    type_, column = schema.get(name.lower()), duck.name(name)
    if type_ is None:
        return "NULL::VARCHAR"
    decimal = type_.startswith(("DECIMAL", "DOUBLE", "FLOAT"))
    return duck.digits(column) if decimal else f"{column}::VARCHAR"


def _texts(name: str, schema: Schema) -> str:
    """Return SQL for a value of a dimension, or of a pair: NULL if either value is."""
    return f" || '{pairs.BETWEEN}' || ".join(_text(one, schema) for one in pairs.parts(name))


def _digest(names: Sequence[str], schema: Schema) -> str:
    """Return SQL for a number that is the same for rows with the same values of these columns."""
    return f"hash({', '.join([_text(name, schema) for name in names] or ['0'])})"


def _day(name: str | None, schema: Schema) -> str:
    """Return SQL for the day of a row, or NULL."""
    if name is None or (type_ := schema.get(name.lower())) is None:
        return "NULL::DATE"
    if type_.startswith(("DATE", "TIMESTAMP")):
        return f"{duck.name(name)}::DATE"
    return f"TRY_CAST({duck.name(name)}::VARCHAR AS TIMESTAMP)::DATE"
