"""The segments of a collection: their state, their results, and what changed.

Callers hold the collection's lock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, TextClause, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from domain import db, kinds, lives, moments, pauses
from domain.calendar.days import Days
from domain.collections import revisions
from domain.kinds import Kind
from domain.models import Collection, Week
from domain.settings import settings

# AMC would answer the same if asked again.
PERMANENT = {
    "AMC_REJECTED",
    "AMC_REFUSED",
    "CANCELLED_AT_AMC",
    "RESULT_HEADER_CHANGED",
    "RESULT_UNREADABLE",
}
GROWTH = 4  # each pause is this many times the one before


@dataclass(frozen=True)
class Segment:
    """A segment, with its execution if one is under way."""

    id: UUID
    days: Days
    status: str
    is_open: bool
    recollect: bool
    attempts: int
    due_at: datetime | None
    outcome: str | None
    revision: int
    is_provisional: bool
    settles_at: datetime | None
    needs_aggregation: bool
    collected_at: datetime | None
    checksum: str | None
    error_code: str | None
    error_message: str | None
    execution_id: UUID | None
    phase: str | None = None
    execution_outcome: str | None = None
    execution_status: str | None = None
    execution_error: str | None = None
    execution_message: str | None = None
    blocked_by: str | None = None
    blocked_until: datetime | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether the segment needs a result and no execution is bringing one."""
        return not self.is_open and (self.status == "pending" or self.recollect)

    @property
    def is_at_amc(self) -> bool:
        """Whether it counts towards the parallel limit. Ingesting a result does not count."""
        return self.is_open and self.phase in ("waiting", "submitting", "at_amc")


READ = """
    SELECT w.id, w.week_start_date AS start, w.week_end_date AS last, w.status, w.is_open,
        w.recollect, w.attempts, w.due_at, w.outcome, w.revision,
        w.is_provisional, w.settles_at,
        w.needs_aggregation, w.execution_date AS collected_at, w.data_checksum AS checksum,
        w.error_code, w.error_message, w.execution_id, e.phase, e.outcome AS execution_outcome,
        lower(e.status) AS execution_status, e.error_code AS execution_error,
        e.error_message AS execution_message, e.blocked_by, e.blocked_until
    FROM report_data_weeks w LEFT JOIN {table} e ON w.is_open AND e.id = w.{key}
    WHERE w.collection_id = :collection {which} ORDER BY w.week_start_date DESC
"""
COLLECTED = """
    UPDATE report_data_weeks w SET
        status = 'completed', is_open = false, recollect = false, due_at = NULL,
        error_code = NULL, error_message = NULL, outcome = e.outcome, row_count = e.row_count,
        data = e.result_summary, data_checksum = e.checksum, result_location = e.output_location,
        execution_date = e.completed_at,
        is_provisional = coalesce(w.settles_at > e.started_at, false),
        revision = w.revision
            + ((w.data_checksum, w.outcome) IS DISTINCT FROM (e.checksum, e.outcome))::integer,
        needs_aggregation = w.needs_aggregation
            OR (w.data_checksum, w.outcome) IS DISTINCT FROM (e.checksum, e.outcome)
    FROM {table} e WHERE w.id = ANY(:weeks) AND e.id = w.{key}
    RETURNING w.id, w.revision
"""
STARTED = """
    UPDATE report_data_weeks w SET
        {key} = made.execution, is_open = true, attempts = w.attempts + 1, due_at = NULL,
        status = CASE WHEN w.outcome IS NULL THEN 'running' ELSE 'completed' END
    FROM unnest(:weeks, :executions) AS made (week, execution) WHERE w.id = made.week
"""
WEEKS, EXECUTIONS = (bindparam(name, type_=ARRAY(Uuid())) for name in ("weeks", "executions"))


def _of_kind(statement: str, kind: Kind, *given: BindParameter[Any], which: str = "") -> TextClause:
    made = statement.format(table=kind.execution.name, key=kind.execution.key, which=which)
    return db.constant(made, *given)


ALL = {kind: _of_kind(READ, kind) for kind in kinds.KINDS}
SOME = {kind: _of_kind(READ, kind, WEEKS, which="AND w.id = ANY(:weeks)") for kind in kinds.KINDS}
BROUGHT = {kind: _of_kind(COLLECTED, kind, WEEKS) for kind in kinds.KINDS}
PLACED = {kind: _of_kind(STARTED, kind, WEEKS, EXECUTIONS) for kind in kinds.KINDS}


async def read(session: AsyncSession, collection: Collection) -> list[Segment]:
    """Read all segments of the collection, newest first, in one statement."""
    given = {"collection": collection.id}
    return _segments(await session.execute(ALL[kinds.of(collection)], given))


async def read_again(
    session: AsyncSession, collection: Collection, rows: Sequence[Segment], changed: Sequence[UUID]
) -> list[Segment]:
    """Return the segments with those that this transaction has changed read again."""
    given = {"collection": collection.id, "weeks": list(changed)}
    found = _segments(await session.execute(SOME[kinds.of(collection)], given))
    fresh = {one.id: one for one in found}
    return [fresh.get(one.id, one) for one in rows]


async def place(
    session: AsyncSession, collection: Collection, executions: Mapping[UUID, UUID]
) -> None:
    """Write on these segments which execution brings their result now."""
    given = {"weeks": list(executions), "executions": list(executions.values())}
    await session.execute(PLACED[kinds.of(collection)], given)


def _segments(rows: Iterable[Any]) -> list[Segment]:
    # The columns are in the order of the class: naming them would take longer than reading them.
    return [Segment(key, Days.from_last(start, last), *rest) for key, start, last, *rest in rows]


async def absorb(
    session: AsyncSession, collection: Collection, rows: Sequence[Segment]
) -> list[UUID]:
    """Write on the segments how their executions ended. Return which segments have changed.

    1. Take the open segments whose execution is done or was deleted.
    2. Of those with a result, copy the result to the segment in one statement. Another checksum or
       outcome than before raises the segment's revision and marks it for aggregation.
    3. Keep each new revision with its differences, and have the collection's view drawn again.
    4. A provisional segment that came back unchanged clears the flag of its aggregates.
    5. A segment without a result is retried after a pause, fails, or is skipped after a cancel.
    """
    done = [one for one in rows if one.is_open and one.phase in ("done", None)]
    brought = [one for one in done if one.execution_outcome is not None]
    if brought:
        await _collected(session, collection, brought)
    failed = [_failure(collection, one) for one in done if one.execution_outcome is None]
    if failed:
        await session.execute(update(Week), failed)
        told = [one for one in failed if one["error_message"]]
        collection.error_message = told[0]["error_message"] if told else collection.error_message
    return [one.id for one in done]


async def _collected(
    session: AsyncSession, collection: Collection, brought: Sequence[Segment]
) -> None:
    before = {one.id: one.revision for one in brought}
    answer = await session.execute(BROUGHT[kinds.of(collection)], {"weeks": list(before)})
    new = [row.id for row in answer if row.revision > before[row.id]]
    # The view shows the earlier results and has to be drawn again.
    collection.dashboard_processed, collection.dashboard_attempts = False, 0
    collection.dashboard_due_at = None
    if new:
        await revisions.add(session, new)
    settled = [one.id for one in brought if one.is_provisional and one.id not in new]
    if settled:
        await revisions.settle(session, collection.series_hash, settled)


def _failure(collection: Collection, one: Segment) -> dict[str, Any]:
    """Return the new columns of a segment whose execution ended without a result."""
    has_result = one.outcome is not None
    left = {"id": one.id, "is_open": False, "due_at": None, "error_code": one.execution_error}
    if one.execution_error in lives.CODES:
        # It was cancelled in line because it may not go on. The collection has the reason.
        left |= {"attempts": one.attempts - 1, "error_code": None, "error_message": None}
        return left | {"status": one.status if has_result else "pending", "recollect": has_result}
    left["error_message"] = one.execution_message and f"{one.days.start}: {one.execution_message}"
    if one.execution_status == "cancelled" and one.execution_error is None:
        # Somebody cancelled this execution, so its result is no longer wanted.
        message = f"{one.days.start}: its execution was cancelled."
        state = "completed" if has_result else "skipped"
        return left | {"status": state, "recollect": False, "error_message": message}
    if one.phase is None:
        # The execution was deleted. The segment is collected anew.
        return left | {"status": one.status if has_result else "pending", "recollect": has_result}
    most = (collection.segmentation_config or {})["retry"]["max_attempts"]
    retries = (collection.segmentation_config or {})["retry_failed"]
    if retries and one.attempts < most and one.execution_error not in PERMANENT:
        left["due_at"] = moments.now() + pauses.growing(
            one.attempts - 1, GROWTH, settings.segment_retry_min, settings.segment_retry_max
        )
        return left | {"status": one.status if has_result else "pending", "recollect": has_result}
    # The aggregates have to show that these days are missing.
    left["needs_aggregation"] = one.needs_aggregation or not has_result
    return left | {"status": "completed" if has_result else "failed", "recollect": False}


async def skip(session: AsyncSession, collection: Collection, why: str) -> None:
    """Skip the segments that still need a result. Results that exist stay."""
    wanted = (Week.collection_id == collection.id, ~Week.is_open)
    await session.execute(
        update(Week)
        .where(*wanted, Week.status == "pending")
        .values(status="skipped", due_at=None, error_message=why)
    )
    await session.execute(
        update(Week).where(*wanted, Week.recollect).values(recollect=False, due_at=None)
    )


REUSE = text(
    """
    UPDATE report_data_weeks w SET
        status = 'completed', outcome = s.outcome, row_count = s.row_count, data = s.data,
        data_checksum = s.data_checksum, result_location = s.result_location, revision = s.revision,
        execution_date = s.execution_date, report_execution_id = s.report_execution_id,
        workflow_execution_id = s.workflow_execution_id
    FROM (
        SELECT DISTINCT ON (o.week_start_date, o.week_end_date) o.*
        FROM report_data_weeks o
        WHERE o.collection_id = ANY(:others)
            AND o.outcome IS NOT NULL AND NOT o.is_provisional AND NOT o.is_open
        ORDER BY o.week_start_date, o.week_end_date, o.execution_date DESC
    ) AS s
    WHERE w.collection_id = :collection AND w.status = 'pending' AND NOT w.is_open
        AND w.week_start_date = s.week_start_date AND w.week_end_date = s.week_end_date
    RETURNING w.id
    """
).bindparams(bindparam("others", type_=ARRAY(Uuid())))


async def reuse(session: AsyncSession, collection: Collection) -> bool:
    """Reuse results of earlier collections of the series. Return whether there were any.

    The earlier collections are locked against deletion, so that their files stay. A collection that
    is being deleted is skipped.
    """
    others = await session.scalars(
        select(Collection.id)
        .where(
            Collection.series_hash == collection.series_hash,
            Collection.instance_id == collection.instance_id,
            Collection.id != collection.id,
        )
        .with_for_update(read=True, key_share=True, skip_locked=True)
    )
    found = await session.scalars(REUSE, {"collection": collection.id, "others": others.all()})
    return bool(found.all())
