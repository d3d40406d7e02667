"""The audit learns the name of the mutation that makes a change, here for all mutations."""

from typing import Any

from graphql import GraphQLField, GraphQLObjectType

from domain.viewer import OPERATION


def tell_the_audit(mutation: GraphQLObjectType | None) -> None:
    """Have every mutation say its name before it is resolved."""
    for name, field in mutation.fields.items() if mutation is not None else ():
        _name(name, field)


def _name(name: str, field: GraphQLField) -> None:
    resolve = field.resolve
    assert resolve is not None

    def named(source: Any, info: Any, /, **given: Any) -> Any:
        OPERATION.set(name)
        return resolve(source, info, **given)

    field.resolve = named
