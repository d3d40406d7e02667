"""The conditions of lists, each from a field of a filter. What is None or empty filters nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from domain import ids
from domain.errors import Invalid
from domain.pages.search import contains

MOST_VALUES = 100  # of one field

Conditions = list[ColumnElement[bool]]


def equal(column: Any, value: object) -> Conditions:
    """The column has this value."""
    return [] if value is None else [column == value]


def one_of(column: Any, values: Sequence[Any] | None, field: str) -> Conditions:
    """The column has one of these values. Raises Invalid if there are more than MOST_VALUES."""
    if not values:
        return []
    if len(values) > MOST_VALUES:
        raise Invalid(
            f"At most {MOST_VALUES} values may be given; these are {len(values)}.",
            field=f"filter.{field}",
        )
    return [column.in_(values)]


def with_id(column: Any, prefix: str, given: str | None, field: str) -> Conditions:
    """The column has the key of this public id. Raises NotFound for what is no such id."""
    if given is None:
        return []
    return [column == ids.decode(prefix, given, field=f"filter.{field}")]


def with_ids(column: Any, prefix: str, given: Sequence[str] | None, field: str) -> Conditions:
    """The column has the key of one of these public ids. Raises NotFound and Invalid."""
    keys = [
        ids.decode(prefix, one, field=f"filter.{field}.{place}")
        for place, one in enumerate(given or ())
    ]
    return one_of(column, keys, field)


def between(column: Any, start: datetime | None, before: datetime | None) -> Conditions:
    """The moment of the column is `start` or later, and earlier than `before`."""
    return [
        *([] if start is None else [column >= start]),
        *([] if before is None else [column < before]),
    ]


def holds(condition: Any, given: bool | None) -> Conditions:
    """The condition is as true as is given."""
    return [] if given is None else [condition if given else ~condition]


def owned(column: Any, viewer_id: UUID, mine: bool | None) -> Conditions:
    """The column names the viewer, or does not if `mine` is false."""
    return [] if mine is None else holds(column.is_not_distinct_from(viewer_id), mine)


def with_text(text: str | None, *columns: InstrumentedAttribute[Any]) -> Conditions:
    """One of the columns has this text in it."""
    return [contains(text, *columns)] if text else []
