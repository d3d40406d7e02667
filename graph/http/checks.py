"""Checks that every operation passes, over HTTP and websockets alike."""

from collections.abc import Iterator

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, get_operation_ast
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ExecutionContext, ExecutionResult, StreamExecutionResult

from domain import pool
from domain.errors import ErrorCode, RateLimited
from graph.fields import errors
from graph.http.limits import costs, counting, estimates, limits
from graph.http.telemetry import access


class Guard(SchemaExtension):
    """Limits, validation and cost before, codes and masks after. Nothing is raised from here.

    Nothing is raised here, as Strawberry loses what a hook raises in a stream. A document that
    cannot be parsed is left to Strawberry; other errors go where Strawberry looks for them.
    """

    tally: counting.Tally | None = None  # once it is known what the operation costs

    def on_operation(self) -> Iterator[None]:
        """Set whose share of the pool counts, and take the document from the cache, or parse it.

        If it cannot be parsed, Strawberry parses it again, with our limits, and tells the error.
        """
        if (viewer := getattr(self.execution_context.context, "viewer", None)) is not None:
            pool.act_for(viewer.user_id)
        counting.running.set(None)
        options = {"max_tokens": limits.MAX_TOKENS, "allow_empty_selection_sets": False}
        context = self.execution_context
        context.parse_options.update(options)  # type: ignore[typeddict-item]
        try:
            context.graphql_document = limits.parsed(context.query or "")
        except (GraphQLError, RecursionError):
            context.graphql_document = None
        yield

    async def judge(self) -> None:
        """Note why the operation is not run, if so, and what it may cost.

        A document is judged once for all requests, and its cost for each.
        """
        context = self.execution_context
        if (document := context.graphql_document) is not None:
            try:
                context.pre_execution_errors = await self._refusals(document, context.query or "")
            except RateLimited as refused:
                context.pre_execution_errors = [GraphQLError(str(refused), original_error=refused)]
            access.know_operation(document, context.operation_name, self.tally)

    async def _refusals(self, document: DocumentNode, text: str) -> list[GraphQLError]:
        """Why the operation is not run, if so. What takes longest comes last."""
        return (
            _ambiguous(self.execution_context, document)
            or limits.exceeded(text)
            or self._priced(document)
            or await limits.problems(self.execution_context.schema._schema, text)
        )

    def _priced(self, document: DocumentNode) -> list[GraphQLError]:
        """Why the operation costs too much, if it does."""
        context = self.execution_context
        operation = get_operation_ast(document, context.operation_name)
        if operation is None:
            return []
        schema, variables = context.schema._schema, context.variables or {}
        cost = estimates.cost(schema, document, operation, variables)
        self.tally = counting.Tally(cost.points, costs.MAX_COST)
        counting.running.set(self.tally)
        return [costs.TooExpensive(cost)] if cost.points > costs.MAX_COST else []

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """Give the errors of an event their codes. The view does it for answers over HTTP."""
        request_id = getattr(self.execution_context.context, "request_id", "")
        if isinstance(result, ExecutionResult) and result.errors:
            result.errors = [errors.present(error, request_id) for error in result.errors]
            access.know_errors(error.formatted for error in result.errors)
        yield


def _ambiguous(context: ExecutionContext, document: DocumentNode) -> list[GraphQLError]:
    """An error if the document has several operations and the request names none."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if len(operations) < 2 or context._provided_operation_name is not None:
        return []
    message = "The document has more than one operation; `operationName` must name one of them."
    return [GraphQLError(message, extensions={"code": ErrorCode.BAD_USER_INPUT.value})]
