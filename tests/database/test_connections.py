"""Connections to PostgreSQL, kept for the next transaction."""

from datetime import date
from functools import partial

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from domain import db, failures
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


async def test_every_statement_after_a_lost_connection_says_that_the_database_is_away():
    server = await asyncpg.connect(settings.database_url)
    async with db.worker_transaction() as session:
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
        await server.fetchval("SELECT pg_terminate_backend($1)", pid)
        with pytest.raises(DBAPIError) as first:
            await session.scalar(text("SELECT 1"))
        with pytest.raises(PendingRollbackError) as second:
            await session.scalar(text("SELECT 1"))
        await session.rollback()
    await server.close()
    assert failures.lacking(first.value) == failures.lacking(second.value) == "DATABASE"


async def test_connections_ask_once_for_the_types_of_lists(alice, monkeypatch):
    asked = []
    introspect = asyncpg.Connection._introspect_types

    async def noted(self, types, *patience):
        asked.append(frozenset(types))
        return await introspect(self, types, *patience)

    monkeypatch.setattr(asyncpg.Connection, "_introspect_types", noted)
    monkeypatch.setattr(db, "_types", {})
    found = "SELECT CAST(:days AS date[])"
    days = {"days": [date(2026, 11, 30)]}
    for open_session in (db.worker_transaction, partial(db.transaction, alice)):
        async with open_session() as session:
            assert await session.scalar(text(found), days) == days["days"]
    assert len(asked) == 1
