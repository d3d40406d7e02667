"""Every value that a client gives is looked at here, before a resolver sees it.

It is one step for all fields with arguments, so nothing that is added to the schema can go around
it. A value that is written in the document, one of a variable and a default look the same here.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import update_wrapper
from typing import Any, TypeAlias

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLSchema,
    get_named_type,
    is_input_object_type,
    is_interface_type,
    is_object_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from domain import documents
from domain.problems import Problem, check_day, check_number, refuse
from graph.fields.arguments import LIMITS

Slot: TypeAlias = GraphQLArgument | GraphQLInputField
Resolve: TypeAlias = Callable[..., Any]


def check_all(schema: GraphQLSchema) -> None:
    """Have every field of the schema that takes arguments refuse those that it cannot take."""
    for type_ in schema.type_map.values():
        if type_.name.startswith("__") or not (is_object_type(type_) or is_interface_type(type_)):
            continue
        for field in type_.fields.values():
            if field.args:
                _check(field)


def _check(field: GraphQLField) -> None:
    if field.resolve is not None:
        field.resolve = _checked(field.resolve, field.args)
    if field.subscribe is not None:
        field.subscribe = _checked(field.subscribe, field.args)


def _checked(resolve: Resolve, slots: Mapping[str, GraphQLArgument]) -> Resolve:
    def checked(source: Any, info: Any, /, **given: Any) -> Any:
        refuse(problems("", slots, given))
        return resolve(source, info, **given)

    return update_wrapper(checked, resolve, assigned=(), updated=())  # planning looks at both


def problems(place: str, slots: Mapping[str, Slot], given: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with the values of these arguments, or of the fields of an input."""
    for name, slot in slots.items():
        value = given.get(slot.out_name or name)
        if value is not None:
            yield from _problems(f"{place}{name}", slot, value)


def _problems(place: str, slot: Slot, value: Any) -> Iterator[Problem]:
    kind = get_named_type(slot.type)
    match value:
        case list() if not _is_json(kind.name):
            for number, one in enumerate(value):
                if one is not None:
                    yield from _problems(f"{place}.{number}", slot, one)
        case dict() if is_input_object_type(kind):
            assert isinstance(kind, GraphQLInputObjectType)
            yield from problems(f"{place}.", kind.fields, value)
        case date():
            yield from check_day(place, value)
        case int() if (limits := _limits(slot)) is not None:
            yield from check_number(place, value, *limits)
        case str() | float() | int() | dict() | list():
            yield from documents.check_values(place, value)


def _is_json(name: str) -> bool:
    return name == "JSON"


def _limits(slot: Slot) -> tuple[int, int] | None:
    declared = slot.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    found: tuple[int, int] | None = (getattr(declared, "metadata", None) or {}).get(LIMITS)
    return found
