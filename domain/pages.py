"""Keyset pages: stable while rows come and go, and as fast at the end as at the start."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import Select, Uuid, column, select, true, tuple_, values
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from domain.errors import Invalid
from domain.problems import check_day
from domain.sentences import is_text

Row = TypeVar("Row")
Day = TypeVar("Day", bound=date)
DEFAULT = 20
LARGEST_NUMBER = 2**31 - 1  # of the columns that lists are ordered by


@dataclass(frozen=True)
class PageArgs:
    """The page to read: the first rows after a cursor, or the last rows before it."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    def __post_init__(self) -> None:
        if self.first is not None and self.last is not None:
            raise Invalid("Give first or last, not both.", field="last")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows in order, each with its cursor, and whether there are more on either side."""

    rows: list[Row]
    cursors: list[str]
    has_next_page: bool
    has_previous_page: bool


async def page(
    session: AsyncSession,
    statement: Select[Row],
    keys: Sequence[InstrumentedAttribute[Any]],
    args: PageArgs,
    *,
    descending: bool = True,
) -> Page[Row]:
    """Return one page in the order of these columns, the last of which is unique. One statement."""
    found = list(await session.scalars(_limited(statement, keys, args, descending)))
    return _page(found, keys, args)


async def pages(
    session: AsyncSession,
    parent: InstrumentedAttribute[Any],
    parents: Sequence[UUID],
    keys: Sequence[InstrumentedAttribute[Any]],
    args: PageArgs,
) -> dict[UUID, Page[Any]]:
    """Return the same page of the children of each parent, newest first, in one statement."""
    of = values(column("parent", Uuid()), name="of").data([(one,) for one in parents])
    children = select(parent.class_).where(parent == of.c.parent)
    child = aliased(parent.class_, _limited(children, keys, args, True).lateral())
    order = [getattr(child, key.key) for key in keys]
    if args.last is None:
        order = [key.desc() for key in order]
    statement = select(child).select_from(of).join(child, true()).order_by(*order)
    found: dict[UUID, list[Any]] = {one: [] for one in parents}
    for row in await session.scalars(statement):
        found[getattr(row, parent.key)].append(row)
    return {one: _page(rows, keys, args) for one, rows in found.items()}


def _limited(
    statement: Select[Row],
    keys: Sequence[InstrumentedAttribute[Any]],
    args: PageArgs,
    descending: bool,
) -> Select[Row]:
    """Select the rows of the page and one more, which tells whether there are more."""
    order = tuple_(*keys)
    if args.after is not None:
        mark = tuple_(*_values(args.after, keys, "after"))
        statement = statement.where(order < mark if descending else order > mark)
    if args.before is not None:
        mark = tuple_(*_values(args.before, keys, "before"))
        statement = statement.where(order > mark if descending else order < mark)
    down = descending != (args.last is not None)
    statement = statement.order_by(*(key.desc() if down else key.asc() for key in keys))
    return statement.limit(_size(args) + 1)


def _size(args: PageArgs) -> int:
    return args.first or args.last or DEFAULT


def _page(
    found: list[Row], keys: Sequence[InstrumentedAttribute[Any]], args: PageArgs
) -> Page[Row]:
    size, backwards = _size(args), args.last is not None
    more, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    return Page(
        rows=rows,
        cursors=[_cursor(row, keys) for row in rows],
        has_next_page=args.before is not None if backwards else more,
        has_previous_page=more if backwards else args.after is not None,
    )


def _cursor(row: object, keys: Sequence[InstrumentedAttribute[Any]]) -> str:
    values = [getattr(row, key.key) for key in keys]
    return base64.urlsafe_b64encode(orjson.dumps(values, default=str)).decode()


def _values(cursor: str, keys: Sequence[InstrumentedAttribute[Any]], field: str) -> list[Any]:
    try:
        values = orjson.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
        return [
            _value(value, key.type.python_type) for value, key in zip(values, keys, strict=True)
        ]
    except (binascii.Error, ValueError, TypeError) as broken:
        raise Invalid(
            "This is not a cursor of this list; use one from its pageInfo or edges.", field=field
        ) from broken


def _value(value: object, kind: type) -> object:
    if kind is datetime:
        return _known(datetime.fromisoformat(str(value)))
    if kind is date:
        return _known(date.fromisoformat(str(value)))
    if kind is UUID:
        return UUID(str(value))
    if type(value) is not kind or (isinstance(value, str) and not is_text(value)):
        raise TypeError(kind.__name__)
    if isinstance(value, int) and not 0 <= value <= LARGEST_NUMBER:
        raise ValueError(value)
    return value


def _known(value: Day) -> Day:
    if any(check_day("", value)):
        raise ValueError(value)
    return value
