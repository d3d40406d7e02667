"""The enums of notices, with what each value means."""

from enum import Enum

import strawberry


@strawberry.enum(description="How somebody is told.")
class NoticeKind(Enum):
    EMAIL = strawberry.enum_value("email", description="By mail to an address.")
    WEBHOOK = strawberry.enum_value("webhook", description="By a signed POST to a URL.")


@strawberry.enum(description="What somebody is told of a schedule.")
class NoticeEvent(Enum):
    COMPLETED = strawberry.enum_value("COMPLETED", description="A run has a result.")
    FAILED = strawberry.enum_value("FAILED", description="A run failed.")
    PAUSED_BY_FAILURES = strawberry.enum_value("PAUSED_BY_FAILURES", description="Too many did.")
    MISSED = strawberry.enum_value("MISSED", description="A moment passed without a run.")


@strawberry.enum(description="What became of a notice.")
class NoticeState(Enum):
    PENDING = strawberry.enum_value("pending", description="It is sent soon, or tried again.")
    SENT = strawberry.enum_value("sent", description="The mail server or endpoint took it.")
    FAILED = strawberry.enum_value("failed", description="Given up; the last error says why.")
