"""How every background step runs: claimed, kept, recorded, and told of when it fails."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from domain import failures, leases
from domain.db import worker_transaction
from domain.failures import Failure
from domain.leases import Held
from domain.settings import settings

log = structlog.get_logger()


def usual(error: Exception) -> str | None:
    """The words of a step that knows no error of its own: a bug, unless a server is away."""
    return failures.UNREACHABLE if failures.is_unreachable(error) else None


@dataclass(frozen=True)
class Step:
    """A kind of background step. A claim has its lease as `held`."""

    claim: Callable[[AsyncSession, str], Awaitable[Any]]
    act: Callable[[Any], Awaitable[Any]]
    record: Callable[[AsyncSession, Any, Any], Awaitable[None]]
    fail: Callable[[AsyncSession, str, Held | None, Any, Failure], Awaitable[None]]
    words: failures.Words = usual


async def run(step: Step, subject: str) -> None:
    """Take one step of the row with this id.

    1. Claim it, in a transaction of its own. Nothing to do, or another worker has it: done.
    2. Act, with no transaction open. The lease is renewed meanwhile.
    3. Record what the act brought.
    4. Whatever was raised is written on the row: tried again later, or given up with the reason.
    """
    claim = None
    try:
        async with worker_transaction() as session:
            claim = await step.claim(session, subject)
        if claim is None:
            return
        async with kept(claim.held):
            answer = await step.act(claim)
        async with worker_transaction() as session:
            await step.record(session, claim, answer)
    except Exception as error:  # noqa: BLE001 (it is logged and written on the row)
        failure = failures.of(error, step.words, subject=subject)
        async with worker_transaction() as session:
            await step.fail(session, subject, claim and claim.held, claim, failure)


async def run_whole(
    step: Callable[[AsyncSession, str], Awaitable[Any]],
    fail: Callable[[AsyncSession, str, Failure], Awaitable[None]],
    subject: str,
) -> Any:
    """Take a step that is one transaction. What it raises is written on the row by `fail`."""
    try:
        async with worker_transaction() as session:
            return await step(session, subject)
    except Exception as error:  # noqa: BLE001 (it is logged and written on the row)
        failure = failures.of(error, usual, subject=subject)
        async with worker_transaction() as session:
            await fail(session, subject, failure)
        return None


@asynccontextmanager
async def kept(held: Held) -> AsyncIterator[None]:
    """Renew the lease for as long as the act takes."""
    renewing = asyncio.create_task(_renew(held))
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.wait({renewing})


async def _renew(held: Held) -> None:
    while True:
        await asyncio.sleep(settings.lease.total_seconds() / 3)
        try:
            async with worker_transaction() as session:
                if not await leases.renew(session, held):
                    return  # what the step brings will not be recorded: its fence is old
        except Exception as error:  # noqa: BLE001 (the next renewal may work; the lease lasts three)
            log.warning("lease.not_renewed", error=type(error).__name__)
