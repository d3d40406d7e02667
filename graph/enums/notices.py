"""Enums of notices."""

from enum import Enum

import strawberry


@strawberry.enum(description="How notices are delivered.")
class NoticeKind(Enum):
    EMAIL = strawberry.enum_value("email", description="By e-mail.")
    WEBHOOK = strawberry.enum_value("webhook", description="By a signed POST request to a URL.")


@strawberry.enum(description="An event that notices can report.")
class NoticeEvent(Enum):
    COMPLETED = strawberry.enum_value(
        "COMPLETED", description="A scheduled execution has a result."
    )
    FAILED = strawberry.enum_value("FAILED", description="A scheduled execution failed.")
    PAUSED_BY_FAILURES = strawberry.enum_value(
        "PAUSED_BY_FAILURES",
        description="The schedule paused itself after `pauseAfterFailures` failures in a row.",
    )
    MISSED = strawberry.enum_value(
        "MISSED", description="A moment of the schedule passed without an execution."
    )
    COLLECTION_ENDED = strawberry.enum_value(
        "COLLECTION_ENDED", description="A collection that you started is over."
    )
    RUN_FAILED = strawberry.enum_value(
        "RUN_FAILED", description="An execution that you started has failed."
    )
    SHARED = strawberry.enum_value("SHARED", description="A dashboard is shared with you.")
    QUOTA_REACHED = strawberry.enum_value(
        "QUOTA_REACHED",
        description="An instance has reached its daily quota: one that you administer, or where an "
        "execution of yours waits.",
    )


@strawberry.enum(description="The state of a notice.")
class NoticeState(Enum):
    PENDING = strawberry.enum_value(
        "pending", description="The notice is to be sent soon, or tried again."
    )
    SENT = strawberry.enum_value(
        "sent", description="The mail server or webhook accepted the notice."
    )
    FAILED = strawberry.enum_value(
        "failed", description="The server gave up. `lastError` says why."
    )
