"""Where the numbers of an export come from: sources, their versions, executions and checksums."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import any_, distinct, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.charts.datasets import Dataset
from domain.dashboards import sources
from domain.models import Aggregate, Dashboard, Report, TemplateVersion, Week

MOST_SEGMENTS = 400  # that an export names, the newest


@dataclass(frozen=True)
class Source:
    """A report or workflow of an export. The version is that of its template, if it is known."""

    name: str
    time_zone: str
    version: int | None = None


@dataclass(frozen=True)
class Segment:
    """A segment that numbers were computed from, with its execution and result."""

    start: date
    last: date
    execution: str | None
    checksum: str | None


@dataclass(frozen=True)
class Lineage:
    """Where numbers come from, as far as the person may see it."""

    sources: Sequence[Source] = ()
    segments: Sequence[Segment] = ()
    count: int = 0  # of all segments

    @property
    def zones(self) -> list[str]:
        """The time zones of the sources' days."""
        return sorted({one.time_zone for one in self.sources})


async def of_dashboard(
    session: AsyncSession, dashboard: Dashboard, datasets: Sequence[Dataset]
) -> Lineage:
    """Return the lineage of numbers of a dashboard, in three statements.

    Who sees the numbers only by a share gets the names of the sources, and no segments.
    """
    named = {name for one in datasets for name in one.sources}
    shown = [
        one
        for one in (await sources.shown(session, [dashboard]))[dashboard.id]
        if one.name in named
    ]
    reports = [one.report_id for one in shown if one.report_id is not None]
    rows = await session.execute(
        select(Report.id, TemplateVersion.version)
        .join(TemplateVersion, TemplateVersion.id == Report.template_version_id)
        .where(Report.id.in_(reports))
    )
    versions = {row.id: row.version for row in rows}
    found = [Source(one.name, one.time_zone, versions.get(one.ref[1])) for one in shown]
    segments, count = await _segments(session, datasets)
    return Lineage(found, segments, count)


async def _segments(
    session: AsyncSession, datasets: Sequence[Dataset]
) -> tuple[list[Segment], int]:
    keys = {UUID(key) for one in datasets for point in one.points for key in point.aggregate_ids}
    of = (Aggregate.id.in_(keys), Week.id == any_(Aggregate.week_ids))
    count = await session.scalar(
        select(func.count(distinct(Week.id))).select_from(Aggregate).join(Week, of[1]).where(of[0])
    )
    rows = await session.scalars(
        select(Week)
        .where(select(Aggregate.id).where(*of).exists())
        .order_by(Week.week_start_date.desc(), Week.id)
        .limit(MOST_SEGMENTS)
    )
    return [_segment(one) for one in rows], count or 0


def _segment(week: Week) -> Segment:
    prefix, key = "exec", week.report_execution_id
    if key is None:
        prefix, key = "wexec", week.workflow_execution_id
    return Segment(
        week.week_start_date,
        week.week_end_date,
        None if key is None else ids.encode(prefix, key),
        week.data_checksum,
    )
