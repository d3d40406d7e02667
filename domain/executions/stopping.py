"""Stops executions, single or in bulk, for people, collections and schedules by one rule.

* An execution that is still waiting is cancelled at once.
* For one that may be at AMC, a cancel is requested. Its next step tells AMC and confirms.
* One that AMC has finished goes on: its result is fetched and kept.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, moments
from domain.bus import bus
from domain.bus.queues import Job
from domain.executions import states
from domain.kinds import Kind


@dataclass(frozen=True)
class Stopped:
    """What became of the executions that were to be stopped, by their keys."""

    ended: Sequence[UUID]  # they were waiting and are cancelled
    requested: Sequence[UUID]  # they may be at AMC
    too_late: Sequence[UUID]  # AMC had finished them


async def stop(session: AsyncSession, kind: Kind, *which: ColumnElement[bool]) -> Stopped:
    """Stop the executions of this kind that meet the conditions and have not ended.

    Repeating it changes nothing. It takes four statements at most, for any number of executions.
    """
    return await _stop(session, kind, *which)


async def withdraw(session: AsyncSession, kind: Kind, *which: ColumnElement[bool]) -> Stopped:
    """Stop only those that still wait. The others go on. It takes two statements at most."""
    return await _stop(session, kind, kind.execution.model.phase == "waiting", *which)


async def _stop(session: AsyncSession, kind: Kind, *which: ColumnElement[bool]) -> Stopped:
    model, now = kind.execution.model, moments.now()
    source = getattr(model, kind.source.key).label("source")
    # Rows are locked in the order that everybody uses, so that no deadlock arises.
    rows = await session.execute(
        select(model.id, model.phase, model.collection_id, model.schedule_id, source)
        .where(
            *which,
            model.phase != "done",
            or_(model.phase == "waiting", model.cancel_requested_at.is_(None)),
        )
        .order_by(model.id)
        .with_for_update(key_share=True)
    )
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.phase].append(row)
    waiting, ingesting = found.pop("waiting", []), found.pop("ingesting", [])
    asked = [row for rows in found.values() for row in rows]
    for chosen, values in (
        (waiting, states.ended(kind, "cancelled") | {"cancel_state": "CONFIRMED"}),
        (asked, {"cancel_state": "REQUESTED", "due_at": now}),
        (ingesting, {"cancel_state": "TOO_LATE"}),
    ):
        if chosen:
            await session.execute(
                update(model)
                .where(model.id.in_([row.id for row in chosen]))
                .values(**values, cancel_requested_at=now)
            )
    _tell(session, kind, waiting, asked, ingesting)
    return Stopped(*([row.id for row in rows] for rows in (waiting, asked, ingesting)))


def _tell(
    session: AsyncSession,
    kind: Kind,
    ended: Sequence[Any],
    requested: Sequence[Any],
    too_late: Sequence[Any],
) -> None:
    """Tell the watchers of all of them, and nudge their collections and schedules."""
    bus.changed(session, *(row.id for rows in (ended, requested, too_late) for row in rows))
    bus.changed(session, *(row.source for row in ended if row.source is not None))
    states.nudge_collections(session, *(row.collection_id for row in ended))
    for row in ended:
        states.nudge_schedule(session, kind, row.schedule_id)
    for row in requested:
        subject = ids.encode(kind.execution.prefix, row.id)
        bus.later(session, Job.STEP_EXECUTION, subject)
