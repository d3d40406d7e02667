"""Starts collections. A collection holds the past results of a report or workflow as segments."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, moments
from domain.bus import bus
from domain.calendar.days import DAY, Days
from domain.collections import plans
from domain.collections.plans import CollectionSpec, Plan, PlannedSegment
from domain.collections.progress import OPEN
from domain.errors import Conflict, RateLimited
from domain.executions import states
from domain.models import Collection, CollectionStart, Instance, Week
from domain.queries import sources
from domain.settings import settings
from domain.viewer import Viewer


async def start(session: AsyncSession, viewer: Viewer, spec: CollectionSpec) -> Collection:
    """Create a collection with all its segments and return it. Workers do the rest.

    Raises Conflict if another collection of this source is open over some of these days, and
    RateLimited.
    """
    found = await plans.plan(session, viewer, spec)
    await sources.lock(session, found.source)
    await check_none_open(session, found.source.id, found.days)
    await check_open_limit(session, viewer)
    await _check_daily_limit(session, found.source.instance)
    collection = _collection(viewer, found, spec)
    session.add(collection)
    await session.flush()
    await session.execute(insert(Week), [_week(collection, one) for one in found.segments])
    session.add(
        CollectionStart(
            instance_id=collection.instance_id,
            user_id=viewer.user_id,
            collection_id=collection.id,
        )
    )
    await session.flush()
    states.nudge_collections(session, collection.id)
    bus.changed(session, collection.id, collection.instance_id)
    return collection


def _collection(viewer: Viewer, found: Plan, spec: CollectionSpec) -> Collection:
    source = found.source
    return Collection(
        **source.key,
        instance_id=source.instance.id,
        user_id=viewer.user_id,
        collection_type="backfill",
        target_weeks=len(found.segments),
        start_date=found.days.start,
        end_date=found.days.last,
        configuration={
            **source.pinned(),
            "allow_provisional": spec.allow_provisional,
            "recollect": spec.recollect,
        },
        lookback_config=found.lookback.model_dump(mode="json", by_alias=True, exclude_none=True),
        segmentation_config=found.segmentation.model_dump(mode="json"),
        segment_type=found.segmentation.type,
        template_version_id=source.version.id if source.version else None,
        series_hash=found.series_hash,
        time_zone=source.time_zone,
        eta_earliest=found.eta_earliest,
        eta_latest=found.eta_latest,
        due_at=moments.now(),
    )


def _week(collection: Collection, one: PlannedSegment) -> dict[str, Any]:
    return {
        "collection_id": collection.id,
        "week_start_date": one.days.start,
        "week_end_date": one.days.last,
        "settles_at": one.settles_at,
    }


async def check_none_open(session: AsyncSession, source_id: UUID, days: Days) -> None:
    """Raise Conflict if a collection of this source is open over some of these days."""
    other = await session.scalar(
        select(Collection)
        .where(
            func.coalesce(Collection.report_id, Collection.workflow_id) == source_id,
            Collection.status.in_(OPEN),
            Collection.start_date < days.end,
            Collection.end_date >= days.start,
        )
        .limit(1)
    )
    if other is not None:
        raise Conflict(
            f"{ids.encode('col', other.id)} is already collecting {other.start_date} "
            f"to {other.end_date} and is {other.status}; let it end, or cancel it first.",
            field="lookback",
        )


async def _serialise(session: AsyncSession, what: str) -> None:
    """Serialise counting: until this transaction ends, nobody else counts the same thing."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what}
    )


async def check_open_limit(session: AsyncSession, viewer: Viewer) -> None:
    """Raise RateLimited unless the viewer may have one more collection open."""
    await _serialise(session, f"collections of {viewer.user_id}")
    number, soonest = (
        await session.execute(
            select(func.count(), func.min(Collection.eta_latest)).where(
                Collection.user_id == viewer.user_id,
                Collection.status.in_(OPEN),
                Collection.collection_type == "backfill",
            )
        )
    ).one()
    if number >= settings.collections_per_user:
        when = f", about {soonest:%Y-%m-%d %H:%M} UTC" if soonest else ""
        raise RateLimited(
            f"You have {number} collections open, which is the most at once. "
            f"Try again when one of them is over{when}.",
            retry_after=soonest,
        )


async def _check_daily_limit(session: AsyncSession, instance: Instance) -> None:
    """Raise RateLimited unless one more collection may start on the instance today."""
    await _serialise(session, f"collections on {instance.id}")
    midnight = moments.now().replace(hour=0, minute=0, second=0, microsecond=0)
    number = await session.scalar(
        select(func.count())
        .select_from(CollectionStart)
        .where(CollectionStart.instance_id == instance.id, CollectionStart.created_at >= midnight)
    )
    if int(number or 0) >= settings.collections_per_instance_and_day:
        tomorrow = midnight + DAY
        raise RateLimited(
            f"{number} collections were started on {instance.instance_name} today (UTC), which is "
            f"the most a day. Try again from {tomorrow:%Y-%m-%d %H:%M} UTC.",
            retry_after=tomorrow,
        )


async def forget_starts(session: AsyncSession) -> None:
    """Delete the starts that no limit counts any more."""
    await session.execute(
        delete(CollectionStart).where(CollectionStart.created_at < moments.now() - 2 * DAY)
    )
