"""Lists schedules and their ticks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds
from domain.models import Instance, Report, ReportSchedule, ScheduleTick
from domain.pages.filters import between, holds, one_of, owned, with_id, with_ids, with_text
from domain.pages.pages import NEVER, NEVER_YET, Orders, Page, PageArgs, by, page
from domain.people import access
from domain.viewer import Viewer

ORDERS = Orders(
    ReportSchedule.id,
    {
        "created_at": by(ReportSchedule.created_at),
        "updated_at": by(ReportSchedule.updated_at),
        "next_run_at": by(ReportSchedule.next_run_at, null=NEVER_YET),
        "last_run_at": by(ReportSchedule.last_run_at, null=NEVER),
    },
)
TICK_ORDERS = Orders(ScheduleTick.id, {"nominal_at": by(ScheduleTick.nominal_at)})


@dataclass(frozen=True)
class ScheduleFilter:
    """Which schedules to list. A field that is None matches all."""

    report_id: str | None = None
    instance_id: str | None = None
    is_paused: bool | None = None
    report_ids: Sequence[str] | None = None
    instance_ids: Sequence[str] | None = None
    mine: bool | None = None
    text: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


async def find(
    session: AsyncSession, viewer: Viewer, filter: ScheduleFilter, args: PageArgs
) -> Page[ReportSchedule]:
    """Return a page of the schedules of reports that the viewer may see, newest first."""
    of_report = [
        *with_id(Report.instance_id, "inst", filter.instance_id, "instanceId"),
        *with_ids(Report.instance_id, "inst", filter.instance_ids, "instanceIds"),
        *with_text(filter.text, Report.name, Report.report_id),
    ]
    statement = select(ReportSchedule).where(
        *with_id(ReportSchedule.report_id, "rpt", filter.report_id, "reportId"),
        *with_ids(ReportSchedule.report_id, "rpt", filter.report_ids, "reportIds"),
        *holds(ReportSchedule.is_paused, filter.is_paused),
        *owned(ReportSchedule.user_id, viewer.user_id, filter.mine),
        *between(ReportSchedule.created_at, filter.created_from, filter.created_before),
    )
    if of_report:
        reports = select(Report.id).where(*of_report)
        statement = statement.where(ReportSchedule.report_id.in_(reports))
    return await page(session, statement, ORDERS, args)


@dataclass(frozen=True)
class TickFilter:
    """Which ticks to list. A field that is None matches all."""

    outcomes: Sequence[str] | None = None
    nominal_from: datetime | None = None
    nominal_before: datetime | None = None


async def ticks(
    session: AsyncSession, public_id: str, filter: TickFilter, args: PageArgs
) -> Page[ScheduleTick]:
    """Return a page of the ticks of a schedule, newest first. Raises NotFound."""
    table = kinds.of_id(public_id).schedule
    schedule = await access.get(session, table.prefix, table.model, public_id, field="scheduleId")
    statement = select(ScheduleTick).where(
        getattr(ScheduleTick, table.key) == schedule.id,
        *one_of(ScheduleTick.outcome, filter.outcomes, "outcomes"),
        *between(ScheduleTick.nominal_at, filter.nominal_from, filter.nominal_before),
    )
    return await page(session, statement, TICK_ORDERS, args)


async def ticks_of_report(session: AsyncSession, report_id: UUID) -> Page[ScheduleTick]:
    """Return the first page of the ticks of a report's schedules, newest first."""
    of_report = select(ReportSchedule.id).where(ReportSchedule.report_id == report_id)
    statement = select(ScheduleTick).where(ScheduleTick.report_schedule_id.in_(of_report))
    return await page(session, statement, TICK_ORDERS, PageArgs())


async def instances(session: AsyncSession, schedules: list[kinds.Schedule]) -> dict[UUID, Instance]:
    """Return the instance that each schedule runs on, in one statement for each kind."""
    found: dict[UUID, Instance] = {}
    for kind in kinds.KINDS:
        model, source = kind.schedule.model, kind.source.model
        keys = [one.id for one in schedules if isinstance(one, model)]
        if keys:
            rows = await session.execute(
                select(model.id, Instance)
                .join(source, source.id == getattr(model, kind.source.key))
                .join(Instance, Instance.id == source.instance_id)
                .where(model.id.in_(keys))
            )
            found |= {row[0]: row[1] for row in rows}
    return found
