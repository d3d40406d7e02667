"""Lists reports, and reads the state and the newest executions of each."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.models import Report, ReportExecution, ReportOverview
from domain.pages import Page, PageArgs, page
from domain.search import contains


@dataclass(frozen=True)
class ReportFilter:
    """Which reports to list. A field that is None matches all."""

    state: str | None = None
    instance_id: str | None = None
    frequency: str | None = None
    text: str | None = None


async def find(session: AsyncSession, filter: ReportFilter, args: PageArgs) -> Page[Report]:
    """Return a page of the reports that the viewer may see, newest first."""
    statement = select(Report)
    if filter.state is not None:
        # The overview reads executions, too, so it is joined only if a state is asked for.
        statement = statement.join(ReportOverview, ReportOverview.report_uuid == Report.id)
        statement = statement.where(ReportOverview.state == filter.state)
    if filter.instance_id is not None:
        instance = ids.decode("inst", filter.instance_id, field="filter.instanceId")
        statement = statement.where(Report.instance_id == instance)
    if filter.frequency is not None:
        statement = statement.where(Report.frequency == filter.frequency)
    if filter.text:
        statement = statement.where(
            contains(filter.text, Report.name, Report.description, Report.report_id)
        )
    return await page(session, statement, (Report.created_at, Report.id), args)


async def overviews(session: AsyncSession, reports: list[Report]) -> dict[UUID, ReportOverview]:
    """Return the state, latest runs and next run of each report, in one statement."""
    found = await session.scalars(
        select(ReportOverview).where(ReportOverview.report_uuid.in_([one.id for one in reports]))
    )
    return {one.report_uuid: one for one in found}


async def newest_executions(
    session: AsyncSession, reports: list[Report], limit: int = 10
) -> dict[UUID, list[ReportExecution]]:
    """Return the newest executions of each report, newest first, in one statement."""
    place = (
        func.row_number()
        .over(
            partition_by=ReportExecution.report_id,
            order_by=(ReportExecution.created_at.desc(), ReportExecution.id.desc()),
        )
        .label("place")
    )
    numbered = (
        select(ReportExecution.id, place)
        .where(ReportExecution.report_id.in_([one.id for one in reports]))
        .subquery()
    )
    rows = await session.scalars(
        select(ReportExecution)
        .join(numbered, numbered.c.id == ReportExecution.id)
        .where(numbered.c.place <= limit)
        .order_by(numbered.c.place)
    )
    found: dict[UUID, list[ReportExecution]] = {one.id: [] for one in reports}
    for row in rows:
        if row.report_id is not None:
            found[row.report_id].append(row)
    return found
