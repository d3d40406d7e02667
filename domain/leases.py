"""Leases decide which worker takes the next background step of a row, and until when.

A step runs in three parts, so that no transaction is open during the work:

1. Claim: `take` sets the lease, raises the fence and counts the try. The claim is committed.
2. Act: the work itself. `renew` keeps the lease for as long as it takes.
3. Record: `lock` finds the row only if its fence is still the claim's. `release` ends the lease.

A worker that slept or lost its connection finds a newer fence and records nothing. If a step
raises or its worker dies, it is tried again after a growing pause (`postpone`). After some tries,
the owner of the row gives it up with a reason.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import (
    ColumnElement,
    Integer,
    Interval,
    Select,
    Uuid,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from domain import moments, pauses
from domain.settings import settings

log = structlog.get_logger()

DIED = "No worker finished it."


@dataclass(frozen=True)
class Lease:
    """Where a table keeps its lease: the names of the columns."""

    model: Any
    until: str = "lease_until"
    fence: str = "fence"
    tries: str = "step_tries"

    def column(self, name: str) -> Any:
        """Return the column with this name."""
        return getattr(self.model, name)

    def is_free(self) -> ColumnElement[bool]:
        """Return the condition for rows that no worker holds."""
        until = self.column(self.until)
        return or_(until.is_(None), until < func.now())


@dataclass(frozen=True)
class Held:
    """A lease that this worker holds."""

    lease: Lease
    id: UUID
    fence: int


def taking(lease: Lease, *conditions: ColumnElement[bool], **values: Any) -> Any:
    """Return the statement of `take`. Whoever claims often builds it once, and passes it a key."""
    return (
        update(lease.model)
        .where(*conditions, lease.is_free())
        .values(
            {
                lease.until: func.now() + bindparam("lasts", type_=Interval()),
                lease.fence: lease.column(lease.fence) + 1,
                lease.tries: lease.column(lease.tries) + 1,
                **values,
            }
        )
        .returning(lease.model)
        .execution_options(synchronize_session=False, populate_existing=True, constant=True)
    )


async def take(
    session: AsyncSession, lease: Lease, *conditions: ColumnElement[bool], **values: Any
) -> Any | None:
    """Claim the row that meets the conditions. Return None if there is none or it is leased.

    The claim counts as a try, so a worker that dies has used one up.
    """
    once = taking(lease, *conditions, **values).execution_options(constant=False)
    return await session.scalar(once, {"lasts": settings.lease})


async def take_by(session: AsyncSession, statement: Any, key: UUID) -> Any | None:
    """Claim the row with this key by a statement of `taking`, whose condition is `has_key`."""
    return await session.scalar(statement, {"key": key, "lasts": settings.lease})


def has_key(model: Any) -> ColumnElement[bool]:
    """Return the condition for the row whose primary key is given with the statement."""
    found: ColumnElement[bool] = model.id == bindparam("key", type_=Uuid())
    return found


def begin(lease: Lease, row: Any) -> Held:
    """Take the lease of a row that this transaction has locked, and that nobody holds."""
    setattr(row, lease.until, moments.now() + settings.lease)
    setattr(row, lease.fence, getattr(row, lease.fence) + 1)
    setattr(row, lease.tries, getattr(row, lease.tries) + 1)
    return held(lease, row)


def held(lease: Lease, row: Any) -> Held:
    """Return the lease on a row that `take` has just returned."""
    return Held(lease, row.id, getattr(row, lease.fence))


async def renew(session: AsyncSession, mine: Held) -> bool:
    """Extend the lease during a long step. Return False if it was lost."""
    model, lease = mine.lease.model, mine.lease
    kept = await session.scalar(
        update(model)
        .where(model.id == mine.id, lease.column(lease.fence) == mine.fence)
        .values({lease.until: func.now() + settings.lease})
        .returning(model.id)
    )
    return kept is not None


async def is_held(session: AsyncSession, mine: Held) -> bool:
    """Return whether the lease is still this worker's and has not ended."""
    model, lease = mine.lease.model, mine.lease
    found = await session.scalar(
        select(model.id).where(
            model.id == mine.id,
            lease.column(lease.fence) == mine.fence,
            lease.column(lease.until) > func.now(),
        )
    )
    return found is not None


async def lock(session: AsyncSession, mine: Held, *conditions: ColumnElement[bool]) -> Any | None:
    """Lock the claimed row for recording. Return None if another worker holds the lease now."""
    statement = _held(mine.lease)
    if conditions:
        statement = statement.where(*conditions).execution_options(constant=False)
    row = await session.scalar(statement, {"key": mine.id, "fence": mine.fence})
    if row is None:
        table = mine.lease.model.__tablename__
        log.info("lease.fenced", table=table, id=str(mine.id), fence=mine.fence)
    return row


@cache
def _held(lease: Lease) -> Select[Any]:
    return (
        select(lease.model)
        .where(
            has_key(lease.model),
            lease.column(lease.fence) == bindparam("fence", type_=Integer()),
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True, constant=True)
    )


async def lock_failed(
    session: AsyncSession, lease: Lease, mine: Held | None, *conditions: ColumnElement[bool]
) -> Any | None:
    """Lock the row whose step raised. Return None if another worker holds the lease now.

    If the claim itself raised, it was rolled back and there is no lease. Then the try is counted
    here.
    """
    if mine is not None:
        return await lock(session, mine)
    row = await session.scalar(
        select(lease.model)
        .where(*conditions, lease.is_free())
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is not None:
        setattr(row, lease.tries, getattr(row, lease.tries) + 1)
    return row


def release(lease: Lease, row: Any) -> None:
    """End the lease of a recorded step, and reset its tries."""
    setattr(row, lease.until, None)
    setattr(row, lease.tries, 0)


def postpone(lease: Lease, row: Any) -> None:
    """Keep all workers from the row for a pause, which grows with its tries."""
    setattr(row, lease.until, moments.now() + pauses.pause(getattr(row, lease.tries) - 1))
