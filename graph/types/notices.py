"""Who is told of schedules, and what they were told, as clients see it."""

from datetime import datetime
from functools import partial
from typing import Any

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from domain import db, kinds, models
from graph.enums.notices import NoticeEvent, NoticeKind, NoticeState
from graph.fields.context import Info
from graph.fields.edges import column, key, of, one
from graph.types.executions import Execution, WorkflowExecution
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


@strawberry.type(description="Where you are told of schedules.")
class NoticeTarget(Node):
    is_type_of = of(models.NoticeTarget)

    id: strawberry.ID = key("ntg")
    kind: NoticeKind = strawberry.field(description="How you are told.")
    address: str = strawberry.field(description="A mail address, or the URL of a webhook.")
    events: list[NoticeEvent] = strawberry.field(description="What you are told of.")
    schedule: Schedule | None = strawberry.field(
        resolver=_schedule, description="The schedule, if not all that run in your name."
    )
    is_active: bool = strawberry.field(description="Whether anything is sent there.")
    created_at: datetime = strawberry.field(description="Since when you are told.")


@strawberry.type(description="A new place where you are told.")
class NoticeTargetAdded:
    target: NoticeTarget = strawberry.field(description="The place.")
    secret: str | None = strawberry.field(
        description="What a webhook's deliveries are signed with. It is shown this once."
    )


def _nominal_at(root: dict[str, Any]) -> datetime | None:
    told = root.get("nominal_at")
    return None if told is None else datetime.fromisoformat(told)


@strawberry.type(description="What a notice tells of a schedule and its run.")
class NoticeFacts:
    name: str | None = strawberry.field(description="The name of the report or workflow.")
    words: str | None = strawberry.field(description="When the schedule runs, as a sentence.")
    nominal_at: datetime | None = strawberry.field(
        resolver=_nominal_at, description="The moment at which it was due."
    )
    schedule: strawberry.ID | None = strawberry.field(description="The schedule's id.")
    execution: strawberry.ID | None = strawberry.field(description="The id of the execution.")
    outcome: str | None = strawberry.field(
        description="What the execution brought, or what came of the moment without one."
    )
    row_count: int | None = strawberry.field(
        resolver=lambda root: root.get("row_count"), description="Rows of the result."
    )
    reason: str | None = strawberry.field(description="Why it failed, is paused or was not run.")


@strawberry.type(description="Something that you were told in a place, or are about to be.")
class Notice(Node):
    is_type_of = of(models.Notice)

    id: strawberry.ID = key("ntc")
    target: NoticeTarget = one(models.NoticeTarget, "target_id", "Where.")
    event: NoticeEvent = strawberry.field(description="What happened.")
    facts: NoticeFacts = strawberry.field(
        resolver=lambda root: root.payload, description="What is told of it."
    )
    state: NoticeState = strawberry.field(description="What became of it.")
    attempts: int = strawberry.field(description="How often it was sent.")
    next_attempt_at: datetime | None = column("due_at", "When it is sent, or sent again.")
    last_error: str | None = strawberry.field(description="Why it could not be delivered last.")
    sent_at: datetime | None = strawberry.field(description="When it was taken.")
    execution: Execution | None = one(
        models.ReportExecution, "report_execution_id", "The report's execution it is about."
    )
    workflow_execution: WorkflowExecution | None = one(
        models.WorkflowExecution, "workflow_execution_id", "The workflow's execution."
    )
    created_at: datetime = strawberry.field(description="When it happened.")
