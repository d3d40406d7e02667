"""Root fields of planned queries: their resolvers are called as Strawberry calls them.

Strawberry converts arguments anew for each call. Here they are converted by its own function once
for each question (graph/planning/questions.py). Fields that need more than this are executed by
graphql-core and Strawberry.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import strawberry
from graphql import GraphQLField, GraphQLResolveInfo
from strawberry.extensions.field_extension import (
    FieldExtension,
    build_field_extension_resolvers,
)
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from domain.problems import refuse
from graph.fields import checked

USUAL = "GraphQLCoreConverter.from_resolver"  # makes a resolver of what a field declares


@dataclass(frozen=True)
class RootField:
    """A root field and its resolver, with what its extensions do around it."""

    field: GraphQLField
    definition: StrawberryField
    resolve: Callable[..., Any]

    def arguments(self, given: Mapping[str, Any], schema: strawberry.Schema) -> dict[str, Any]:
        """The resolver's arguments, of the coerced ones. Raises Invalid."""
        refuse(checked.problems("", self.field.args, given))
        converter = schema.schema_converter
        return convert_arguments(
            dict(given),
            self.definition.arguments,
            scalar_registry=converter.scalar_registry,
            config=schema.config,
        )

    def call(self, source: Any, raw: GraphQLResolveInfo[Any], arguments: Mapping[str, Any]) -> Any:
        """What the resolver returns, to be awaited or not."""
        info: strawberry.Info[Any, Any] = strawberry.Info(_raw_info=raw, _field=self.definition)
        return self.resolve(source, info, **arguments)


def root_field(field: GraphQLField) -> RootField | None:
    """The root field, or None if graphql-core and Strawberry have to execute it."""
    definition = field.extensions.get("strawberry-definition")
    usual = getattr(field.resolve, "__wrapped__", field.resolve)
    if definition is None or not getattr(usual, "__qualname__", "").startswith(USUAL):
        return None
    base = definition.base_resolver
    if base is None or base.root_parameter or base.parent_parameter:
        return None
    if any(
        type(one).map_arguments is not FieldExtension.map_arguments for one in definition.extensions
    ):
        return None
    takes_self, takes_info = bool(base.self_parameter), base.info_parameter

    def result(source: Any, info: Any, **arguments: Any) -> Any:
        if takes_info is not None:
            arguments[takes_info.name] = info
        return base(source, **arguments) if takes_self else base(**arguments)

    resolve: Callable[..., Any] = result
    for extension in build_field_extension_resolvers(definition):
        resolve = partial(extension, resolve)
    return RootField(field, definition, resolve)
