"""Limits on what one document may ask, checked before validation and execution.

Each fragment is measured once, however often it is spread, so that measuring cannot be attacked.
Validation comes after the limits, as some of its rules take quadratic time.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from domain.errors import ErrorCode

MAX_TOKENS = 5_000
MAX_DEPTH = 20  # the introspection query of GraphiQL has 15 levels
MAX_NESTING = 60  # the same with fragment spreads, which are no levels of the answer
MAX_FIELDS = 1_000  # with fragments expanded
MAX_ALIASES = 100  # and repeated fields, which cost validation as much
MAX_SPREADS = 100
MAX_DIRECTIVES = 50
MAX_COST = 25_000  # values that the answer could hold; they take about 0.5 s
MAX_ERRORS = 5  # per document
PAGE = 20  # rows counted for a connection without `first` and `last`
LARGEST_PAGE = 100
BOUNDED_LIST = 10  # rows counted for a list that the domain bounds
CACHED = 256  # number of documents
LONGEST_CACHED = 20_000  # length in characters

RULES = [*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule]
INCREMENTAL = ("Unknown directive '@defer'.", "Unknown directive '@stream'.")
NOT_IN_PARTS = "answers come whole here. Ask for what can wait in an operation of its own."
META_FIELDS = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}
PAGES = ("first", "last")


@dataclass(frozen=True)
class Size:
    """The size of a selection with its fragments expanded."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    spreads: int = 0
    cost: int = 0

    def beside(self, other: "Size") -> "Size":
        """The size of two selections side by side."""
        return Size(
            max(self.depth, other.depth),
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.spreads + other.spreads,
            self.cost + other.cost,
        )


class TooMuch(GraphQLError):
    """Raised for a document that asks for more than one request may."""

    def __init__(self, message: str) -> None:
        super().__init__(message, extensions={"code": ErrorCode.GRAPHQL_VALIDATION_FAILED.value})


@dataclass
class Measure:
    """Measures the operations of a document for given variables."""

    schema: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any]
    _fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    _sizes: dict[tuple[str, bool], Size] = field(default_factory=dict)
    _defaults: dict[str, ValueNode] = field(default_factory=dict)
    _directives: int = 0

    def check(self) -> None:
        """Raise TooMuch if an operation or fragment exceeds a limit."""
        definitions = self.document.definitions
        self._fragments = {
            one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)
        }
        for definition in definitions:
            if isinstance(definition, OperationDefinitionNode):
                self._defaults = {
                    one.variable.name.value: one.default_value
                    for one in definition.variable_definitions or ()
                    if one.default_value is not None
                }
                self._sizes.clear()  # sizes depend on the default values of the operation
                root = self.schema.get_root_type(definition.operation)
                self._count(definition)
                _check(self._selections(definition.selection_set, root, paged=False, nesting=1))
            elif isinstance(definition, FragmentDefinitionNode):
                # A fragment's cost counts where it is spread. Unspread it still costs validation.
                _check(
                    replace(self._fragment(definition.name.value, paged=False, nesting=1), cost=0)
                )

    def _selections(
        self,
        selections: SelectionSetNode,
        parent: GraphQLCompositeType | None,
        *,
        paged: bool,
        nesting: int,
    ) -> Size:
        """The size of a selection set. With `paged`, its lists were counted at their connection."""
        if nesting > MAX_NESTING:
            raise TooMuch(f"The document is nested more than {MAX_DEPTH} levels deep.")
        size = Size()
        keys: Counter[str] = Counter()
        for node in selections.selections:
            self._count(node)
            if isinstance(node, FieldNode):
                keys[(node.alias or node.name).value] += 1
                part = self._field(node, parent, paged=paged, nesting=nesting)
            elif isinstance(node, FragmentSpreadNode):
                spread = self._fragment(node.name.value, paged=paged, nesting=nesting + 1)
                part = spread.beside(Size(spreads=1))
            elif isinstance(node, InlineFragmentNode):
                inner = self._type(node.type_condition.name.value) if node.type_condition else None
                part = self._selections(
                    node.selection_set, inner or parent, paged=paged, nesting=nesting + 1
                )
            size = size.beside(part)
        return size.beside(Size(aliases=sum(keys.values()) - len(keys)))

    def _field(
        self, node: FieldNode, parent: GraphQLCompositeType | None, *, paged: bool, nesting: int
    ) -> Size:
        name = node.name.value
        found = META_FIELDS.get(name)
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            found = found or parent.fields.get(name)
        within = Size()
        if node.selection_set is not None:
            inner = get_named_type(found.type) if found else None
            within = self._selections(
                node.selection_set,
                inner if is_composite_type(inner) else None,
                paged=found is not None and any(page in found.args for page in PAGES),
                nesting=nesting + 1,
            )
        # Introspection is bounded by a rule of its own and by the size of the schema.
        cost = (
            within.fields if name in META_FIELDS else self._rows(node, found, paged) * within.cost
        )
        return Size(
            depth=within.depth + 1,
            fields=within.fields + 1,
            aliases=within.aliases + (node.alias is not None),
            spreads=within.spreads,
            cost=cost + 1,
        )

    def _rows(self, node: FieldNode, found: GraphQLField | None, paged: bool) -> int:
        """How often the selection of this field can appear in the answer."""
        if found is None:
            return 1
        given = {one.name.value: self._value(one.value) for one in node.arguments or ()}
        if any(page in found.args for page in PAGES):
            asked = [given[page] for page in PAGES if isinstance(given.get(page), int)]
            return min(max(0, *asked), LARGEST_PAGE) if asked else PAGE
        if paged or not is_list_type(get_nullable_type(found.type)):
            return 1
        listed = [len(value) for value in given.values() if isinstance(value, list | tuple)]
        return max(listed, default=BOUNDED_LIST)

    def _value(self, node: ValueNode | None) -> Any:
        """The number or list of an argument, literal or from a variable. None for anything else."""
        if isinstance(node, VariableNode):
            name = node.name.value
            given = self.variables.get(name)
            return given if name in self.variables else self._value(self._defaults.get(name))
        if isinstance(node, IntValueNode):
            return int(node.value) if len(node.value) < 10 else LARGEST_PAGE
        return node.values if isinstance(node, ListValueNode) else None

    def _fragment(self, name: str, *, paged: bool, nesting: int) -> Size:
        key = (name, paged)
        fragment = self._fragments.get(name)
        if fragment is None:
            return Size()  # validation reports it
        if key not in self._sizes:
            self._sizes[key] = Size()  # ends a cycle of fragments, which validation refuses
            parent = self._type(fragment.type_condition.name.value)
            self._count(fragment)
            self._sizes[key] = self._selections(
                fragment.selection_set, parent, paged=paged, nesting=nesting
            )
        return self._sizes[key]

    def _type(self, name: str) -> GraphQLCompositeType | None:
        found = self.schema.get_type(name)
        return found if is_composite_type(found) else None

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
            raise TooMuch(f"The document has {_number(found)} {what}; {limit} are allowed.")
    if size.cost > MAX_COST:
        raise TooMuch(
            f"The answer could hold {_number(size.cost)} values; {MAX_COST} are allowed. "
            "Ask for smaller pages or fewer levels."
        )


def _number(found: int) -> str:
    return str(found) if found < 10**9 else "over a billion"


def parsed(text: str) -> DocumentNode:
    """The parsed document, from a cache of recent ones. Raises GraphQLSyntaxError."""
    return _remembered(text) if len(text) <= LONGEST_CACHED else _parse(text)


def _parse(text: str) -> DocumentNode:
    return parse(text, max_tokens=MAX_TOKENS, allow_empty_selection_sets=False)


_remembered = lru_cache(CACHED)(_parse)


def problems(
    schema: GraphQLSchema, text: str, document: DocumentNode, variables: Mapping[str, Any]
) -> list[GraphQLError]:
    """The errors of a document: exceeded limits, or else violated rules of GraphQL."""
    try:
        Measure(schema, document, variables).check()
    except TooMuch as refused:
        return [refused]
    found = _judged(schema, text) if len(text) <= LONGEST_CACHED else _judge(schema, document)
    return list(found)


def _judge(schema: GraphQLSchema, document: DocumentNode) -> tuple[GraphQLError, ...]:
    found = tuple(validate(schema, document, RULES, max_errors=MAX_ERRORS))
    for error in found:
        if error.message in INCREMENTAL:
            error.message = f"{error.message[:-1]}: {NOT_IN_PARTS}"
        error.extensions = {"code": ErrorCode.GRAPHQL_VALIDATION_FAILED.value}
    return found


@lru_cache(CACHED)
def _judged(schema: GraphQLSchema, text: str) -> tuple[GraphQLError, ...]:
    return _judge(schema, parsed(text))
