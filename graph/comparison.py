"""What a client would notice of a new schema: two schemas compared, in words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    BreakingChange,
    BreakingChangeType,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
    get_named_type,
)

COORDINATE = re.compile(r"\b(\w+)\.(\w+)(?:\((\w+):\))?")  # Type.field(argument:), Enum.VALUE
WITH_FIELDS = (GraphQLObjectType, GraphQLInterfaceType, GraphQLInputObjectType)


@dataclass(frozen=True)
class Comparison:
    """The changes from an old schema to a new one, a sentence each.

    `unannounced` break clients without a deprecation in the old schema; `announced` had one.
    `dangerous` do not break a client that expects new values and defaults.
    """

    unannounced: list[str]
    announced: list[str]
    dangerous: list[str]

    def report(self) -> str:
        """The changes as text, the worst first."""
        parts = (
            ("Breaking, without a deprecation before", self.unannounced),
            ("Breaking, deprecated before", self.announced),
            ("Dangerous", self.dangerous),
        )
        told = [
            "\n".join([f"{title} ({len(changes)}):", *(f"  {one}" for one in changes)])
            for title, changes in parts
            if changes
        ]
        return "\n\n".join(told) or "No client would notice a change."


def compare(old: str, new: str) -> Comparison:
    """Compare two schemas, as SDL. Raises GraphQLError where one of them is no schema."""
    before, after = build_schema(old), build_schema(new)
    breaking = find_breaking_changes(before, after)
    announced = [one.description for one in breaking if _is_deprecated(before, one)]
    unannounced = [one.description for one in breaking if one.description not in announced]
    dangerous = [one.description for one in find_dangerous_changes(before, after)]
    return Comparison([*unannounced, *_one_of_now(before, after)], announced, dangerous)


def _one_of_now(before: GraphQLSchema, after: GraphQLSchema) -> Iterator[str]:
    """Input types of which exactly one field may be given now; graphql-core does not look."""
    for name, type_ in after.type_map.items():
        if _is_one_of(type_) and name in before.type_map and not _is_one_of(before.type_map[name]):
            yield f"{name} takes exactly one of its fields now."


def _is_one_of(type_: object) -> bool:
    return isinstance(type_, GraphQLInputObjectType) and type_.is_one_of


def _is_deprecated(old: GraphQLSchema, change: BreakingChange) -> bool:
    """Whether the old schema said that what breaks would go."""
    if change.type is BreakingChangeType.TYPE_REMOVED:
        return _is_type_deprecated(old, change.description)
    found = COORDINATE.search(change.description)
    if found is None:
        return False
    type_name, name, argument = found.groups()
    type_ = old.type_map.get(type_name)
    if isinstance(type_, GraphQLEnumType):
        return _said(type_.values.get(name))
    field = type_.fields.get(name) if isinstance(type_, WITH_FIELDS) else None
    return _said(field) or _said(getattr(field, "args", {}).get(argument))


def _is_type_deprecated(old: GraphQLSchema, said: str) -> bool:
    """Whether all that led to the removed type was deprecated."""
    uses = [one for one in _uses(old) if get_named_type(one[0].type).name in said.split()]
    return bool(uses) and all(any(map(_said, chain)) for chain in uses)


def _uses(schema: GraphQLSchema) -> Iterator[tuple[Any, ...]]:
    """Every field, and every argument with its field."""
    for type_ in schema.type_map.values():
        if isinstance(type_, WITH_FIELDS) and not type_.name.startswith("__"):
            for field in type_.fields.values():
                yield (field,)
                yield from ((one, field) for one in getattr(field, "args", {}).values())


def _said(one: Any) -> bool:
    return getattr(one, "deprecation_reason", None) is not None
