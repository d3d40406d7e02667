"""Operations that are made from the schema: every list, with everything that can be read of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from graph.schema import schema

SDL = build_schema(schema.as_str())
DEPTH = 1  # of objects within the items of a list


def lists(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the name of each root list and a query that reads all of its items.

    `given` has the values of required arguments. A list that needs another one is left out.
    """
    assert SDL.query_type is not None
    for name, field in SDL.query_type.fields.items():
        item = get_named_type(field.type)
        if not item.name.endswith("Connection"):
            continue
        assert isinstance(item, GraphQLObjectType)
        row = get_named_type(item.fields["nodes"].type)
        known = [one for one in field.args if one in given]
        if any(is_required_argument(arg) and one not in given for one, arg in field.args.items()):
            continue
        arguments = ", ".join(["first: 3", *(f'{one}: "{given[one]}"' for one in known)])
        if {"reportId", "workflowId"} <= set(known):
            arguments = f'first: 3, reportId: "{given["reportId"]}"'
        yield name, f"{{ {name}({arguments}) {{ nodes {selection(row)} }} }}"


def selection(kind: Any, depth: int = DEPTH) -> str:
    """Select every field of a type that needs no argument, and objects down to a depth."""
    chosen = ["__typename"]
    for name, field in getattr(kind, "fields", {}).items():
        if any(is_required_argument(one) for one in field.args.values()):
            continue
        inner = get_named_type(field.type)
        if is_leaf_type(inner):
            chosen.append(name)
        elif depth and inner.name.endswith("Connection"):
            row = get_named_type(inner.fields["nodes"].type)
            chosen.append(f"{name}(first: 2) {{ nodes {selection(row, min(depth - 1, 1))} }}")
        elif depth and isinstance(inner, GraphQLObjectType):
            chosen.append(f"{name} {selection(inner, depth - 1)}")
    return f"{{ {' '.join(chosen)} }}"
