"""Scalars that GraphQL lacks: 64-bit integers, and JSON."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any, NewType

import strawberry
from strawberry.schema.types.base_scalars import DateDefinition, DateTimeDefinition

from domain.documents import not_an_object
from domain.problems import Problems
from graph.fields.costs import weighs

BigInt = NewType("BigInt", int)
JSON = strawberry.scalars.JSON
DOCUMENT = 10  # points of a JSON document, which may have 65,536 characters

SCALARS: dict[Any, Any] = {
    JSON: strawberry.scalar(
        name="JSON",
        description="A JSON document: an object, a list or any other value.",
        specified_by_url="https://ecma-international.org/wp-content/uploads/ECMA-404_2nd_edition_december_2017.pdf",
        serialize=lambda value: value,
        parse_value=lambda value: value,
        directives=[weighs(DOCUMENT)],
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number of up to 64 bits, sent as a JSON number.",
        serialize=int,
        parse_value=int,
    ),
    date: replace(
        DateDefinition,
        description="A day as ISO 8601 text, such as 2026-03-02. It has no time zone of its own. "
        "An input is from 1970-01-01 to 2200-12-31.",
    ),
    datetime: replace(
        DateTimeDefinition,
        description="A moment as ISO 8601 text with its offset, such as 2026-03-02T09:00:00+00:00. "
        "An input needs the offset, too, and is from 1970 to 2200.",
    ),
}


def an_object(value: Any, field: str) -> dict[str, Any]:
    """A JSON value that must be an object. None becomes an empty object. Raises Problems."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Problems([not_an_object(value, field)])
    return value


def or_empty(value: Any) -> Any:
    """A JSON value that the domain checks. None becomes an empty object."""
    return {} if value is None else value
