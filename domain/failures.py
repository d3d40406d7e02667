"""Describes failures of background steps, in words for people, and in full for the log."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

log = structlog.get_logger()

UNREACHABLE = "The database or the storage of the server cannot be reached."
Words = Callable[[Exception], str | None]


@dataclass(frozen=True)
class Failure:
    """The failure of a step. `message` is for people and reveals nothing internal."""

    message: str
    passes: bool  # on its own: a server or the disk is away, so the step is never given up


def of(error: Exception, words: Words, **subject: str) -> Failure:
    """Describe the error by `words` or, if they do not know it, as a bug with an id.

    The log has the same id with the traceback.
    """
    if (known := words(error)) is not None:
        log.warning("step.failed", error=type(error).__name__, why=known, **subject)
        return Failure(known, passes=is_unreachable(error))
    reference = uuid4().hex
    log.error("step.bug", request_id=reference, exc_info=error, **subject)
    return Failure(f"Internal error (request id {reference}).", passes=False)


def is_unreachable(error: Exception) -> bool:
    """Return whether the database, the object store or the disk failed, not the request to it."""
    if isinstance(error, DBAPIError):
        lost = error.connection_invalidated
        return lost or isinstance(error, OperationalError | InterfaceError)
    if isinstance(error, FileNotFoundError):
        return False
    return isinstance(error, OSError | PoolTimeout)
