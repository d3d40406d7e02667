"""Handles errors from AMC. The class of the error decides whether to retry, wait or fail."""

from datetime import timedelta

import structlog
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds, moments, pauses
from domain.amc.client import (
    AmcError,
    AmcGone,
    AmcRefused,
    AmcThrottled,
    AmcUnauthorised,
    AmcUnavailable,
)
from domain.executions import states
from domain.executions.claims import Act, Claim
from domain.kinds import Execution
from domain.models import Account, Instance, Intent
from domain.settings import settings

log = structlog.get_logger()


async def record(
    session: AsyncSession, claim: Claim, execution: Execution, intent: Intent, error: AmcError
) -> None:
    """Record the error: postpone the execution, hold its instance or account, or fail it."""
    log.info(
        "execution.amc_error",
        execution=kinds.public_id(execution),
        act=claim.act.value,
        error=error.code,
    )
    heard = isinstance(error, AmcUnavailable) and not error.unheard
    if claim.act is Act.SUBMIT and not heard:
        intent.requested_at = None  # AMC cannot have started the execution
    match error:
        case AmcThrottled(seconds=seconds):
            until = moments.now() + timedelta(seconds=seconds)
            await session.execute(
                update(Instance)
                .where(Instance.id == execution.instance_id)
                .values(throttled_until=until, throttle_reason=str(error))
            )
            states.postpone(execution, timedelta(seconds=seconds), "THROTTLED", until)
        case AmcUnauthorised():
            await _token_refused(session, claim, execution, intent, error)
        case AmcGone() if claim.act in (Act.CANCEL, Act.EXPIRE, Act.INGEST):
            await states.finish(
                session,
                execution,
                "failed",
                error_code="AMC_GONE",
                error_message=f"AMC no longer knows this execution: {error}",
            )
        case AmcRefused() | AmcGone() if claim.act is not Act.CANCEL:
            await states.finish(
                session, execution, "failed", error_code=error.code, error_message=str(error)
            )
        case _:
            wait = pauses.pause(execution.tries)
            execution.tries += 1
            execution.error_message = str(error)
            states.postpone(execution, wait, "AMC_UNAVAILABLE", moments.now() + wait)


async def _token_refused(
    session: AsyncSession, claim: Claim, execution: Execution, intent: Intent, error: AmcError
) -> None:
    """Make the account wait for a new token. An execution not yet submitted gives up its slot."""
    await session.execute(
        update(Account)
        # A token that was renewed meanwhile is another one.
        .where(Account.id == claim.account.id, Account.token_version == claim.account.token_version)
        .values(token_state="refused", token_error=str(error), token_checked_at=moments.now())
    )
    execution.error_message = str(error)
    if claim.act is Act.SUBMIT:
        if execution.cancel_requested_at is not None:
            await states.finish(session, execution, "cancelled", cancel_state="CONFIRMED")
            return
        await session.delete(intent)
        states.enter(execution, "waiting", settings.waiting_deadline)
    states.postpone(execution, timedelta(seconds=60), "TOKEN")
