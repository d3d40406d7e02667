"""Schedules that keep history: each run becomes a segment of one collection of the report.

Such segments have checksums, revisions and aggregates as those of a backfill do.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds, moments
from domain.calendar import units, windows
from domain.calendar.days import Days
from domain.collections.configs import Segmentation
from domain.collections.progress import OPEN
from domain.executions import states
from domain.kinds import Schedule
from domain.models import Collection, Week
from domain.queries.sources import Source
from domain.schedules.data_windows import WindowRule


async def extend(
    session: AsyncSession, schedule: Schedule, source: Source, days: Days, execution: Any
) -> None:
    """Make these days a segment of the schedule's collection, collected by this execution."""
    collection = await _collection(session, schedule, source, days, execution.user_id)
    week = await session.scalar(
        select(Week).where(Week.collection_id == collection.id, Week.week_start_date == days.start)
    )
    if week is not None and week.is_open:
        return  # an execution is collecting it already
    if week is None:
        week = Week(
            collection_id=collection.id,
            week_start_date=days.start,
            week_end_date=days.last,
            settles_at=windows.first_moment(days.end, source.time_zone),
        )
        session.add(week)
        await session.flush()
    # Set before the execution is inserted: people may not set it on an execution that exists.
    execution.week_id = week.id
    execution.collection_id = collection.id
    session.add(execution)
    await session.flush()
    setattr(week, kinds.of(collection).execution.key, execution.id)
    week.is_open = True
    week.attempts += 1
    week.status = "running" if week.outcome is None else "completed"
    collection.start_date = min(collection.start_date, days.start)
    collection.end_date = max(collection.end_date, days.last)
    if collection.status not in OPEN:
        collection.status = "running"
        collection.completed_at = None
    await session.flush()
    states.nudge_collections(session, collection.id)


async def _collection(
    session: AsyncSession, schedule: Schedule, source: Source, days: Days, user_id: Any
) -> Collection:
    if schedule.update_collection_id is not None:
        known = await session.get(
            Collection, schedule.update_collection_id, with_for_update={"key_share": True}
        )
        if known is not None and known.series_hash == _series(schedule, source):
            return known
    rule = WindowRule.model_validate(schedule.data_window)
    segmentation = Segmentation(type=units.named(rule.unit or "day"))
    pinned = source.pinned()
    pinned["parameters"] = source.query.given(schedule.default_parameters).values
    made = Collection(
        **source.key,
        instance_id=source.instance.id,
        user_id=user_id,
        collection_type="weekly_update",
        status="running",
        target_weeks=1,
        start_date=days.start,
        end_date=days.last,
        configuration=pinned,
        segmentation_config=segmentation.model_dump(mode="json"),
        segment_type=segmentation.type,
        template_version_id=source.version.id if source.version else None,
        series_hash=_series(schedule, source),
        time_zone=source.time_zone,
        started_at=moments.now(),
    )
    session.add(made)
    await session.flush()
    schedule.update_collection_id = made.id
    return made


def _series(schedule: Schedule, source: Source) -> str:
    """Return the series of the report with the schedule's own parameter values."""
    from dataclasses import replace

    own = replace(source, query=source.query.given(schedule.default_parameters))
    return own.series("monday")
