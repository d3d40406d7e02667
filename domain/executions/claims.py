"""Claims an execution for its next step, with a lease and a fence.

A worker that lost its lease, because it slept or died, cannot record anything.

1. `claim` takes the lease, raises the fence and counts the try. After MOST_TRIES claims that
   recorded nothing, the execution fails. The first claim is made by `dispatch`, in the transaction
   that gives the slot (`granted`), and the claim to ingest mostly in the one that records that AMC
   has finished (`to_ingest`).
2. What needs no answer from AMC is settled at once: a cancel before the submit, a right that ended
   before the submit, a missed deadline, a throttled instance.
3. Otherwise the phase decides the act. For SUBMIT the moment of the request is written down first,
   so that a crash from here on leads to FIND and not to a second SUBMIT.
4. `steps.act` asks AMC, with no transaction open.
5. `lock` locks the row again for `steps.record`, if fence and phase are unchanged. The tries go
   back to zero.
6. `fail` is called instead if the step raised. It writes the reason and a growing pause, or gives
   up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

import structlog
from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from domain import ids, kinds, leases, lives, pauses
from domain.amc import currencies
from domain.amc.currencies import NO_AMOUNTS, Amounts
from domain.amc.transport import Credentials
from domain.bus import bus
from domain.executions.states import enter, finish, postpone
from domain.failures import Failure
from domain.instances import accounts
from domain.kinds import Execution, Kind
from domain.leases import Held, Lease
from domain.models import Account, Instance, Intent, TemplateVersion
from domain.moments import now
from domain.settings import settings

log = structlog.get_logger()

LEASES = {kind.execution.prefix: Lease(kind.execution.model) for kind in kinds.KINDS}
STEPPED = ("submitting", "at_amc", "ingesting")  # phases in which a worker takes steps
MOST_TRIES = 10  # tries of a step that raises or kills its worker, before the execution fails


TAKEN = {
    prefix: leases.taking(
        lease,
        leases.has_key(lease.model),
        lease.model.due_at <= func.now(),
        lease.model.phase.in_(STEPPED),
        attempts=lease.model.attempts + 1,
    )
    for prefix, lease in LEASES.items()
}


def _intent_of(kind: Kind) -> Any:
    return getattr(Intent, kind.execution.key) == bindparam("id", type_=Uuid())


# What a step needs besides the execution, and what it locks to record: one statement each. AROUND
# is no part of TAKEN, which may wait for a lock and would show the intent as it was before that.
AROUND = {
    kind: select(Intent, Instance, Account, TemplateVersion.report_config)
    .join(Instance, Instance.id == Intent.instance_id)
    .join(Account, Account.id == Instance.account_id)
    .join(kind.execution.model, kind.execution.model.id == Intent.execution_id)
    .outerjoin(TemplateVersion, TemplateVersion.id == kind.execution.model.template_version_id)
    .options(undefer(Account.refresh_token))
    .where(_intent_of(kind))
    .execution_options(constant=True, undeferred=("refresh_token",))
    for kind in kinds.KINDS
}
# What the results of some executions need to be ingested.
OF_RESULTS = {
    kind: select(Intent, TemplateVersion.report_config)
    .join(kind.execution.model, kind.execution.model.id == getattr(Intent, kind.execution.key))
    .outerjoin(TemplateVersion, TemplateVersion.id == kind.execution.model.template_version_id)
    .where(kind.execution.model.id == any_(bindparam("ids", type_=ARRAY(Uuid()))))
    .execution_options(constant=True)
    for kind in kinds.KINDS
}
# An intent changes only together with its execution's fence or phase. So if these are unchanged
# once the lock is had, the intent is as it was read.
LOCKED = {
    kind: select(kind.execution.model, Intent)
    .join(Intent, getattr(Intent, kind.execution.key) == kind.execution.model.id)
    .where(
        kind.execution.model.id == bindparam("id", type_=Uuid()),
        kind.execution.model.fence == bindparam("fence"),
        kind.execution.model.phase == bindparam("phase"),
    )
    .with_for_update(key_share=True, of=kind.execution.model)
    .execution_options(constant=True, populate_existing=True)
    for kind in kinds.KINDS
}


class Act(Enum):
    """What a worker does with a claimed execution."""

    SUBMIT = "submit"  # AMC has not been asked to run it
    FIND = "find"  # AMC may have been asked to run it: look for it before asking again
    CANCEL = "cancel"
    EXPIRE = "expire"  # its time at AMC has run out
    INGEST = "ingest"


@dataclass(frozen=True)
class Claim:
    """A claimed execution with everything that acting on it needs, read in one transaction."""

    act: Act
    execution: Execution
    held: Held
    at: datetime
    intent: Intent
    instance: Instance
    account: Credentials
    token_refused: bool
    additive: tuple[str, ...] = ()  # columns of the result that may be summed
    amounts: Amounts = NO_AMOUNTS  # columns that hold money


async def claim(session: AsyncSession, subject: str) -> Claim | None:
    """Lease the execution for one step. Return None if it is not due or is leased already."""
    prefix, _, _ = subject.partition("_")
    lease = LEASES[prefix]
    key = ids.decode(prefix, subject)
    execution: Execution | None = await leases.take_by(session, TAKEN[prefix], key)
    if execution is None:
        return None
    if execution.step_tries > MOST_TRIES:
        await _give_up(session, execution, leases.DIED)
        return None
    around = await session.execute(AROUND[kinds.of_prefix(prefix)], {"id": execution.id})
    intent, instance, account, config = around.one()
    act = _next_act(execution, intent)
    is_settled = await _settled_without_amc(session, execution, intent, instance)
    if is_settled or act is None:
        execution.step_tries = 0  # the claim itself is all of the step, and it is recorded
        if not is_settled:  # it runs at AMC, and polling looks after it
            postpone(execution, settings.amc_poll_min)
        return None
    if act is Act.SUBMIT:
        intent.requested_at = now()  # from here on AMC may receive the request
        intent.empty_lists = 0
    mine = leases.held(lease, execution)
    credentials, refused = accounts.opened(account)
    found = Claim(act, execution, mine, now(), intent, instance, credentials, refused)
    return await _with_metrics(session, found, config) if act is Act.INGEST else found


def granted(
    session: AsyncSession, execution: Execution, instance: Instance, account: Account
) -> Claim:
    """Give a waiting execution its slot, and claim it to be submitted. Its row is locked.

    The intent says from the start that AMC may receive the request: whoever dies after this commit
    leaves an execution that is looked for at AMC before it is submitted again.
    """
    at = now()
    intent = Intent(
        instance_id=instance.id,
        amc_workflow_id=f"amc-reports-{execution.id.hex}",
        requested_at=at,
        empty_lists=0,
        **{kinds.of(execution).execution.key: execution.id},
    )
    session.add(intent)
    enter(execution, "submitting", settings.step_deadline)
    execution.attempts += 1
    mine = leases.begin(LEASES[kinds.of(execution).execution.prefix], execution)
    bus.changed(session, execution.id)
    credentials, refused = accounts.opened(account)
    return Claim(Act.SUBMIT, execution, mine, at, intent, instance, credentials, refused)


async def to_ingest(
    session: AsyncSession,
    executions: Sequence[Execution],
    instance: Instance,
    account: Credentials,
    *,
    token_refused: bool,
) -> list[Claim]:
    """Claim executions to be ingested, whose results AMC has just been found to have.

    Their rows are locked. So whoever records that AMC has finished goes on with the result, without
    a message and another transaction.
    """
    found: list[Claim] = []
    for kind in kinds.KINDS:
        own = {one.id: one for one in executions if kinds.of(one) is kind}
        if not own:
            continue
        with session.no_autoflush:
            around = (await session.execute(OF_RESULTS[kind], {"ids": list(own)})).all()
            for intent, config in around:
                execution = own[intent.execution_id]
                execution.attempts += 1
                mine = leases.begin(LEASES[kind.execution.prefix], execution)
                taken = Claim(
                    Act.INGEST, execution, mine, now(), intent, instance, account, token_refused
                )
                found.append(await _with_metrics(session, taken, config))
    return found


async def _with_metrics(session: AsyncSession, claim: Claim, config: Any) -> Claim:
    """Return the claim with what the template version or the workflow says of the columns."""
    execution, kind = claim.execution, kinds.of(claim.execution)
    if execution.template_version_id is None and not kind.has_template:
        source = await session.get_one(kind.source.model, kinds.source_key(execution))
        config = source.report_config
    metrics = (config or {}).get("metrics") or []
    declared = ((one["name"], one.get("unit"), one.get("numerator")) for one in metrics)
    return replace(
        claim,
        additive=tuple(one["name"] for one in metrics if one.get("kind") == "additive"),
        amounts=currencies.amounts(declared, claim.account.marketplace_id),
    )


async def _settled_without_amc(
    session: AsyncSession, execution: Execution, intent: Intent, instance: Instance
) -> bool:
    """Return whether this step is settled without asking AMC, and record how."""
    unasked = execution.phase == "submitting" and intent.requested_at is None
    if unasked and execution.cancel_requested_at is not None:
        await finish(session, execution, "cancelled", cancel_state="CONFIRMED")
        return True
    if unasked and (end := await lives.end_of(session, execution)) is not None:
        why = {"error_code": end.code, "error_message": end.message}
        await finish(session, execution, "cancelled", **why)
        return True
    overdue = execution.deadline_at is not None and execution.deadline_at < now()
    if overdue and execution.phase != "at_amc":
        await finish(
            session,
            execution,
            "failed",
            error_code="DEADLINE",
            error_message=f"Phase {execution.phase} took too long. {execution.error_message or ''}",
        )
        return True
    if instance.throttled_until is not None and instance.throttled_until > now():
        postpone(execution, instance.throttled_until - now(), "THROTTLED", instance.throttled_until)
        bus.changed(session, execution.id)
        return True
    return False


def _next_act(execution: Execution, intent: Intent) -> Act | None:
    match execution.phase:
        case "submitting":
            return Act.SUBMIT if intent.requested_at is None else Act.FIND
        case "at_amc":
            if execution.deadline_at is not None and execution.deadline_at < now():
                return Act.EXPIRE
            return Act.CANCEL if execution.cancel_state == "REQUESTED" else None
        case _:
            return Act.INGEST


async def lock(session: AsyncSession, claim: Claim) -> tuple[Execution, Intent] | None:
    """Lock the claimed rows for recording. Return None if another worker holds the lease now."""
    held, phase = claim.held, claim.execution.phase
    rows = await session.execute(
        LOCKED[kinds.of(claim.execution)],
        {"id": held.id, "fence": held.fence, "phase": phase},
    )
    row = rows.one_or_none()
    if row is None:
        log.info("execution.fenced", id=str(held.id), fence=held.fence, phase=phase)
        return None
    execution, intent = row
    execution.step_tries = 0
    return execution, intent


async def fail(
    session: AsyncSession, subject: str, held: Held | None, claim: Claim | None, failure: Failure
) -> None:
    """Write why the step failed. The step is retried after a pause, or given up with the reason."""
    prefix, _, _ = subject.partition("_")
    lease = LEASES[prefix]
    known = (lease.model.id == ids.decode(prefix, subject), lease.model.phase.in_(STEPPED))
    execution: Execution | None = await leases.lock_failed(session, lease, held, *known)
    if execution is None:
        return
    execution.step_tries = failure.used(execution.step_tries, MOST_TRIES)
    if execution.step_tries >= MOST_TRIES:
        await _give_up(session, execution, failure.message)
        return
    execution.error_message = failure.message
    wait = pauses.pause(execution.step_tries - 1)
    postpone(execution, wait, failure.lacks, now() + wait if failure.passes else None)
    if failure.passes and execution.phase != "at_amc":
        # The phase's time is for the work. What the server lacks may take days to get.
        execution.deadline_at = (execution.blocked_since or now()) + settings.waiting_deadline
    bus.changed(session, execution.id)


async def _give_up(session: AsyncSession, execution: Execution, why: str) -> None:
    message = f"Given up after {MOST_TRIES} tries while {execution.phase}. {why}"
    await finish(session, execution, "failed", error_code="INTERNAL_ERROR", error_message=message)
