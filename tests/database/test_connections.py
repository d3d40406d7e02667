"""Connections to PostgreSQL, kept for the next transaction."""

import asyncpg
from sqlalchemy import text

from domain import db
from domain.settings import settings

CLOSE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(application_name, 'amc-reports api ')
"""


async def test_connections_that_the_server_has_closed_are_replaced_unnoticed(alice, monkeypatch):
    monkeypatch.setattr(db, "IDLE", 0.0)
    async with db.transaction(alice) as session:
        await session.execute(text("SELECT 1"))
    server = await asyncpg.connect(settings.database_url)
    assert await server.fetchval(CLOSE) > 0
    await server.close()

    async with db.transaction(alice) as session:
        assert await session.scalar(text("SELECT 1")) == 1
