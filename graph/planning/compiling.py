"""Compiles a validated operation to a plan.

Which fields are selected is found by graphql-core's own functions, and each field's declaration
says how it is read. What is not understood raises Unplanned, and is executed normally.
"""

import inspect
from typing import TYPE_CHECKING, Any

from graphql import (
    EnumValueNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    IntValueNode,
    OperationType,
    StringValueNode,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetails, collect_fields, collect_subfields

from domain.snapshots.columns import Join, Needed
from graph.fields.costs import points_of, points_of_item
from graph.fields.declared import Column, Each, Key, Many, One, Reads, declaration
from graph.planning.resolvers import USUAL, RootField, root_field
from graph.planning.shapes import Leaf, Objects, Plan, Selected, Selection, Shape
from graph.planning.writing import leaf_of

if TYPE_CHECKING:
    from graph.planning.executor import Planned


class Unplanned(Exception):
    """Raised for an operation that is executed normally, with a word that says why."""


def compiled(executor: "Planned") -> Plan:
    """The plan of the executor's operation. Raises Unplanned."""
    return _Compiler(executor).plan()


class _Compiler:
    """Compiles one operation, and notes which attributes it reads of which model."""

    def __init__(self, executor: "Planned") -> None:
        self._executor = executor
        self._reads: dict[type[Any], set[str]] = {}
        self._wide: set[type[Any]] = set()  # models of which everything is read
        self._joins: dict[type[Any], dict[Join, None]] = {}
        self._leaves: dict[str, Leaf] = {}

    def plan(self) -> Plan:
        executor = self._executor
        root = executor.schema.get_root_type(executor.operation.operation)
        if root is None:
            raise Unplanned("operation")
        selected = collect_fields(
            executor.schema,
            executor.fragments,
            executor.variable_values,
            root,
            executor.operation,
            executor.hide_suggestions,
        )
        _check(selected.new_defer_usages)
        roots: dict[str, Shape] = {}
        resolvers: dict[str, RootField] = {}
        is_query = executor.operation.operation is OperationType.QUERY
        for key, details in selected.grouped_field_set.items():
            name = details[0].node.name.value
            if (found := root.fields.get(name)) is None:
                continue
            shape = self._shape(found.type, root, name, details)
            if shape.leaf is not None:
                continue
            roots[key] = shape
            has_arguments = details[0].fragment_variable_values is not None
            if is_query and not has_arguments and (own := root_field(found)) is not None:
                resolvers[key] = own
        narrow = {
            model: frozenset(names)
            for model, names in self._reads.items()
            if model not in self._wide
        }
        joins = {
            model: tuple(one for one in found if one.model in narrow)
            for model, found in self._joins.items()
        }
        return Plan(executor.operation, roots, resolvers, Needed(narrow, joins))

    def _shape(
        self,
        type_: GraphQLOutputType,
        parent: GraphQLObjectType,
        name: str,
        details: list[FieldDetails],
    ) -> Shape:
        if required := isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        if isinstance(type_, GraphQLList):
            item = self._shape(type_.of_type, parent, name, details)
            return Shape(required, item=item, points=points_of_item(parent, name))
        if is_leaf_type(type_):
            assert isinstance(type_, GraphQLScalarType | GraphQLEnumType)
            if type_.name not in self._leaves:
                self._leaves[type_.name] = leaf_of(type_)
            return Shape(required, leaf=self._leaves[type_.name])
        if is_abstract_type(type_):
            types = self._executor.schema.get_possible_types(type_)
            by_type = {one.name: self._selection(one, details) for one in types}
            return Shape(required, objects=Objects(by_type, is_abstract=True))
        assert isinstance(type_, GraphQLObjectType)
        only = {type_.name: self._selection(type_, details)}
        return Shape(required, objects=Objects(only, is_abstract=False))

    def _selection(self, type_: GraphQLObjectType, above: list[FieldDetails]) -> Selection:
        executor = self._executor
        selected = collect_subfields(
            executor.schema,
            executor.fragments,
            executor.variable_values,
            executor.operation,
            type_,
            above,
            executor.hide_suggestions,
        )
        _check(selected.new_defer_usages)
        selection = Selection(
            type_, keys=tuple(selected.grouped_field_set), made_of=_made_of(type_)
        )
        for key, details in selected.grouped_field_set.items():
            name = details[0].node.name.value
            selection.points += points_of(type_, name)
            if name == "__typename":
                selection.typenames.append(key)
            else:
                selection.fields.append(self._field(type_, key, name, details))
        self._note(selection)
        return selection

    def _field(
        self, type_: GraphQLObjectType, key: str, name: str, details: list[FieldDetails]
    ) -> Selected:
        found = type_.fields.get(name)
        if found is None:
            raise Unplanned("introspection")
        if any(one.fragment_variable_values is not None for one in details):
            raise Unplanned("fragment arguments")
        shape = self._shape(found.type, type_, name, details)
        declared, function = _resolved(found)
        is_pure = _depends_on_row(found, declared, function, details) and _is_pure(shape)
        nodes = tuple(details)
        return Selected(key, name, found, shape, declared, function, nodes, is_pure, shape.resolves)

    def _note(self, selection: Selection) -> None:
        """Note the attributes that a selection reads of its rows."""
        model = getattr(selection.type.is_type_of, "model", None)
        if model is None:
            return
        names = self._reads.setdefault(model, {"id"})
        for one in selection.fields:
            match one.declared:
                case Column(name) | One(foreign_key=name):
                    names.add(name)
                case Key() | Many():
                    pass
                case Each(reads=read) if read is not None:
                    names.update(read)
                case Reads(read):
                    names.update(read)
                case _:
                    self._wide.add(model)
            if isinstance(one.declared, Each) and (by := one.declared.found_by) is not None:
                found = self._reads.setdefault(by.parent.class_, {by.key})
                found.add(one.declared.attribute or "")
            if (join := _join(model, one.declared)) is not None:
                self._joins.setdefault(model, {})[join] = None


def _join(model: type[Any], declared: Any) -> Join | None:
    """How what a field finds is read in the statement of the rows of this model, if it can be."""
    match declared:
        case One(name, _, foreign_key, target) if hasattr(model, foreign_key):
            return Join(name, foreign_key, target, "id")
        case Each(fetch=fetch, found_by=by) if by is not None:
            return Join(fetch, "id", by.parent.class_, by.key, is_view=True)
    return None


def _check(deferred: object) -> None:
    if deferred:
        raise Unplanned("deferred")


def _resolved(field: GraphQLField) -> tuple[Any, Any]:
    """What a field declares, and its resolver if it is an ordinary function of the row."""
    definition = field.extensions.get("strawberry-definition")
    if definition is None:
        raise Unplanned("definition")
    if not getattr(field.resolve, "__qualname__", "").startswith(USUAL):
        return None, None
    if definition.base_resolver is None and not definition.extensions:
        return Column(definition.python_name), None
    resolver = definition.base_resolver and definition.base_resolver.wrapped_func
    declared = declaration(resolver)
    if definition.extensions or field.args or resolver is None:
        return (declared if isinstance(declared, Reads) else None), None
    if declared is None or isinstance(declared, Reads):
        return declared, (resolver if _is_plain(definition, resolver) else None)
    return declared, None


def _made_of(type_: GraphQLObjectType) -> Any:
    definition = type_.extensions.get("strawberry-definition")
    return getattr(definition and definition.origin, "made_of", None)


def _is_pure(shape: Shape) -> bool:
    if shape.item is not None:
        return _is_pure(shape.item)
    return shape.objects is None or all(one.is_pure for one in shape.objects.by_type.values())


def _depends_on_row(
    field: GraphQLField, declared: Any, function: Any, details: list[FieldDetails]
) -> bool:
    """Whether the value of a field depends on nothing but the row."""
    if function is not None or isinstance(declared, Column | Key):
        return True
    base = field.extensions["strawberry-definition"].base_resolver
    if declared is not None or base is None or base.is_async or base.info_parameter:
        return False
    given = [argument.value for one in details for argument in one.node.arguments or ()]
    # A variable may be different the next time.
    return all(isinstance(one, IntValueNode | StringValueNode | EnumValueNode) for one in given)


def _is_plain(definition: Any, resolver: Any) -> bool:
    """Whether a resolver is an ordinary function whose only argument is the row."""
    base = definition.base_resolver
    takes_row = base.root_parameter or base.self_parameter or base.parent_parameter
    return (
        bool(takes_row)
        and inspect.isfunction(resolver)
        and not definition.is_async
        and not inspect.iscoroutinefunction(resolver)
        and len(inspect.signature(resolver).parameters) == 1
    )
