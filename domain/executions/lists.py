"""Lists executions, and describes what waiting ones wait for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import failures
from domain.executions import dispatch
from domain.models import Instance, Report, ReportExecution, ScheduleTick
from domain.pages.feed import Live
from domain.pages.filters import between, equal, one_of, owned, with_id, with_ids, with_text
from domain.pages.pages import KEPT, NEVER_YET, Across, Orders, Page, PageArgs, by, page
from domain.viewer import Viewer

ORDERS = Orders(
    ReportExecution.id,
    {
        "created_at": by(ReportExecution.created_at),
        "started_at": by(ReportExecution.started_at, null=NEVER_YET),
        "completed_at": by(ReportExecution.completed_at, null=NEVER_YET),
    },
)


@dataclass(frozen=True)
class ExecutionFilter:
    """Which executions to list. A field that is None matches all."""

    report_id: str | None = None
    instance_id: str | None = None
    status: str | None = None
    triggered_by: str | None = None
    report_ids: Sequence[str] | None = None
    instance_ids: Sequence[str] | None = None
    template_ids: Sequence[str] | None = None
    statuses: Sequence[str] | None = None
    triggers: Sequence[str] | None = None
    outcomes: Sequence[str] | None = None
    mine: bool | None = None
    text: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


@lru_cache(KEPT)
def rows(viewer: Viewer, filter: ExecutionFilter) -> Select[Any]:
    """Select the executions that the viewer may see."""
    execution = ReportExecution
    statement = select(execution).where(
        *with_id(execution.report_id, "rpt", filter.report_id, "reportId"),
        *with_ids(execution.report_id, "rpt", filter.report_ids, "reportIds"),
        *with_id(execution.instance_id, "inst", filter.instance_id, "instanceId"),
        *with_ids(execution.instance_id, "inst", filter.instance_ids, "instanceIds"),
        *with_ids(execution.template_id, "tmpl", filter.template_ids, "templateIds"),
        *equal(execution.status, filter.status),
        *one_of(execution.status, filter.statuses, "statuses"),
        *equal(execution.triggered_by, filter.triggered_by),
        *one_of(execution.triggered_by, filter.triggers, "triggers"),
        *one_of(execution.outcome, filter.outcomes, "outcomes"),
        *owned(execution.user_id, viewer.user_id, filter.mine),
        *between(execution.created_at, filter.created_from, filter.created_before),
    )
    if named := with_text(filter.text, Report.name, Report.report_id):
        statement = statement.where(execution.report_id.in_(select(Report.id).where(*named)))
    return statement


async def find(
    session: AsyncSession, viewer: Viewer, filter: ExecutionFilter, args: PageArgs
) -> Page[ReportExecution]:
    """Return a page of the executions that the viewer may see, newest first."""
    # The executions of one report are few, and the index by report is the better way to them.
    is_of_reports = filter.report_id or filter.report_ids
    across = None if is_of_reports else _across(filter.instance_id, filter.instance_ids)
    return await page(session, rows(viewer, filter), ORDERS, args, across=across)


@lru_cache(KEPT)
def _across(instance_id: str | None, instance_ids: Sequence[str] | None) -> Across:
    instances = select(Instance.id).where(
        *with_id(Instance.id, "inst", instance_id, "instanceId"),
        *with_ids(Instance.id, "inst", instance_ids, "instanceIds"),
    )
    return Across(ReportExecution.instance_id, instances)


LIVE = Live(
    "exec",
    ReportExecution,
    rows,
    find,
    mark=lambda row: (row.version, row.dashboard_processed),
)


@dataclass(frozen=True)
class Blocked:
    """What an execution waits for, in words, with its place in line or the end of the wait."""

    reason: str
    message: str
    position: int | None
    until: datetime | None
    since: datetime | None


SENTENCES: dict[str, str] = {
    "CONCURRENCY": "All AMC slots of the instance are taken; this is number {position} in line.",
    "QUOTA": "The instance has used up today's executions.",
    "PAUSED": "The instance is paused by its operators, or is no longer active.",
    "TOKEN": "Amazon refuses the account's authorisation; an operator has to renew it.",
    "DATA_NOT_SETTLED": "Amazon's data for the end of the window is not settled yet.",
    "THROTTLED": "AMC asked this instance to slow down.",
    "AMC_UNAVAILABLE": "AMC does not answer properly; the request is retried.",
    **{lack: f"{words} It goes on by itself." for lack, words in failures.SENTENCES.items()},
}


async def blocked(
    session: AsyncSession, executions: list[ReportExecution]
) -> dict[UUID, Blocked | None]:
    """Return what each waiting execution waits for. Takes one statement at most."""
    waiting = [one for one in executions if one.blocked_by is not None]
    places = await dispatch.positions(session, list(waiting))
    return {
        one.id: Blocked(
            reason=one.blocked_by,
            message=SENTENCES[one.blocked_by].format(position=places.get(one.id)),
            position=places.get(one.id),
            until=one.blocked_until,
            since=one.blocked_since,
        )
        for one in waiting
        if one.blocked_by is not None
    }


async def ticks(
    session: AsyncSession, executions: list[ReportExecution]
) -> dict[UUID, ScheduleTick]:
    """Return the tick of each execution that a schedule started, in one statement."""
    found = await session.scalars(
        select(ScheduleTick).where(
            ScheduleTick.report_execution_id.in_([one.id for one in executions])
        )
    )
    return {one.report_execution_id: one for one in found if one.report_execution_id is not None}
