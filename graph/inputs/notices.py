"""What a client says of notices."""

from typing import Annotated

import strawberry

from graph.enums.notices import NoticeEvent, NoticeKind

Kind = Annotated[NoticeKind, strawberry.argument(description="How to tell you.")]
Address = Annotated[str, strawberry.argument(description="A mail address, or an https URL.")]
Events = Annotated[list[NoticeEvent], strawberry.argument(description="One of them or more.")]
OfSchedule = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Of one schedule; otherwise of all that run in your name."),
]
OfTarget = Annotated[
    strawberry.ID | None, strawberry.argument(description="In this place; otherwise in all.")
]
