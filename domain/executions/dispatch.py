"""Dispatch decides which waiting executions go to AMC next.

1. Stop at once if no execution waits. Whoever adds one sends a job of its own after its commit.
2. Lock the instance. Slots and quota are counted as rows under this lock.
3. Cancel the executions whose lives are over (domain/lives.py), with the reason.
4. Look for a hold on the whole instance: paused, inactive, throttled, or its token refused.
5. Without a hold, count the free slots, less what the daily quota leaves.
6. Give the slots to the executions first in line, and claim them to be submitted at once. Some
   slots are reserved for schedules.
7. Write on every other waiting execution what it waits for and when it is looked at again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Integer,
    Interval,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from domain import db, ids, kinds, lives, moments
from domain.bus import bus
from domain.calendar.days import DAY
from domain.executions import claims, states
from domain.executions.claims import Claim
from domain.failures import Failure
from domain.kinds import Execution, Kind
from domain.models import Account, Instance, Intent

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


@dataclass(frozen=True)
class Line:
    """The executions in line that fit into the free slots, and whether more may wait."""

    executions: list[Execution]
    goes_on: bool


WAITS = kinds.union_all(
    """
    SELECT '{kind.execution.prefix}' AS prefix WHERE EXISTS (
        SELECT FROM {kind.execution.name} WHERE instance_id = :instance AND phase = 'waiting'
    )
    """
)
IN_LINE = db.constant(WAITS, bindparam("instance", type_=Uuid()))
LOCKED = (
    select(Instance, Account)
    .join(Account, Account.id == Instance.account_id)
    .options(undefer(Account.refresh_token))
    .where(Instance.id == bindparam("instance", type_=Uuid()))
    .with_for_update(key_share=True, of=Instance)
    .execution_options(constant=True, undeferred=("refresh_token",))
)


async def dispatch(session: AsyncSession, subject: str) -> list[Claim]:
    """Give the free slots to waiting executions, in order, and return the claims to submit them.

    The reason for waiting is written on the rows of all others. It is safe to repeat at any time.
    """
    given = {"instance": ids.decode("inst", subject)}
    found = [kinds.of_prefix(prefix) for prefix in await session.scalars(IN_LINE, given)]
    if not found:
        return []
    row = (await session.execute(LOCKED, given)).one_or_none()
    if row is None:
        return []
    instance, account = row
    await _end(session, found, instance.id)
    hold, free = _hold(instance, account), Free(0, 0)
    if hold is None:
        free, hold = await _free(session, instance)
    line = Line([], goes_on=True)
    if free.slots > 0:
        line = await _next_in_line(session, found, instance, free)
    granted = [claims.granted(session, one, instance, account) for one in line.executions]
    if line.goes_on:
        rest = hold or Hold("CONCURRENCY", None, LOOK_AGAIN)
        await _tell_the_rest(session, found, instance.id, rest)
    return granted


async def _end(session: AsyncSession, found: Sequence[Kind], instance_id: UUID) -> None:
    """Cancel the executions in line that may not go on, and write the reason on them."""
    for kind in found:
        model = kind.execution.model
        ends = {one.key: one for one in await lives.ended_in_line(session, kind, instance_id)}
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


def _hold(instance: Instance, account: Account) -> Hold | None:
    """Return the hold on the whole instance, or None."""
    now = moments.now()
    if instance.is_paused or not instance.is_active:
        return Hold("PAUSED", None, LOOK_AGAIN)
    if instance.throttled_until is not None and instance.throttled_until > now:
        return Hold("THROTTLED", instance.throttled_until, instance.throttled_until - now)
    if account.token_state == "refused":
        probe_at = (account.token_checked_at or now) + TOKEN_PROBE
        if probe_at > now:
            return Hold("TOKEN", None, min(probe_at - now, LOOK_AGAIN))
    return None


async def _free(session: AsyncSession, instance: Instance) -> tuple[Free, Hold | None]:
    """Count the free slots. Returns a hold if the daily quota is used up before the slots are."""
    used, scheduled = (
        await session.execute(
            _taken(by_schedules=instance.schedule_reserve > 0), {"instance": instance.id}
        )
    ).one()
    # A scheduled execution that is under way occupies a reserved slot.
    reserved = max(0, instance.schedule_reserve - scheduled)
    free = instance.max_concurrent - used
    if instance.daily_quota is None:
        return Free(free, reserved), None
    midnight = moments.now().replace(hour=0, minute=0, second=0, microsecond=0)
    today = select(func.count()).where(
        Intent.instance_id == instance.id, Intent.created_at >= midnight
    )
    left = instance.daily_quota - (await session.scalar(today) or 0)
    if left > free:
        return Free(free, reserved), None
    tomorrow = midnight + DAY
    hold = Hold("QUOTA", tomorrow, min(tomorrow - moments.now(), LOOK_AGAIN))
    return Free(min(free, left), reserved), hold


@cache
def _taken(*, by_schedules: bool) -> Select[Any]:
    """Count the slots that are taken. Those of schedules matter where slots are reserved."""
    scheduled: Any = func.count().filter(_is_scheduled()) if by_schedules else literal(0)
    counted = select(func.count(), scheduled).where(
        Intent.instance_id == bindparam("instance", type_=Uuid()), Intent.released_at.is_(None)
    )
    return counted.execution_options(constant=True)


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


async def _next_in_line(
    session: AsyncSession, found: Sequence[Kind], instance: Instance, free: Free
) -> Line:
    """Return the executions that get the free slots, in order. Reserved ones go to schedules."""
    first: list[Execution] = []
    goes_on = False
    for kind in found:
        for is_scheduled in (True, False) if free.reserved else (None,):
            rows = await session.scalars(
                _first(kind, is_scheduled), {"instance": instance.id, "most": free.slots + 1}
            )
            some = rows.all()
            first.extend(some)
            goes_on = goes_on or len(some) > free.slots
    left, reserved = free.slots, free.reserved
    going: list[Execution] = []
    for execution in sorted(first, key=_place):
        is_scheduled = execution.triggered_by == "schedule"
        if left > (0 if is_scheduled else reserved):
            going.append(execution)
            left -= 1
            if is_scheduled:
                reserved = max(0, reserved - 1)
    return Line(going, goes_on or len(going) < len(first))


@cache
def _first(kind: Kind, is_scheduled: bool | None) -> Select[Any]:
    """Select the first in line, or the first of schedules, or of all else."""
    model = kind.execution.model
    by_schedule = model.triggered_by == "schedule"
    of_them = [] if is_scheduled is None else [by_schedule if is_scheduled else ~by_schedule]
    return (
        select(model)
        .where(*waiting(model, bindparam("instance", type_=Uuid())), *of_them)
        .order_by(*in_line(model))
        .limit(bindparam("most", type_=Integer()))
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(constant=True)
    )


def in_line(model: type[Any]) -> list[Any]:
    """Return the order of the line. Of executions created together the newest window goes first."""
    newest_first = model.time_window_start.desc().nulls_last()
    return [model.priority, model.created_at, newest_first, model.id]


def _place(execution: Execution) -> tuple[object, ...]:
    start = execution.time_window_start
    newest_first = -start.timestamp() if start is not None else math.inf
    return execution.priority, execution.created_at, newest_first, execution.id


def waiting(model: type[Any], instance_id: Any) -> list[Any]:
    """Return the condition for executions in line. Those whose data has to settle are not in it."""
    return [
        model.instance_id == instance_id,
        model.phase == db.fixed("waiting"),
        or_(
            model.blocked_by.is_(None),
            model.blocked_by != db.fixed("DATA_NOT_SETTLED"),
            model.blocked_until <= func.now(),
        ),
    ]


async def _tell_the_rest(
    session: AsyncSession, found: Sequence[Kind], instance_id: UUID, hold: Hold
) -> None:
    """Write the reason on every row still in line, and postpone the rows that are due."""
    await session.flush()
    given = {
        "instance": instance_id,
        "reason": hold.reason,
        "until": hold.until,
        "look_again": hold.look_again,
    }
    for kind in found:
        for execution_id, collection_id in await session.execute(_told(kind), given):
            bus.changed(session, execution_id)
            # Most executions wait for a slot. Their collections read that at their next step.
            if hold.reason != "CONCURRENCY":
                states.nudge_collections(session, collection_id)


@cache
def _told(kind: Kind) -> Any:
    model = kind.execution.model
    reason = bindparam("reason", type_=Text())
    until = bindparam("until", type_=DateTime(timezone=True))
    look_again = func.now() + bindparam("look_again", type_=Interval())
    return (
        update(model)
        .where(
            *waiting(model, bindparam("instance", type_=Uuid())),
            or_(
                model.blocked_by.is_distinct_from(reason),
                model.blocked_until.is_distinct_from(until),
                model.due_at <= func.now(),
            ),
        )
        .values(
            blocked_by=reason,
            blocked_until=until,
            blocked_since=case((model.blocked_by == reason, model.blocked_since), else_=func.now()),
            due_at=case((model.due_at <= func.now(), look_again), else_=model.due_at),
        )
        .returning(model.id, model.collection_id)
        .execution_options(synchronize_session=False, constant=True)
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
