"""Lists schedules and their ticks."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds
from domain.models import Report, ReportSchedule, ScheduleTick
from domain.pages import Page, PageArgs, page
from domain.people import access


@dataclass(frozen=True)
class ScheduleFilter:
    """Which schedules to list. A field that is None matches all."""

    report_id: str | None = None
    instance_id: str | None = None
    is_paused: bool | None = None


async def find(
    session: AsyncSession, filter: ScheduleFilter, args: PageArgs
) -> Page[ReportSchedule]:
    """Return a page of the schedules of reports that the viewer may see, newest first."""
    statement = select(ReportSchedule)
    if filter.report_id is not None:
        key = ids.decode("rpt", filter.report_id, field="filter.reportId")
        statement = statement.where(ReportSchedule.report_id == key)
    if filter.instance_id is not None:
        key = ids.decode("inst", filter.instance_id, field="filter.instanceId")
        there = select(Report.id).where(Report.instance_id == key)
        statement = statement.where(ReportSchedule.report_id.in_(there))
    if filter.is_paused is not None:
        statement = statement.where(ReportSchedule.is_paused == filter.is_paused)
    return await page(session, statement, (ReportSchedule.created_at, ReportSchedule.id), args)


async def ticks(session: AsyncSession, public_id: str, args: PageArgs) -> Page[ScheduleTick]:
    """Return a page of the ticks of a schedule, newest first. Raises NotFound."""
    table = kinds.of_id(public_id).schedule
    schedule = await access.get(session, table.prefix, table.model, public_id, field="scheduleId")
    statement = select(ScheduleTick).where(getattr(ScheduleTick, table.key) == schedule.id)
    return await page(session, statement, (ScheduleTick.nominal_at, ScheduleTick.id), args)


async def ticks_of_report(session: AsyncSession, report_id: UUID) -> Page[ScheduleTick]:
    """Return the first page of the ticks of a report's schedules, newest first."""
    of_report = select(ReportSchedule.id).where(ReportSchedule.report_id == report_id)
    statement = select(ScheduleTick).where(ScheduleTick.report_schedule_id.in_(of_report))
    return await page(session, statement, (ScheduleTick.nominal_at, ScheduleTick.id), PageArgs())
