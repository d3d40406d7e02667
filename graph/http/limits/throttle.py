"""Everybody's share: operations are paid from a person's budget, and take turns with their others.

It comes after `checks.Guard`, which has said by then what the operation costs.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from domain.errors import RateLimited
from domain.people import budgets
from graph.http.limits import counting
from graph.http.limits.shares import shares

REFUSED = 100  # points of a document that is refused: it was read all the same


class Throttle(SchemaExtension):
    """Takes what an operation may cost before it runs, and gives back what it did not.

    What a subscription may cost is taken once, as it begins: its events cost as little as what
    changes, and how many run at once is limited.
    """

    tally: counting.Tally | None = None
    taken = 0

    async def on_validate(self) -> AsyncIterator[None]:
        """Pay for what is going to run, or have it refused."""
        context = self.execution_context
        if context.graphql_document is not None:
            self.tally = counting.running.get()
            wrong = context.pre_execution_errors
            points = self.tally.requested if self.tally and not wrong else REFUSED
            points = 0 if context.context.resumed else points  # it was paid as it began
            try:
                if points:
                    await budgets.take(self._user_id, points)
                self.taken = points
            except RateLimited as refused:
                refusal = GraphQLError(str(refused), original_error=refused)
                context.pre_execution_errors = wrong or [refusal]
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        """Run when it is this one's turn. Raises RateLimited, which becomes the answer.

        The turn is over before the answer is sent, so a slow reader holds none.
        """
        if self.execution_context.operation_type is OperationType.SUBSCRIPTION:
            yield
            return
        try:
            async with shares.turn(self._user_id):
                yield
        finally:
            used = self.tally.actual if self.tally else 0
            await budgets.give_back(self._user_id, self.taken - used)

    def get_results(self) -> dict[str, Any]:
        """The cost, with how the budget stands after it."""
        balance = budgets.balance(self._user_id)
        if self.tally is None or balance is None:
            return {}
        return {"cost": {**self.tally.shown(), "throttle": balance.shown()}}

    @property
    def _user_id(self) -> UUID:
        user_id: UUID = self.execution_context.context.viewer.user_id
        return user_id
