"""Statements as text: what SQLAlchemy builds and the driver runs.

A statement is compiled once, and its text is kept with how its rows are made.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Delete, Insert, Select, TextClause, Update
from sqlalchemy.util import LRUCache

from domain.snapshots import columns, records
from domain.snapshots.columns import BY_VALUES, CONSTANT, Needed, Span, Unreadable
from domain.snapshots.records import Reading

STATEMENTS = 500  # that a process keeps as text
CHANGES = (Insert, Update, Delete)
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
    spans: list[Span] = []
    if tracked and isinstance(statement, CHANGES):
        statement, spans = columns.returned(statement, needed.columns)
    elif isinstance(statement, TextClause):
        pass
    elif isinstance(statement, Select):
        statement, spans = columns.spread(statement, needed, tracked)
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
        parts = _parts[known] = (compiled, *records.made(compiled, spans, dialect, tracked))
    order = tuple((name, processors.get(name)) for name in names or ())
    rows_at = tuple(at for at, one in enumerate(spans) if one.model and not one.join)
    _, keys, makes, beside = parts
    by_values = bool(statement.get_execution_options().get(BY_VALUES))
    return Reading(sql, keys, makes, beside, rows_at, by_values), order, values
