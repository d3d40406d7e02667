"""Scalars beyond GraphQL's own: big whole numbers, and JSON as it is stored."""

from typing import Any, NewType

import strawberry

from domain.errors import Invalid

BigInt = NewType("BigInt", int)
JSON = strawberry.scalars.JSON

SCALARS: dict[Any, Any] = {
    BigInt: strawberry.scalar(
        name="BigInt",
        description="A whole number of up to 64 bits, as a JSON number.",
        serialize=int,
        parse_value=int,
    )
}


def an_object(value: Any, field: str) -> dict[str, Any]:
    """A JSON value that must be an object; nothing at all is an empty one. Raises Invalid."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Invalid("This must be an object of names and values.", field=field)
    return value
