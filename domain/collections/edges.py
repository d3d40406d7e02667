"""What people do to a collection: pause, resume, cancel, change, retry, delete.

Each is an edge of the diagram in docs/architecture.md. An edge that is not there raises Conflict
with the collection's status. Repeating an edge changes nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import documents, ids, kinds, moments
from domain.bus import bus
from domain.bus.queues import Job
from domain.calendar import units
from domain.calendar.days import Days
from domain.collections import collections, steps
from domain.collections.backfills import update_schedules
from domain.collections.configs import Segmentation, week_start_of
from domain.collections.progress import OPEN, OVER
from domain.errors import Conflict, Invalid, NotFound
from domain.executions import files, states, stopping
from domain.models import Aggregate, Collection, Week
from domain.people import access, acts
from domain.people.acts import Act
from domain.viewer import Viewer


def _while(*allowed: str, to_be: str) -> Callable[[Collection], str | None]:
    """Return the refusal of an act that is possible in these states only."""

    def refusal(collection: Collection) -> str | None:
        if collection.status in allowed:
            return None
        wanted = " or ".join(allowed)
        return f"The collection is {collection.status}; it can be {to_be} while it is {wanted}."

    return refusal


def _being_cancelled(collection: Collection) -> str | None:
    is_ending = collection.status in OPEN and collection.cancel_requested_at is not None
    return "The collection is being cancelled; wait until it is over." if is_ending else None


PAUSE = Act(
    lambda one: _while("pending", "running", to_be="paused")(one) or _being_cancelled(one),
    lambda one: one.status == "paused",
)
RESUME = Act(_while("paused", to_be="resumed"), lambda one: one.status in ("pending", "running"))
CANCEL = Act(
    _while(*OPEN, to_be="cancelled"),
    lambda one: one.status == "cancelled" or one.cancel_requested_at is not None,
)
CHANGE = Act(_while(*OPEN, to_be="changed"))
RETRY = Act(_being_cancelled)  # of segments that are idle
DELETE = Act(_while(*OVER, to_be="deleted"))
ACTS = {
    "pause": PAUSE,
    "resume": RESUME,
    "cancel": CANCEL,
    "change": CHANGE,
    "retry": RETRY,
    "delete": DELETE,
}
viewer_can = acts.of_instance(ACTS)


async def pause(session: AsyncSession, viewer: Viewer, public_id: str) -> Collection:
    """Start no more segments. Executions at AMC go on; waiting ones are withdrawn."""
    collection = await _locked(session, viewer, public_id)
    if not PAUSE.applies(collection):
        return collection
    collection.status = "paused"
    collection.waits = []
    kind = kinds.of(collection)
    ours = kind.execution.model.collection_id == collection.id
    withdrawn = await stopping.withdraw(session, kind, ours)
    await _back_in_line(session, collection, withdrawn.ended)
    return await _changed(session, collection)


async def resume(session: AsyncSession, viewer: Viewer, public_id: str) -> Collection:
    """Go on with the segments that have not been collected, in the viewer's name."""
    collection = await _locked(session, viewer, public_id)
    if not RESUME.applies(collection):
        return collection
    collection.user_id = viewer.user_id
    collection.status = "running"
    collection.error_message = None
    collection.forecast_at = None
    return await _changed(session, collection)


async def cancel(session: AsyncSession, viewer: Viewer, public_id: str) -> Collection:
    """Start no more segments and stop running ones. The collection ends once AMC has confirmed."""
    collection = await _locked(session, viewer, public_id)
    if not CANCEL.applies(collection):
        return collection
    collection.cancel_requested_at = moments.now()
    kind = kinds.of(collection)
    ours = kind.execution.model.collection_id == collection.id
    stopped = await stopping.stop(session, kind, ours)
    await _back_in_line(session, collection, stopped.ended)
    return await _changed(session, collection)


async def change(
    session: AsyncSession, viewer: Viewer, public_id: str, parallel_limit: int
) -> Collection:
    """Change how many segments may be at AMC at once. Segments that are there already go on."""
    collection = await _locked(session, viewer, public_id)
    limit = documents.read(Segmentation, {"parallelLimit": parallel_limit}, "").parallel_limit
    kept = Segmentation.model_validate(collection.segmentation_config or {})
    checked = kept.model_copy(update={"parallel_limit": limit}).model_dump(mode="json")
    CHANGE.applies(collection)
    if checked == collection.segmentation_config:
        return collection
    collection.segmentation_config = checked
    collection.forecast_at = None
    return await _changed(session, collection)


@dataclass(frozen=True)
class Retry:
    """Which segments to collect again: one segment, or all of a kind."""

    kind: str | None = None  # failed, missing, provisional, all
    week_id: str | None = None


async def retry(session: AsyncSession, viewer: Viewer, public_id: str, which: Retry) -> Collection:
    """Collect segments again, in the viewer's name.

    Each keeps its present result until there is a newer one.
    """
    if (which.kind is None) == (which.week_id is None):
        raise Invalid("Name one segment, or a kind of segments.", field="which")
    collection = await _locked(session, viewer, public_id)
    RETRY.applies(collection)
    collection.user_id = viewer.user_id
    if collection.status not in OPEN:
        await _reopen(session, viewer, collection)
    found = await session.execute(
        update(Week)
        .where(Week.collection_id == collection.id, ~Week.is_open, await _which(session, which))
        .values(attempts=0, due_at=None, error_code=None, error_message=None)
        .returning(Week.id, Week.outcome)
    )
    chosen = found.all()
    if not chosen:
        await _nothing(session, collection, which)
    again = [
        {
            "id": row.id,
            "status": "pending" if row.outcome is None else "completed",
            "recollect": row.outcome is not None,
        }
        for row in chosen
    ]
    await session.execute(update(Week), again)
    collection.error_message = None
    return await _changed(session, collection)


async def _which(session: AsyncSession, which: Retry) -> ColumnElement[bool]:
    match which.kind:
        case "failed":
            return or_(Week.status == "failed", Week.error_code.is_not(None))
        case "missing":
            return Week.outcome.is_(None)
        case "provisional":
            return and_(Week.is_provisional, Week.outcome.is_not(None))
        case "all":
            return Week.id.is_not(None)
        case _:
            return Week.id == ids.decode("week", str(which.week_id), field="weekId")


async def _nothing(session: AsyncSession, collection: Collection, which: Retry) -> None:
    """Raise Conflict or NotFound, which say why no segment was chosen."""
    if which.week_id is None:
        raise Conflict(f"No segment of this collection is {which.kind} and idle.", field="which")
    key = ids.decode("week", which.week_id, field="weekId")
    week = await session.get(Week, key)
    if week is None or week.collection_id != collection.id:
        raise NotFound(f"This collection has no segment {which.week_id!r}.", field="weekId")
    raise Conflict(
        f"The segment of {week.week_start_date} is being collected right now.", field="weekId"
    )


async def _reopen(session: AsyncSession, viewer: Viewer, collection: Collection) -> None:
    """Let a collection that is over run again. The limits of a start apply."""
    model, source = kinds.of(collection).source.model, kinds.source_key(collection)
    await session.execute(
        select(model.id).where(model.id == source).with_for_update(key_share=True)
    )
    days = Days.from_last(collection.start_date, collection.end_date)
    await collections.check_none_open(session, source, days)
    await collections.check_open_limit(session, viewer)
    collection.status = "running"
    collection.completed_at = None
    collection.cancel_requested_at = None
    collection.forecast_at = None


async def remove(session: AsyncSession, viewer: Viewer, public_id: str) -> str:
    """Delete a collection that is over, with its segments and their share of the aggregates.

    Its executions stay. Their results are removed, unless a segment of another collection names
    them. The aggregates are computed again from what other collections have.
    """
    collection = await _locked(session, viewer, public_id)
    # With this lock, no other collection can take over its results.
    await session.refresh(collection, with_for_update=True)
    DELETE.applies(collection)
    await _forget_aggregates(session, collection)
    await session.delete(collection)
    await session.flush()
    bus.changed(session, collection.id, collection.instance_id)
    bus.later(session, *files.JOB)
    return public_id


async def _forget_aggregates(session: AsyncSession, collection: Collection) -> None:
    # The lock keeps a worker from writing numbers that include the deleted segments.
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:series, 0))"),
        {"series": collection.series_hash},
    )
    days = Days.from_last(collection.start_date, collection.end_date)
    periods = units.touched(days, week_start_of(collection))
    touched = Days.spanning(one.days for one in periods)
    others = select(Collection.id).where(
        Collection.series_hash == collection.series_hash,
        Collection.instance_id == collection.instance_id,
        Collection.id != collection.id,
    )
    await session.execute(
        delete(Aggregate).where(
            Aggregate.series_hash == collection.series_hash,
            Aggregate.instance_id == collection.instance_id,
            Aggregate.data_date >= touched.start,
            Aggregate.data_date < touched.end,
        )
    )
    again = await session.scalars(
        update(Week)
        .where(
            Week.collection_id.in_(others),
            Week.outcome.is_not(None),
            Week.week_start_date < touched.end,
            Week.week_end_date >= touched.start,
        )
        .values(needs_aggregation=True)
        .returning(Week.collection_id)
    )
    for one in set(again):
        bus.later(session, Job.AGGREGATE_COLLECTION, ids.encode("col", one))


async def _locked(session: AsyncSession, viewer: Viewer, public_id: str) -> Collection:
    collection = await access.get(session, "col", Collection, public_id, field="id")
    await access.must_be(session, viewer, collection.instance_id, "editor", field="id")
    # Rights are checked before locking: PostgreSQL refuses to lock rows the viewer may not change.
    await session.refresh(collection, with_for_update={"key_share": True})
    return collection


async def _changed(session: AsyncSession, collection: Collection) -> Collection:
    collection.step_tries = 0
    steps.announce(session, collection)
    states.nudge_collections(session, collection.id)
    # If the nudge is lost, the clock finds the row.
    collection.due_at = moments.now()
    await session.flush()
    await update_schedules(session, collection)
    return collection


async def _back_in_line(
    session: AsyncSession, collection: Collection, ended: Sequence[UUID]
) -> None:
    """Put the segments of withdrawn executions back in line."""
    if not ended:
        return
    column = getattr(Week, kinds.of(collection).execution.key)
    idle = (Week.collection_id == collection.id, column.in_(ended))
    for has_result, status in ((False, "pending"), (True, "completed")):
        await session.execute(
            update(Week)
            .where(*idle, Week.outcome.is_not(None) if has_result else Week.outcome.is_(None))
            .values(
                is_open=False,
                status=status,
                recollect=has_result,
                attempts=Week.attempts - 1,
            )
        )
