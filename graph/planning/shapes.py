"""What a plan consists of: the shapes of values, and what is selected of the objects in them.

A plan is read only. It belongs to an operation, to which of its fields are skipped and included,
and to no request: arguments and rights are looked at whenever it is run.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    OperationDefinitionNode,
)
from graphql.execution.collect_fields import FieldDetails

from domain.snapshots.columns import Needed
from graph.fields.declared import Declaration, Reads
from graph.planning.resolvers import RootField

Write = Callable[[Any], Any]
WriteAll = Callable[[Sequence[Any]], list[Any]]


@dataclass(frozen=True)
class Leaf:
    """A scalar or an enum, and how values of it are written."""

    type: GraphQLNamedType
    write: WriteAll
    is_text: bool  # what is written is always a string
    is_document: bool  # it may be an object or a list


@dataclass(frozen=True)
class Shape:
    """The type of a value: a leaf, a list or an object, and whether it may be null."""

    required: bool
    leaf: Leaf | None = None
    item: "Shape | None" = None
    points: int = 0  # of each item of a list
    objects: "Objects | None" = None

    @property
    def resolves(self) -> bool:
        """Whether own resolvers of fields within may read something."""
        if self.item is not None:
            return self.item.resolves
        return self.objects is not None and any(
            one.resolves for one in self.objects.by_type.values()
        )


@dataclass(frozen=True)
class Objects:
    """The objects of a type or an interface, with what is selected of each type."""

    by_type: Mapping[str, "Selection"]
    is_abstract: bool


@dataclass(frozen=True)
class Selected:
    """A field of an object, under the key that it has in the answer."""

    key: str
    name: str
    field: GraphQLField
    shape: Shape
    declared: Declaration | None
    function: Callable[[Any], Any] | None  # an ordinary function of the row, if that is all it is
    details: tuple[FieldDetails, ...]
    is_pure: bool = False  # its value depends on nothing but the row
    resolves_within: bool = False  # own resolvers of fields within it may read something

    @cached_property
    def is_resolved(self) -> bool:
        """Whether its own resolver is called for each row."""
        return self.function is None and (self.declared is None or isinstance(self.declared, Reads))

    @cached_property
    def nodes(self) -> list[FieldNode]:
        """Where the document asks for it."""
        return [one.node for one in self.details]


@dataclass
class Selection:
    """What is selected of an object of one type, and what that costs."""

    type: GraphQLObjectType
    points: int = 0
    fields: list[Selected] = field(default_factory=list)
    typenames: list[str] = field(default_factory=list)  # keys of `__typename`
    keys: tuple[str, ...] = ()  # of all fields, in the order of the answer
    # What its values are made of, if their fields are kept (graph/planning/kept_fields.py).
    made_of: Callable[[Any], Any] | None = None

    @property
    def is_pure(self) -> bool:
        """Whether what is selected depends on nothing but the object."""
        return all(one.is_pure for one in self.fields)

    @property
    def resolves(self) -> bool:
        """Whether own resolvers of its fields, or of fields within, may read something."""
        return any(
            one.resolves_within or (one.is_resolved and not one.is_pure) for one in self.fields
        )


@dataclass
class Plan:
    """How an operation is executed: the shapes of its root fields, by their keys.

    `resolvers` has those root fields of a query that need not be executed by graphql-core.
    """

    operation: OperationDefinitionNode
    roots: dict[str, Shape]
    resolvers: dict[str, RootField]
    needed: Needed  # of the rows that it reads
    runs: int = 0
    failures: int = 0

    @property
    def is_fit(self) -> bool:
        """Whether it is worth running: not if most of its runs had to be done again."""
        return self.failures < 5 or self.failures * 2 < self.runs
