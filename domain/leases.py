"""Leases: which worker does the next background step of a row, and until when.

A step runs in three transactions, so that none is open while the work is done:

1. Claim: `take` sets the lease, raises the fence and counts the try. It is committed at once.
2. Act: the work itself. `renew` keeps the lease for as long as it takes.
3. Record: `lock` finds the row only under the fence of the claim, and `release` ends the lease.

A worker that slept or lost its connection finds a newer fence and records nothing. A step that
raises, or whose worker died, is tried again after a growing pause (`put_off`); after `most` tries
the owner of the row gives it up with a reason.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import moments, pauses
from domain.settings import settings

log = structlog.get_logger()

DIED = "No worker came to the end of it."


@dataclass(frozen=True)
class Lease:
    """Where a table keeps its lease. The names are those of its columns."""

    model: Any
    until: str = "lease_until"
    fence: str = "fence"
    tries: str = "step_tries"

    def column(self, name: str) -> Any:
        """One of the table's columns."""
        return getattr(self.model, name)

    def is_free(self) -> ColumnElement[bool]:
        """The condition for rows that no worker holds."""
        until = self.column(self.until)
        return or_(until.is_(None), until < func.now())


@dataclass(frozen=True)
class Held:
    """A lease that this worker has."""

    lease: Lease
    id: UUID
    fence: int


async def take(
    session: AsyncSession, lease: Lease, *conditions: ColumnElement[bool], **values: Any
) -> Any | None:
    """Claim the row that meets the conditions; None if there is none or another worker has it.

    The try counts from here, so a worker that dies at it has used it up.
    """
    return await session.scalar(
        update(lease.model)
        .where(*conditions, lease.is_free())
        .values(
            {
                lease.until: func.now() + settings.lease,
                lease.fence: lease.column(lease.fence) + 1,
                lease.tries: lease.column(lease.tries) + 1,
                **values,
            }
        )
        .returning(lease.model)
    )


def held(lease: Lease, row: Any) -> Held:
    """The lease on a row that `take` has just returned."""
    return Held(lease, row.id, getattr(row, lease.fence))


async def renew(session: AsyncSession, mine: Held) -> bool:
    """Keep the lease while a long step goes on; whether it was still ours."""
    model, lease = mine.lease.model, mine.lease
    kept = await session.scalar(
        update(model)
        .where(model.id == mine.id, lease.column(lease.fence) == mine.fence)
        .values({lease.until: func.now() + settings.lease})
        .returning(model.id)
    )
    return kept is not None


async def lock(session: AsyncSession, mine: Held, *conditions: ColumnElement[bool]) -> Any | None:
    """The claimed row, locked for recording; None if the lease went to another worker."""
    model, lease = mine.lease.model, mine.lease
    row = await session.scalar(
        select(model)
        .where(model.id == mine.id, lease.column(lease.fence) == mine.fence, *conditions)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if row is None:
        log.info("lease.fenced", table=model.__tablename__, id=str(mine.id), fence=mine.fence)
    return row


async def lock_failed(
    session: AsyncSession, lease: Lease, mine: Held | None, *conditions: ColumnElement[bool]
) -> Any | None:
    """The row whose step raised, locked. None if another worker has it by now.

    Where the claim itself raised, its transaction is undone and no lease is held. Its try is
    counted here.
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
    """End the lease of a step that was recorded. Its tries are forgotten."""
    setattr(row, lease.until, None)
    setattr(row, lease.tries, 0)


def put_off(lease: Lease, row: Any) -> None:
    """Let no worker have the row before a pause is over, which grows with its tries."""
    setattr(row, lease.until, moments.now() + pauses.pause(getattr(row, lease.tries) - 1))
