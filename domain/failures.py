"""What went wrong in a background step, in words for people, and in full for the log."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import structlog

log = structlog.get_logger()

Words = Callable[[Exception], str | None]


@dataclass(frozen=True)
class Failure:
    """A step that raised. `message` is for people and tells nothing of the inside."""

    message: str
    is_bug: bool


def of(error: Exception, words: Words, **subject: str) -> Failure:
    """The failure in the words of whoever knows this error; otherwise a bug, with an id.

    The log has the same id with the traceback.
    """
    if (known := words(error)) is not None:
        log.warning("step.failed", error=type(error).__name__, why=known, **subject)
        return Failure(known, is_bug=False)
    reference = uuid4().hex
    log.error("step.bug", request_id=reference, exc_info=error, **subject)
    return Failure(f"Internal error (request id {reference}).", is_bug=True)
