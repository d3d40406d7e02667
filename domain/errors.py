"""Refusals. A refusal is an exception with a code; anything else is a bug and is masked."""

from datetime import datetime
from enum import StrEnum


class ErrorCode(StrEnum):
    """What clients switch on: `extensions.code` of an error."""

    BAD_USER_INPUT = "BAD_USER_INPUT"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    FORBIDDEN = "FORBIDDEN"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    RATE_LIMITED = "RATE_LIMITED"
    NOT_READY = "NOT_READY"
    NOT_ADDITIVE = "NOT_ADDITIVE"
    AMC_REFUSED = "AMC_REFUSED"
    UNAVAILABLE = "UNAVAILABLE"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    QUERY_TOO_EXPENSIVE = "QUERY_TOO_EXPENSIVE"
    TIMED_OUT = "TIMED_OUT"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


MEANINGS = {
    ErrorCode.BAD_USER_INPUT: "The input cannot be used; `field` is its path.",
    ErrorCode.NOT_FOUND: "Absent, or not yours.",
    ErrorCode.CONFLICT: "It clashes with what is there.",
    ErrorCode.FORBIDDEN: "You can see it, but may not do this.",
    ErrorCode.UNAUTHENTICATED: "No valid token came with the request.",
    ErrorCode.RATE_LIMITED: "A limit is reached; `retryAfter` says until when.",
    ErrorCode.NOT_READY: "It will be there later.",
    ErrorCode.NOT_ADDITIVE: "Such numbers cannot be added up.",
    ErrorCode.AMC_REFUSED: "AMC said no; the message is its reason.",
    ErrorCode.UNAVAILABLE: "Something the server needs does not answer at the moment.",
    ErrorCode.GRAPHQL_VALIDATION_FAILED: "The operation does not fit the schema.",
    ErrorCode.QUERY_TOO_EXPENSIVE: "The operation costs more than is allowed, or its answer is "
    "too large; ask for less at once.",
    ErrorCode.TIMED_OUT: "It took longer than a request may. Reading may be tried again; what was "
    "to be changed is changed wholly or not at all.",
    ErrorCode.PERSISTED_QUERY_NOT_FOUND: "Nobody has sent the document of this hash lately; "
    "send its text along.",
    ErrorCode.DOCUMENT_NOT_TRUSTED: "This server answers only the documents of a list, and this "
    "is none of them.",
    ErrorCode.INTERNAL_SERVER_ERROR: "A bug; `requestId` finds it in the logs.",
}


class DomainError(Exception):
    """A refusal with a reason. `extensions` is what GraphQL clients switch on."""

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
        """The same refusal, seen from the input that this one is part of."""
        return type(self)(str(self), field=f"{path}.{self.field}" if self.field else path)


class Invalid(DomainError):
    """The input cannot be used as it is. `field` is its path, such as `report.parameters.days`."""

    code = ErrorCode.BAD_USER_INPUT


class NotFound(DomainError):
    """Absent, or not yours: the two are never told apart."""

    code = ErrorCode.NOT_FOUND


class Conflict(DomainError):
    """It clashes with what is already there; the message names it."""

    code = ErrorCode.CONFLICT


class Forbidden(DomainError):
    """You can see it, but your role does not allow this."""

    code = ErrorCode.FORBIDDEN


class Unauthenticated(DomainError):
    """No valid token came with the request."""

    code = ErrorCode.UNAUTHENTICATED


class RateLimited(DomainError):
    """A limit is reached; `retryAfter` says when it may be tried again."""

    code = ErrorCode.RATE_LIMITED


class NotReady(DomainError):
    """It will be there later: the result of an execution that has not completed."""

    code = ErrorCode.NOT_READY


class Unavailable(DomainError):
    """Something this server needs does not answer at the moment."""

    code = ErrorCode.UNAVAILABLE


class PersistedQueryNotFound(DomainError):
    """The document of a hash is not known here. The client then sends its text along."""

    code = ErrorCode.PERSISTED_QUERY_NOT_FOUND

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")  # some clients compare the message


class DocumentNotTrusted(DomainError):
    """Only the documents of a list are answered here, and this is none of them."""

    code = ErrorCode.DOCUMENT_NOT_TRUSTED
