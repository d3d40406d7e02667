"""Checks that every operation passes, over HTTP and websockets alike."""

from collections.abc import Iterator

from graphql import DocumentNode, GraphQLError, OperationDefinitionNode
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ExecutionContext, ExecutionResult, StreamExecutionResult

from domain.errors import ErrorCode
from graph.fields import errors
from graph.http import limits


class Guard(SchemaExtension):
    """Applies limits and validation before an operation, and error codes to its results.

    Nothing is raised here, as Strawberry loses what a hook raises in a stream. A document that
    cannot be parsed is left to Strawberry; other errors go where Strawberry looks for them.
    """

    def on_operation(self) -> Iterator[None]:
        """Set our limits for the case that Strawberry parses the document itself."""
        options = {"max_tokens": limits.MAX_TOKENS, "allow_empty_selection_sets": False}
        self.execution_context.parse_options.update(options)  # type: ignore[typeddict-item]
        yield

    def on_parse(self) -> Iterator[None]:
        """Take the parsed document from the cache, or parse it."""
        context = self.execution_context
        try:
            context.graphql_document = limits.parsed(context.query or "")
        except (GraphQLError, RecursionError):
            context.graphql_document = None
        yield

    def on_validate(self) -> Iterator[None]:
        """Validate the document once for all requests, and measure its size for each request."""
        context = self.execution_context
        if (document := context.graphql_document) is not None:
            context.pre_execution_errors = _ambiguous(context, document) or limits.problems(
                context.schema._schema, context.query or "", document, context.variables or {}
            )
        yield

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """Give the errors of an event their codes. The view does it for answers over HTTP."""
        request_id = getattr(self.execution_context.context, "request_id", "")
        if isinstance(result, ExecutionResult) and result.errors:
            result.errors = [errors.present(error, request_id) for error in result.errors]
        yield


def _ambiguous(context: ExecutionContext, document: DocumentNode) -> list[GraphQLError]:
    """An error if the document has several operations and the request names none."""
    operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
    if len(operations) < 2 or context._provided_operation_name is not None:
        return []
    message = "The document has more than one operation; `operationName` must name one of them."
    return [GraphQLError(message, extensions={"code": ErrorCode.BAD_USER_INPUT.value})]
