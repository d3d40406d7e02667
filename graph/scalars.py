"""Scalars beyond GraphQL's own: big whole numbers, and JSON as it is stored."""

from typing import Any, NewType

import strawberry

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
