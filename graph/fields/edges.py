"""Declarations of fields that read the database: an id, one row, many rows, one value a row.

A type names the column or the batch function. Types have no other way to the database.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from domain import db, ids
from graph.fields import costs
from graph.fields.context import Info
from graph.fields.declared import Column, Each, Fetch, Key, Many, One, declared

EDGE = 15  # points of a way to other rows: it waits for all who ask for the same


def key(prefix: str) -> Any:
    """The field `id`: the prefix and the primary key of the row in hex."""

    def resolve(root: Any) -> strawberry.ID:
        return strawberry.ID(ids.encode(prefix, root.id))

    return strawberry.field(
        resolver=declared(resolve, Key(prefix)),
        description=f"The object's id. It begins with `{prefix}_`.",
    )


def of(model: type[Any]) -> Any:
    """The function by which an interface tells whether a row is of this type."""

    def is_type_of(cls: type[Any], row: Any, info: Any) -> bool:
        return isinstance(row, model)

    is_type_of.model = model  # type: ignore[attr-defined]
    return classmethod(is_type_of)


def column(name: str, description: str) -> Any:
    """A field that reads a column of another name."""

    def resolve(root: Any) -> Any:
        return getattr(root, name)

    return strawberry.field(resolver=declared(resolve, Column(name)), description=description)


def bounded(at_most: int, description: str, resolver: Any = None, weight: int = 1) -> Any:
    """A list that the domain never makes longer; `weight` is the cost of each item of scalars."""
    price = [costs.at_most(at_most), *_weight(weight)]
    return strawberry.field(resolver=resolver, description=description, directives=price)


def _weight(points: int) -> list[costs.Cost]:
    return [] if points == 1 else [costs.weighs(points)]


def one(
    model: type[Any],
    foreign_key: str,
    description: str,
    deprecated: str | None = None,
    *,
    of_some: bool = False,
) -> Any:
    """A field with the row that a foreign key points to. One statement per level of the query.

    `of_some`: only some models of the type have the foreign key; for the others it is null.
    """

    async def fetch(session: AsyncSession, keys: list[Any]) -> dict[UUID, Any]:
        return await db.by_id(session, model, keys)

    async def resolve(root: Any, info: Info) -> Any:
        pointed = getattr(root, foreign_key, None) if of_some else getattr(root, foreign_key)
        return None if pointed is None else await info.context.load((model, "id"), fetch, pointed)

    return strawberry.field(
        resolver=declared(resolve, One((model, "id"), fetch, foreign_key, model, of_some)),
        description=description,
        deprecation_reason=deprecated,
        directives=_weight(EDGE),
    )


def many(foreign_key: Any, order: Sequence[Any], description: str, *, at_most: int) -> Any:
    """The first rows in this order whose foreign key points here: never more than `at_most`."""

    async def fetch(session: AsyncSession, keys: list[Any]) -> dict[UUID, Any]:
        return await db.by_parent(session, foreign_key, keys, order, at_most)

    async def resolve(root: Any, info: Info) -> Any:
        return await info.context.load((foreign_key.class_, foreign_key.key), fetch, root.id) or []

    price = [costs.at_most(at_most), *_weight(EDGE)]
    return strawberry.field(
        resolver=declared(resolve, Many(fetch)), description=description, directives=price
    )


def each(
    fetch: Fetch,
    description: str,
    attribute: str | None = None,
    empty: Any = None,
    *,
    at_most: int | None = None,
    weight: int = EDGE,
    reads: tuple[str, ...] | None = None,
    found_by: Any = None,
) -> Any:
    """What a batch function of the domain finds for each row, or an attribute of it.

    Of a list it is the first `at_most` items, and `weight` is the cost of the list itself. `reads`
    names the columns that the function reads of a row besides its id; without it, all are read.
    `found_by` is the column that equals the row's id, if that is all that the function looks for,
    and if what it finds has to have no more than the attribute.
    """

    async def resolve(root: Any, info: Info) -> Any:
        row = await info.context.load(fetch, fetch, root)
        if row is None:
            return empty
        value = row if attribute is None else getattr(row, attribute)
        return value if at_most is None or value is None else value[:at_most]

    price: list[object] = [*_weight(weight)]
    if at_most is not None:
        price.append(costs.at_most(at_most))
    return strawberry.field(
        resolver=declared(resolve, Each(fetch, attribute, empty, at_most, reads, found_by)),
        description=description,
        directives=price,
    )
