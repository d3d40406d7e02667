"""The step of a collection: looks at its segments and does what is due.

A step may run at any time and any number of times. It holds the collection's lock, so that no
segment is collected twice at once and every stored count is exact.

1. Lock the collection, unless an earlier step failed and its pause is not over.
2. Read the segments and absorb what their executions brought (see `segments.absorb`).
3. At the first step, reuse results that earlier collections of the series have.
4. If its person or its report may not go on (domain/lives.py), pause or cancel it with the reason.
   If the collection is cancelled or its first segment failed, skip what is still wanted.
5. Start the next segments: one until one has a result, then up to the parallel limit.
6. Write the progress: status, counts, forecast, waits, and when the next step is due.
7. If a watcher would see a difference, raise the version and announce it. A collection that has
   ended has its view drawn.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from domain import db, ids, kinds, lives, moments, pauses
from domain.bus import bus
from domain.bus.queues import Job
from domain.calendar import windows
from domain.collections import progress, segments
from domain.collections.segments import Segment
from domain.executions import executions, states
from domain.failures import Failure
from domain.models import Collection, Instance
from domain.queries import sources

MOST_TRIES = 10  # tries of a step that raises, before the collection is paused
TOGETHER = 50  # new results, which are aggregated at once
TEMPLATE = db.constant("SELECT template_id FROM report_definitions WHERE id = :report")
PRIORITY = 10  # after manual (0) and scheduled executions


async def step(session: AsyncSession, subject: str) -> str | None:
    """Absorb results, start the next segments, and write the progress.

    Return the id of the instance to dispatch if segments were started.
    """
    key = ids.decode("col", subject)
    collection = await session.get(Collection, key, with_for_update={"key_share": True})
    if collection is None or _is_postponed(collection):
        return None
    before = _shown(collection)
    rows = await segments.read(session, collection)
    changed = await segments.absorb(session, collection, rows)
    moved = bool(changed)
    if changed:
        rows = await segments.read_again(session, collection, rows, changed)
    if collection.started_at is None and collection.cancel_requested_at is None:
        collection.started_at = moments.now()
        if not collection.configuration.get("recollect"):
            await segments.reuse(session, collection)
        rows = await segments.read(session, collection)
        moved = True
    await _end(session, collection)
    if (why := _gives_up(collection, rows)) is not None:
        await segments.skip(session, collection, why)
        rows = await segments.read(session, collection)
        moved = True
    instance = await session.get_one(Instance, collection.instance_id)
    if chosen := _next(collection, rows):
        await _place(session, collection, instance, chosen)
        started = {one.id for one in chosen}
        rows = [_as_placed(one) if one.id in started else one for one in rows]
        moved = True
    await progress.tell(session, collection, instance, rows, moments.now())
    if collection.step_tries:
        collection.step_tries, collection.error_message = 0, None
        moved = True
    if moved or _shown(collection) != before:
        _tell(session, collection, rows)
    return ids.encode("inst", instance.id) if chosen else None


async def _end(session: AsyncSession, collection: Collection) -> None:
    """Pause the collection, or cancel it, if it may not go on (domain/lives.py)."""
    if collection.status not in ("pending", "running") or collection.cancel_requested_at:
        return
    end = await lives.end_of(session, collection)
    if end is None:
        return
    collection.error_message = end.message
    if end.code == lives.ARCHIVED:
        collection.cancel_requested_at = moments.now()
    else:
        collection.status = "paused"
        collection.error_message = f"{end.message} {lives.WHO_RESUMES}"
    # Executions in line are cancelled there.
    bus.later(session, Job.DISPATCH_INSTANCE, ids.encode("inst", collection.instance_id))


def _is_postponed(collection: Collection) -> bool:
    """Return whether the last step failed, and its pause is not over or a person has to resume."""
    if not collection.step_tries:
        return False
    return collection.due_at is None or collection.due_at > moments.now()


async def fail(session: AsyncSession, subject: str, failure: Failure) -> None:
    """Write why the step failed, and retry after a pause. In the end, pause the collection."""
    key = ids.decode("col", subject)
    collection = await session.get(Collection, key, with_for_update={"key_share": True})
    if collection is None or _is_postponed(collection):
        return
    collection.step_tries += 1
    collection.error_message = failure.message
    collection.due_at = moments.now() + pauses.pause(collection.step_tries - 1)
    collection.step_tries = failure.used(collection.step_tries, MOST_TRIES)
    if collection.step_tries >= MOST_TRIES:
        collection.due_at = None
        collection.error_message = f"Paused after {MOST_TRIES} tries. {failure.message}"
        if collection.status in ("pending", "running"):
            collection.status = "paused"
    announce(session, collection)


def announce(session: AsyncSession, collection: Collection) -> None:
    """Raise the version and tell watchers, because they would see something new."""
    collection.version += 1
    # Lists of collections are watched by instance.
    bus.changed(session, collection.id, collection.instance_id)


def _tell(session: AsyncSession, collection: Collection, rows: Sequence[Segment]) -> None:
    announce(session, collection)
    if _is_to_aggregate(rows):
        bus.later(session, Job.AGGREGATE_COLLECTION, ids.encode("col", collection.id))
    if collection.status in progress.OVER and not collection.dashboard_processed:
        states.nudge_views_of(session, collection)


def _is_to_aggregate(rows: Sequence[Segment]) -> bool:
    """Return whether new results are aggregated now: the first, many, or the last for a while.

    Others wait for some seconds, until the clock sends the job (`jobs/due.py`): the work
    of an aggregation is mostly the same for one result as for twenty.
    """
    new = sum(one.needs_aggregation for one in rows)
    if not new:
        return False
    is_first = not any(one.outcome is not None and not one.needs_aggregation for one in rows)
    return new >= TOGETHER or is_first or not any(one.is_open for one in rows)


def _shown(collection: Collection) -> tuple[object, ...]:
    return (
        collection.status,
        collection.weeks_completed,
        collection.waits,
        collection.error_message,
        collection.eta_earliest,
        collection.eta_latest,
        collection.rate_per_hour,
    )


def _gives_up(collection: Collection, rows: Sequence[Segment]) -> str | None:
    """Return why nothing more is started: it is cancelled, or the first segment failed. Or None."""
    if not any(one.is_wanted for one in rows):
        return None
    if collection.cancel_requested_at is not None:
        return collection.error_message or "The collection was cancelled."
    tried = [one for one in rows if one.status == "failed"]
    if tried and not any(one.outcome is not None for one in rows):
        newest = tried[0]
        return f"Not started: the first segment failed. {newest.error_message or ''}".strip()
    return None


def _next(collection: Collection, rows: Sequence[Segment]) -> list[Segment]:
    """Return the segments to start: one alone until one has a result, then up to the limit."""
    if collection.status == "paused" or collection.cancel_requested_at is not None:
        return []
    now = moments.now()
    due = [one for one in rows if _is_due(one, now)]
    proven = any(one.outcome is not None for one in rows)
    if not proven and any(one.is_open for one in rows):
        return []
    limit = (collection.segmentation_config or {})["parallel_limit"] if proven else 1
    if not proven:  # the segment tried first goes on alone, also between its tries
        due = [one for one in due if one.id == _canary(rows)]
    return due[: max(0, limit - sum(one.is_at_amc for one in rows))]


def _canary(rows: Sequence[Segment]) -> UUID | None:
    wanted = [one for one in rows if one.is_wanted]
    tried = [one for one in wanted if one.attempts]
    return (tried or wanted)[0].id if wanted else None


def _is_due(one: Segment, now: datetime) -> bool:
    if one.is_open or (one.due_at is not None and one.due_at > now):
        return False
    settled = one.is_provisional and one.settles_at is not None and one.settles_at <= now
    return one.is_wanted or settled


def _as_placed(one: Segment) -> Segment:
    status = one.status if one.outcome is not None else "running"
    return replace(
        one, status=status, is_open=True, phase="waiting", attempts=one.attempts + 1, due_at=None
    )


async def _place(
    session: AsyncSession, collection: Collection, instance: Instance, chosen: Sequence[Segment]
) -> None:
    """Add an execution for each segment and link the two. AMC is asked after the commit."""
    query = await sources.query_of(session, collection)
    rendered, values = query.render()
    kind = kinds.of(collection)
    common: dict[str, Any] = {
        "instance_id": instance.id,
        "user_id": collection.user_id,
        "collection_id": collection.id,
        "triggered_by": "backfill",
        "priority": PRIORITY,
        "time_zone": collection.time_zone,
        "template_version_id": collection.template_version_id,
        **await _of_source(session, collection),
    }
    placed = {
        one.id: {
            "id": uuid4(),
            "week_id": one.id,
            "retry_of": one.execution_id,
            **executions.columns_of(
                rendered, values, windows.of(one.days, collection.time_zone), query.output_columns
            ),
            **common,
        }
        for one in chosen
    }
    await executions.add_all(session, kind, list(placed.values()))
    links = {week: row["id"] for week, row in placed.items()}
    await segments.place(session, collection, links)
    newest = links[chosen[-1].id]
    await executions.count(session, kind, kinds.source_key(collection), newest, len(links))


async def _of_source(session: AsyncSession, collection: Collection) -> dict[str, Any]:
    kind = kinds.of(collection)
    key = kinds.source_key(collection)
    if not kind.has_template:
        return {kind.source.key: key}
    return {kind.source.key: key, "template_id": await session.scalar(TEMPLATE, {"report": key})}
