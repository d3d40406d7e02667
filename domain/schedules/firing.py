"""Runs many due schedules in one transaction. Most of them have nothing else to be decided.

`fire_due` takes some hundred at once:

1. Lock due schedules that are active and not paused, whose last try did not fail, and that keep no
   history. A schedule that somebody else has locked is skipped: whoever has it runs it.
2. Leave out those with a run that has not ended or is not recorded, those that may not go on
   (domain/lives.py), that are delayed by jitter, that missed moments, or whose run is refused.
3. Add the tick and the execution of each of the others, and set when it is due next.
4. Send a job for each that was left out. `ticks.fire` decides about these one by one.

It waits for no lock, so it holds up nobody and takes part in no deadlock. If it raises, nothing of
it happened, and each due schedule gets a job of its own: one that always raises holds up no other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    any_,
    bindparam,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds, lives, moments
from domain.bus import bus
from domain.bus.queues import Job
from domain.db import by_id
from domain.errors import DomainError
from domain.executions import executions
from domain.failures import Failure
from domain.kinds import Execution, Kind, Runnable, Schedule
from domain.models import Instance, ScheduleTick, TemplateVersion
from domain.queries import sources
from domain.queries.sources import Source
from domain.schedules import recurrence, schedules, ticks
from domain.schedules.lanes import AT_ONCE


@dataclass(frozen=True)
class Run:
    """The run of a schedule: its tick with its execution, and what changes on the schedule."""

    source: Source
    tick: ScheduleTick
    execution: Execution
    changed: dict[str, Any]


async def fire_due(session: AsyncSession, subject: str) -> None:
    """Run the ordinary schedules of a kind that are due. `subject` is `sch.0`: prefix and lane."""
    kind = _kind(subject)
    found = (await session.scalars(_plain(kind))).all()
    left = set(await session.scalars(_others(kind)))
    if found:
        left |= await _run(session, kind, found)
    _nudge(session, kind, left)
    if len(found) == AT_ONCE:
        bus.later(session, Job.FIRE_DUE, subject)  # after those that were left out


async def fail(session: AsyncSession, subject: str, failure: Failure) -> None:
    """Have each due schedule run by itself, so that only the one that raised is held up."""
    kind = _kind(subject)
    _nudge(session, kind, await session.scalars(select(kind.schedule.model.id).where(*_due(kind))))


def _kind(subject: str) -> Kind:
    return kinds.of_prefix(subject.partition(".")[0])


def _due(kind: Kind) -> list[ColumnElement[bool]]:
    return [kind.schedule.model.due_at <= func.now()]


def _is_plain(kind: Kind) -> ColumnElement[bool]:
    model = kind.schedule.model
    found: ColumnElement[bool] = (
        model.is_active & ~model.is_paused & ~model.keeps_history & (model.step_tries == 0)
    )
    return found


@cache
def _plain(kind: Kind) -> Any:
    model = kind.schedule.model
    return (
        select(model)
        .where(*_due(kind), _is_plain(kind))
        .order_by(model.due_at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, key_share=True)
    )


@cache
def _others(kind: Kind) -> Any:
    model = kind.schedule.model
    return (
        select(model.id).where(*_due(kind), ~_is_plain(kind)).order_by(model.due_at).limit(AT_ONCE)
    )


@cache
def _busy(kind: Kind) -> Any:
    """Select which of some schedules have a run that has not ended or is not recorded.

    It is asked once they are locked: from then on nobody else runs them.
    """
    model, execution = kind.schedule.model, kind.execution.model
    to_follow = exists().where(
        getattr(ScheduleTick, kind.schedule.key) == model.id, ~ScheduleTick.is_followed
    )
    under_way = exists().where(execution.schedule_id == model.id, execution.phase != "done")
    return select(model.id).where(_in_keys(model), to_follow | under_way)


@cache
def _locked_sources(kind: Kind) -> Any:
    model = kind.source.model
    return (
        select(model)
        .where(_in_keys(model))
        .order_by(model.id)
        .with_for_update(skip_locked=True, key_share=True)
    )


def _in_keys(model: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = model.id == any_(bindparam("keys", type_=ARRAY(Uuid())))
    return found


async def _run(session: AsyncSession, kind: Kind, found: Sequence[Schedule]) -> set[UUID]:
    """Run these schedules, whose rows are locked. Return which of them are left out."""
    now: datetime = (await session.execute(select(func.now()))).scalar_one()
    keys = [one.id for one in found]
    left = set(await session.scalars(_busy(kind), {"keys": keys}))
    left |= set(await lives.ended(session, kind, kind.schedule.model, keys))
    read = await _sources(session, kind, found)
    runs: dict[UUID, Run] = {}
    for schedule in found:
        session.expunge(schedule)  # all of them are changed by one statement
        row = read.get(kinds.source_key(schedule))
        if row is None or schedule.id in left:
            continue
        run = _run_of(schedule, await sources.of(session, row), now)
        if run is not None:
            runs[schedule.id] = run
    if runs:
        await _add(session, kind, list(runs.values()))
    return set(keys) - set(runs)


async def _add(session: AsyncSession, kind: Kind, runs: Sequence[Run]) -> None:
    session.add_all([one.execution for one in runs])
    await session.flush()
    for one in runs:
        setattr(one.tick, kind.execution.key, one.execution.id)
        bus.changed(session, one.execution.id, one.changed["id"], one.source.id)
        instance = ids.encode("inst", one.source.instance.id)
        bus.later(session, Job.DISPATCH_INSTANCE, instance)
    session.add_all([one.tick for one in runs])
    await session.flush()
    await session.execute(update(kind.schedule.model), [one.changed for one in runs])
    await executions.count_each(session, kind, {one.source.id: one.execution.id for one in runs})


async def _sources(
    session: AsyncSession, kind: Kind, found: Sequence[Schedule]
) -> dict[UUID, Runnable]:
    """Lock and read the reports or workflows of these schedules, and what `sources.of` looks for.

    Those that somebody else has locked are left out.
    """
    keys = list({kinds.source_key(one) for one in found})
    rows: list[Any] = list(await session.scalars(_locked_sources(kind), {"keys": keys}))
    near: list[Any] = [
        *(await by_id(session, Instance, {one.instance_id for one in rows})).values()
    ]
    if kind.has_template:
        versions = {one.template_version_id for one in rows}
        near.extend((await by_id(session, TemplateVersion, versions)).values())
    session.info["near"] = near  # a session forgets what nobody refers to
    return {one.id: one for one in rows}


def _run_of(schedule: Schedule, source: Source, now: datetime) -> Run | None:
    """Return the run of a schedule, or None if more than that is to be decided."""
    came = recurrence.missed(
        schedule.cron_expression,
        schedule.timezone,
        schedule.last_tick_at,
        now,
        timedelta(seconds=schedule.catch_up_seconds),
    )
    if came.dropped or len(came.due) != 1 or not source.instance.is_active:
        return None
    nominal = came.due[0]
    if schedules.delayed(schedule, nominal.at) > now:
        return None
    try:
        execution = ticks.execution_of(schedule, source, nominal.at)
    except DomainError:
        return None
    tick = schedules.tick(schedule, nominal, ticks.outcome(nominal, now), is_followed=False)
    schedules.set_next_run(schedule, max(now, nominal.at))
    changed = {
        "id": schedule.id,
        "last_tick_at": nominal.at,
        "next_run_at": schedule.next_run_at,
        "due_at": schedule.due_at,
        "last_run_at": moments.now(),
        "last_run_status": "pending",
        "run_count": schedule.run_count + 1,
        "step_error": None,
    }
    return Run(source, tick, execution, changed)


def _nudge(session: AsyncSession, kind: Kind, keys: Iterable[UUID]) -> None:
    for key in keys:
        bus.later(session, Job.FIRE_SCHEDULE, ids.encode(kind.schedule.prefix, key))
