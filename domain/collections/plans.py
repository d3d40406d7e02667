"""Plans a collection before it starts: its segments, quota, forecast and clashes."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import documents, kinds, moments
from domain.calendar import windows
from domain.calendar.days import Days
from domain.collections import forecasts, ranges
from domain.collections.configs import Lookback, Segmentation
from domain.collections.forecasts import DayShare
from domain.collections.ranges import Limits
from domain.models import Collection, Week
from domain.problems import Gathered, check_number
from domain.queries import sources
from domain.queries.sources import Source
from domain.viewer import Viewer

MOST_SEGMENTS = 366  # of a collection: one a day, in a leap year
MOST_CLASHES = 100  # that a plan tells
CALLS = 6  # of AMC per execution: save, run, its share of lists, links, download, remove


@dataclass(frozen=True)
class CollectionSpec:
    """Everything that decides what a collection collects."""

    report_id: str | None = None
    workflow_id: str | None = None
    lookback: dict[str, Any] = field(default_factory=dict)
    segmentation: dict[str, Any] = field(default_factory=dict)
    target_weeks: int | None = None
    allow_provisional: bool = False
    recollect: bool = False  # collect again what was collected before


@dataclass(frozen=True)
class PlannedSegment:
    """A segment, whether its result exists already, and when its data is settled."""

    days: Days
    is_collected: bool
    settles_at: datetime
    is_provisional: bool


@dataclass(frozen=True)
class ScheduleClash:
    """A schedule that is due while the collection would run."""

    name: str
    at: datetime


@dataclass(frozen=True)
class Plan:
    """What starting this collection would do."""

    source: Source
    lookback: Lookback
    segmentation: Segmentation
    days: Days
    segments: list[PlannedSegment]
    executions: int
    day_shares: list[DayShare]
    eta_earliest: datetime
    eta_latest: datetime
    is_measured: bool
    slots: int
    clashes: list[ScheduleClash]
    series_hash: str

    @property
    def calls(self) -> int:
        """Return about how many calls of AMC it takes."""
        return self.executions * CALLS


SCHEDULED = kinds.union_all(
    """
    SELECT r.name, s.next_run_at FROM {kind.schedule.name} s
    JOIN {kind.source.name} r ON r.id = s.{kind.source.key}
    WHERE r.instance_id = :instance AND s.is_active AND NOT s.is_paused
        AND s.next_run_at BETWEEN :now AND :latest
    """
)
CLASHING = text(f"{SCHEDULED} ORDER BY 2, 1 LIMIT {MOST_CLASHES}")


async def plan(
    session: AsyncSession, viewer: Viewer, spec: CollectionSpec, *, rank: str = "editor"
) -> Plan:
    """Plan a collection. Raises Invalid, NotFound, Forbidden or Conflict, as starting it does."""
    source = await sources.find(session, viewer, spec.report_id, spec.workflow_id, rank=rank)
    lookback, segmentation = _read(spec)
    source.query.render()  # a query that cannot be rendered is refused here, not segment by segment
    limits = _limits(source)
    whole = ranges.days(
        lookback,
        segmentation,
        limits,
        count=spec.target_weeks,
        allow_provisional=spec.allow_provisional,
    )
    cut = ranges.cut(whole, segmentation, source.time_zone)
    series = source.series(segmentation.week_start)
    known = set() if spec.recollect else await collected(session, series, source.instance.id)
    planned = [_planned(one, known, limits, source.time_zone) for one in cut]
    return await _counted(session, source, lookback, segmentation, whole, planned, series)


def _read(spec: CollectionSpec) -> tuple[Lookback, Segmentation]:
    """Read lookback and segmentation. Raises Problems with all mistakes in both."""
    wrong = Gathered()
    if (number := spec.target_weeks) is not None:
        wrong += check_number("targetWeeks", number, 1, windows.LONGEST)
    with wrong.also():
        lookback = documents.read(Lookback, spec.lookback, "lookback")
    with wrong.also():
        segmentation = documents.read(Segmentation, spec.segmentation, "segmentation")
    wrong.refuse()
    return lookback, segmentation


def _limits(source: Source) -> Limits:
    today = moments.now().astimezone(ZoneInfo(source.time_zone)).date()
    lags = source.instance.settling_lag_days
    return Limits(windows.settled_end(source.query.data_sources, lags, today), today)


def _planned(days: Days, known: set[Days], limits: Limits, zone: str) -> PlannedSegment:
    lag = limits.today - limits.settled_end
    return PlannedSegment(
        days,
        is_collected=days in known,
        settles_at=windows.first_moment(days.end + lag, zone),
        is_provisional=not limits.settled.covers(days),
    )


async def collected(session: AsyncSession, series: str, instance_id: UUID) -> set[Days]:
    """Return the segments of the series that have a settled result."""
    found = await session.execute(
        select(Week.week_start_date, Week.week_end_date)
        .join(Collection, Collection.id == Week.collection_id)
        .where(
            Collection.series_hash == series,
            Collection.instance_id == instance_id,
            Week.outcome.is_not(None),
            ~Week.is_provisional,
        )
    )
    return {Days.from_last(start, last) for start, last in found}


async def _counted(
    session: AsyncSession,
    source: Source,
    lookback: Lookback,
    segmentation: Segmentation,
    whole: Days,
    planned: list[PlannedSegment],
    series: str,
) -> Plan:
    now, instance = moments.now(), source.instance
    executions = sum(not one.is_collected for one in planned)
    at_once = forecasts.slots(instance, segmentation.parallel_limit)
    left = await forecasts.left_today(session, instance)
    shares = forecasts.shares(executions, instance.daily_quota, left, now.date())
    known = await forecasts.pace(session, instance.id)
    earliest, latest = forecasts.between(now, executions, at_once, known, shares)
    clashing = await session.execute(
        CLASHING, {"instance": instance.id, "now": now, "latest": latest}
    )
    return Plan(
        source=source,
        lookback=lookback,
        segmentation=segmentation,
        days=whole,
        segments=planned,
        executions=executions,
        day_shares=shares,
        eta_earliest=earliest,
        eta_latest=latest,
        is_measured=known.known,
        slots=at_once,
        clashes=[ScheduleClash(name, at) for name, at in clashing],
        series_hash=series,
    )
