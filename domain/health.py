"""Checks whether the servers that this process needs answer."""

import asyncio

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from domain import bus
from domain.db import transaction
from domain.errors import Unavailable

log = structlog.get_logger()

PATIENCE = 2.0  # seconds


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
