"""Estimates of operations that were asked before, so that each is made once.

An estimate depends on the operation and on the variables that say how long lists are.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode

from graph.http.limits.costs import Cost, Estimate, number_of

KEPT = 256  # operations of a process
MOST_SIZES = 20  # estimates of an operation
NOT_GIVEN = -1  # the size of a variable that has its default


@dataclass(frozen=True)
class _Estimates:
    """What an operation costs, by the values of the variables that its sizes depend on."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    sizing: tuple[str, ...]
    costs: dict[tuple[int | None, ...], Cost] = field(default_factory=dict)

    def sizes(self, variables: Mapping[str, Any]) -> tuple[int | None, ...]:
        """The values of these variables."""
        return tuple(
            number_of(variables[name]) if name in variables else NOT_GIVEN for name in self.sizing
        )


_known: OrderedDict[int, _Estimates] = OrderedDict()  # by the id of the operation, oldest first


def cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> Cost:
    """What the operation costs at most."""
    known = _known.get(id(operation))
    if known is None or known.operation is not operation or known.schema is not schema:
        known = None
    elif (found := known.costs.get(known.sizes(variables))) is not None:
        return found
    estimate = Estimate(schema, document, variables)
    cost = estimate.of(operation)
    if known is None:
        known = _known[id(operation)] = _Estimates(schema, operation, tuple(estimate.sizing))
        if len(_known) > KEPT:
            _known.popitem(last=False)
    if len(known.costs) < MOST_SIZES:
        known.costs[known.sizes(variables)] = cost
    return cost
