"""Lists reports, and reads the state and the newest executions of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Select, Uuid, any_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models import (
    Report,
    ReportExecution,
    ReportOverview,
    ReportSchedule,
)
from domain.pages.feed import Live
from domain.pages.filters import between, equal, holds, one_of, owned, with_id, with_ids, with_text
from domain.pages.pages import KEPT, NEVER, NEVER_YET, Orders, Page, PageArgs, by, by_name, page
from domain.viewer import Viewer

# Computed of each report that is listed: what is not stored is never wrong, and people make far
# fewer reports than reports run.
LAST_RUN = (
    select(ReportExecution.started_at)
    .where(ReportExecution.report_id == Report.id)
    .order_by(ReportExecution.started_at.desc().nulls_last())
    .limit(1)
    .correlate(Report)
    .scalar_subquery()
)
NEXT_RUN = (
    select(func.min(ReportSchedule.next_run_at))
    .where(ReportSchedule.report_id == Report.id, ReportSchedule.is_active)
    .correlate(Report)
    .scalar_subquery()
)
ORDERS = Orders(
    Report.id,
    {
        "created_at": by(Report.created_at),
        "updated_at": by(Report.updated_at),
        "name": by_name(Report.name),
        "last_run_at": by(LAST_RUN, null=NEVER),
        "next_run_at": by(NEXT_RUN, null=NEVER_YET),
    },
)
OVERVIEWS = (
    select(ReportOverview)
    .where(ReportOverview.report_uuid == any_(bindparam("reports", type_=ARRAY(Uuid()))))
    .execution_options(narrow=("report_uuid",), constant=True)
)


@dataclass(frozen=True)
class ReportFilter:
    """Which reports to list. A field that is None matches all."""

    state: str | None = None
    instance_id: str | None = None
    frequency: str | None = None
    states: Sequence[str] | None = None
    newest_statuses: Sequence[str] | None = None
    instance_ids: Sequence[str] | None = None
    template_ids: Sequence[str] | None = None
    frequencies: Sequence[str] | None = None
    mine: bool | None = None
    is_favorite: bool | None = None
    text: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


@lru_cache(KEPT)
def rows(viewer: Viewer, filter: ReportFilter) -> Select[Any]:
    """Select the reports that the viewer may see."""
    statement = select(Report).where(
        *with_id(Report.instance_id, "inst", filter.instance_id, "instanceId"),
        *with_ids(Report.instance_id, "inst", filter.instance_ids, "instanceIds"),
        *with_ids(Report.template_id, "tmpl", filter.template_ids, "templateIds"),
        *equal(Report.frequency, filter.frequency),
        *one_of(Report.frequency, filter.frequencies, "frequencies"),
        *owned(Report.owner_id, viewer.user_id, filter.mine),
        *with_text(filter.text, Report.name, Report.description, Report.report_id),
        *between(Report.created_at, filter.created_from, filter.created_before),
    )
    of_overview = [
        *equal(ReportOverview.state, filter.state),
        *one_of(ReportOverview.state, filter.states, "states"),
        *one_of(ReportOverview.newest_status, filter.newest_statuses, "newestStatuses"),
        *holds(ReportOverview.is_viewer_favorite, filter.is_favorite),
    ]
    if of_overview:
        # The overview reads executions, too, so it is joined only if it is asked for.
        statement = statement.join(ReportOverview, ReportOverview.report_uuid == Report.id)
        statement = statement.where(*of_overview)
    return statement


async def find(
    session: AsyncSession, viewer: Viewer, filter: ReportFilter, args: PageArgs
) -> Page[Report]:
    """Return a page of the reports that the viewer may see, newest first."""
    return await page(session, rows(viewer, filter), ORDERS, args)


# What a report shows of its runs is not in its row, so every word of it counts.
LIVE = Live("rpt", Report, rows, find, mark=attrgetter("updated_at"), shows_more=True)


async def overviews(session: AsyncSession, reports: list[Report]) -> dict[UUID, ReportOverview]:
    """Return the state, latest runs and next run of each report, in one statement."""
    found = await session.scalars(OVERVIEWS, {"reports": [one.id for one in reports]})
    return {one.report_uuid: one for one in found}


async def schedules(session: AsyncSession, reports: list[Report]) -> dict[UUID, ReportSchedule]:
    """Return the active schedule of each report that has one, in one statement."""
    found = await session.scalars(
        select(ReportSchedule).where(
            ReportSchedule.report_id.in_([one.id for one in reports]), ReportSchedule.is_active
        )
    )
    return {one.report_id: one for one in found}


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
    newest = await session.scalars(
        select(ReportExecution)
        .join(numbered, numbered.c.id == ReportExecution.id)
        .where(numbered.c.place <= limit)
        .order_by(numbered.c.place)
    )
    found: dict[UUID, list[ReportExecution]] = {one.id: [] for one in reports}
    for row in newest:
        if row.report_id is not None:
            found[row.report_id].append(row)
    return found
