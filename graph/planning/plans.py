"""The plans that this process keeps, and how often operations were and were not planned."""

from collections import Counter, OrderedDict
from typing import TYPE_CHECKING, TypeAlias

from graphql import (
    DirectiveNode,
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
)

from domain.settings import settings
from graph.http.limits.limits import LONGEST_CACHED
from graph.planning.compiling import Unplanned, compiled
from graph.planning.shapes import Plan

if TYPE_CHECKING:
    from graph.planning.executor import Planned

KEPT = 256  # plans, of which each belongs to an operation and to what it skips and includes
PLANNED = "planned"

Name: TypeAlias = tuple[object, ...]

counts: Counter[str] = Counter()  # of operations, by PLANNED or by why they were not planned
_plans: OrderedDict[Name, Plan | str] = OrderedDict()  # least recently used first
_switches: OrderedDict[int, tuple[object, tuple[str, ...]]] = OrderedDict()


def find(executor: "Planned") -> Plan | str:
    """The plan of the executor's operation, or a word that says why there is none."""
    if settings.planned_reads == "off":
        return "off"
    if executor.middleware_manager is not None and executor.middleware_manager.middlewares:
        return "middleware"
    if not executor.error_propagation:
        return "directive"
    operation = executor.operation
    location = operation.loc
    if location is None or len(location.source.body) > LONGEST_CACHED:
        return "length"
    given = executor.variable_values.coerced
    switched = tuple(given.get(name) for name in _switches_of(executor))
    name = (id(executor.schema), id(operation), switched)
    found = _plans.get(name)
    if found is None or (isinstance(found, Plan) and found.operation is not operation):
        found = _plans[name] = _compiled(executor)
        if len(_plans) > KEPT:
            _plans.popitem(last=False)
    _plans.move_to_end(name)
    if isinstance(found, Plan) and not found.is_fit:
        return "unfit"
    return found


def _compiled(executor: "Planned") -> Plan | str:
    try:
        return compiled(executor)
    except Unplanned as other:
        return str(other)


def note(word: str) -> None:
    """Count an operation: as planned, or by why it was not."""
    counts[word] += 1


def is_query(executor: "Planned") -> bool:
    """Whether the whole operation may be executed twice."""
    return executor.operation.operation is OperationType.QUERY


def _switches_of(executor: "Planned") -> tuple[str, ...]:
    """The variables that decide which fields are skipped and included."""
    operation = executor.operation
    known = _switches.get(id(operation))
    if known is None or known[0] is not operation:
        names: dict[str, None] = {}
        fragments = [one.definition for one in executor.fragments.values()]
        for one in (operation, *fragments):
            _collect(one.selection_set, names)
        known = _switches[id(operation)] = (operation, tuple(names))
        if len(_switches) > KEPT:
            _switches.popitem(last=False)
    return known[1]


def _collect(selected: SelectionSetNode | None, names: dict[str, None]) -> None:
    for node in selected.selections if selected else ():
        for directive in node.directives or ():
            _collect_from(directive, names)
        if isinstance(node, FieldNode | InlineFragmentNode):
            _collect(node.selection_set, names)
        else:
            assert isinstance(node, FragmentSpreadNode)


def _collect_from(directive: DirectiveNode, names: dict[str, None]) -> None:
    for argument in directive.arguments or ():
        if isinstance(argument.value, VariableNode):
            names[argument.value.name.value] = None
