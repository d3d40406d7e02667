"""Strawberry's hooks, by which subscriptions and streams take their steps."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from graphql import GraphQLError, OperationType
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ExecutionResult, StreamExecutionResult

from domain import pool
from graph.fields import errors
from graph.http.limits import limits
from graph.http.operations.steps import Operation
from graph.http.telemetry import access


class Hooks(SchemaExtension):
    """Limits, validation and cost before, codes and masks after. Nothing is raised from here.

    Strawberry loses what a hook raises in a stream. A document that cannot be parsed is left to
    Strawberry; other errors go where Strawberry looks for them. It takes as long for each hook as
    the hook itself does, so this is one extension.
    """

    _operation: Operation

    def on_operation(self) -> Iterator[None]:
        """Set whose share of the pool counts, and take the document from the cache, or parse it.

        If it cannot be parsed, Strawberry parses it again, with our limits, and tells the error.
        """
        given = self.execution_context
        if (viewer := getattr(given.context, "viewer", None)) is not None:
            pool.act_for(viewer.user_id)
        given.parse_options.update(limits.PARSING)  # type: ignore[typeddict-item]
        self._operation = Operation(
            given.schema,
            given.query or "",
            given._provided_operation_name,
            given.variables,
            given.context,
        )
        try:
            self._operation.read()
        except (GraphQLError, RecursionError):
            given.graphql_document = None
        else:
            given.graphql_document = self._operation.document
        yield

    async def on_validate(self) -> AsyncIterator[None]:
        """Judge what is going to run, and pay for it, or have it refused."""
        if self._operation.kind is not None:
            self.execution_context.pre_execution_errors = await self._operation.admit()
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        """Run when it is this one's turn. Raises RateLimited, which becomes the answer.

        What a subscription may cost is taken once, as it begins: its events cost as little as what
        changes, and how many run at once is limited.
        """
        if self._operation.kind is OperationType.SUBSCRIPTION:
            yield
            return
        try:
            await self._operation.begin()
            yield
        finally:
            await self._operation.end()

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """Give the errors of an event their codes. The view does it for answers over HTTP."""
        request_id = getattr(self.execution_context.context, "request_id", "")
        if isinstance(result, ExecutionResult) and result.errors:
            result.errors = [errors.present(error, request_id) for error in result.errors]
            access.know_errors(error.formatted for error in result.errors)
        yield

    def get_results(self) -> dict[str, Any]:
        """The cost, with how the budget stands after it."""
        return self._operation.extensions()
