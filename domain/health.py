"""Checks whether the servers that this process needs answer, and whether the loops turn."""

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from domain import db
from domain.bus import bus
from domain.db import transaction
from domain.errors import Unavailable
from domain.roles import Role
from domain.settings import settings

log = structlog.get_logger()

PATIENCE = 2.0  # seconds
# What PostgreSQL leaves to ordinary logins, and who of us has a connection to it besides this one.
ROOM = text(
    """
    SELECT current_setting('max_connections')::int
         - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true)::int, 0) AS room,
        (SELECT count(DISTINCT application_name) FROM pg_stat_activity
         WHERE starts_with(application_name, 'amc-reports ')
            AND application_name <> current_setting('application_name')) AS others
    """
)
LATE = 3  # periods
HUB_PERIOD = 5.0  # seconds, in which the loop that listens to Redis turns at least once
LEAST_PERIOD = timedelta(seconds=5)  # of a loop of the engine: a tick may have to wait for Redis
# A clock that is frozen in the middle of it holds up no other one.
BEAT = text(
    """
    UPDATE heartbeats SET beat_at = now.beat_at, period = now.period
    FROM (VALUES
        ('clock', now(), CAST(:clock AS interval)),
        ('polls', coalesce(CAST(:due_since AS timestamptz), now()), CAST(:polls AS interval))
    ) AS now (loop, beat_at, period)
    WHERE heartbeats.loop = now.loop
        AND heartbeats.loop IN (SELECT loop FROM heartbeats FOR UPDATE SKIP LOCKED)
    """
)


async def beat(connection: AsyncConnection, polls_due_since: datetime | None) -> None:
    """Note that the clock turns, and since when polls of AMC are due that no worker has begun."""
    await connection.execute(
        BEAT,
        {
            "clock": max(settings.clock_interval, LEAST_PERIOD),
            "polls": max(settings.amc_poll_min, LEAST_PERIOD),
            "due_since": polls_due_since,
        },
    )


def hub_is_late() -> bool:
    """Return whether this process has stopped to listen for changes."""
    return bus.hub.silent_for > LATE * HUB_PERIOD


async def late_loops() -> dict[str, float]:
    """Return how many seconds each loop of the engine is late; 0 if it is in time.

    Raises Unavailable while the database is away.
    """
    async with transaction() as session:
        rows = await session.execute(text("SELECT loop, behind, period FROM loops_behind()"))
        return {
            row.loop: row.behind.total_seconds() if row.behind > LATE * row.period else 0.0
            for row in rows
        }


async def database_answers() -> bool:
    """Return whether a transaction can be opened. Nothing works without one."""
    try:
        async with asyncio.timeout(PATIENCE), transaction() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, TimeoutError, Unavailable) as failed:
        log.warning("health.database", error=type(failed).__name__)
        return False
    return True


async def redis_answers() -> bool:
    """Return whether Redis answers. Without it, changes wait for the clock and the heartbeat."""
    return await bus.ping()


async def cramped(role: Role, pools: int) -> str | None:
    """Return what to do if all pools together may open more connections than there are.

    So many `pools` are about to be opened. Those of other processes are found by their connections.
    """
    try:
        async with db.engine(role).connect() as connection:
            room, others = (await connection.execute(ROOM)).one()
    except db.AWAY:
        return None
    each, count = settings.database_connections, others + pools
    if count * each <= room:
        return None
    return (
        f"{count} pools of up to {each} connections may need {count * each}; PostgreSQL has "
        f"{room} for them. Set DATABASE_CONNECTIONS to {max(2, room // count)}, or raise "
        "max_connections of PostgreSQL."
    )
