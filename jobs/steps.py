"""Runs background steps: claims, keeps the lease, records, and reports failures."""

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


@dataclass(frozen=True)
class Step:
    """A kind of background step. A claim has its lease as `held`."""

    claim: Callable[[AsyncSession, str], Awaitable[Any]]
    act: Callable[[Any], Awaitable[Any]]
    record: Callable[[AsyncSession, Any, Any], Awaitable[None]]
    fail: Callable[[AsyncSession, str, Held | None, Any, Failure], Awaitable[None]]
    words: failures.Words = failures.unknown


async def run(step: Step, subject: str) -> None:
    """Take one step of the row with this id.

    1. Claim it, in a transaction of its own. If there is nothing to do or it is leased, stop here.
    2. Act, with no transaction open. The lease is renewed meanwhile.
    3. Record the answer, in a transaction.
    4. If any of these raised, write the reason on the row. `fail` decides on a retry or gives up.
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
    """Take a step that is one transaction. If it raises, `fail` writes the reason on the row."""
    try:
        async with worker_transaction() as session:
            return await step(session, subject)
    except Exception as error:  # noqa: BLE001 (it is logged and written on the row)
        failure = failures.of(error, failures.unknown, subject=subject)
        async with worker_transaction() as session:
            await fail(session, subject, failure)
        return None


@asynccontextmanager
async def kept(held: Held) -> AsyncIterator[None]:
    """Renew the lease for as long as the block runs."""
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
                    return  # another worker has the lease, so this step will not be recorded
        except Exception as error:  # noqa: BLE001 (the next renewal may work; a lease lasts three)
            log.warning("lease.not_renewed", error=type(error).__name__)
