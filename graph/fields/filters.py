"""Filters of lists: what the inputs of all nouns share, and how one becomes the domain's filter."""

from dataclasses import fields
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar, cast

import strawberry

from domain.pages.filters import MOST_VALUES

Filter = TypeVar("Filter")
FILTERS = (
    "A field that is null, left out or an empty list filters nothing. A list has at most "
    f"{MOST_VALUES} values."
)


def values(what: str) -> Any:
    """A field that takes the values of which one must be matched."""
    return strawberry.field(default=None, description=f"Only {what}.")


def replaced(what: str, by: str) -> Any:
    """A field that takes one value, from before there was a list."""
    return strawberry.field(
        default=None, description=f"Only {what}.", deprecation_reason=f"Use `{by}`."
    )


@strawberry.input
class CreatedBetween:
    """The fields of a filter by the moment of creation."""

    created_from: datetime | None = strawberry.field(
        default=None, description="Only what was created at this moment or later."
    )
    created_before: datetime | None = strawberry.field(
        default=None, description="Only what was created before this moment."
    )


def wanted(given: object, of: type[Filter]) -> Filter:
    """The domain's filter with the fields of this input. Without an input, it filters nothing."""
    if given is None:
        return of()
    values, kind = vars(given), cast("Any", of)
    return of(**{name: _stored(values[name]) for name in _names(kind) if values[name] is not None})


@lru_cache
def _names(of: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(of))


def _stored(value: Any) -> Any:
    """The value in the words that the database stores. It can be the key of what is kept."""
    if isinstance(value, list):
        return tuple([_stored(one) for one in value])
    return value.value if isinstance(value, Enum) else value
