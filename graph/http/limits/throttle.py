"""Everybody's share: operations are paid from a person's budget, and take turns with their others.

`checks.Guard` has said by then what the operation costs. Both are one extension: Strawberry takes
as long for each hook of an extension as either of them does.
"""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from graphql import GraphQLError
from strawberry.types.graphql import OperationType

from domain.errors import RateLimited
from domain.people import budgets
from graph.http.checks import Guard
from graph.http.limits.shares import shares

REFUSED = 100  # points of a document that is refused: it was read all the same


class Throttle(Guard):
    """Takes what an operation may cost before it runs, and gives back what it did not.

    What a subscription may cost is taken once, as it begins: its events cost as little as what
    changes, and how many run at once is limited.
    """

    taken = 0

    async def on_validate(self) -> AsyncIterator[None]:
        """Judge what is going to run, and pay for it, or have it refused."""
        await self.judge()
        context = self.execution_context
        if context.graphql_document is not None:
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
        if self.tally is None:
            return {}
        cost, balance = self.tally.shown(), budgets.balance(self._user_id)
        return {"cost": cost if balance is None else {**cost, "throttle": balance.shown()}}

    @property
    def _user_id(self) -> UUID:
        user_id: UUID = self.execution_context.context.viewer.user_id
        return user_id
