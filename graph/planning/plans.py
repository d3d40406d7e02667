"""The plans that this process keeps, and how often operations were and were not planned."""

from collections import Counter
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
from graph.http.limits.recent_documents import Recent
from graph.planning.compiling import Unplanned, compiled
from graph.planning.shapes import Plan

if TYPE_CHECKING:
    from graph.planning.executor import Planned

LONGEST = 20_000  # characters of a document that has plans
PLANNED = "planned"

Name: TypeAlias = tuple[object, ...]

counts: Counter[str] = Counter()  # of operations, by PLANNED or by why they were not planned
# Each belongs to an operation and to what it skips and includes.
_plans: Recent[Plan | str] = Recent()
_switches: Recent[tuple[object, tuple[str, ...]]] = Recent()


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
    if location is None or (length := len(location.source.body)) > LONGEST:
        return "length"
    given = executor.variable_values.coerced
    switched = tuple(given.get(name) for name in _switches_of(executor, length))
    name = (id(executor.schema), id(operation), switched)
    found = _plans.find(name)
    if found is None or (isinstance(found, Plan) and found.operation is not operation):
        found = _plans.keep(name, length, _compiled(executor))
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


def _switches_of(executor: "Planned", length: int) -> tuple[str, ...]:
    """The variables that decide which fields are skipped and included."""
    operation = executor.operation
    known = _switches.find(id(operation))
    if known is None or known[0] is not operation:
        names: dict[str, None] = {}
        fragments = [one.definition for one in executor.fragments.values()]
        for one in (operation, *fragments):
            _collect(one.selection_set, names)
        known = _switches.keep(id(operation), length, (operation, tuple(names)))
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
