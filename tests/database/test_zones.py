"""Time zones that were stored before they had to be names of the IANA database."""

import importlib

import pytest
from sqlalchemy import text

from domain import db

migration = importlib.import_module("migrations.versions.20261129_zones")


async def test_odd_zones_that_were_stored_become_names_of_the_database(
    made, monkeypatch: pytest.MonkeyPatch
):
    statements: list[str] = []
    monkeypatch.setattr(migration, "run", statements.append)
    migration.upgrade()
    odd = {"localtime": "UTC", "posix/Europe/Paris": "Europe/Paris", "Asia/Tokyo": "Asia/Tokyo"}
    for zone, better in odd.items():
        async with db.owner_transaction() as session:
            for table, column in migration.ZONES:
                await session.execute(text(f"UPDATE {table} SET {column} = '{zone}'"))
            await session.execute(
                text(
                    "UPDATE report_schedules SET schedule_config = "
                    f"""'{{"frequency": "daily", "timezone": "{zone}"}}'"""
                )
            )
            for statement in statements:
                await session.execute(text(statement))
            for table, column in migration.ZONES:
                found = set(await session.scalars(text(f"SELECT DISTINCT {column} FROM {table}")))
                assert found == {better}, table
            kept = text("SELECT schedule_config->>'timezone' FROM report_schedules")
            assert set(await session.scalars(kept)) == {better}
