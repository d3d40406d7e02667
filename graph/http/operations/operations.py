"""Runs a query or a mutation, over HTTP or on a websocket.

`Schema.execute` of Strawberry comes to the same result. It builds context managers and exit stacks
for each hook of each extension, which took longer than all steps of a small operation.
"""

from typing import Any, cast

from graphql import ExecutionResult as CoreResult
from graphql import GraphQLError
from strawberry.execution import optimized_is_awaitable
from strawberry.types.execution import ExecutionResult, PreExecutionError

from graph.http.limits.counting import Counting
from graph.http.operations.steps import Operation


async def run(
    operation: Operation, of_request: dict[str, Any] | None = None
) -> ExecutionResult | PreExecutionError:
    """The result of an operation that was read. `of_request` are the request's extensions.

    Nothing is raised but what ends the task: every error is in the result.
    """
    try:
        if wrong := await operation.admit():
            return refused(operation, wrong)
        try:
            await operation.begin()
            result = await _executed(operation, of_request)
            if result.errors:
                operation.schema._process_errors(result.errors)
        finally:
            await operation.end()
    except Exception as error:  # noqa: BLE001 (it becomes the answer, and a bug is logged)
        return refused(operation, [as_graphql(error)])
    return ExecutionResult(result.data, result.errors, operation.extensions())


def refused(operation: Operation, wrong: list[GraphQLError]) -> PreExecutionError:
    """The result of an operation that was not run."""
    operation.schema._process_errors(wrong)
    return PreExecutionError(None, wrong, operation.extensions())


def as_graphql(error: Exception) -> GraphQLError:
    """The error in GraphQL's form."""
    if isinstance(error, GraphQLError):
        return error
    return GraphQLError(str(error), original_error=error)


async def _executed(operation: Operation, of_request: dict[str, Any] | None) -> CoreResult:
    schema = operation.schema
    executor = Counting.build(
        schema._schema,
        operation.document,
        context_value=operation.context,
        raw_variable_values=operation.variables,
        operation_name=operation.name,
        is_awaitable=cast("Any", optimized_is_awaitable),
        operation_extensions=of_request,
    )
    if isinstance(executor, list):
        return CoreResult(None, executor)
    result: Any = executor.execute_operation()
    return cast("CoreResult", result if isinstance(result, CoreResult) else await result)
