"""The steps of every operation, each of which stands here once.

It is read, judged, paid, run in its turn, and what is left is given back. `operations.run` takes
these steps for queries and mutations, and `hooks.Hooks` for what Strawberry runs: subscriptions and
streams.
"""

from typing import Any

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType
from strawberry.schema import Schema

from domain.errors import ErrorCode, RateLimited
from domain.people import budgets
from graph.fields.context import Context
from graph.http.limits import costs, counting, estimates, limits
from graph.http.limits.shares import shares
from graph.http.telemetry import access

REFUSED = 100  # points of a document that is refused: it was read all the same


class Operation:
    """What a request or a message asks for, and how far it has got."""

    def __init__(
        self,
        schema: Schema,
        text: str,
        name: str | None,
        variables: dict[str, Any] | None,
        context: Context,
    ) -> None:
        self.schema, self.text, self.name = schema, text, name
        self.variables, self.context = variables, context
        self.tally: counting.Tally | None = None  # once it is known what it costs
        self._read: limits.Read | None = None
        self._chosen: OperationDefinitionNode | None = None
        self._taken = 0  # points
        self._has_turn = False

    @property
    def document(self) -> DocumentNode:
        """The document, once it is read."""
        assert self._read is not None
        return self._read.document

    def read(self) -> None:
        """Take the document from the cache, or parse it. Raises GraphQLError, RecursionError."""
        counting.running.set(None)
        self._read = limits.read(self.text)
        self._chosen = self._read.operation(self.name)

    @property
    def kind(self) -> OperationType | None:
        """What kind it is, once it is read. None if the document has no operation of the name."""
        return None if self._chosen is None else self._chosen.operation

    def kind_if_readable(self) -> OperationType | None:
        """Read it, and say what kind it is. None if that cannot be told; an error will say so."""
        try:
            self.read()
        except (GraphQLError, RecursionError):
            return None
        return self.kind

    async def admit(self) -> list[GraphQLError]:
        """Judge it, and take what it may cost. Return why it is not run, if so."""
        try:
            wrong = await self._refusals()
        except RateLimited as refused:
            wrong = [_error(refused)]
        self.tell()
        points = self.tally.requested if self.tally and not wrong else REFUSED
        if not points or self.context.resumed:  # it was paid as it began
            return wrong
        try:
            await budgets.take(self.context.viewer.user_id, points)
        except RateLimited as refused:
            return wrong or [_error(refused)]
        self._taken = points
        return wrong

    def tell(self) -> None:
        """Have the line in the log tell which operation it is, and what it costs."""
        access.know_operation(self._chosen, self.tally)

    async def begin(self) -> None:
        """Wait for its turn. Raises RateLimited. `end` must be called in either case."""
        await shares.begin_turn(self.context.viewer.user_id)
        self._has_turn = True

    async def end(self) -> None:
        """End its turn, and give back what was taken and not used.

        This comes before the answer is sent, so a slow reader holds no turn.
        """
        user_id = self.context.viewer.user_id
        if self._has_turn:
            shares.end_turn(user_id)
        used = self.tally.actual if self.tally else 0
        await budgets.give_back(user_id, self._taken - used)

    def extensions(self) -> dict[str, Any]:
        """The cost, with how the budget stands after it."""
        if self.tally is None:
            return {}
        cost, balance = self.tally.shown(), budgets.balance(self.context.viewer.user_id)
        return {"cost": cost if balance is None else {**cost, "throttle": balance.shown()}}

    async def _refusals(self) -> list[GraphQLError]:
        """Why it is not run, if so. What takes longest comes last.

        A document is judged once for all requests, and its cost for each.
        """
        read, operation = self._read, self._chosen
        assert read is not None
        assert operation is not None
        if len(read.operations) > 1 and self.name is None:
            return [_ambiguous()]
        if read.refused is not None:
            return [read.refused]
        schema = self.schema._schema
        cost = estimates.cost(schema, read.document, operation, self.variables or {})
        self.tally = counting.Tally(cost.points, costs.MAX_COST)
        counting.running.set(self.tally)
        if cost.points > costs.MAX_COST:
            return [costs.TooExpensive(cost)]
        return await limits.problems(schema, self.text)


def _ambiguous() -> GraphQLError:
    message = "The document has more than one operation; `operationName` must name one of them."
    return GraphQLError(message, extensions={"code": ErrorCode.BAD_USER_INPUT.value})


def _error(refused: RateLimited) -> GraphQLError:
    return GraphQLError(str(refused), original_error=refused)
