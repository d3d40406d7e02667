"""What an operation costs at most, known before it runs.

The estimate is an upper bound by the declarations of the schema (`graph.fields.costs`): every list
is as long as it may be, every fragment applies, nothing is skipped. Points are counted by the same
rules while the operation runs (`counting`), so what it really costs is never more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    NullValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)

from domain.errors import ErrorCode
from domain.settings import settings
from graph.fields.costs import INTROSPECTION, NO_BOUND, Price, price_of
from graph.http.limits.limits import number

MAX_COST = 250_000  # points of an operation: about 1.3 seconds of the processor
UNKNOWN = 2**31  # the size of a list whose argument cannot be read; it is cut to what is allowed


@dataclass(frozen=True)
class Cost:
    """Points of a field or a selection, and the field within that most of them are of."""

    points: int = 0
    path: tuple[str, ...] = ()
    of_path: int = 0  # points of the field at the path

    def times(self, times: int) -> "Cost":
        """So many of it."""
        return replace(self, points=self.points * times, of_path=self.of_path * times)


@dataclass(frozen=True)
class Sized:
    """Lists of an object whose length a field above it tells."""

    names: tuple[str, ...]
    size: int


class TooExpensive(GraphQLError):
    """An operation that costs more than any one may."""

    def __init__(self, cost: Cost) -> None:
        share = 100 * cost.of_path // max(cost.points, 1)
        super().__init__(
            f"This operation can cost {number(cost.points)} points; {MAX_COST:,} are allowed. "
            f"{share} % of them are of `{'.'.join(cost.path)}`. Ask for smaller pages or fewer "
            "levels.",
            extensions={"code": ErrorCode.QUERY_TOO_EXPENSIVE.value},
        )


@dataclass
class Estimate:
    """Estimates an operation of a document for one set of variables.

    The document must be within the limits of `limits`; it need not be valid.
    """

    schema: GraphQLSchema
    document: DocumentNode
    variables: Mapping[str, Any]
    _defaults: dict[str, ValueNode] = field(default_factory=dict)
    _costs: dict[tuple[str, Sized | None], Cost] = field(default_factory=dict)
    sizing: set[str] = field(default_factory=set)  # the variables that sizes depend on
    _fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)

    def of(self, operation: OperationDefinitionNode) -> Cost:
        """What the operation costs at most."""
        self._fragments = {
            one.name.value: one
            for one in self.document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        self._defaults = {
            one.variable.name.value: one.default_value
            for one in operation.variable_definitions or ()
            if one.default_value is not None
        }
        self._costs.clear()  # they depend on the defaults
        root = self.schema.get_root_type(operation.operation)
        return self._selections(operation.selection_set, root, None)

    def _selections(
        self, selected: SelectionSetNode, parent: GraphQLCompositeType | None, sized: Sized | None
    ) -> Cost:
        parts: list[Cost] = []
        of_fields: dict[str, int] = {}  # points of all that is asked of a field by several aliases
        for node in selected.selections:
            if isinstance(node, FieldNode):
                parts.append(self._field(node, parent, sized))
                name = node.name.value
                of_fields[name] = of_fields.get(name, 0) + parts[-1].points
            elif isinstance(node, FragmentSpreadNode):
                parts.append(self._fragment(node.name.value, sized))
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                inner = self._type(condition.name.value) if condition else parent
                parts.append(self._selections(node.selection_set, inner or parent, sized))
        points = sum(one.points for one in parts)
        most = max(parts, key=lambda one: one.of_path, default=Cost())
        field, of_field = max(of_fields.items(), key=lambda one: one[1], default=("", 0))
        if 2 * most.of_path <= points and of_field > most.of_path:
            return Cost(points, (field,), of_field)
        return replace(most, points=points)

    def _field(
        self, node: FieldNode, parent: GraphQLCompositeType | None, sized: Sized | None
    ) -> Cost:
        name = node.name.value
        key = (node.alias or node.name).value
        found = None
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            found = parent.fields.get(name)
        if found is None:  # a meta field, or one that validation refuses
            points = INTROSPECTION.get(name, 1)
            return Cost(points, (key,), points)
        price = price_of(found)
        size = self._size(node, found, price)
        below = Sized(price.sizes, size) if price.sizes else None
        within = Cost()
        if node.selection_set is not None:
            inner = get_named_type(found.type)
            composite = inner if is_composite_type(inner) else None
            within = self._selections(node.selection_set, composite, below)
        if not price.is_list:
            return _named(key, price.weight + within.points, within)
        if sized is not None and name in sized.names:
            size = sized.size
        return _named(key, price.of_items(size, within.points), within.times(size))

    def _size(self, node: FieldNode, found: GraphQLField, price: Price) -> int:
        """How many items the field, or the lists that it sizes, have at most."""
        written = {one.name.value: one.value for one in node.arguments or ()}
        sizes = [
            size
            for name in price.slicing
            if (size := self._told(written.get(name), found, name)) is not None
        ]
        if not sizes:
            return NO_BOUND if price.assumed is None else price.assumed
        # More than that is refused where it is read, and in better words.
        return min(max(sizes), max(price.assumed or 0, settings.max_page))

    def _told(self, node: ValueNode | None, found: GraphQLField, argument: str) -> int | None:
        """How many items an argument asks for; None if it says nothing."""
        if isinstance(node, VariableNode):
            name = node.name.value
            self.sizing.add(name)
            if name in self.variables:
                return number_of(self.variables[name])
            node = self._defaults.get(name)
        if node is None:
            declared = found.args[argument].default_value if argument in found.args else None
            return None if declared is Undefined else number_of(declared)
        if isinstance(node, NullValueNode):
            return None
        if isinstance(node, IntValueNode):
            return max(0, int(node.value)) if len(node.value) < 10 else UNKNOWN
        return len(node.values) if isinstance(node, ListValueNode) else UNKNOWN

    def _fragment(self, name: str, sized: Sized | None) -> Cost:
        fragment = self._fragments.get(name)
        if fragment is None:
            return Cost()  # validation will say so
        known = (name, sized)
        if known not in self._costs:
            self._costs[known] = Cost()  # a cycle, which validation refuses, ends here
            parent = self._type(fragment.type_condition.name.value)
            self._costs[known] = self._selections(fragment.selection_set, parent, sized)
        return self._costs[known]

    def _type(self, name: str) -> GraphQLCompositeType | None:
        found = self.schema.get_type(name)
        return found if is_composite_type(found) else None


def _named(key: str, points: int, within: Cost) -> Cost:
    """The cost of a field, which is what costs most unless something within it has most of it."""
    if within.path and 2 * within.of_path > points:
        return Cost(points, (key, *within.path), within.of_path)
    return Cost(points, (key,), points)


def number_of(value: object) -> int | None:
    """How many items the value of a variable asks for; None if it says nothing."""
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return len(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < UNKNOWN:
        return max(0, int(value))  # 10.0 is a whole number to GraphQL
    return UNKNOWN
