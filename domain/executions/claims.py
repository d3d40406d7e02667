"""Who may take the next step of an execution: a lease with a fence.

Whoever lost the lease, having slept or died, can record nothing any more.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import bus, ids, kinds, leases, pauses
from domain.amc.transport import Credentials
from domain.executions.states import finish, intent_of, postpone
from domain.failures import Failure
from domain.instances.accounts import load
from domain.kinds import Execution
from domain.leases import Held, Lease
from domain.models import Instance, Intent, TemplateVersion
from domain.moments import now
from domain.settings import settings

LEASES = {kind.execution.prefix: Lease(kind.execution.model) for kind in kinds.KINDS}
STEPPED = ("submitting", "at_amc", "ingesting")  # phases in which a worker takes steps
MOST_TRIES = 10  # of a step that raises or whose worker dies, until the execution fails


class Act(Enum):
    """What a worker does with a claimed execution."""

    SUBMIT = "submit"  # nobody has asked AMC for it yet
    FIND = "find"  # AMC may have been asked: look before asking again
    CANCEL = "cancel"
    EXPIRE = "expire"  # its time at AMC is over
    INGEST = "ingest"


@dataclass(frozen=True)
class Claim:
    """A claimed execution, with all that acting on it needs, read in one transaction."""

    act: Act
    execution: Execution
    held: Held
    at: datetime
    intent: Intent
    instance: Instance
    account: Credentials
    token_refused: bool
    additive: tuple[str, ...]  # columns of the result that may be summed up


async def claim(session: AsyncSession, subject: str) -> Claim | None:
    """Take the execution for one step; None if it is not due or another worker has it."""
    prefix, _, _ = subject.partition("_")
    lease = LEASES[prefix]
    execution: Execution | None = await leases.take(
        session,
        lease,
        lease.model.id == ids.decode(prefix, subject),
        lease.model.due_at <= func.now(),
        lease.model.phase.in_(STEPPED),
        attempts=lease.model.attempts + 1,
    )
    if execution is None:
        return None
    if execution.step_tries > MOST_TRIES:
        await _give_up(session, execution, leases.DIED)
        return None
    intent = (await session.scalars(select(Intent).where(intent_of(execution)))).one()
    instance = await session.get_one(Instance, execution.instance_id)
    if await _settled_without_amc(session, execution, intent, instance):
        return None
    act = _next_act(execution, intent)
    if act is None:  # at AMC and well: polls look after it
        postpone(execution, settings.amc_poll_min)
        return None
    if act is Act.SUBMIT:
        intent.requested_at = now()  # from here AMC may hear of it
        intent.empty_lists = 0
    account, refused = await load(session, instance.account_id)
    additive = await _additive(session, execution) if act is Act.INGEST else ()
    mine = leases.held(lease, execution)
    return Claim(act, execution, mine, now(), intent, instance, account, refused, additive)


async def _additive(session: AsyncSession, execution: Execution) -> tuple[str, ...]:
    kind = kinds.of(execution)
    if execution.template_version_id is not None:
        declared: Any = await session.get_one(TemplateVersion, execution.template_version_id)
    elif not kind.has_template:
        declared = await session.get_one(kind.source.model, kinds.source_key(execution))
    else:
        return ()
    metrics = declared.report_config.get("metrics") or []
    return tuple(one["name"] for one in metrics if one.get("kind") == "additive")


async def _settled_without_amc(
    session: AsyncSession, execution: Execution, intent: Intent, instance: Instance
) -> bool:
    """Whether this step is over without a word to AMC."""
    unasked = execution.phase == "submitting" and intent.requested_at is None
    if unasked and execution.cancel_requested_at is not None:
        await finish(session, execution, "cancelled", cancel_state="CONFIRMED")
        return True
    overdue = execution.deadline_at is not None and execution.deadline_at < now()
    if overdue and execution.phase != "at_amc":
        await finish(
            session,
            execution,
            "failed",
            error_code="DEADLINE",
            error_message=f"It was {execution.phase} for too long. {execution.error_message or ''}",
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
    """The claimed rows, locked for recording; None if the lease went to another worker."""
    execution: Execution | None = await leases.lock(session, claim.held)
    if execution is None or execution.phase != claim.execution.phase:
        return None
    execution.step_tries = 0
    intent = (await session.scalars(select(Intent).where(intent_of(execution)))).one()
    return execution, intent


async def fail(
    session: AsyncSession, subject: str, held: Held | None, claim: Claim | None, failure: Failure
) -> None:
    """Write down why the step failed. It is tried again later, or given up with the reason."""
    prefix, _, _ = subject.partition("_")
    lease = LEASES[prefix]
    known = (lease.model.id == ids.decode(prefix, subject), lease.model.phase.in_(STEPPED))
    execution: Execution | None = await leases.lock_failed(session, lease, held, *known)
    if execution is None:
        return
    if execution.step_tries >= MOST_TRIES and not failure.passes:
        await _give_up(session, execution, failure.message)
        return
    execution.error_message = failure.message
    postpone(execution, pauses.pause(execution.step_tries - 1))
    bus.changed(session, execution.id)


async def _give_up(session: AsyncSession, execution: Execution, why: str) -> None:
    message = f"Given up after {MOST_TRIES} tries while {execution.phase}. {why}"
    await finish(session, execution, "failed", error_code="INTERNAL_ERROR", error_message=message)
