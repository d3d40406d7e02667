"""One step of one execution: what AMC is asked, and what is recorded of its answer.

1. `claims.claim` commits the intent before AMC is asked for anything.
2. `act` asks AMC, with no transaction open.
3. `record` writes the answer in a transaction, without the network, if the lease is still held.

A worker may crash at any point between them. So an intent that AMC may have received is looked for
at AMC (FIND) before it is submitted again:

* If AMC lists it, it is adopted.
* If AMC does not list it and it is late enough, its saved query is removed, which fences off a
  request that is still on its way. If AMC still does not list it, it is submitted under a new id.
"""

import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds, moments, pauses
from domain.amc.client import Amc, AmcError, AmcExecution, AmcRefused, AmcUnavailable
from domain.bus import bus
from domain.bus.queues import Job
from domain.executions import amc_errors, claims, ingest, parts, states
from domain.executions.claims import Act, Claim
from domain.kinds import Execution
from domain.models import Account, Intent
from domain.settings import settings

log = structlog.get_logger()

GRACE = timedelta(minutes=30)  # after AMC's own timeout, before the execution fails


@dataclass(frozen=True)
class Running:
    """AMC has the execution, and shows it like this."""

    seen: AmcExecution


@dataclass(frozen=True)
class NotListed:
    """AMC lists no execution of the intent. If `fenced`, none can begin any more, either."""

    fenced: bool


@dataclass(frozen=True)
class TooLate:
    """The execution had ended before it could be cancelled."""

    seen: AmcExecution


@dataclass(frozen=True)
class Expired:
    """The execution ran out of time at AMC and AMC was told to stop it."""


@dataclass(frozen=True)
class AmcFailure:
    """AMC answered with an error."""

    error: AmcError


Answer = Running | NotListed | TooLate | Expired | AmcFailure | ingest.Ingested | parts.Unreadable


async def act(claim: Claim, amc: Amc) -> Answer:
    """Ask AMC for what the claimed step needs. Errors of AMC are returned, not raised."""
    began = time.monotonic()
    try:
        match claim.act:
            case Act.SUBMIT:
                return await _submit(claim, amc, began)
            case Act.FIND:
                return await _find(claim, amc)
            case Act.CANCEL:
                return await _cancel(claim, amc)
            case Act.EXPIRE:
                await _stop(claim, amc)
                return Expired()
            case Act.INGEST:
                return await ingest.ingest(claim, amc)
    except AmcError as error:
        return AmcFailure(error)


async def _submit(claim: Claim, amc: Amc, began: float) -> Answer:
    execution, intent = claim.execution, claim.intent
    instance_id = claim.instance.instance_id
    try:
        await amc.save_workflow(
            claim.account,
            instance_id,
            intent.amc_workflow_id,
            execution.sql_text,
            execution.amc_parameters,
        )
    except AmcUnavailable as failed:
        # The query may be saved or not. AMC was not asked to run it yet.
        raise AmcUnavailable(str(failed), unheard=True) from failed
    if time.monotonic() - began > settings.lease.total_seconds() / 2:
        # This process was suspended. Another worker may have taken over by now.
        raise AmcUnavailable("The worker was held up.", unheard=True)
    seen = await amc.run(
        claim.account,
        instance_id,
        intent.amc_workflow_id,
        states.window(execution),
        execution.amc_parameters,
        int(settings.execution_timeout.total_seconds()),
    )
    return Running(seen)


async def _find(claim: Claim, amc: Amc) -> Answer:
    """Look for an execution that a worker asked for before it died.

    When it is late enough to ask again, the saved query is removed first. A request of the old
    worker that is still on its way then names a query that does not exist.
    """
    found = await _listed(claim, amc)
    if found is not None:
        return Running(found)
    if not _may_ask_again(claim):
        return NotListed(fenced=False)
    await amc.remove_workflow(
        claim.account, claim.instance.instance_id, claim.intent.amc_workflow_id
    )
    found = await _listed(claim, amc)
    return NotListed(fenced=True) if found is None else Running(found)


async def _listed(claim: Claim, amc: Amc) -> AmcExecution | None:
    listed = await amc.executions(
        claim.account, claim.instance.instance_id, workflow_id=claim.intent.amc_workflow_id
    )
    if len(listed) > 1:
        log.error("execution.twice", execution=kinds.public_id(claim.execution), found=len(listed))
    return listed[-1] if listed else None  # AMC lists the newest first, and the oldest is ours


def _may_ask_again(claim: Claim) -> bool:
    requested_at = claim.intent.requested_at
    if requested_at is None or claim.intent.empty_lists < 1:
        return False
    return claim.at >= requested_at + settings.amc_request_timeout + settings.amc_adopt_after


async def _cancel(claim: Claim, amc: Amc) -> Answer:
    seen = await _stop(claim, amc)
    over = seen.status in {"SUCCEEDED", "FAILED", "REJECTED"}
    return TooLate(seen) if over else Running(seen)


async def _stop(claim: Claim, amc: Amc) -> AmcExecution:
    """Tell AMC to stop the execution, and return what AMC shows of it afterwards."""
    amc_id = claim.execution.amc_execution_id or ""
    try:
        await amc.cancel(claim.account, claim.instance.instance_id, amc_id)
    except AmcRefused as refused:
        log.info("execution.over_already", reason=str(refused))
    return await amc.execution(claim.account, claim.instance.instance_id, amc_id)


async def record(session: AsyncSession, claim: Claim, answer: Answer) -> list[Claim]:
    """Record AMC's answer, unless another worker holds the lease now.

    If AMC has a result by now, return the claim to ingest it.
    """
    locked = await claims.lock(session, claim)
    if locked is None:
        return []
    execution, intent = locked
    before = execution.phase
    with session.no_autoflush:  # no statement below reads what this step has changed so far
        await _record(session, claim, answer, execution, intent)
    states.announce(session, execution)
    if before == "ingesting" or execution.phase != "ingesting":
        return []
    return await claims.to_ingest(
        session, [execution], claim.instance, claim.account, token_refused=False
    )


async def _record(
    session: AsyncSession, claim: Claim, answer: Answer, execution: Execution, intent: Intent
) -> None:
    if claim.token_refused and not isinstance(answer, AmcFailure):
        await session.execute(
            update(Account)
            .where(Account.id == claim.account.id)
            .values(token_state="ok", token_error=None)
        )
    match answer:
        case Running(seen):
            await _accepted(session, execution, intent, seen)
        case NotListed(fenced):
            await _not_listed(session, execution, intent, fenced)
        case TooLate(seen):
            execution.cancel_state = "TOO_LATE"
            await observe(session, execution, seen)
        case Expired():
            message = "AMC did not finish in time and was told to stop the execution."
            await states.finish(
                session, execution, "failed", error_code="AMC_TIMEOUT", error_message=message
            )
        case ingest.Ingested():
            await ingest.store(session, execution, answer)
        case parts.Unreadable(code=code):
            await states.finish(
                session, execution, "failed", error_code=code, error_message=str(answer)
            )
        case AmcFailure(error):
            await amc_errors.record(session, claim, execution, intent, error)


async def _accepted(
    session: AsyncSession, execution: Execution, intent: Intent, seen: AmcExecution
) -> None:
    if execution.phase == "submitting":
        intent.amc_execution_id = seen.amc_execution_id
        execution.amc_execution_id = seen.amc_execution_id
        execution.status = kinds.of(execution).words["running"]
        execution.started_at = moments.now()
        states.enter(execution, "at_amc", settings.execution_timeout + GRACE)
        states.postpone(execution, settings.amc_poll_min)
        if execution.cancel_state == "REQUESTED":
            bus.later(session, Job.STEP_EXECUTION, kinds.public_id(execution))
            states.postpone(execution, timedelta(0))
    await observe(session, execution, seen, intent)


async def _not_listed(
    session: AsyncSession, execution: Execution, intent: Intent, fenced: bool
) -> None:
    intent.empty_lists += 1
    if not fenced:  # it waits on, for the reason for which it was not accepted at once
        wait, reason = pauses.pause(execution.tries), execution.blocked_by
        states.postpone(execution, wait, reason, None if reason is None else moments.now() + wait)
        execution.tries += 1
        return
    if execution.cancel_requested_at is not None:
        await states.finish(session, execution, "cancelled", cancel_state="CONFIRMED")
        return
    intent.requested_at = None
    execution.error_message = None
    intent.amc_workflow_id = f"amc-reports-{execution.id.hex}-{execution.fence}"
    states.postpone(execution, timedelta(0))
    bus.later(session, Job.STEP_EXECUTION, kinds.public_id(execution))


async def observe(
    session: AsyncSession,
    execution: Execution,
    seen: AmcExecution,
    intent: Intent | None = None,
) -> None:
    """Move an execution that is at AMC by what AMC shows of it. Its intent may be given.

    If that is a result, the caller claims the execution to ingest it, or sends its job.
    """
    before = _shown(execution)
    execution.amc_status = seen.status
    states.block(execution, None)
    execution.error_message = None
    asked_to_stop = execution.cancel_state == "REQUESTED"
    late = "TOO_LATE" if asked_to_stop else execution.cancel_state
    match seen.status:
        case "SUCCEEDED":
            execution.cancel_state = late
            execution.result_summary = {
                "data_gaps": list(seen.data_gaps),
                "amc_columns": list(seen.columns),
            }
            states.enter(execution, "ingesting", settings.step_deadline)
            await states.release(session, execution, intent)
        case "FAILED" | "REJECTED" as verdict:
            await states.finish(
                session,
                execution,
                "failed",
                error_code=f"AMC_{verdict}",
                error_message=seen.reason or f"AMC says {verdict} and gives no reason.",
                cancel_state=late,
            )
        case "CANCELLED" if asked_to_stop:
            await states.finish(session, execution, "cancelled", cancel_state="CONFIRMED")
        case "CANCELLED":
            message = "Somebody else cancelled the execution at AMC."
            await states.finish(
                session,
                execution,
                "cancelled",
                error_code="CANCELLED_AT_AMC",
                error_message=message,
            )
        case _:  # PENDING, RUNNING and words that we do not know yet: it goes on
            if execution.phase == "at_amc" and not asked_to_stop:
                states.postpone(execution, next_look(execution))
    if _shown(execution) != before:
        bus.changed(session, execution.id)


def _shown(execution: Execution) -> tuple[object, ...]:
    """Return what a watcher sees of an execution at AMC, besides when it is looked at again."""
    return execution.phase, execution.amc_status, execution.blocked_by, execution.error_message


def next_look(execution: Execution) -> timedelta:
    """Return when to look again: a tenth of its age, between the two limits."""
    age = moments.now() - (execution.started_at or moments.now())
    return max(settings.amc_poll_min, min(age / 10, settings.amc_poll_max))
