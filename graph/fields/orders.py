"""The argument `orderBy` of lists: an input and an enum for each noun, of the domain's orders."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import strawberry

from domain.pages.pages import OrderBy, Orders


@strawberry.enum(description="The direction of an order.")
class OrderDirection(Enum):
    ASC = strawberry.enum_value("asc", description="From the least to the greatest, from A to Z.")
    DESC = strawberry.enum_value(
        "desc", description="From the greatest to the least, the newest first."
    )


@dataclass(frozen=True)
class Ordered:
    """The orders of the lists of one noun, as clients see them."""

    orders: Orders
    input: Any  # the type of the argument

    @property
    def usual(self) -> str:
        """The usual order, in words of the schema."""
        usual = self.orders.usual()
        return f"{usual.name.upper()} {'DESC' if usual.descending else 'ASC'}"


def ordered(noun: str, orders: Orders, described: Mapping[str, str]) -> Ordered:
    """Declare the orders of the lists of a noun. `described` says what each one goes by."""
    if list(described) != list(orders.named):
        raise ValueError(f"{noun} is ordered by {list(orders.named)}, not by {list(described)}.")
    members = {
        name.upper(): strawberry.enum_value(name, description=words)
        for name, words in described.items()
    }
    made_enum: Any = Enum(f"{noun}OrderField", members)  # type: ignore[misc]
    by = strawberry.enum(made_enum, description=f"What a list of {noun} objects is ordered by.")
    fields = {
        "field": strawberry.field(description="What to order by."),
        "direction": strawberry.field(description="The direction of the order."),
    }
    kinds = {"field": by, "direction": OrderDirection}
    made = type(f"{noun}Order", (), {"__annotations__": kinds, **fields})
    order = strawberry.input(made, description="How to order a list.")
    return Ordered(orders, order)


def order_by(given: Any) -> OrderBy | None:
    """The domain's order of such an input."""
    if given is None:
        return None
    return OrderBy(given.field.value, given.direction is OrderDirection.DESC)
