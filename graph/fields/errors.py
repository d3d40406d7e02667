"""Presents errors to clients: refusals with their message, bugs with a masked one.

Every error has `extensions.code` and `extensions.requestId`.
"""

import re

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from domain import failures
from domain.errors import DomainError, ErrorCode

MASKED = (
    "Something went wrong here; it is not your request's fault. The request id finds its cause."
)
OF_THE_REQUEST = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
SUGGESTION = re.compile(r"\s+Did you mean [^?]*\?$")


def present(error: GraphQLError, request_id: str) -> GraphQLError:
    """A copy of the error as a client may see it. The original may be cached and is not changed."""
    if (lack := lacking(error)) is not None:
        message, extensions = failures.SENTENCES[lack], {"code": ErrorCode.UNAVAILABLE.value}
    elif is_bug(error):
        message, extensions = MASKED, {"code": ErrorCode.INTERNAL_SERVER_ERROR.value}
    else:
        message = error.message
        if not isinstance(error.original_error, DomainError):
            message = SUGGESTION.sub("", message)
        extensions = {"code": code(error).value, **(error.extensions or {})}
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        original_error=error.original_error,
        extensions={**extensions, "requestId": request_id},
    )


def lacking(error: GraphQLError) -> failures.Lack | None:
    """What the server lacked at the moment, such as room on a disk, if that is the cause."""
    return failures.lacking(error.original_error) if error.original_error is not None else None


def is_bug(error: GraphQLError) -> bool:
    """True if it is no refusal, no verdict of GraphQL on the request, and nothing that passes."""
    cause = error.original_error
    if lacking(error) is not None:
        return False
    if cause is None or isinstance(cause, (DomainError, *OF_THE_REQUEST)):
        return False
    if isinstance(cause, GraphQLError):
        # During execution: an error about an argument has nodes, an error about our result has
        # none.
        own_code = "code" in (cause.extensions or {})
        return error.path is not None and not cause.nodes and not own_code
    # Before execution: an error of a scalar about a value of the document has that value as node.
    return error.path is not None or not error.nodes


def code(error: GraphQLError) -> ErrorCode:
    """The error code of an error that is not a bug and has no code of its own."""
    if isinstance(error, GraphQLSyntaxError):
        return ErrorCode.GRAPHQL_VALIDATION_FAILED
    return ErrorCode.BAD_USER_INPUT
