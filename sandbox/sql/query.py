"""Compiles and runs a submitted query, and rejects what AMC rejects."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from threading import Timer
from typing import Any

import duckdb
from sqlglot import exp

from sandbox.events.warehouse import Warehouse
from sandbox.sql import delivery, dialect, duckdb_errors, privacy, rules
from sandbox.sql.reader import Reader, utc
from sandbox.sql.rejections import Rejected, invalid
from sandbox.sql.relations import Relation, name

__all__ = ["Column", "Query", "Rejected", "Result", "compile", "run"]


@dataclass(frozen=True)
class Query:
    """The SQL of an execution with everything that decides its result. Times are UTC, half-open."""

    sql: str
    window_start: datetime | None = None  # None for all times
    window_end: datetime | None = None
    time_zone: str = "UTC"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    declared: Sequence[Mapping[str, Any]] = ()  # inputParameters of the workflow
    discriminator_column: str | None = None
    privacy: rules.Behaviour = "REMOVE_ROWS"
    user_count_column: str | None = None
    reason_column: str | None = None
    event_level: bool = False
    separator: str = ","
    quote: str = '"'
    escape: str = "\\"


@dataclass(frozen=True)
class Column:
    """A column of the result, in AMC's terms."""

    name: str
    data_type: str
    column_type: str  # METRIC or DIMENSION


@dataclass(frozen=True)
class Result:
    """The files of a result. Every part has the header."""

    paths: list[Path]
    columns: list[Column]
    row_count: int


@dataclass(frozen=True)
class Compiled:
    """SQL that DuckDB can run, with its columns and their DuckDB types."""

    sql: str
    columns: list[Column]
    types: list[str]
    order: str


def compile(query: Query, warehouse: Warehouse) -> list[Column]:  # noqa: A001
    """Find the columns of a query. Parameters need no values. Raises Rejected."""
    with warehouse.cursor() as cursor:
        return _compiled(query, warehouse, cursor, strict=False).columns


def run(
    query: Query,
    warehouse: Warehouse,
    destination: Path,
    *,
    timeout: float,
    split_rows: int | None = None,
) -> Result:
    """Run a query and write its result as CSV to `destination`, a `.csv` file or a folder.

    Raises Rejected, or TimeoutError after `timeout` seconds.
    """
    form = delivery.Format(query.separator, query.quote, query.escape)
    with warehouse.cursor() as cursor:
        compiled = _compiled(query, warehouse, cursor, strict=True)
        names = [column.name for column in compiled.columns]
        types = list(zip(names, compiled.types, strict=True))
        sql = delivery.lines(compiled.sql, types, form, compiled.order)
        head = delivery.header(names, form)

        def work() -> tuple[list[Path], int]:
            cursor.execute(sql)
            return delivery.write(cursor, head, destination, split_rows)

        paths, count = _within(timeout, cursor, work)
    return Result(paths, compiled.columns, count)


def _within(
    timeout: float,
    cursor: duckdb.DuckDBPyConnection,
    work: Callable[[], tuple[list[Path], int]],
) -> tuple[list[Path], int]:
    """Run a function, and interrupt DuckDB when the time is up."""
    timer = Timer(timeout, cursor.interrupt)
    timer.daemon = True
    timer.start()
    try:
        return work()
    except duckdb.InterruptException:
        raise TimeoutError(f"The query ran longer than {timeout:g} seconds.") from None
    except duckdb.Error as wrong:
        raise duckdb_errors.explained(wrong) from None
    finally:
        timer.cancel()


def _compiled(
    query: Query, warehouse: Warehouse, cursor: duckdb.DuckDBPyConnection, *, strict: bool
) -> Compiled:
    tree = dialect.parse(query.sql)
    reader = Reader(
        warehouse.tables,
        (utc(query.window_start), utc(query.window_end)),
        query.parameters,
        query.declared,
        strict,
        cursor,
    )
    try:
        order = tree.args.get("order")
        tree.set("order", None)
        relation = reader.query(tree)
        _check(tree, relation, query)
        counted = _counted(query, relation)
        final = privacy.filtered(replace(counted, sql="SELECT * FROM __raw"), _wanted(query))
        named = [(one.label, one.relation.sql()) for one in reader.written]
    except RecursionError:
        raise invalid("The query is nested too deeply") from None
    clauses = [f"{name(label)} AS ({sql})" for label, sql in named]
    sql = f"WITH {', '.join([*clauses, f'__raw AS MATERIALIZED ({counted.sql})'])} {final}"
    described = _described(cursor, sql)
    columns = [
        Column(written, delivery.amc_type(type_), _kind(written, type_, relation))
        for written, type_ in described
    ]
    types = [type_ for _, type_ in described]
    return Compiled(sql, columns, types, _order(order, tree, relation))


def _counted(query: Query, relation: Relation) -> privacy.Counted:
    if query.event_level:
        return privacy.Counted(relation.sql(), relation.outputs, False)
    return privacy.count_users(relation)


def _wanted(query: Query) -> privacy.Wanted:
    return privacy.Wanted(
        query.discriminator_column,
        query.privacy,
        query.user_count_column,
        query.reason_column,
    )


def _check(tree: exp.Query, relation: Relation, query: Query) -> None:
    """Check the rules for output columns."""
    extra = [query.discriminator_column, query.user_count_column, query.reason_column]
    for column in extra:
        if column and column.lower() in relation.outputs:
            raise invalid(f"Column '{column}' is in the output already")
    if query.event_level:
        return
    for written, facts in relation.outputs.values():
        item = next((one for one in tree.selects if one.alias_or_name == written), None)
        rules.may_be_shown(item, rules.Value("", facts))
    if not relation.aggregated:
        raise rules.not_event_level()


def _described(cursor: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[str, str]]:
    """The columns of the result with their types, without running the query."""
    try:
        rows = cursor.execute(f"DESCRIBE {sql}").fetchall()
    except duckdb.Error as wrong:
        raise duckdb_errors.explained(wrong) from None
    return [(row[0], row[1]) for row in rows]


def _kind(written: str, type_: str, relation: Relation) -> str:
    _, facts = relation.outputs.get(written.lower(), ("", rules.PLAIN))
    return "METRIC" if facts.metric else "DIMENSION"


def _order(order: exp.Expr | None, tree: exp.Query, relation: Relation) -> str:
    """ORDER BY of the query as far as it names result columns, then all columns."""
    terms = []
    outputs = [written for written, _ in relation.outputs.values()]
    for one in order.expressions if order else ():
        inner = one.this.unnest()
        place = None
        if isinstance(inner, exp.Literal) and inner.is_int and int(inner.this) <= len(outputs):
            place = int(inner.this) - 1
        elif isinstance(inner, exp.Column) and inner.name.lower() in relation.outputs:
            place = list(relation.outputs).index(inner.name.lower())
        else:
            same = [i for i, it in enumerate(tree.selects) if it.unalias() == inner]
            place = same[0] if same else None
        if place is None or place < 0:
            raise invalid("ORDER BY takes columns of the output", one)
        way = "DESC NULLS FIRST" if one.args.get("desc") else "ASC NULLS LAST"
        terms.append(f"{name(outputs[place])} {way}")
    return ", ".join([*terms, *(f"{name(one)} NULLS LAST" for one in outputs)])
