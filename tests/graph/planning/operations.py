"""Operations made up at random over the whole schema, with everything that a document can have."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

DEEPEST = 6
# Their values are of the moment: of a clock, or with a signature.
MOMENTARY = {"download", "url", "etaEarliest", "etaLatest", "ratePerHour", "asOf", "expiresAt"}
VARIABLES = {"yes": True, "no": False, "few": 2, "more": 3, "nothing": None}
TYPES = {"yes": "Boolean!", "no": "Boolean!", "few": "Int", "more": "Int!", "nothing": "Int"}


@dataclass
class Operations:
    """Makes up queries; `given` has texts of arguments by the names of root fields."""

    schema: GraphQLSchema
    given: Mapping[str, Sequence[str]]
    chance: random.Random
    _fragments: dict[str, str] = field(default_factory=dict)
    _number: int = 0

    def query(self) -> str:
        """The text of a query. It takes VARIABLES."""
        self._fragments, self._number = {}, 0
        root = self.schema.query_type
        assert root is not None
        names = self.chance.sample(sorted(self.given), self.chance.choice((1, 1, 1, 2)))
        asked = " ".join(self._field(name, root.fields[name], 1) for name in names)
        text = f"{{ __typename {asked} }} {' '.join(self._fragments.values())}"
        used = [f"${name}: {kind}" for name, kind in TYPES.items() if f"${name}" in text]
        declared = f"({', '.join(used)})" if used else ""
        return f"query Q{declared} {text}"

    def _maybe(self, share: float) -> bool:
        return self.chance.random() < share

    def _field(self, name: str, of: GraphQLField, depth: int) -> str:
        key = name
        if self._maybe(0.15) or depth == 1:
            self._number += 1
            key = f"k{self._number}: {name}"
        arguments = self._arguments(name, of, depth)
        asked = f"{key}{arguments}{self._directive() if depth > 1 else ''}"
        inner = get_named_type(of.type)
        return asked if is_leaf_type(inner) else f"{asked} {{ {self._within(inner, depth)} }}"

    def _directive(self) -> str:
        if self._maybe(0.9):
            return ""
        which = self.chance.choice(("skip", "include"))
        return f" @{which}(if: {self.chance.choice(('$yes', '$no', 'true', 'false'))})"

    def _arguments(self, name: str, of: GraphQLField, depth: int) -> str:
        if depth == 1:
            chosen = self.chance.choice(self.given[name])
            return f"({chosen})" if chosen else ""
        given = []
        for one in ("first", "last"):
            if one in of.args and self._maybe(0.4):
                given.append(
                    f"{one}: {self.chance.choice(('1', '3', '$few', '$more', '$nothing'))}"
                )
                break
        if "after" in of.args and self._maybe(0.05):
            given.append('after: "no cursor"')
        return f"({', '.join(given)})" if given else ""

    def _within(self, kind: Any, depth: int) -> str:
        parts = ["__typename"] if self._maybe(0.3) else []
        if isinstance(kind, GraphQLInterfaceType):
            types = self.schema.get_possible_types(kind)
            parts.append("id")
            for one in self.chance.sample(list(types), min(5, len(types))):
                self._number += 1
                inner = self._some(one, depth, aliased=True)
                parts.append(f"... on {one.name} {{ {inner} }}")
            return " ".join(parts)
        assert isinstance(kind, GraphQLObjectType)
        some = self._some(kind, depth)
        if self._maybe(0.15):
            self._number += 1
            name = f"F{self._number}"
            self._fragments[name] = f"fragment {name} on {kind.name} {{ {some} }}"
            parts.append(f"...{name}{self._directive()}")
            some = self._some(kind, DEEPEST)
        elif self._maybe(0.15):
            parts.append(f"... on {kind.name}{self._directive()} {{ {some} }}")
            some = self._some(kind, DEEPEST)
        parts.append(some)
        return " ".join(parts)

    def _some(self, kind: GraphQLObjectType, depth: int, *, aliased: bool = False) -> str:
        """A few fields of a type, at most a level of lists below others."""
        fields = {
            name: of
            for name, of in kind.fields.items()
            if name not in MOMENTARY
            and not any(is_required_argument(one) for one in of.args.values())
        }
        leaves = [name for name, of in fields.items() if is_leaf_type(get_named_type(of.type))]
        ways = [name for name in fields if name not in leaves]
        chosen = self.chance.sample(leaves, min(len(leaves), self.chance.randint(1, 4)))
        if depth < DEEPEST:
            chosen += self.chance.sample(ways, min(len(ways), self.chance.randint(0, 2)))
        self.chance.shuffle(chosen)
        made = []
        for name in chosen:
            text = self._field(name, fields[name], depth + 1)
            if aliased and ":" not in text.split("{")[0].split("(")[0]:
                self._number += 1
                text = f"k{self._number}: {text}"
            made.append(text)
        return " ".join(made) or "__typename"
