"""GraphQL types of notices and their targets."""

from datetime import datetime
from functools import partial
from typing import Any

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from domain import db, kinds, models
from domain.notices import texts
from graph.enums.exports import ExportFormat
from graph.enums.notices import NoticeEvent, NoticeKind, NoticeState
from graph.fields.context import Info
from graph.fields.edges import bounded, column, key, of, one
from graph.types.dashboards import Dashboard
from graph.types.executions import Execution, WorkflowExecution
from graph.types.exports import Export
from graph.types.instances import Instance
from graph.types.node import Node
from graph.types.schedules import Schedule


async def _schedule(root: Any, info: Info) -> Any:
    for table in (kind.schedule for kind in kinds.KINDS):
        if (pointed := getattr(root, table.key)) is not None:
            fetch = partial(_by_id, model=table.model)
            return await info.context.load((table.model, "id"), fetch, pointed)
    return None


async def _by_id(session: AsyncSession, keys: list[Any], model: type[Any]) -> dict[Any, Any]:
    return await db.by_id(session, model, keys)


@strawberry.type(description="A place where you receive notices.")
class NoticeTarget(Node):
    is_type_of = of(models.NoticeTarget)

    id: strawberry.ID = key("ntg")
    kind: NoticeKind = strawberry.field(description="How notices are delivered.")
    address: str = strawberry.field(description="The e-mail address, or the URL of the webhook.")
    events: list[NoticeEvent] = bounded(len(NoticeEvent), "The events that are reported.")
    schedule: Schedule | None = strawberry.field(
        resolver=_schedule,
        description="The schedule whose events are reported. Null for all schedules that run in "
        "your name.",
    )
    export_format: ExportFormat | None = strawberry.field(
        description="The format of the export that COMPLETED carries. Null if it carries none."
    )
    dashboard: Dashboard | None = one(
        models.Dashboard,
        "dashboard_id",
        "The dashboard that is sent. Null if the rows of the run are sent, or nothing.",
    )
    is_active: bool = strawberry.field(description="True if notices are sent.")
    created_at: datetime = strawberry.field(description="When the target was added.")


@strawberry.type(description="The answer of noticeTargetAdd.")
class NoticeTargetAdded:
    target: NoticeTarget = strawberry.field(description="The new target.")
    secret: str | None = strawberry.field(
        description="The secret that signs the deliveries to a webhook. It is shown only this "
        "once. Null for an e-mail address."
    )


def _link(root: Any) -> str | None:
    named = (root.object_id, root.source_id)
    return next((page for one in named if one and (page := texts.page(one))), None)


@strawberry.type(description="Something that happened to what is yours.")
class InboxEntry(Node):
    is_type_of = of(models.InboxEntry)

    id: strawberry.ID = key("inb")
    event: NoticeEvent = strawberry.field(description="What happened.")
    name: str | None = strawberry.field(
        description="The name of the report, workflow, dashboard or instance. Null if it has none."
    )
    object_id: strawberry.ID | None = strawberry.field(
        description="The id of what it happened to: the execution, the collection, the schedule, "
        "the dashboard or the instance."
    )
    link: str | None = strawberry.field(
        resolver=_link,
        description="The path of its page on this server, or of its report's. Null if it has none.",
    )
    reason: str | None = strawberry.field(
        description="Why, or how it ended. Null if there is nothing to say."
    )
    instance: Instance | None = one(
        models.Instance, "instance_id", "Its instance. Null if it has none."
    )
    is_read: bool = strawberry.field(
        resolver=lambda root: root.read_at is not None, description="True if it is read."
    )
    read_at: datetime | None = strawberry.field(
        description="When it was marked as read. Null until then."
    )
    created_at: datetime = strawberry.field(description="When it happened.")


@strawberry.type(description="The answer of the mutations of the inbox.")
class InboxMarked:
    count: int = strawberry.field(description="The number of entries that were changed.")
    unread: int = strawberry.field(description="The number of entries that are not read now.")


def _nominal_at(root: dict[str, Any]) -> datetime | None:
    told = root.get("nominal_at")
    return None if told is None else datetime.fromisoformat(told)


@strawberry.type(
    description="The facts of a notice: which schedule it is about, and what happened."
)
class NoticeFacts:
    name: str | None = strawberry.field(
        description="The name of the report or workflow. Null if it is not known."
    )
    words: str | None = strawberry.field(
        description="When the schedule runs, as an English sentence."
    )
    nominal_at: datetime | None = strawberry.field(
        resolver=_nominal_at, description="The moment at which the schedule was due."
    )
    schedule: strawberry.ID | None = strawberry.field(description="The id of the schedule.")
    execution: strawberry.ID | None = strawberry.field(
        description="The id of the execution. Null if none was started."
    )
    outcome: str | None = strawberry.field(
        description="What the result contains. Without an execution: what the schedule did."
    )
    row_count: int | None = strawberry.field(
        resolver=lambda root: root.get("row_count"),
        description="The number of rows of the result. Null until there is one.",
    )
    reason: str | None = strawberry.field(
        description="Why the execution failed, or why the schedule is paused or did not run. "
        "Null if neither happened."
    )


@strawberry.type(description="A notice of an event, sent to one of your targets.")
class Notice(Node):
    is_type_of = of(models.Notice)

    id: strawberry.ID = key("ntc")
    target: NoticeTarget = one(
        models.NoticeTarget, "target_id", "The target that the notice is sent to."
    )
    event: NoticeEvent = strawberry.field(description="The event.")
    facts: NoticeFacts = strawberry.field(
        resolver=lambda root: root.payload,
        description="The facts about the event, such as the name of the report, the schedule "
        "and the reason.",
    )
    state: NoticeState = strawberry.field(description="The state of the notice.")
    attempts: int = strawberry.field(description="The number of attempts to send it.")
    next_attempt_at: datetime | None = column(
        "due_at", "When the notice is sent, or tried again. Null if it is not sent any more."
    )
    last_error: str | None = strawberry.field(
        description="Why the last attempt failed. Null if none failed."
    )
    sent_at: datetime | None = strawberry.field(
        description="When the mail server or webhook accepted the notice. Null until then."
    )
    execution: Execution | None = one(
        models.ReportExecution,
        "report_execution_id",
        "The execution of the report. Null for a workflow, or if none was started.",
    )
    workflow_execution: WorkflowExecution | None = one(
        models.WorkflowExecution,
        "workflow_execution_id",
        "The execution of the workflow. Null for a report, or if none was started.",
    )
    export: Export | None = one(
        models.ReportExport,
        "export_id",
        "The export that the notice carries. Null if it carries none.",
    )
    created_at: datetime = strawberry.field(description="When the event happened.")
