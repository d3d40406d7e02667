"""Scalars beyond GraphQL's own, each with the specification of its form."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NewType

import strawberry
from strawberry.schema.types.base_scalars import (
    DateDefinition,
    DateTimeDefinition,
    DecimalDefinition,
)

from domain.documents import not_an_object
from domain.problems import Problems
from graph.fields.costs import weighs

BigInt = NewType("BigInt", int)
JSON = strawberry.scalars.JSON
DOCUMENT = 10  # points of a JSON document, which may have 65,536 characters

RFC_3339 = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"
RFC_8259 = "https://www.rfc-editor.org/rfc/rfc8259#section-6"
XML_DECIMAL = "https://www.w3.org/TR/xmlschema11-2/#decimal"


def _digits(value: Decimal) -> str:
    return format(value, "f")  # never with an exponent


SCALARS: dict[Any, Any] = {
    JSON: strawberry.scalar(
        name="JSON",
        description="A JSON document: an object, a list or any other value.",
        specified_by_url="https://ecma-international.org/wp-content/uploads/ECMA-404_2nd_edition_december_2017.pdf",
        serialize=lambda value: value,
        parse_value=lambda value: value,
        directives=[weighs(DOCUMENT)],
    ),
    date: replace(
        DateDefinition,
        description="A day, as the full-date of RFC 3339: 2026-01-31. It has no time zone of its "
        "own. An input is from 1970-01-01 to 2200-12-31.",
        specified_by_url=RFC_3339,
    ),
    datetime: replace(
        DateTimeDefinition,
        description="A moment with its offset, as the date-time of RFC 3339: "
        "2026-01-31T09:00:00+00:00. An input needs the offset, too, and is from 1970 to 2200.",
        specified_by_url=RFC_3339,
    ),
    Decimal: replace(
        DecimalDefinition,
        description='A number of any precision: its digits as a string, such as "0.05". '
        "A JSON number is accepted too.",
        specified_by_url=XML_DECIMAL,
        serialize=_digits,
    ),
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number of up to 64 bits, sent as a JSON number.",
        specified_by_url=RFC_8259,
        serialize=int,
        parse_value=int,
    ),
}


def an_object(value: Any, field: str) -> dict[str, Any]:
    """A JSON value that must be an object. None becomes an empty object. Raises Problems."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Problems([not_an_object(value, field)])
    return value


def given_object(value: Any, field: str) -> dict[str, Any] | None:
    """A JSON value that must be an object if it is given. Raises Problems."""
    return None if value is None else an_object(value, field)


def or_empty(value: Any) -> Any:
    """A JSON value that the domain checks. None becomes an empty object."""
    return {} if value is None else value
