"""What a field says about itself, so that many rows can be read at once (graph/planning).

A declaration hangs on the resolver and says the same in data. A field without one is resolved row
by row, which is slower and never wrong.
"""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

Fetch: TypeAlias = Callable[[AsyncSession, list[Any]], Awaitable[Mapping[Any, Any]]]
Resolver = TypeVar("Resolver", bound=Callable[..., Any])


@dataclass(frozen=True)
class Key:
    """The public id of a row."""

    prefix: str


@dataclass(frozen=True)
class Column:
    """An attribute of the row."""

    name: str


@dataclass(frozen=True)
class One:
    """The row that a foreign key points to. `of_some`: some models have no such key."""

    name: Hashable  # of the batch
    fetch: Fetch
    foreign_key: str
    model: type[Any]
    of_some: bool = False


@dataclass(frozen=True)
class Many:
    """The rows that point to this one."""

    fetch: Fetch


@dataclass(frozen=True)
class Each:
    """What a batch function finds for each row, or an attribute of it.

    `reads` names the attributes of the row that the function reads besides `id`; None: any.
    `found_by` is the column that equals the row's `id`, if that is all that the function looks for.
    Then no more is read of what it finds than the attribute, and it may be joined.
    """

    fetch: Fetch
    attribute: str | None
    empty: Any
    at_most: int | None
    reads: tuple[str, ...] | None
    found_by: InstrumentedAttribute[Any] | None


@dataclass(frozen=True)
class Reads:
    """A resolver that reads only these attributes of its row."""

    names: tuple[str, ...]


Declaration: TypeAlias = Key | Column | One | Many | Each | Reads
_NAME = "__declaration__"


def declared(resolver: Resolver, as_: Declaration) -> Resolver:
    """The resolver, with what it declares."""
    setattr(resolver, _NAME, as_)
    return resolver


def declaration(resolver: object) -> Declaration | None:
    """What a resolver declares, if anything."""
    found: Declaration | None = getattr(resolver, _NAME, None)
    return found
