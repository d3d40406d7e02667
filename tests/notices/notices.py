"""Helpers of the tests of notices."""

import datetime as dt
from typing import Any

from sqlalchemy import select, text

from domain import db, models
from domain.notices import notices
from domain.viewer import Viewer


async def tells(viewer: Viewer, kind: str, address: str, *events: str, **more: Any) -> Any:
    """Add a target of this person's."""
    async with db.transaction(viewer) as session:
        wanted = notices.NoticeTargetSpec(
            kind, address, events or models.notices.OF_SCHEDULES, **more
        )
        return await notices.add(session, viewer, wanted)


LATER = text(
    """
    UPDATE notices SET due_at = due_at - passed, lease_until = lease_until - passed,
        deadline_at = deadline_at - passed
    FROM (SELECT CAST(:time AS interval) AS passed) AS clock
    WHERE state = 'pending'
    """
)


async def pass_time(minutes: float = 61) -> None:
    """Make every notice that was not delivered yet due now."""
    async with db.owner_transaction() as session:
        await session.execute(LATER, {"time": dt.timedelta(minutes=minutes)})


async def rows() -> list[models.Notice]:
    """All notices, as an operator sees them."""
    async with db.owner_transaction() as session:
        return list(await session.scalars(select(models.Notice).order_by(models.Notice.id)))


async def states() -> list[str]:
    """The state of every notice."""
    return [one.state for one in await rows()]
