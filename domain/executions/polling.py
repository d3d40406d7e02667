"""Polls instances: one list call reads the state of a hundred executions.

1. `claim` leases the instance, if one of its executions at AMC is due.
2. `look` lists AMC's executions from the oldest open one on, and asks singly for a few that the
   list does not show.
3. `record` moves each execution by what AMC shows of it, and releases the lease. An execution that
   AMC does not know fails once it is old enough to be listed. Of those with a result, it claims the
   first to be ingested by the same worker.
4. `fail` is called instead if the poll raised. It writes the reason on the executions at AMC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, bindparam, func, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import instance_state, set_committed_value

from domain import db, ids, kinds, leases, moments, pauses
from domain.amc.client import (
    Amc,
    AmcError,
    AmcExecution,
    AmcGone,
    AmcOdd,
    AmcThrottled,
    AmcUnauthorised,
    Credentials,
)
from domain.bus import bus
from domain.bus.queues import Job
from domain.executions import claims, states, steps
from domain.executions.claims import Claim
from domain.failures import Failure
from domain.instances import accounts
from domain.kinds import Execution
from domain.leases import Held, Lease
from domain.models import Account, Instance
from domain.settings import settings

MARGIN = timedelta(minutes=10)  # AMC's clock and ours may differ by this much
LEASE = Lease(Instance, until="poll_lease_until", fence="poll_fence")
TAKEN = leases.taking(
    LEASE,
    leases.has_key(Instance),
    or_(Instance.throttled_until.is_(None), Instance.throttled_until < func.now()),
)
# The executions of an instance that are at AMC, as much of them as a poll needs.
ACCEPTED = db.constant(
    kinds.union_all(
        """
        SELECT amc_execution_id, coalesce(started_at, created_at) AS accepted_at, due_at
        FROM {kind.execution.name}
        WHERE instance_id = :instance AND phase = 'at_amc' AND amc_execution_id IS NOT NULL
        """
    ),
    bindparam("instance", type_=Uuid()),
)
POSTPONED = {
    kind: db.constant(
        f"UPDATE {kind.execution.name} AS one SET due_at = next.due_at "
        "FROM unnest(:ids, :moments) AS next (id, due_at) WHERE one.id = next.id",
        bindparam("ids", type_=ARRAY(Uuid())),
        bindparam("moments", type_=ARRAY(DateTime(timezone=True))),
    )
    for kind in kinds.KINDS
}
AT_ONCE = 8  # results that the worker of a poll ingests itself
SINGLY = 20  # most executions per poll that are asked for one by one because the list lacks them


@dataclass(frozen=True)
class Poll:
    """An instance claimed for one poll, and its executions that are at AMC."""

    instance_id: UUID
    amc_instance_id: str
    held: Held
    account: Credentials
    token_refused: bool
    since: datetime
    open: dict[str, datetime]  # AMC's execution id -> when it was accepted


@dataclass(frozen=True)
class Look:
    """What AMC showed: executions by AMC's id, the ids it does not know, or its error."""

    seen: dict[str, AmcExecution]
    gone: frozenset[str] = frozenset()
    odd: Mapping[str, AmcOdd] = field(default_factory=dict)  # what AMC shows of these is unreadable
    error: AmcError | None = None


@dataclass(frozen=True)
class Found:
    """What a poll leads to."""

    claims: list[Claim]  # to ingest the first results
    look_again: timedelta | None  # when, if something is still at AMC
    go_on: frozenset[str]  # collections that have more at AMC


async def claim(session: AsyncSession, subject: str) -> Poll | None:
    """Lease the instance for one poll. Return None if nothing is due or another worker polls it."""
    instance_id = ids.decode("inst", subject)
    instance = await leases.take_by(session, TAKEN, instance_id)
    if instance is None:
        return None
    rows = (await session.execute(ACCEPTED, {"instance": instance_id})).all()
    if not any(one.due_at is not None and one.due_at <= moments.now() for one in rows):
        leases.release(LEASE, instance)
        return None
    account, refused = await accounts.load(session, instance.account_id)
    accepted = {one.amc_execution_id: one.accepted_at for one in rows}
    since = min(accepted.values()) - MARGIN
    return Poll(
        instance.id,
        instance.instance_id,
        leases.held(LEASE, instance),
        account,
        refused,
        since,
        accepted,
    )


async def _locked(session: AsyncSession, instance_id: UUID) -> list[Execution]:
    """Lock the executions of an instance that are at AMC."""
    found: list[Execution] = []
    for kind in kinds.KINDS:
        found.extend(await session.scalars(LOCKED[kind], {"instance": instance_id}))
    return found


def _lock(model: Any) -> Any:
    return (
        select(model)
        .where(
            model.instance_id == bindparam("instance", type_=Uuid()),
            model.phase == db.fixed("at_amc"),
            model.amc_execution_id.is_not(None),
        )
        .order_by(model.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True, constant=True)
    )


LOCKED = {kind: _lock(kind.execution.model) for kind in kinds.KINDS}


async def look(poll: Poll, amc: Amc) -> Look:
    """List all open executions at AMC, and ask singly for the few that the list lacks."""
    seen: dict[str, AmcExecution] = {}
    gone: set[str] = set()
    odd: dict[str, AmcOdd] = {}
    try:
        listed = await amc.executions(
            poll.account, poll.amc_instance_id, since=poll.since, wanted=set(poll.open)
        )
        seen = {one.amc_execution_id: one for one in listed if one.amc_execution_id in poll.open}
        for amc_id in [one for one in poll.open if one not in seen][:SINGLY]:
            try:
                seen[amc_id] = await amc.execution(poll.account, poll.amc_instance_id, amc_id)
            except AmcGone:
                gone.add(amc_id)
            except AmcOdd as unreadable:  # the others are looked at all the same
                odd[amc_id] = unreadable
    except AmcError as error:
        return Look(seen, frozenset(gone), odd, error)
    return Look(seen, frozenset(gone), odd)


async def record(session: AsyncSession, poll: Poll, found: Look) -> Found | None:
    """Move every execution by what AMC showed of it, and release the instance.

    Return the claims to ingest the first results, among others; None if another worker polls. The
    other results get jobs, for other workers.
    """
    instance = await leases.lock(session, poll.held)
    if instance is None:
        return None
    leases.release(LEASE, instance)
    if instance.step_error is not None:
        await _tell(session, instance, None)
    await _note_error(session, instance, poll, found.error)
    executions = await _locked(session, poll.instance_id)
    with session.no_autoflush:  # no statement below reads what this step has changed so far
        await _move(session, instance, poll, found, executions)
        await _postpone(session, executions)
    finished = [one for one in executions if one.phase == "ingesting"]
    for one in finished[AT_ONCE:]:
        bus.later(session, Job.STEP_EXECUTION, kinds.public_id(one))
    taken = await claims.to_ingest(
        session, finished[:AT_ONCE], instance, poll.account, token_refused=False
    )
    left = [one for one in executions if one.phase == "at_amc"]
    next_due = min((one.due_at for one in left if one.due_at is not None), default=None)
    return Found(
        taken,
        None if next_due is None else next_due - moments.now(),
        frozenset(ids.encode("col", one.collection_id) for one in left if one.collection_id),
    )


async def _move(
    session: AsyncSession,
    instance: Instance,
    poll: Poll,
    found: Look,
    executions: Sequence[Execution],
) -> None:
    for execution in executions:
        amc_id = execution.amc_execution_id or ""
        if amc_id in found.seen:
            await steps.observe(session, execution, found.seen[amc_id])
        elif amc_id in found.gone and _is_old(poll.open[amc_id]):
            message = "AMC no longer knows this execution."
            await states.finish(
                session, execution, "failed", error_code="AMC_GONE", error_message=message
            )
        elif amc_id in poll.open:
            error = found.odd.get(amc_id, found.error)
            states.postpone(execution, *_wait(execution, instance, error))
            if error is not None:
                execution.error_message = str(error)
                bus.changed(session, execution.id)


async def _postpone(session: AsyncSession, executions: Sequence[Execution]) -> None:
    """Write in one statement when those are looked at again that have not changed otherwise."""
    for kind in kinds.KINDS:
        same = [one for one in executions if kinds.of(one) is kind and _changed(one) == {"due_at"}]
        if same:
            given = {"ids": [one.id for one in same], "moments": [one.due_at for one in same]}
            await session.execute(POSTPONED[kind], given)
        for one in same:
            set_committed_value(one, "due_at", one.due_at)


def _changed(execution: Execution) -> set[str]:
    """Return the columns that this transaction is to write."""
    state: Any = instance_state(execution)
    before = state.committed_state.items()
    return {name for name, value in before if value != getattr(execution, name)}


async def fail(
    session: AsyncSession, subject: str, held: Held | None, poll: Poll | None, failure: Failure
) -> None:
    """Write on the executions at AMC why they are not polled, and poll again later.

    A poll is never given up: the deadline of each execution ends its wait.
    """
    known = Instance.id == ids.decode("inst", subject)
    instance = await leases.lock_failed(session, LEASE, held, known)
    if instance is not None:
        leases.postpone(LEASE, instance)
        await _tell(session, instance, failure.message)


async def _tell(session: AsyncSession, instance: Instance, message: str | None) -> None:
    """Show the message on all executions at AMC. None clears the message of the last failure."""
    before, instance.step_error = instance.step_error, message
    for model in kinds.EXECUTIONS:
        stale = model.error_message == before if message is None else true()
        told = await session.scalars(
            update(model)
            .where(model.instance_id == instance.id, model.phase == "at_amc", stale)
            .values(error_message=message)
            .returning(model.id)
        )
        bus.changed(session, *told)


def _is_old(accepted_at: datetime) -> bool:
    """Return whether AMC should list the execution by now. AMC may list new ones late."""
    return moments.now() - accepted_at > settings.amc_request_timeout + settings.amc_adopt_after


def _wait(
    execution: Execution, instance: Instance, error: AmcError | None
) -> tuple[timedelta, str | None, datetime | None]:
    pause = steps.next_look(execution)
    match error:
        case None:
            return pause, None, None
        case AmcThrottled(seconds=seconds):
            return timedelta(seconds=seconds), "THROTTLED", instance.throttled_until
        case AmcUnauthorised():
            return timedelta(seconds=60), "TOKEN", None
        case _:
            pause = max(pause, pauses.pause(execution.tries))
            execution.tries += 1
            return pause, "AMC_UNAVAILABLE", moments.now() + pause


async def _note_error(
    session: AsyncSession, instance: Instance, poll: Poll, error: AmcError | None
) -> None:
    # A token that was renewed meanwhile is another one.
    version = Account.token_version == poll.account.token_version
    account = update(Account).where(Account.id == poll.account.id, version)
    match error:
        case AmcThrottled(seconds=seconds):
            instance.throttled_until = moments.now() + timedelta(seconds=seconds)
            instance.throttle_reason = str(error)
        case AmcUnauthorised():
            await session.execute(
                account.values(
                    token_state="refused", token_error=str(error), token_checked_at=moments.now()
                )
            )
        case None if poll.token_refused:
            await session.execute(account.values(token_state="ok", token_error=None))
