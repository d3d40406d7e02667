"""How errors look to a client: refusals in their own words, bugs in none.

Every error carries `extensions.code` and `extensions.requestId`, whichever way it leaves.
"""

import re

from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError

from domain.errors import DomainError, ErrorCode

MASKED = (
    "Something went wrong here; it is not your request's fault. The request id finds its cause."
)
OF_THE_REQUEST = (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError)
SUGGESTION = re.compile(r"\s+Did you mean [^?]*\?$")


def present(error: GraphQLError, request_id: str) -> GraphQLError:
    """The error as a client may see it. The given one is left as it is: it may be remembered."""
    if is_bug(error):
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


def is_bug(error: GraphQLError) -> bool:
    """Neither a refusal of ours nor GraphQL's own word on what the client sent."""
    cause = error.original_error
    if cause is None or isinstance(cause, (DomainError, *OF_THE_REQUEST)):
        return False
    if isinstance(cause, GraphQLError):
        # Within the answer: what is wrong with an argument has its node, with our value none.
        own_code = "code" in (cause.extensions or {})
        return error.path is not None and not cause.nodes and not own_code
    # What a scalar says of a value that it cannot read points at that value in the document.
    return error.path is not None or not error.nodes


def code(error: GraphQLError) -> ErrorCode:
    """The code of an error that is no bug and brings none of its own."""
    if isinstance(error, GraphQLSyntaxError):
        return ErrorCode.GRAPHQL_VALIDATION_FAILED
    return ErrorCode.BAD_USER_INPUT
