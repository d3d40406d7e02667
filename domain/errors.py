"""Refusals. A refusal is an exception with a code; anything else is a bug and is masked."""

from datetime import datetime
from enum import StrEnum


class ErrorCode(StrEnum):
    """`extensions.code` of an error, for clients to switch on."""

    BAD_USER_INPUT = "BAD_USER_INPUT"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    FORBIDDEN = "FORBIDDEN"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    RATE_LIMITED = "RATE_LIMITED"
    NOT_READY = "NOT_READY"
    AMC_REFUSED = "AMC_REFUSED"
    UNAVAILABLE = "UNAVAILABLE"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    QUERY_TOO_EXPENSIVE = "QUERY_TOO_EXPENSIVE"
    TIMED_OUT = "TIMED_OUT"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


MEANINGS = {
    ErrorCode.BAD_USER_INPUT: "A value of the input is wrong. `extensions.field` is its path.",
    ErrorCode.NOT_FOUND: "The object does not exist, or you may not see it.",
    ErrorCode.CONFLICT: "The request conflicts with the present state, which the message names.",
    ErrorCode.FORBIDDEN: "You may see the object, but your role does not allow the operation.",
    ErrorCode.UNAUTHENTICATED: "The request has no valid token.",
    ErrorCode.RATE_LIMITED: "A limit is reached. `extensions.retryAfter` says when to try again.",
    ErrorCode.NOT_READY: "The result is not there yet. Try again later.",
    ErrorCode.AMC_REFUSED: "AMC refused the request. The message is AMC's reason.",
    ErrorCode.UNAVAILABLE: "A service that the server needs does not answer. Try again later.",
    ErrorCode.GRAPHQL_VALIDATION_FAILED: "The operation is not valid for this schema.",
    ErrorCode.QUERY_TOO_EXPENSIVE: "The operation costs more than the limit, or its answer is too "
    "large. Ask for less at once.",
    ErrorCode.TIMED_OUT: "The operation took too long and was stopped. No change is made in part.",
    ErrorCode.PERSISTED_QUERY_NOT_FOUND: "The server does not know the document of this hash. "
    "Send its text along.",
    ErrorCode.DOCUMENT_NOT_TRUSTED: "The document is not on the list of documents that this "
    "server runs.",
    ErrorCode.INTERNAL_SERVER_ERROR: "A bug in the server. Operators find it in the logs by "
    "`extensions.requestId`.",
}


class DomainError(Exception):
    """A refusal with a reason. Clients switch on `extensions`."""

    code: ErrorCode

    def __init__(
        self, message: str, *, field: str | None = None, retry_after: datetime | None = None
    ) -> None:
        super().__init__(message)
        self.field = field
        self.extensions: dict[str, object] = {"code": self.code.value}
        if field is not None:
            self.extensions["field"] = field
        if retry_after is not None:
            self.extensions["retryAfter"] = retry_after.isoformat()

    def within(self, path: str) -> "DomainError":
        """Return the same refusal with its field inside `path`."""
        return type(self)(str(self), field=f"{path}.{self.field}" if self.field else path)


class Invalid(DomainError):
    """The input cannot be used as it is. `field` is its path, such as `report.parameters.days`."""

    code = ErrorCode.BAD_USER_INPUT


class NotFound(DomainError):
    """The thing does not exist or is not the viewer's. The two are never told apart."""

    code = ErrorCode.NOT_FOUND


class Conflict(DomainError):
    """The request conflicts with the present state. The message says with what."""

    code = ErrorCode.CONFLICT


class Forbidden(DomainError):
    """The viewer can see it, but their role does not allow this."""

    code = ErrorCode.FORBIDDEN


class Unauthenticated(DomainError):
    """The request has no valid token."""

    code = ErrorCode.UNAUTHENTICATED


class RateLimited(DomainError):
    """A limit is reached. `retryAfter` says when to try again."""

    code = ErrorCode.RATE_LIMITED


class NotReady(DomainError):
    """It is not available yet: the result of an execution that has not completed."""

    code = ErrorCode.NOT_READY


class Unavailable(DomainError):
    """Something that the server needs does not answer at the moment."""

    code = ErrorCode.UNAVAILABLE


class PersistedQueryNotFound(DomainError):
    """The server does not have the document of this hash. The client then sends its text, too."""

    code = ErrorCode.PERSISTED_QUERY_NOT_FOUND

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")  # some clients compare the message


class DocumentNotTrusted(DomainError):
    """The server answers only trusted documents, and this is not one of them."""

    code = ErrorCode.DOCUMENT_NOT_TRUSTED
