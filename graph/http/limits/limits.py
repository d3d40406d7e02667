"""How much one document may hold, decided before anything expensive looks at it.

Each fragment is measured once, however often it is spread, so that measuring cannot be attacked.
Validation comes last, as some of its rules take quadratic time: after the limits, and after the
cost of the operation, which depends on its variables too (see `costs`).
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from domain import pool
from domain.errors import ErrorCode
from graph.http.limits.recent_documents import Recent

MAX_TOKENS = 5_000
PARSING: dict[str, Any] = {"max_tokens": MAX_TOKENS, "allow_empty_selection_sets": False}
MAX_DEPTH = 20  # the introspection query of GraphiQL has 15 levels
MAX_NESTING = 60  # the same with fragment spreads, which are no levels of the answer
MAX_FIELDS = 1_000  # with fragments expanded
MAX_ALIASES = 100  # and repeated fields, which cost validation as much
MAX_SPREADS = 100
MAX_DIRECTIVES = 50
MAX_ERRORS = 5  # per document
SHORT = 500  # length in characters of a document that is read at once: in about 2 ms

RULES = [*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule]
INCREMENTAL = ("Unknown directive '@defer'.", "Unknown directive '@stream'.")
NOT_IN_PARTS = "answers come whole here. Ask for what can wait in an operation of its own."


@dataclass(frozen=True)
class Size:
    """The size of a selection with its fragments expanded."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    spreads: int = 0

    def beside(self, other: "Size") -> "Size":
        """The size of two selections side by side."""
        return Size(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.spreads + other.spreads,
        )


class TooMuch(GraphQLError):
    """A document that holds more than any one request may."""

    def __init__(self, message: str) -> None:
        super().__init__(message, extensions={"code": ErrorCode.GRAPHQL_VALIDATION_FAILED.value})


@dataclass
class Measure:
    """Measures the operations and fragments of one document."""

    document: DocumentNode
    _fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    _sizes: dict[str, Size] = field(default_factory=dict)
    _directives: int = 0

    def check(self) -> None:
        """Raise TooMuch if an operation or fragment exceeds a limit."""
        definitions = self.document.definitions
        self._fragments = {
            one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)
        }
        for definition in definitions:
            if isinstance(definition, OperationDefinitionNode):
                self._count(definition)
                _check(self._selections(definition.selection_set, nesting=1))
            elif isinstance(definition, FragmentDefinitionNode):
                _check(self._fragment(definition.name.value, nesting=1))

    def _selections(self, selections: SelectionSetNode, *, nesting: int) -> Size:
        if nesting > MAX_NESTING:
            raise TooMuch(f"The document is nested more than {MAX_DEPTH} levels deep.")
        size = Size()
        keys: Counter[str] = Counter()
        for node in selections.selections:
            self._count(node)
            if isinstance(node, FieldNode):
                keys[(node.alias or node.name).value] += 1
                part = self._field(node, nesting=nesting)
            elif isinstance(node, FragmentSpreadNode):
                spread = self._fragment(node.name.value, nesting=nesting + 1)
                part = spread.beside(Size(spreads=1))
            elif isinstance(node, InlineFragmentNode):
                part = self._selections(node.selection_set, nesting=nesting + 1)
            size = size.beside(part)
        return size.beside(Size(aliases=sum(keys.values()) - len(keys)))

    def _field(self, node: FieldNode, *, nesting: int) -> Size:
        within = Size()
        if node.selection_set is not None:
            within = self._selections(node.selection_set, nesting=nesting + 1)
        return Size(
            depth=within.depth + 1,
            fields=within.fields + 1,
            aliases=within.aliases + (node.alias is not None),
            spreads=within.spreads,
        )

    def _fragment(self, name: str, *, nesting: int) -> Size:
        fragment = self._fragments.get(name)
        if fragment is None:
            return Size()  # validation reports it
        if name not in self._sizes:
            self._sizes[name] = Size()  # a cycle, which validation refuses, ends here
            self._count(fragment)
            self._sizes[name] = self._selections(fragment.selection_set, nesting=nesting)
        return self._sizes[name]

    def _count(self, node: Any) -> None:
        self._directives += len(node.directives or ())
        if self._directives > MAX_DIRECTIVES:
            raise TooMuch(f"The document has more than {MAX_DIRECTIVES} directives.")


def _check(size: Size) -> None:
    for found, limit, what in (
        (size.depth, MAX_DEPTH, "levels of fields"),
        (size.fields, MAX_FIELDS, "fields, its fragments expanded"),
        (size.aliases, MAX_ALIASES, "aliases and repeated fields"),
        (size.spreads, MAX_SPREADS, "fragment spreads"),
    ):
        if found > limit:
            raise TooMuch(f"The document has {number(found)} {what}; {limit} are allowed.")


def number(found: int) -> str:
    """A count as people read it."""
    return f"{found:,}" if found < 10**9 else "over a billion"


@dataclass(frozen=True)
class Read:
    """A document that was parsed and measured."""

    document: DocumentNode
    operations: tuple[OperationDefinitionNode, ...]
    refused: TooMuch | None  # if it holds too much

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of this name, or the first one without a name. None if there is none."""
        for one in self.operations:
            if name is None or (one.name is not None and one.name.value == name):
                return one
        return None


async def prepare(text: str) -> None:
    """Read a long document while others are served; `read` then finds it.

    What cannot be parsed is left to `read`. Raises RateLimited.
    """
    if len(text) > SHORT and _documents.find(text) is None:
        with suppress(GraphQLError, RecursionError):
            _documents.keep(text, len(text), await pool.run(_read, text))


def read(text: str) -> Read:
    """The parsed and measured document. Raises GraphQLSyntaxError, RecursionError."""
    return _documents.find(text) or _documents.keep(text, len(text), _read(text))


async def problems(schema: GraphQLSchema, text: str) -> list[GraphQLError]:
    """The errors of a document within the limits: violated rules of GraphQL.

    Long ones are validated while others are served. Raises RateLimited.
    """
    found = _problems.find((schema, text))
    if found is None:
        document = read(text).document
        is_short = len(text) <= SHORT
        found = _valid(schema, document) if is_short else await pool.run(_valid, schema, document)
        _problems.keep((schema, text), len(text), found)
    return list(found)


def _read(text: str) -> Read:
    document = parse(text, **PARSING)
    found = document.definitions
    operations = tuple(one for one in found if isinstance(one, OperationDefinitionNode))
    try:
        Measure(document).check()
    except TooMuch as refused:
        return Read(document, operations, refused)
    return Read(document, operations, None)


def _valid(schema: GraphQLSchema, document: DocumentNode) -> tuple[GraphQLError, ...]:
    found = tuple(validate(schema, document, RULES, max_errors=MAX_ERRORS))
    for error in found:
        if error.message in INCREMENTAL:
            error.message = f"{error.message[:-1]}: {NOT_IN_PARTS}"
        error.extensions = {"code": ErrorCode.GRAPHQL_VALIDATION_FAILED.value}
    return found


_documents: Recent[Read] = Recent()
_problems: Recent[tuple[GraphQLError, ...]] = Recent()
