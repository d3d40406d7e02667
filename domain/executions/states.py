"""Moves the rows of executions on and finishes them. Asks AMC nothing.

A status is `pending -> running -> completed | failed | cancelled`. Within it, an execution has a
phase: waiting (for a slot) -> submitting -> at_amc -> ingesting -> done.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Uuid, bindparam, func, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds
from domain.bus import bus
from domain.bus.queues import Job
from domain.calendar import windows
from domain.kinds import Execution, Kind
from domain.models import Collection, Intent
from domain.moments import now

log = structlog.get_logger()

SLOTS = ("submitting", "at_amc")  # the phases in which an execution takes a slot
BLOCK = ("blocked_by", "blocked_until", "blocked_since")
RELEASE = {
    kind: update(Intent)
    .where(
        getattr(Intent, kind.execution.key) == bindparam("execution", type_=Uuid()),
        Intent.released_at.is_(None),
    )
    .values(released_at=func.now())
    .execution_options(synchronize_session=False, constant=True)
    for kind in kinds.KINDS
}


def window(execution: Execution) -> dict[str, str]:
    """Return the window in AMC's terms. It is empty if AMC should use its default window."""
    start, end = execution.time_window_start, execution.time_window_end
    if start is None or end is None:
        return {}
    return windows.to_amc(start, end, execution.time_zone)


def postpone(
    execution: Execution,
    wait: timedelta,
    blocked_by: str | None = None,
    blocked_until: datetime | None = None,
) -> None:
    """Release the lease, make the execution due again after `wait`, and write what it waits for."""
    execution.due_at = now() + wait
    execution.lease_until = None
    block(execution, blocked_by, blocked_until)


def block(execution: Execution, reason: str | None, until: datetime | None = None) -> None:
    """Write what the execution waits for. The beginning of the wait stays while the reason does."""
    if execution.blocked_by != reason:
        execution.blocked_since = now() if reason is not None else None
    execution.blocked_by = reason
    execution.blocked_until = until


def enter(execution: Execution, phase: str, within: timedelta) -> None:
    """Begin a phase. The execution is due at once, and fails if the phase takes longer."""
    execution.phase = phase
    execution.tries = 0
    execution.deadline_at = now() + within
    postpone(execution, timedelta(0))


async def release(
    session: AsyncSession, execution: Execution, intent: Intent | None = None
) -> None:
    """Release the slot, and nudge dispatch to give it to the next in line.

    Whoever has the intent gives it. It is then written together with its other changes.
    """
    if intent is None:
        await session.execute(RELEASE[kinds.of(execution)], {"execution": execution.id})
    elif intent.released_at is None:
        intent.released_at = now()
    instance = ids.encode("inst", execution.instance_id)
    bus.later(session, Job.DISPATCH_INSTANCE, instance)
    nudge_collections(session, execution.collection_id)


def announce(session: AsyncSession, execution: Execution) -> None:
    """Tell who watches the execution, or its report, which shows how its newest one stands."""
    source = kinds.source_key(execution)
    bus.changed(session, execution.id, *([] if source is None else [source]))


def nudge_collections(session: AsyncSession, *collection_ids: UUID | None) -> None:
    """Nudge these collections to look at their executions."""
    for one in collection_ids:
        if one is not None:
            bus.later(session, Job.STEP_COLLECTION, ids.encode("col", one))


def nudge_views(session: AsyncSession, execution: Execution) -> None:
    """Nudge the views of a result. Segments are skipped: they are drawn with their collection."""
    if execution.week_id is None:
        nudge_views_of(session, execution)


def nudge_views_of(session: AsyncSession, row: Execution | Collection) -> None:
    """Nudge the views of a row's report or workflow, if it has one."""
    kind, key = kinds.of(row), kinds.source_key(row)
    if key is not None:
        bus.later(session, Job.MAKE_VIEWS, ids.encode(kind.source.prefix, key))


def nudge_schedule(session: AsyncSession, kind: Kind, schedule_id: UUID | None) -> None:
    """Nudge the schedule to record how its execution ended."""
    if schedule_id is not None:
        bus.later(session, Job.FIRE_SCHEDULE, ids.encode(kind.schedule.prefix, schedule_id))


def ended(kind: Kind, status: str) -> dict[str, Any]:
    """Return the columns of an execution that has ended. `status` is a word of reports."""
    over = {"status": kind.words[status], "phase": "done", "completed_at": now()}
    left = ("due_at", "lease_until", "deadline_at", *BLOCK)
    return over | dict.fromkeys(left)


async def finish(
    session: AsyncSession, execution: Execution, status: str, **columns: object
) -> None:
    """End an execution, release its slot, and tell its watchers and its schedule."""
    kind, has_slot = kinds.of(execution), execution.phase in SLOTS
    for name, value in (ended(kind, status) | columns).items():
        setattr(execution, name, value)
    if has_slot:
        await release(session, execution)
    else:
        nudge_collections(session, execution.collection_id)
    announce(session, execution)
    nudge_schedule(session, kind, execution.schedule_id)
    log.info("execution.finished", execution=kinds.public_id(execution), status=execution.status)
