"""Whether what this process stands on answers."""

import asyncio

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from domain import bus
from domain.db import transaction

log = structlog.get_logger()

PATIENCE = 2.0  # seconds


async def database_answers() -> bool:
    """Whether a transaction can be had. Without one nothing works."""
    try:
        async with asyncio.timeout(PATIENCE), transaction() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError, TimeoutError) as failed:
        log.warning("health.database", error=type(failed).__name__)
        return False
    return True


async def redis_answers() -> bool:
    """Whether news travels fast. Without it they travel with the clock."""
    return await bus.ping()
