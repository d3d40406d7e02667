"""The lookbacks offered for backfills, and the backfill status of schedules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import Text, Uuid, bindparam, cast, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds, moments
from domain.bus import bus
from domain.calendar import windows
from domain.calendar.days import Days
from domain.calendar.units import Unit, WeekStart
from domain.calendar.zones import check_zone
from domain.collections import ranges
from domain.collections.configs import Lookback, Segmentation
from domain.collections.ranges import Limits
from domain.errors import Invalid
from domain.kinds import Kind
from domain.models import Collection, Instance, TemplateVersion
from domain.people import access
from domain.queries import sources
from domain.templates import templates
from domain.viewer import Viewer

STATUS = {
    "pending": "pending",
    "running": "in_progress",
    "paused": "in_progress",
    "completed": "completed",
    "partial": "partial",
    "failed": "failed",
    "cancelled": "failed",
}
OFFERED = (
    *(Lookback(value=number, unit="days") for number in (7, 14, 30)),
    *(Lookback(value=number, unit="weeks") for number in (4, 12, 26, 52)),
    *(Lookback(value=number, unit="months") for number in (3, 6, 12)),
    Lookback(type="last_quarter"),
    Lookback(type="year_to_date"),
)


async def update_schedules(session: AsyncSession, collection: Collection) -> None:
    """Write the collection's status on the schedules whose backfill it is."""
    status = STATUS[collection.status]
    is_over = status not in ("pending", "in_progress")
    statement = _told(kinds.of(collection), is_over)
    told = await session.scalars(statement, {"collection": collection.id, "status": status})
    bus.changed(session, *told)


@cache
def _told(kind: Kind, is_over: bool) -> Any:
    schedule = kind.schedule.model
    # It is sent as text: the driver would ask for the enum's type on each new connection.
    status = cast(bindparam("status", type_=Text()), schedule.backfill_status.type)
    # A schedule that is firing now holds its own lock and may wait for its report, which this
    # transaction may have locked to start segments. It is skipped to avoid a deadlock, and written
    # at the collection's next step. A collection that is over starts nothing, so it may wait.
    others = (
        select(schedule.id)
        .where(
            schedule.backfill_collection_id == bindparam("collection", type_=Uuid()),
            schedule.backfill_status.is_distinct_from(status),
        )
        .with_for_update(key_share=True, skip_locked=not is_over)
    )
    return (
        update(schedule)
        .where(schedule.id.in_(others))
        .values(backfill_status=status)
        .returning(schedule.id)
        .execution_options(synchronize_session=False, constant=True)
    )


@dataclass(frozen=True)
class Count:
    """How many segments of this unit a range has."""

    type: Unit
    count: int


@dataclass(frozen=True)
class Option:
    """A range that can be collected now, and the units it can be cut into."""

    lookback: Lookback
    days: Days
    segments: list[Count]


@dataclass(frozen=True)
class Options:
    """The ranges to choose from. `settled` holds all days whose data is settled."""

    time_zone: str
    settled: Days
    options: Sequence[Option]


@dataclass(frozen=True)
class Chosen:
    """A report, or the template, instance and time zone of a report that does not exist yet."""

    report_id: str | None = None
    template_id: str | None = None
    instance_id: str | None = None
    time_zone: str = "UTC"


async def options(
    session: AsyncSession, viewer: Viewer, chosen: Chosen, week_start: WeekStart = "monday"
) -> Options:
    """Return the ranges that can be collected now. Raises Invalid, NotFound, Conflict."""
    data_sources, instance, zone = await _read(session, viewer, chosen)
    today = moments.now().astimezone(ZoneInfo(zone)).date()
    settled_end = windows.settled_end(data_sources, instance.settling_lag_days, today)
    limits = Limits(settled_end, today)
    return Options(zone, limits.settled, offered(limits, zone, week_start))


async def _read(
    session: AsyncSession, viewer: Viewer, chosen: Chosen
) -> tuple[list[str], Instance, str]:
    template_id, instance_id = chosen.template_id, chosen.instance_id
    if chosen.report_id is not None:
        if template_id is not None or instance_id is not None:
            raise Invalid("Give a report, or a template and an instance.", field="reportId")
        source = await sources.find(session, viewer, chosen.report_id, None, rank="viewer")
        return source.query.data_sources, source.instance, source.time_zone
    if template_id is None or instance_id is None:
        missing = "templateId" if template_id is None else "instanceId"
        raise Invalid("Give a report, or a template and an instance.", field=missing)
    check_zone(chosen.time_zone, "timeZone")
    instance = await access.get(session, "inst", Instance, instance_id, field="instanceId")
    await access.must_be(session, viewer, instance.id, "viewer", field="instanceId")
    template = await templates.get(session, template_id, field="templateId")
    version = await session.get_one(TemplateVersion, template.current_version_id)
    return list(version.data_sources), instance, chosen.time_zone


@lru_cache(maxsize=256)  # the same for everybody until the next day
def offered(limits: Limits, zone: str, week_start: WeekStart = "monday") -> tuple[Option, ...]:
    """Return the ranges that can be collected, each with the segments it can be cut into.

    The last one is the longest custom range, as its first and last day.
    """
    daily = Segmentation(type="daily", week_start=week_start)
    longest = Days.before(limits.settled_end, windows.LONGEST)
    by_days = Lookback(type="custom", start_date=longest.start, end_date=longest.last)
    found = []
    for lookback in (*OFFERED, by_days):
        try:
            whole = ranges.days(lookback, daily, limits)
        except Invalid:  # longer than AMC allows, or none of its days is settled yet
            continue
        counts = list(_counts(lookback, limits, zone, week_start))
        found.append(Option(lookback, whole, counts))
    return tuple(found)


def _counts(
    lookback: Lookback, limits: Limits, zone: str, week_start: WeekStart
) -> Iterator[Count]:
    for unit in get_args(Unit):
        segmentation = Segmentation(type=unit, week_start=week_start)
        try:
            whole = ranges.days(lookback, segmentation, limits)
        except Invalid:  # a segment of this unit is longer than the range
            continue
        yield Count(unit, len(ranges.cut(whole, segmentation, zone)))
