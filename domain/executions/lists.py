"""Lists executions, and describes what waiting ones wait for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import failures, ids
from domain.errors import Invalid
from domain.executions import dispatch
from domain.models import ReportExecution
from domain.pages import Page, PageArgs, page


@dataclass(frozen=True)
class ExecutionFilter:
    """Which executions to list. A field that is None matches all."""

    report_id: str | None = None
    instance_id: str | None = None
    status: str | None = None
    triggered_by: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


async def find(
    session: AsyncSession, filter: ExecutionFilter, args: PageArgs
) -> Page[ReportExecution]:
    """Return a page of the executions that the viewer may see, newest first."""
    statement = select(ReportExecution)
    if filter.report_id is not None:
        report = ids.decode("rpt", filter.report_id, field="filter.reportId")
        statement = statement.where(ReportExecution.report_id == report)
    if filter.instance_id is not None:
        instance = ids.decode("inst", filter.instance_id, field="filter.instanceId")
        statement = statement.where(ReportExecution.instance_id == instance)
    if filter.status is not None:
        statement = statement.where(ReportExecution.status == filter.status)
    if filter.triggered_by is not None:
        statement = statement.where(ReportExecution.triggered_by == filter.triggered_by)
    for moment, field in (
        (filter.created_from, "filter.createdFrom"),
        (filter.created_before, "filter.createdBefore"),
    ):
        if moment is not None and moment.tzinfo is None:
            raise Invalid("A moment needs an offset, such as 2026-01-31T09:00:00Z.", field=field)
    if filter.created_from is not None:
        statement = statement.where(ReportExecution.created_at >= filter.created_from)
    if filter.created_before is not None:
        statement = statement.where(ReportExecution.created_at < filter.created_before)
    return await page(session, statement, (ReportExecution.created_at, ReportExecution.id), args)


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
