"""Keyset pages: stable while rows come and go, and as fast at the end as at the start."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar, overload
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    Uuid,
    case,
    column,
    func,
    literal_column,
    select,
    true,
    tuple_,
    values,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from domain.errors import Invalid
from domain.pages import page_statements
from domain.pages.page_statements import Marks
from domain.problems import check_day
from domain.sentences import is_text

Row = TypeVar("Row")
Day = TypeVar("Day", bound=date)
DEFAULT = 20
KEPT = 200  # selects of a list that a process keeps: to build one takes longer than to find a page
LARGEST_NUMBER = 2**31 - 1  # of the columns that lists are ordered by


@dataclass(frozen=True)
class OrderBy:
    """One of the orders of a list, by its name, and its direction."""

    name: str
    descending: bool


@dataclass(frozen=True)
class PageArgs:
    """The page to read: the first rows after a cursor, or the last rows before it, in an order."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    order_by: OrderBy | None = None

    def __post_init__(self) -> None:
        if self.first is not None and self.last is not None:
            raise Invalid("Give first or last, not both.", field="last")


@dataclass(frozen=True)
class By:
    """Columns or expressions to order by. A null counts as `null`, a constant of SQL."""

    keys: tuple[Any, ...]
    null: ColumnElement[Any] | None = None


def by(*keys: Any, null: ColumnElement[Any] | None = None) -> By:
    """Order by these columns or expressions."""
    return By(keys, null)


def by_name(column: InstrumentedAttribute[str]) -> By:
    """Order by a name, whatever the case of its letters."""
    return by(func.lower(column, type_=Text()))


NEVER_YET: ColumnElement[Any] = literal_column("'infinity'::timestamptz")  # comes last, if ever
NEVER: ColumnElement[Any] = literal_column("'-infinity'::timestamptz")  # before everything


@dataclass(frozen=True, eq=False)
class Orders:
    """The orders that a list has. `unique` makes each of them total.

    The first order is the usual one. It is a constant of a module.
    """

    unique: InstrumentedAttribute[Any]
    named: Mapping[str, By]
    descending: bool = True  # the direction of the usual order

    def usual(self) -> OrderBy:
        """The order of a list for which none is asked."""
        return OrderBy(next(iter(self.named)), self.descending)


@dataclass(frozen=True)
class Order:
    """An order that was asked for: what is compared, and what a cursor holds."""

    tag: tuple[str, ...]  # begins the cursors of any order but the usual one
    keys: tuple[Any, ...]
    nulls: tuple[ColumnElement[Any] | None, ...]  # what a null of each key counts as
    descending: bool

    @classmethod
    def of(cls, orders: Orders, args: PageArgs) -> "Order":
        """The order that these arguments ask for."""
        usual = orders.usual()
        asked = args.order_by or usual
        chosen = orders.named[asked.name]
        return cls(
            tag=() if asked.name == usual.name else (asked.name,),
            keys=(*chosen.keys, orders.unique),
            nulls=(*(chosen.null for _ in chosen.keys), None),
            descending=asked.descending,
        )

    def sorts(self, keys: Sequence[Any]) -> list[Any]:
        """What is compared: these keys, or what a null of them counts as."""
        # Not coalesce, which PostgreSQL takes for leaky: below row-level security it would not go
        # to the place of a cursor in the index.
        return [
            key if null is None else case((key.is_(None), null), else_=key)
            for key, null in zip(keys, self.nulls, strict=True)
        ]


@dataclass(frozen=True)
class Across:
    """The parts of a very long list, such as instances, each with an index in the list's orders.

    PostgreSQL cannot go through an index in order for many values of its first column. It can do
    so for each value, and only the best rows of each part are merged.
    """

    column: InstrumentedAttribute[Any]  # which part a row is of
    parts: Select[Any]  # the values of that column


class Cursors(Sequence[str]):
    """The cursors of rows. Each is made when it is asked for: most lists need the last one only."""

    def __init__(self, rows: Sequence[Any], order: Order) -> None:
        self._rows, self._order = rows, order

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return Cursors(self._rows[place], self._order)
        return _cursor(self._rows[place], self._order)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows in order, each with its cursor, and whether there are more on either side."""

    rows: list[Row]
    cursors: Sequence[str]
    has_next_page: bool
    has_previous_page: bool
    all: Select[Any] | None = None  # selects the rows of all pages


async def page(
    session: AsyncSession,
    statement: Select[Any],
    orders: Orders,
    args: PageArgs,
    *,
    across: Across | None = None,
) -> Page[Any]:
    """Return one page of what the statement selects, in one of these orders. One statement."""
    order = Order.of(orders, args)

    def limited(selects: Sequence[Select[Any]], marks: Marks) -> Select[Any]:
        one, *parts = selects
        if across is None:
            made = _limited(one, order, args, marks)
        else:
            made = _merged(one, parts[0], across.column, order, args, marks)
        return made.execution_options(narrow=(), by_values=_is_filtered(one))

    column = across and across.column.key
    name = (orders, order.tag, order.descending, column, args.first, args.last)
    selects = [statement] if across is None else [statement, across.parts]
    chosen, given = page_statements.statement(name, selects, _marks(order, args), limited)
    found = await session.execute(chosen, given)
    return _page(list(found), order, args, statement)


def _merged(
    statement: Select[Any],
    selected: Select[Any],
    column: InstrumentedAttribute[Any],
    order: Order,
    args: PageArgs,
    marks: Marks,
) -> Select[Any]:
    """Select the page as the best of the pages of each part."""
    parts = selected.subquery()
    of_part = statement.where(column == parts.c[0])
    limited = _limited(of_part, order, args, marks).lateral()
    return _joined(column.class_, parts, limited, order, args).limit(_size(args) + 1)


def _joined(model: Any, parents: Any, limited: Any, order: Order, args: PageArgs) -> Select[Any]:
    """Select the rows of the pages of all parents, in order."""
    keys = [limited.c[_label(place)] for place in range(len(order.keys))]
    down = order.descending != (args.last is not None)
    statement = select(aliased(model, limited), *keys).select_from(parents).join(limited, true())
    return statement.order_by(*_directed(order.sorts(keys), down))


async def count(session: AsyncSession, statement: Select[Any]) -> int:
    """Return the number of rows that the statement selects."""
    counted = statement.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
    found = await session.scalar(counted.execution_options(by_values=_is_filtered(statement)))
    return int(found or 0)


def _is_filtered(statement: Select[Any]) -> bool:
    """Whether the statement selects by values. What the viewer may see is no part of it."""
    return statement.whereclause is not None


async def pages(
    session: AsyncSession,
    parent: InstrumentedAttribute[Any],
    parents: Sequence[UUID],
    orders: Orders,
    args: PageArgs,
) -> dict[UUID, Page[Any]]:
    """Return the same page of the children of each parent, in one statement."""
    order = Order.of(orders, args)
    of = values(column("parent", Uuid()), name="of").data([(one,) for one in parents])
    children = select(parent.class_).where(parent == of.c.parent)
    limited = _limited(children, order, args, _marks(order, args)).lateral()
    statement = _joined(parent.class_, of, limited, order, args)
    found: dict[UUID, list[Any]] = {one: [] for one in parents}
    for row in await session.execute(statement.execution_options(narrow=(parent.key,))):
        found[getattr(row[0], parent.key)].append(row)
    return {one: _page(rows, order, args) for one, rows in found.items()}


async def counts(
    session: AsyncSession, parent: InstrumentedAttribute[Any], parents: Sequence[UUID]
) -> dict[UUID, int]:
    """Return the number of children of each parent, in one statement."""
    counted = select(parent, func.count()).where(parent.in_(parents)).group_by(parent)
    rows = await session.execute(counted)
    return dict.fromkeys(parents, 0) | {row[0]: row[1] for row in rows}


def _label(place: int) -> str:
    return f"cursor_{place}"


def _marks(order: Order, args: PageArgs) -> Marks:
    """The places of the cursors. Raises Invalid."""
    cursors = (("after", args.after), ("before", args.before))
    return {side: _values(one, order, side) for side, one in cursors if one is not None}


def _limited(statement: Select[Any], order: Order, args: PageArgs, marks: Marks) -> Select[Any]:
    """Select the rows of the page and one more, which tells whether there are more.

    Each row is followed by the values of its cursor.
    """
    sorts = order.sorts(order.keys)
    place, down = tuple_(*sorts), order.descending
    if "after" in marks:
        mark = tuple_(*marks["after"])
        statement = statement.where(place < mark if down else place > mark)
    if "before" in marks:
        mark = tuple_(*marks["before"])
        statement = statement.where(place > mark if down else place < mark)
    down = down != (args.last is not None)
    statement = statement.order_by(*_directed(sorts, down)).limit(_size(args) + 1)
    keys = (key.label(_label(place)) for place, key in enumerate(order.keys))
    return statement.add_columns(*keys)


def _directed(sorts: Sequence[Any], down: bool) -> list[Any]:
    return [one.desc() if down else one.asc() for one in sorts]


def _size(args: PageArgs) -> int:
    return args.first or args.last or DEFAULT


def _page(
    found: list[Any], order: Order, args: PageArgs, statement: Select[Any] | None = None
) -> Page[Any]:
    size, backwards = _size(args), args.last is not None
    more, rows = len(found) > size, found[:size]
    if backwards:
        rows.reverse()
    return Page(
        rows=[row[0] for row in rows],
        cursors=Cursors(rows, order),
        has_next_page=args.before is not None if backwards else more,
        has_previous_page=more if backwards else args.after is not None,
        all=statement,
    )


def _cursor(row: Any, order: Order) -> str:
    values = [*order.tag, *row[1 : 1 + len(order.keys)]]
    return base64.urlsafe_b64encode(orjson.dumps(values, default=str)).decode()


def _values(cursor: str, order: Order, field: str) -> list[Any]:
    try:
        values = orjson.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
        slots = zip(values, [*order.tag, *order.keys], [*order.tag, *order.nulls], strict=True)
        found = [_slot(*slot) for slot in slots]
    except (binascii.Error, ValueError, TypeError) as broken:
        raise Invalid(
            "This is not a cursor of this list in this order; use one from its pageInfo or edges.",
            field=field,
        ) from broken
    return found[len(order.tag) :]


def _slot(value: object, key: Any, null: ColumnElement[Any] | str | None) -> object:
    """The value of a place of a cursor. Raises ValueError or TypeError."""
    if isinstance(key, str):
        if value != key:
            raise ValueError(value)  # a cursor of another order
        return value
    if value is None and null is not None:
        return null
    return _value(value, key.type.python_type)


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
