"""How values are made of the driver's records: rows of models, and what the database has of others.

Rows become bare objects of their models: they have the columns that were read, and nothing else. To
read or set anything else of one is an error. For sessions that change rows (`tracked`) they become
objects that such a session can take over.
"""

import json
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any, TypeAlias

import orjson
from sqlalchemy import inspect as inspection
from sqlalchemy import types

from domain.snapshots.columns import Span, Unreadable

LONG_NUMBER = re.compile(r"\d{16}")  # which orjson might round
Make: TypeAlias = Callable[[Any], Any]
Beside: TypeAlias = dict[Hashable, dict[Any, Any]]  # rows by what points to them, by join


@dataclass(frozen=True)
class Reading:
    """A statement as text, and how values are made of its records."""

    sql: str
    keys: list[str]
    parts: tuple[Make, ...]  # each makes a value of a record; none: a record is its values
    beside: tuple["Side", ...] = ()
    rows_at: tuple[int, ...] = ()  # which of the values are rows of models
    by_values: bool = False  # it is planned for the values that it is given

    def rows(self, records: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
        """The rows of a result."""
        if not self.parts:
            return map(tuple, records)
        return zip(*(map(part, records) for part in self.parts), strict=True)

    def firsts(self, records: Sequence[Any]) -> Iterator[Any]:
        """The first value of each row."""
        return map(self.parts[0], records) if self.parts else (one[0] for one in records)

    def note(self, records: Sequence[Any], found: Beside) -> None:
        """Add the rows that were read beside those of the result."""
        for side in self.beside:
            known, at, make = found.setdefault(side.name, {}), side.at, side.make
            for one in records:
                key = one[at]
                if key is not None and key not in known:
                    known[key] = make(one)


@dataclass(frozen=True)
class Side:
    """The rows of a join in the records of a statement."""

    name: Hashable
    at: int  # the column that points to them
    make: Make


def made(
    compiled: Any, spans: Sequence[Span], dialect: Any, tracked: bool
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
        return itemgetter(at)
    return lambda record: read(record[at])


def _row(span: Span, begin: int, readers: Sequence[Make | None], tracked: bool) -> Make:
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
