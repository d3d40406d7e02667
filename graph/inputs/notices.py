"""Arguments of notices."""

from typing import Annotated

import strawberry

from graph.enums.notices import NoticeEvent, NoticeKind

Kind = Annotated[NoticeKind, strawberry.argument(description="How to deliver the notices.")]
Address = Annotated[
    str, strawberry.argument(description="An e-mail address, or the https URL of a webhook.")
]
Events = Annotated[
    list[NoticeEvent], strawberry.argument(description="The events to report, at least one.")
]
OfSchedule = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="The schedule to report about. Without it, all schedules that run in your name."
    ),
]
OfTarget = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="Only notices of this target. Without it, those of all your targets."
    ),
]
