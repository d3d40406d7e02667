"""Statements as text, and how their rows are made: what SQLAlchemy builds and the driver runs.

A statement is compiled once, and its text is kept. Rows become bare objects of their models: they
have the columns that were read, and nothing else. To read or set anything else of one is an error.
For sessions that change rows (`tracked`) they become objects that such a session can take over.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Delete, FromClause, Insert, Select, TextClause, Update, types
from sqlalchemy import inspect as inspection
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


class Unreadable(Exception):
    """A session of a snapshot was asked for what only an ordinary one can do."""


Make: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True)
class Reading:
    """A statement as text, and how values are made of its records."""

    sql: str
    keys: list[str]
    parts: tuple[Make, ...]  # each makes a value of a record; none: a record is its values
    rows_at: tuple[int, ...] = ()  # which of the values are rows of models

    def rows(self, records: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """The rows of a result."""
        if not self.parts:
            return map(tuple, records)
        return (tuple([part(one) for part in self.parts]) for one in records)

    def firsts(self, records: Sequence[Any]) -> Iterator[Any]:
        """The first value of each row."""
        return map(self.parts[0], records) if self.parts else (one[0] for one in records)


Process: TypeAlias = Callable[[Any], Any]


@dataclass(frozen=True)
class Constant:
    """A constant statement, compiled for the columns of a plan."""

    statement: Any
    columns: Columns
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
    columns: Columns,
    *,
    tracked: bool = False,
) -> tuple[Reading, list[Any]]:
    """The text of a statement, its arguments, and how its rows are made. Raises Unreadable."""
    given = parameters or {}
    known: Constant | None = _constants.get((id(statement), id(columns), tracked))
    if known is not None and known.statement is statement and known.columns is columns:
        reading, order = known.reading, known.order
        values: Mapping[str, Any] = {**known.fixed, **given}
    else:
        reading, order, values = _compiled_for(dialect, statement, given, columns, tracked)
        if statement.get_execution_options().get(CONSTANT):
            fixed = {name: value for name, value in values.items() if name not in given}
            made = Constant(statement, columns, reading, order, fixed)
            _constants[id(statement), id(columns), tracked] = made
    return reading, [
        values[name] if process is None else process(values[name]) for name, process in order
    ]


def _compiled_for(
    dialect: Any, statement: Any, given: Mapping[str, Any], columns: Columns, tracked: bool
) -> tuple[Reading, tuple[tuple[str, Process | None], ...], Mapping[str, Any]]:
    spans: list[_Span] = []
    if tracked and isinstance(statement, CHANGES):
        statement, spans = _returned(statement, columns)
    elif isinstance(statement, TextClause):
        pass
    elif isinstance(statement, Select):
        statement, spans = _spread(statement, columns, tracked)
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
    known = (id(compiled), tracked, *((one.model, one.names) for one in spans))
    parts = _parts.get(known)
    if parts is None or parts[0] is not compiled:
        parts = _parts[known] = (compiled, *_made(compiled, spans, dialect, tracked))
    order = tuple((name, processors.get(name)) for name in names or ())
    rows_at = tuple(at for at, one in enumerate(spans) if one.model is not None)
    return Reading(sql, parts[1], parts[2], rows_at), order, values


@dataclass(frozen=True)
class _Span:
    """Consecutive columns of a result: a row of a model by these names, or one value."""

    key: str
    model: type[Any] | None = None
    names: tuple[str, ...] = ()


def _spread(statement: Any, columns: Columns, tracked: bool) -> tuple[Any, list[_Span]]:
    """The statement with the columns of each row in place of the row. Raises Unreadable."""
    options = statement.get_execution_options()
    undeferred = tuple(options.get(UNDEFERRED, ()))
    locks = statement._for_update_arg is not None
    if (statement._with_options and not undeferred) or (locks and not tracked):
        raise Unreadable("options of a statement")
    needed = options.get(NARROW)
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
        wanted = columns.get(model) if needed is not None else None
        names = _names(model, wanted if wanted is None else wanted | {*needed}, undeferred)
        spans.append(_Span(one["name"], model, names))
        chosen += [getattr(one["expr"], name) for name in names]
    return statement.with_only_columns(*chosen), spans


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
) -> tuple[list[str], tuple[Make, ...]]:
    """The keys of a result, and how each value of a row is made of a record."""
    kinds = [one.type for one in compiled._result_columns]
    readers = [_reader(kind, dialect) for kind in kinds]
    if not spans:
        if not any(readers):
            return [], ()
        keys = [one.keyname for one in compiled._result_columns]
        return keys, tuple(_value(at, one) for at, one in enumerate(readers))
    parts: list[Make] = []
    at = 0
    for span in spans:
        if span.model is None:
            parts.append(_value(at, readers[at]))
            at += 1
        else:
            width = len(span.names)
            parts.append(_row(span, at, readers[at : at + width], tracked))
            at += width
    if at != len(readers):
        raise Unreadable("columns of a statement")
    return [one.key for one in spans], tuple(parts)


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
