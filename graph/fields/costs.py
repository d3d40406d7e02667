"""What fields cost and how long their lists get: declared at the field, shown in the schema.

The directives have the names and the meaning of the GraphQL Cost Directives specification. One
point is about the CPU time of a plain column; `python -m benchmarks.costs` measures it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_interface_type,
    is_list_type,
    is_object_type,
)
from strawberry.schema_directive import Location
from strawberry.types.unset import UNSET

ROOT = 400  # points of a field at the root: a transaction and its statements
RUN = 2000  # points of a mutation that starts an execution
INTROSPECTION = {"__schema": 20_000, "__type": 200}  # points, whatever is asked of them
NO_BOUND = 10_000  # items of a list that declares none; no server starts with such a list


@strawberry.schema_directive(
    name="cost",
    locations=[Location.FIELD_DEFINITION, Location.SCALAR],
    description="What a field costs by itself, in points, or every field of a scalar. A field "
    "without it costs 1.",
)
class Cost:
    weight: str = strawberry.field(
        description="Points, as a number. Of a list of scalars it is the cost of each item."
    )


@strawberry.schema_directive(
    name="listSize",
    locations=[Location.FIELD_DEFINITION],
    description="The most items that a list has, by which the cost of an operation is estimated.",
)
class ListSize:
    assumed_size: int | None = strawberry.field(
        default=UNSET, description="The most items, where no slicing argument is given."
    )
    slicing_arguments: list[str] | None = strawberry.field(
        default=UNSET,
        description="Arguments that say how many items there are at most: by their value, or by "
        "the length of the list that they are.",
    )
    sized_fields: list[str] | None = strawberry.field(
        default=UNSET,
        description="Fields of the answer that have so many items, if not the field itself.",
    )
    require_one_slicing_argument: bool | None = strawberry.field(
        default=UNSET, description="Whether one of the slicing arguments must be given."
    )


def weighs(points: int) -> Cost:
    """The declaration of a field that costs more than a column."""
    return Cost(weight=str(points))


def at_most(items: int) -> ListSize:
    """The declaration of a list that never has more items."""
    return ListSize(assumed_size=items)


def sliced(*arguments: str, otherwise: int | None = None, of: tuple[str, ...] = ()) -> ListSize:
    """The declaration of a list that is as long as one of these arguments says.

    `otherwise` is its size where none is given. `of` names the fields of the answer that are
    this long, where it is not the field itself.
    """
    return ListSize(
        assumed_size=UNSET if otherwise is None else otherwise,
        slicing_arguments=list(arguments),
        sized_fields=list(of) if of else UNSET,
        require_one_slicing_argument=UNSET if otherwise is None else False,
    )


@dataclass(frozen=True)
class Price:
    """What a field declares. `assumed` is None where only an argument tells the size."""

    weight: int = 1
    is_list: bool = False
    of_scalars: bool = False  # whether it is a list of these
    is_sized: bool = False  # whether it says anything of sizes
    assumed: int | None = None
    slicing: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()  # the fields of the answer that are as long

    def of_items(self, number: int, each: int) -> int:
        """Points of a list of so many items, each of which has `each` points in it."""
        if self.of_scalars:
            return 1 + number * self.weight
        return self.weight + number * (1 + each)


def price_of(field: GraphQLField) -> Price:
    """What a field declares; one point where it declares nothing."""
    price: Price | None = field.extensions.get("price")  # fields cannot be keys of a dict
    if price is None:
        price = field.extensions["price"] = _price_of(field)
    return price


def points_of(type_: GraphQLObjectType, name: str) -> int:
    """What one field of an object costs, without what is within it. A meta field costs 1."""
    if name not in type_.fields:
        return INTROSPECTION.get(name, 1)
    price = price_of(type_.fields[name])
    return 1 if price.of_scalars else price.weight


def points_of_item(type_: GraphQLObjectType, name: str) -> int:
    """What each item of a list costs, without what is within it."""
    price = price_of(type_.fields[name])
    return price.weight if price.of_scalars else 1


def _price_of(field: GraphQLField) -> Price:
    named = get_named_type(field.type)
    declared = [*_directives(field), *_directives(named)]
    cost = next((one for one in declared if isinstance(one, Cost)), None)
    size = next((one for one in declared if isinstance(one, ListSize)), None)
    is_list = is_list_type(get_nullable_type(field.type))
    return Price(
        weight=1 if cost is None else int(cost.weight),
        is_list=is_list,
        of_scalars=is_list and not is_composite_type(named),
        is_sized=size is not None,
        assumed=_given(size.assumed_size) if size else None,
        slicing=tuple(_given(size.slicing_arguments) or ()) if size else (),
        sizes=tuple(_given(size.sized_fields) or ()) if size else (),
    )


def _directives(of: GraphQLField | GraphQLNamedType) -> Sequence[object]:
    definition = of.extensions.get("strawberry-definition")
    return getattr(definition, "directives", None) or ()


def price_roots(*roots: type[Any]) -> None:
    """Declare of every field of these types that it opens a transaction, unless it says a cost."""
    for root in roots:
        for field in root.__strawberry_definition__.fields:
            field.directives = priced(field.directives, ROOT)


def priced(directives: Sequence[object], weight: int) -> list[object]:
    """The same with this weight, unless they say one."""
    if any(isinstance(one, Cost) for one in directives):
        return list(directives)
    return [*directives, weighs(weight)]


def _given(value: Any) -> Any:
    return None if value is UNSET else value


def undeclared(schema: GraphQLSchema) -> list[str]:
    """The lists of which nothing says how long they get, as `Type.field`."""
    return sorted(_undeclared(schema))


def _undeclared(schema: GraphQLSchema) -> Iterator[str]:
    sized = _sized_by_parents(schema)
    for type_name, fields in _objects(schema):
        for name, field in fields.items():
            price = price_of(field)
            if price.is_list and not price.is_sized and (type_name, name) not in sized:
                yield f"{type_name}.{name}"


def _sized_by_parents(schema: GraphQLSchema) -> set[tuple[str, str]]:
    """The lists whose size is told by every field that leads to their type."""
    found: dict[str, list[set[str]]] = {}
    for _, fields in _objects(schema):
        for field in fields.values():
            kind = get_named_type(field.type).name
            found.setdefault(kind, []).append(set(price_of(field).sizes))
    return {(kind, name) for kind, each in found.items() for name in set.intersection(*each)}


def _objects(schema: GraphQLSchema) -> Iterator[tuple[str, dict[str, GraphQLField]]]:
    for type_ in schema.type_map.values():
        if (is_object_type(type_) or is_interface_type(type_)) and not type_.name.startswith("__"):
            yield type_.name, type_.fields


def check(schema: GraphQLSchema) -> None:
    """Raise ValueError with the lists that declare no bound, and how to declare one."""
    if names := undeclared(schema):
        raise ValueError(
            f"Nothing says how long these lists get: {', '.join(names)}. Declare it at the field, "
            "and hold it: many(..., at_most=24), each(..., at_most=24), bounded(24, ...), or "
            "directives=[sliced('first', otherwise=24)] for a list with an argument of its size."
        )
