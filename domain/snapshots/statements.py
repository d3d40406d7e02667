"""Statements as text, and how their rows are made: what SQLAlchemy builds and the driver runs.

A statement is compiled once, and its text is kept. Rows become bare objects of their models: they
have the columns that were read, and nothing else. To read or set anything else of one is an error.
For sessions that change rows (`tracked`) they become objects that such a session can take over.
"""

import json
import re
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeAlias

import orjson
from sqlalchemy import (
    Delete,
    FromClause,
    Insert,
    Select,
    TextClause,
    UnaryExpression,
    Update,
    select,
    types,
)
from sqlalchemy import inspect as inspection
from sqlalchemy.orm import aliased, outerjoin
from sqlalchemy.sql.elements import _label_reference
from sqlalchemy.util import LRUCache

STATEMENTS = 500  # that a process keeps as text
# An option of statements that read rows for an edge or a list. They may leave out columns, but not
# those that the option names.
NARROW = "narrow"
CONSTANT = "constant"  # an option of statements that are built once and take parameters
# An option of statements that read deferred columns, with the names of these.
UNDEFERRED = "undeferred"
CHANGES = (Insert, Update, Delete)
LONG_NUMBER = re.compile(r"\d{16}")  # which orjson might round
Columns: TypeAlias = Mapping[type[Any], frozenset[str]]
Beside: TypeAlias = dict[Hashable, dict[Any, Any]]  # rows by what points to them, by join


@dataclass(frozen=True)
class Join:
    """Rows that are read in the statement of those that point to them, or None where there is none.

    `attribute` of the one equals `key` of the other, of which there is one at most.
    """

    name: Hashable
    attribute: str
    model: type[Any]
    key: str


@dataclass(frozen=True)
class Needed:
    """What a plan needs of the rows of a model: these columns, and these rows beside each.

    Of models that are not named, all columns are needed.
    """

    columns: Columns
    joins: Mapping[type[Any], tuple[Join, ...]]


class Unreadable(Exception):
    """A session of a snapshot was asked for what only an ordinary one can do."""


Make: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True)
class Reading:
    """A statement as text, and how values are made of its records."""

    sql: str
    keys: list[str]
    parts: tuple[Make, ...]  # each makes a value of a record; none: a record is its values
    beside: tuple["Side", ...] = ()
    rows_at: tuple[int, ...] = ()  # which of the values are rows of models

    def rows(self, records: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """The rows of a result."""
        if not self.parts:
            return map(tuple, records)
        return (tuple([part(one) for part in self.parts]) for one in records)

    def firsts(self, records: Sequence[Any]) -> Iterator[Any]:
        """The first value of each row."""
        return map(self.parts[0], records) if self.parts else (one[0] for one in records)

    def note(self, records: Sequence[Any], found: Beside) -> None:
        """Add the rows that were read beside those of the result."""
        for side in self.beside:
            known = found.setdefault(side.name, {})
            for one in records:
                key = one[side.at]
                if key is not None and key not in known:
                    known[key] = side.make(one)


@dataclass(frozen=True)
class Side:
    """The rows of a join in the records of a statement."""

    name: Hashable
    at: int  # the column that points to them
    make: Make


Process: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True)
class Constant:
    """A constant statement, compiled for what a plan needs."""

    statement: Any
    needed: Needed
    reading: Reading
    order: tuple[tuple[str, Process | None], ...]  # of the parameters
    fixed: Mapping[str, Any]  # the values of those that are part of the statement


_compiled: Any = LRUCache(STATEMENTS)
_parts: Any = LRUCache(STATEMENTS)
_constants: Any = LRUCache(STATEMENTS)


def prepared(
    dialect: Any,
    statement: Any,
    parameters: Mapping[str, Any] | None,
    needed: Needed,
    *,
    tracked: bool = False,
) -> tuple[Reading, list[Any]]:
    """The text of a statement, its arguments, and how its rows are made. Raises Unreadable."""
    given = parameters or {}
    known: Constant | None = _constants.get((id(statement), id(needed), tracked))
    if known is not None and known.statement is statement and known.needed is needed:
        reading, order = known.reading, known.order
        values: Mapping[str, Any] = {**known.fixed, **given}
    else:
        reading, order, values = _compiled_for(dialect, statement, given, needed, tracked)
        if statement.get_execution_options().get(CONSTANT):
            fixed = {name: value for name, value in values.items() if name not in given}
            made = Constant(statement, needed, reading, order, fixed)
            _constants[id(statement), id(needed), tracked] = made
    return reading, [
        values[name] if process is None else process(values[name]) for name, process in order
    ]


def _compiled_for(
    dialect: Any, statement: Any, given: Mapping[str, Any], needed: Needed, tracked: bool
) -> tuple[Reading, tuple[tuple[str, Process | None], ...], Mapping[str, Any]]:
    spans: list[_Span] = []
    if tracked and isinstance(statement, CHANGES):
        statement, spans = _returned(statement, needed.columns)
    elif isinstance(statement, TextClause):
        pass
    elif isinstance(statement, Select):
        statement, spans = _spread(statement, needed, tracked)
    else:
        raise Unreadable(type(statement).__name__)
    compiled, extracted, collected, _ = statement._compile_w_cache(
        dialect, compiled_cache=_compiled, column_keys=sorted(given)
    )
    values = compiled.construct_params(
        dict(given), extracted_parameters=extracted, escape_names=False, _collected_params=collected
    )
    sql, names, processors = compiled.string, compiled.positiontup, compiled._bind_processors
    if compiled.literal_execute_params or compiled.post_compile_params:
        expanded = compiled._process_parameters_for_postcompile(values)
        sql, names = expanded.statement, expanded.positiontup
        values = {**values, **expanded.additional_parameters}
        processors = {**processors, **expanded.processors}
    known = (id(compiled), tracked, *((one.model, one.names, one.join) for one in spans))
    parts = _parts.get(known)
    if parts is None or parts[0] is not compiled:
        parts = _parts[known] = (compiled, *_made(compiled, spans, dialect, tracked))
    order = tuple((name, processors.get(name)) for name in names or ())
    rows_at = tuple(at for at, one in enumerate(spans) if one.model and not one.join)
    _, keys, makes, beside = parts
    return Reading(sql, keys, makes, beside, rows_at), order, values


@dataclass(frozen=True)
class _Span:
    """Consecutive columns of a result: a row of a model by these names, or one value."""

    key: str
    model: type[Any] | None = None
    names: tuple[str, ...] = ()
    join: Join | None = None  # if the row is read beside the first one


def _spread(statement: Any, needed: Needed, tracked: bool) -> tuple[Any, list[_Span]]:
    """The statement with the columns of each row in place of the row. Raises Unreadable."""
    options = statement.get_execution_options()
    undeferred = tuple(options.get(UNDEFERRED, ()))
    locks = statement._for_update_arg is not None
    if (statement._with_options and not undeferred) or (locks and not tracked):
        raise Unreadable("options of a statement")
    more = options.get(NARROW)
    described = statement.column_descriptions
    if not any(_is_row(one) for one in described):
        return statement, [_Span(one["name"]) for one in described]
    spans, chosen = [], []
    for one, element in zip(described, statement._raw_columns, strict=True):
        if not _is_row(one):
            spans.append(_Span(one["name"]))
            chosen.append(element)
            continue
        model = inspection(one["entity"]).mapper.class_
        wanted = needed.columns.get(model) if more is not None else None
        names = _names(model, wanted if wanted is None else wanted | {*more}, undeferred)
        spans.append(_Span(one["name"], model, names))
        chosen += [getattr(one["expr"], name) for name in names]
    joins = needed.joins.get(spans[0].model, ()) if spans[0].model is not None else ()
    if joins and more is not None and options.get(CONSTANT) and _may_be_joined(statement):
        return _joined(statement, chosen, spans, joins, needed.columns)
    return statement.with_only_columns(*chosen), spans


def _may_be_joined(statement: Any) -> bool:
    return not (statement._distinct or statement._group_by_clauses)


def _joined(
    statement: Any,
    chosen: Sequence[Any],
    spans: list[_Span],
    joins: Sequence[Join],
    columns: Columns,
) -> tuple[Any, list[_Span]]:
    """The statement as the inner one of a statement with outer joins.

    So the joins have no part in how a page is found: PostgreSQL joins the few rows of the page.
    """
    sorts = [_sort(one) for one in statement._order_by_clauses]
    labelled = [one.label(f"c{place}") for place, one in enumerate(chosen)]
    labelled += [one.label(f"s{place}") for place, (one, _) in enumerate(sorts)]
    inner = statement.with_only_columns(*labelled)
    if statement._limit_clause is None and statement._offset_clause is None:
        inner = inner.order_by(None)
    rows = inner.subquery("rows")
    source: Any = rows
    read = [rows.c[f"c{place}"] for place in range(len(chosen))]
    for join in joins:
        target: Any = aliased(join.model)
        on = rows.c[f"c{spans[0].names.index(join.attribute)}"]
        source = outerjoin(source, target, getattr(target, join.key) == on)
        model: Any = join.model
        names = _names(model, columns[model] | {join.key}, ())
        read += [getattr(target, name) for name in names]
        spans.append(_Span("", join.model, names, join))
    order = [make(rows.c[f"s{place}"]) for place, (_, make) in enumerate(sorts)]
    return select(*read).select_from(source).order_by(*order), spans


def _sort(clause: Any) -> tuple[Any, Make]:
    """What a clause of ORDER BY sorts by, and how another column is sorted as it is."""
    ways: list[Any] = []
    while True:
        if isinstance(clause, UnaryExpression) and clause.modifier is not None:
            ways.append(clause.modifier)
        elif not isinstance(clause, _label_reference):
            break
        clause = clause.element

    def sorted_(column: Any) -> Any:
        for way in reversed(ways):
            column = UnaryExpression(column, modifier=way)
        return column

    return clause, sorted_


def _returned(statement: Any, columns: Columns) -> tuple[Any, list[_Span]]:
    """A change with the columns of each row that it returns in place of the row."""
    if not any(isinstance(one, FromClause) for one in statement._returning):
        return statement, [_Span(one.key) for one in statement._returning]
    spans, chosen = [], []
    for one in statement._returning:
        if not isinstance(one, FromClause):
            spans.append(_Span(one.key))
            chosen.append(one)
            continue
        model = one._annotations["parententity"].class_
        names = _names(model, columns.get(model), ())
        spans.append(_Span(model.__name__, model, names))
        chosen += [getattr(model, name) for name in names]
    bare = statement._clone()
    bare._returning = ()
    return bare.returning(*chosen), spans


def _is_row(described: Any) -> bool:
    entity = described.get("entity")  # statements of tables alone have none
    return entity is not None and described["expr"] is entity


@lru_cache(10 * STATEMENTS)
def _names(
    model: type[Any], wanted: frozenset[str] | None, undeferred: tuple[str, ...]
) -> tuple[str, ...]:
    """The attributes that are read of a model: those that are wanted, and its key."""
    mapper: Any = inspection(model)
    if mapper.polymorphic_on is not None or mapper.relationships:
        raise Unreadable(f"{model.__name__} is more than its columns")
    return tuple(
        one.key
        for one in mapper.column_attrs
        if one.key in undeferred
        or one.columns[0].primary_key
        or ((wanted is None or one.key in wanted) and not one.deferred)
    )


def _made(
    compiled: Any, spans: Sequence[_Span], dialect: Any, tracked: bool
) -> tuple[list[str], tuple[Make, ...], tuple[Side, ...]]:
    """The keys of a result, and how each value of a row is made of a record."""
    kinds = [one.type for one in compiled._result_columns]
    readers = [_reader(kind, dialect) for kind in kinds]
    if not spans:
        if not any(readers):
            return [], (), ()
        keys = [one.keyname for one in compiled._result_columns]
        return keys, tuple(_value(at, one) for at, one in enumerate(readers)), ()
    parts: list[Make] = []
    beside: list[Side] = []
    at = 0
    for span in spans:
        if span.model is None:
            parts.append(_value(at, readers[at]))
            at += 1
        else:
            width = len(span.names)
            make = _row(span, at, readers[at : at + width], tracked)
            if span.join is None:
                parts.append(make)
            else:
                pointing = spans[0].names.index(span.join.attribute)
                beside.append(Side(span.join.name, pointing, make))
            at += width
    if at != len(readers):
        raise Unreadable("columns of a statement")
    return [one.key for one in spans if one.join is None], tuple(parts), tuple(beside)


def _value(at: int, read: Make | None) -> Make:
    if read is None:
        return lambda record: record[at]
    return lambda record: read(record[at])


def _row(span: _Span, begin: int, readers: Sequence[Make | None], tracked: bool) -> Make:
    model: Any = span.model
    names, end = span.names, begin + len(span.names)
    read = [(name, one) for name, one in zip(names, readers, strict=True) if one is not None]
    mapper: Any = inspection(model)
    # No part of a primary key is null, except where an outer join found no row.
    key = begin + names.index(mapper.get_property_by_column(mapper.primary_key[0]).key)
    new = mapper.class_manager.new_instance if tracked else partial(model.__new__, model)

    def make(record: Any) -> Any:
        if record[key] is None:
            return None
        row = new()
        values = row.__dict__
        values.update(zip(names, record[begin:end], strict=True))
        for name, one in read:
            values[name] = one(values[name])
        return row

    return make


def _reader(kind: Any, dialect: Any) -> Make | None:
    """How a value of the driver becomes one of this type; None if it is one."""
    if isinstance(kind, types.Numeric):
        return _decimal if kind.asdecimal else _float
    usual: Make | None = kind._cached_result_processor(dialect, None)
    return _document if isinstance(kind, types.JSON) and usual is not None else usual


def _decimal(value: Any) -> Any:
    if isinstance(value, float):
        raise Unreadable("a decimal number")
    return value


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _document(text: str | None) -> Any:
    """A JSON document, with the numbers that Python's own parser reads."""
    if text is None:
        return None
    return json.loads(text) if LONG_NUMBER.search(text) else orjson.loads(text)
