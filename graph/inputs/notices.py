"""Arguments of notices."""

from datetime import datetime
from typing import Annotated

import strawberry

from graph.enums.exports import ExportFormat
from graph.enums.notices import NoticeEvent, NoticeKind, NoticeState
from graph.fields.filters import FILTERS, CreatedBetween, values


@strawberry.input(description=f"Which notices to list. {FILTERS}")
class NoticeFilter(CreatedBetween):
    target_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only notices of this target."
    )
    events: list[NoticeEvent] | None = values("notices of one of these events")
    states: list[NoticeState] | None = values("notices in one of these states")


WhichNotices = Annotated[
    NoticeFilter | None,
    strawberry.argument(description="Which notices to list. Without it, all of them."),
]


@strawberry.input(description=f"Which entries of the inbox to list. {FILTERS}")
class InboxFilter(CreatedBetween):
    is_read: bool | None = strawberry.field(
        default=None, description="Only entries that are read, or if false that are not."
    )
    events: list[NoticeEvent] | None = values("entries of one of these events")
    instance_ids: list[strawberry.ID] | None = values("entries of one of these instances")


WhichEntries = Annotated[
    InboxFilter | None,
    strawberry.argument(description="Which entries to list. Without it, all of them."),
]
AsRead = Annotated[
    bool, strawberry.argument(description="True to mark them as read, false as not read.")
]
UpTo = Annotated[
    datetime | None,
    strawberry.argument(
        description="Only entries up to this moment, such as that of the newest one that is shown. "
        "Without it, all of them."
    ),
]
Kind = Annotated[NoticeKind, strawberry.argument(description="How to deliver the notices.")]
Address = Annotated[
    str, strawberry.argument(description="An e-mail address, or the https URL of a webhook.")
]
Events = Annotated[
    list[NoticeEvent], strawberry.argument(description="The events to report, at least one.")
]


@strawberry.input(description="The export that notices of COMPLETED carry.")
class NoticeExportInput:
    format: ExportFormat = strawberry.field(
        description="The file format. For the rows of a run XLSX, CSV or PARQUET; for a dashboard "
        "also PDF and PNG."
    )
    dashboard_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The dashboard to send, a minute after the run. Without it, the rows of the "
        "run are sent.",
    )


@strawberry.input(
    description="What to change about a notice target. A field that is left out stays as it is."
)
class NoticeTargetChangeInput:
    events: list[NoticeEvent] | None = strawberry.field(
        default=None, description="The events to report, at least one."
    )
    is_active: bool | None = strawberry.field(
        default=None,
        description="False to send nothing for now. True also for a webhook that was switched off "
        "because it answered that it is gone.",
    )
    export: NoticeExportInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="The export that notices of COMPLETED carry. Null for none.",
    )


TargetChange = Annotated[
    NoticeTargetChangeInput, strawberry.argument(description="What to change.")
]
Carried = Annotated[
    NoticeExportInput | None,
    strawberry.argument(
        description="An export to send with COMPLETED: attached to a mail, or as a link if it is "
        "large; a webhook gets a link. It shows what you may see. Without it, none is sent."
    ),
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
        description="Only notices of this target.", deprecation_reason="Use `filter.targetId`."
    ),
]
