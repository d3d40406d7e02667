"""Runs background steps: claims, keeps the lease, records, and reports failures."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from domain import failures, leases, pauses
from domain.db import worker_transaction
from domain.failures import Failure
from domain.leases import Held
from domain.settings import settings

log = structlog.get_logger()

SHORTEST, LONGEST = timedelta(seconds=0.2), timedelta(seconds=5)  # between two tries


@dataclass(frozen=True)
class Step:
    """A kind of background step. A claim has its lease as `held`."""

    claim: Callable[[AsyncSession, str], Awaitable[Any]]
    act: Callable[[Any], Awaitable[Any]]
    record: Callable[[AsyncSession, Any, Any], Awaitable[Any]]
    fail: Callable[[AsyncSession, str, Held | None, Any, Failure], Awaitable[None]]
    words: failures.Words = failures.unknown


async def run(step: Step, subject: str) -> Any:
    """Take one step of the row with this id. Return what `record` returns, or None.

    1. Claim it, in a transaction of its own. If there is nothing to do or it is leased, stop here.
    2. Act, with no transaction open. The lease is renewed meanwhile.
    3. Record the answer, in a transaction.
    4. If any of these raised, write the reason on the row. `fail` decides on a retry or gives up.

    A database that is away for less than a lease costs no answer: it is recorded afterwards.
    """
    claim = None
    try:
        async with worker_transaction() as session:
            claim = await step.claim(session, subject)
        return None if claim is None else await _act_and_record(step, claim)
    except Exception as error:  # noqa: BLE001 (it is logged and written on the row)
        await _fail(step, subject, claim, error)
        return None


async def go_on(step: Step, subject: str, claim: Any) -> Any:
    """Take a step whose claim is made: act and record, as `run` does."""
    try:
        return await _act_and_record(step, claim)
    except Exception as error:  # noqa: BLE001 (it is logged and written on the row)
        await _fail(step, subject, claim, error)
        return None


async def _act_and_record(step: Step, claim: Any) -> Any:
    async with kept(claim.held):
        answer = await step.act(claim)
    return await _write(claim.held, lambda session: step.record(session, claim, answer))


async def _fail(step: Step, subject: str, claim: Any, error: Exception) -> None:
    failure = failures.of(error, step.words, subject=subject)
    if claim is None and failure.lacks == "DATABASE":
        return  # nothing is claimed, and the row is still due
    held = claim and claim.held
    await _write(held, lambda session: step.fail(session, subject, held, claim, failure))


async def run_whole(
    step: Callable[[AsyncSession, str], Awaitable[Any]],
    fail: Callable[[AsyncSession, str, Failure], Awaitable[None]],
    subject: str,
) -> Any:
    """Take a step that is one transaction. If it raises, `fail` writes the reason on the row."""
    try:
        return await _write(None, lambda session: step(session, subject))
    except Exception as error:  # noqa: BLE001 (it is logged and written on the row)
        failure = failures.of(error, failures.unknown, subject=subject)
        if failure.lacks != "DATABASE":  # else the row is still due
            await _write(None, lambda session: fail(session, subject, failure))
        return None


async def _write(held: Held | None, write: Callable[[AsyncSession], Awaitable[Any]]) -> Any:
    """Write in a transaction. While the database is away, try again for as long as a lease.

    A commit may have been made though its answer was lost. Then the lease is over, and the second
    try writes nothing.
    """
    until = time.monotonic() + settings.lease.total_seconds()
    for tries in itertools.count():
        try:
            async with worker_transaction() as session:
                if tries and held is not None and not await leases.is_held(session, held):
                    return None
                return await write(session)
        except Exception as error:
            if failures.lacking(error) != "DATABASE" or time.monotonic() > until:
                raise
            log.warning("step.database_away", error=type(error).__name__, tries=tries + 1)
        await asyncio.sleep(pauses.growing(tries, 2, SHORTEST, LONGEST).total_seconds())
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
