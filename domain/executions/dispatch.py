"""Dispatch decides which waiting executions go to AMC next.

1. Lock the instance. Slots and quota are counted as rows under this lock.
2. Cancel the executions whose lives are over (domain/lives.py), with the reason.
3. Look for a hold on the whole instance: paused, inactive, throttled, or its token refused.
4. Without a hold, count the free slots, less what the daily quota leaves.
5. Give the slots to the executions first in line. Some slots are reserved for schedules.
6. Write on every other waiting execution what it waits for and when it is looked at again.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import bus, ids, kinds, lives, moments
from domain.calendar.days import DAY
from domain.executions import states
from domain.failures import Failure
from domain.kinds import Execution
from domain.models import Account, Instance, Intent
from domain.settings import settings

LOOK_AGAIN = timedelta(seconds=60)  # a freed slot sends a nudge; this covers a lost nudge
TOKEN_PROBE = timedelta(minutes=5)  # how often a refused token is tried again


@dataclass(frozen=True)
class Hold:
    """The reason why no execution of an instance goes to AMC at the moment."""

    reason: str
    until: datetime | None
    look_again: timedelta


@dataclass(frozen=True)
class Free:
    """The free slots of an instance, and how many slots are still reserved for schedules."""

    slots: int
    reserved: int


async def dispatch(session: AsyncSession, subject: str) -> list[str]:
    """Give the free slots to waiting executions, in order, and return the ids of these executions.

    The reason for waiting is written on the rows of all others. It is safe to repeat at any time.
    """
    instance_id = ids.decode("inst", subject)
    instance = await session.get(Instance, instance_id, with_for_update={"key_share": True})
    if instance is None:
        return []
    await _end(session, instance_id)
    hold, free = await _hold(session, instance), Free(0, 0)
    granted: list[str] = []
    if hold is None:
        free, hold = await _free(session, instance)
    if free.slots > 0:
        for execution in await _next_in_line(session, instance, free):
            _grant(session, execution)
            granted.append(kinds.public_id(execution))
    await _tell_the_rest(session, instance_id, hold or Hold("CONCURRENCY", None, LOOK_AGAIN))
    return granted


async def _end(session: AsyncSession, instance_id: UUID) -> None:
    """Cancel the executions in line that may not go on, and write the reason on them."""
    for kind in kinds.KINDS:
        model = kind.execution.model
        in_line = (model.phase == "waiting", model.instance_id == instance_id)
        ends = {one.key: one for one in await lives.ended(session, kind, model, *in_line)}
        if not ends:
            continue
        rows = await session.scalars(
            select(model)
            .where(model.id.in_(ends), model.phase == "waiting")
            .order_by(model.id)
            .with_for_update(skip_locked=True, key_share=True)
        )
        for execution in rows:
            end = ends[execution.id]
            why = {"error_code": end.code, "error_message": end.message}
            await states.finish(session, execution, "cancelled", **why)


async def fail(session: AsyncSession, subject: str, failure: Failure) -> None:
    """Write on all waiting executions why no slot is given out, and try again after LOOK_AGAIN.

    Dispatch is never given up: the deadline of each execution ends its wait.
    """
    instance_id = ids.decode("inst", subject)
    for model in kinds.EXECUTIONS:
        told = await session.scalars(
            update(model)
            .where(*waiting(model, instance_id))
            .values(error_message=failure.message, due_at=func.now() + LOOK_AGAIN)
            .returning(model.id)
        )
        bus.changed(session, *told)


async def _hold(session: AsyncSession, instance: Instance) -> Hold | None:
    """Return the hold on the whole instance, or None."""
    now = moments.now()
    if instance.is_paused or not instance.is_active:
        return Hold("PAUSED", None, LOOK_AGAIN)
    if instance.throttled_until is not None and instance.throttled_until > now:
        return Hold("THROTTLED", instance.throttled_until, instance.throttled_until - now)
    account = await session.get_one(Account, instance.account_id)
    if account.token_state == "refused":
        probe_at = (account.token_checked_at or now) + TOKEN_PROBE
        if probe_at > now:
            return Hold("TOKEN", None, min(probe_at - now, LOOK_AGAIN))
    return None


async def _free(session: AsyncSession, instance: Instance) -> tuple[Free, Hold | None]:
    """Count the free slots. Returns a hold if the daily quota is used up before the slots are."""
    midnight = moments.now().replace(hour=0, minute=0, second=0, microsecond=0)
    is_open = Intent.released_at.is_(None)
    used, scheduled, today = (
        await session.execute(
            select(
                func.count().filter(is_open),
                func.count().filter(is_open, _is_scheduled()),
                func.count().filter(Intent.created_at >= midnight),
            ).where(
                Intent.instance_id == instance.id,
                or_(is_open, Intent.created_at >= midnight),
            )
        )
    ).one()
    # A scheduled execution that is under way occupies a reserved slot.
    reserved = max(0, instance.schedule_reserve - scheduled)
    free, hold = instance.max_concurrent - used, None
    if instance.daily_quota is not None and today + free > instance.daily_quota:
        left = instance.daily_quota - today
        tomorrow = midnight + DAY
        if left <= free:
            hold = Hold("QUOTA", tomorrow, min(tomorrow - moments.now(), LOOK_AGAIN))
        free = min(free, left)
    return Free(free, reserved), hold


def _is_scheduled() -> ColumnElement[bool]:
    """Return the condition for intents of executions that a schedule started."""
    return or_(
        *(
            select(model.id)
            .where(model.id == Intent.execution_id, model.triggered_by == "schedule")
            .exists()
            for model in kinds.EXECUTIONS
        )
    )


async def _next_in_line(session: AsyncSession, instance: Instance, free: Free) -> list[Execution]:
    """Return the executions that get the free slots, in order. Reserved ones go to schedules."""
    found: list[Execution] = []
    for model in kinds.EXECUTIONS:
        scheduled = model.triggered_by == "schedule"
        for condition in (scheduled, ~scheduled):
            rows = await session.scalars(
                select(model)
                .where(*waiting(model, instance.id), condition)
                .order_by(*in_line(model))
                .limit(free.slots)
                .with_for_update(skip_locked=True, key_share=True)
            )
            found.extend(rows)
    left, reserved = free.slots, free.reserved
    going: list[Execution] = []
    for execution in sorted(found, key=_place):
        is_scheduled = execution.triggered_by == "schedule"
        if left > (0 if is_scheduled else reserved):
            going.append(execution)
            left -= 1
            if is_scheduled:
                reserved = max(0, reserved - 1)
    return going


def in_line(model: type[Any]) -> list[Any]:
    """Return the order of the line. Of executions created together the newest window goes first."""
    newest_first = model.time_window_start.desc().nulls_last()
    return [model.priority, model.created_at, newest_first, model.id]


def _place(execution: Execution) -> tuple[object, ...]:
    start = execution.time_window_start
    newest_first = -start.timestamp() if start is not None else math.inf
    return execution.priority, execution.created_at, newest_first, execution.id


def waiting(model: type[Any], instance_id: UUID) -> list[Any]:
    """Return the condition for executions in line. Those whose data has to settle are not in it."""
    return [
        model.instance_id == instance_id,
        model.phase == "waiting",
        or_(
            model.blocked_by.is_(None),
            model.blocked_by != "DATA_NOT_SETTLED",
            model.blocked_until <= func.now(),
        ),
    ]


def _grant(session: AsyncSession, execution: Execution) -> None:
    session.add(
        Intent(
            instance_id=execution.instance_id,
            amc_workflow_id=f"amc-reports-{execution.id.hex}",
            **{kinds.of(execution).execution.key: execution.id},
        )
    )
    states.enter(execution, "submitting", settings.step_deadline)
    bus.changed(session, execution.id)


async def _tell_the_rest(session: AsyncSession, instance_id: UUID, hold: Hold) -> None:
    """Write the reason on every row still in line, and postpone the rows that are due."""
    await session.flush()
    for model in kinds.EXECUTIONS:
        told = await session.execute(
            update(model)
            .where(
                *waiting(model, instance_id),
                or_(
                    model.blocked_by.is_distinct_from(hold.reason),
                    model.blocked_until.is_distinct_from(hold.until),
                ),
            )
            .values(
                blocked_by=hold.reason,
                blocked_until=hold.until,
                blocked_since=case(
                    (model.blocked_by == hold.reason, model.blocked_since), else_=func.now()
                ),
            )
            .returning(model.id, model.collection_id)
        )
        for execution_id, collection_id in told:
            bus.changed(session, execution_id)
            # Most executions wait for a slot. Their collections read that at their next step.
            if hold.reason != "CONCURRENCY":
                states.nudge_collections(session, collection_id)
        await session.execute(
            update(model)
            .where(*waiting(model, instance_id), model.due_at <= func.now())
            .values(due_at=func.now() + hold.look_again)
        )


async def expire_waiting(session: AsyncSession, limit: int = 100) -> int:
    """Fail the executions that have waited past their deadline, and return how many."""
    failed = 0
    for model in kinds.EXECUTIONS:
        rows = await session.scalars(
            select(model)
            .where(model.phase == "waiting", model.deadline_at < func.now())
            .order_by(model.deadline_at)
            .limit(limit)
            .with_for_update(skip_locked=True, key_share=True)
        )
        for execution in rows:
            message = f"It waited past its deadline (last blocked by {execution.blocked_by})."
            await states.finish(
                session, execution, "failed", error_code="DEADLINE", error_message=message
            )
            failed += 1
    return failed


LINE = kinds.union_all(
    """
    SELECT id, instance_id, priority, created_at, time_window_start FROM {kind.execution.name}
    WHERE phase = 'waiting' AND instance_id = ANY(:instances)
    """
)
POSITIONS = text(
    f"""
    SELECT id, position FROM (
        SELECT id, row_number() OVER (
            PARTITION BY instance_id
            ORDER BY priority, created_at, time_window_start DESC NULLS LAST, id
        ) AS position
        FROM ({LINE}) AS line
    ) AS numbered
    WHERE id = ANY(:ids)
    """
)


async def positions(session: AsyncSession, executions: list[Execution]) -> dict[UUID, int]:
    """Return the place in line of each waiting execution, counted from 1."""
    asked = [one for one in executions if one.phase == "waiting"]
    if not asked:
        return {}
    rows = await session.execute(
        POSITIONS,
        {"instances": list({one.instance_id for one in asked}), "ids": [one.id for one in asked]},
    )
    return {row.id: row.position for row in rows}
