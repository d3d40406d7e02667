"""Questions made up at random from the schema, circles included, and how much an answer holds."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_interface_type,
    is_leaf_type,
    is_required_argument,
)

DEEPEST = 9


@dataclass
class Asked:
    """A field of a question, and what is asked within it."""

    name: str
    arguments: str = ""
    within: list["Asked"] = field(default_factory=list)
    on: str | None = None  # the type that it is asked of, within an interface

    def text(self) -> str:
        """As GraphQL."""
        inner = f" {{ {' '.join(one.text() for one in self.within)} }}" if self.within else ""
        asked = f"{self.name}{self.arguments}{inner}"
        return asked if self.on is None else f"... on {self.on} {{ {asked} }}"


@dataclass
class Questioner:
    """Makes up questions; `given` are the fields at the root and their arguments."""

    schema: GraphQLSchema
    given: Mapping[str, str]
    chance: random.Random

    def question(self) -> Asked:
        """A question with one field at the root."""
        root = self.schema.query_type
        assert root is not None
        name = self.chance.choice(sorted(self.given))
        made = self._asked(name, root.fields[name], 1)
        assert made is not None
        return made

    def _asked(self, name: str, of: GraphQLField, depth: int) -> Asked | None:
        """The field with something within it; None if it cannot be asked here."""
        inner = get_named_type(of.type)
        arguments = self._arguments(name, of, depth)
        if arguments is None or (not is_leaf_type(inner) and depth >= DEEPEST):
            return None
        asked = Asked(name, arguments)
        if not is_composite_type(inner):
            return asked
        kinds = [inner]
        if is_interface_type(inner):
            kinds = self.chance.sample(list(self.schema.get_possible_types(inner)), 4)
        for kind in kinds:
            assert isinstance(kind, GraphQLObjectType)
            for one in self._fields(kind, depth):
                one.on = kind.name if kind is not inner else None
                asked.within.append(one)
        asked.within = asked.within or [Asked("__typename")]
        return asked

    def _fields(self, kind: GraphQLObjectType, depth: int) -> list[Asked]:
        """A few columns, and one or two ways on: first of all to lists."""
        leaves = [name for name, of in kind.fields.items() if is_leaf_type(get_named_type(of.type))]
        ways = [name for name in kind.fields if name not in leaves]
        lists = [name for name in ways if "[" in str(kind.fields[name].type)]
        chosen = self.chance.sample(leaves, min(len(leaves), self.chance.randint(0, 3)))
        chosen += self.chance.sample(ways, min(len(ways), self.chance.randint(1, 2)))
        if lists and self.chance.random() < 0.6:
            chosen.append(self.chance.choice(lists))
        made = (self._asked(name, kind.fields[name], depth + 1) for name in dict.fromkeys(chosen))
        return [one for one in made if one is not None]

    def _arguments(self, name: str, of: GraphQLField, depth: int) -> str | None:
        if depth == 1 and self.given[name]:
            return f"({self.given[name]})"
        if name == "viewAs":
            return '(email: "charlie@example.com")'
        if any(is_required_argument(one) for one in of.args.values()):
            return None
        sliced = [one for one in ("first", "last") if one in of.args]
        if not sliced or self.chance.random() < 0.5:
            return ""
        return f"({self.chance.choice(sliced)}: {self.chance.randint(1, 5)})"


def values(asked: Asked, answer: Any) -> int:
    """How many values the answer to a field holds: fields, and items of lists."""
    if isinstance(answer, list) and asked.within:
        return 1 + sum(_item(asked, one) for one in answer)
    if isinstance(answer, list):
        return 1 + len(answer)
    return _item(asked, answer)


def _item(asked: Asked, answer: Any) -> int:
    if not isinstance(answer, dict) or not asked.within:
        return 1
    inner = (values(one, answer[one.name]) for one in asked.within if one.name in answer)
    return 1 + sum(inner)
