"""Backups, restored for real."""

import asyncio
import shutil

import pytest
from sqlalchemy import text

from domain import db, storage
from domain.settings import settings
from local import backups
from local.backups import Place
from local.children import CannotStart
from tests import servers
from tests.database import rows
from tests.local.command_line import amc_reports
from tests.numbers.numbers import NUMBERS, keep, week

OURS = Place(settings.database_url, settings.storage_url)


@pytest.fixture
async def stored(alice, instance, tmp_path) -> str:
    """The key of a file that an execution names, in a database with a row in every table."""
    made = await rows.populate(alice, instance.id)
    key = f"results/{instance.id.hex}/1.parquet"
    (tmp_path / "result").write_bytes(b"rows")
    await storage.put(tmp_path / "result", key)
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE report_executions SET output_location = :key WHERE id = :id"),
            {"key": key, "id": made["report_executions"].id},
        )
        await session.execute(
            text("UPDATE report_exports SET file_url = :key WHERE file_url IS NOT NULL"),
            {"key": key},
        )
    return key


async def test_the_drill_restores_all_of_it_and_reads_a_dashboard(ask, report, shown, stored):
    for number in (10, 11):  # the drill reads the dashboard that shows most
        await keep(report["id"], week(number), {"cost": 12.5})
    here = (await ask(NUMBERS, id=shown))["widgets"][0]["data"]["totals"][0]["cells"][0]["value"]

    told = await asyncio.to_thread(amc_reports, "restore-drill")

    assert told.stderr == ""
    assert told.returncode == 0
    first, _, _, read, last = told.stdout.splitlines()
    assert first.startswith("Backed up ")
    assert "1 files of 4 bytes" in first
    assert read == f"Read the dashboard 'Board': 1 widgets with 1 totals, such as {here}."
    assert last == "The backup is good."


async def test_a_backup_that_cannot_be_whole_is_refused_or_says_so(stored, tmp_path):
    await storage.remove(stored)
    made = await backups.backup(OURS, tmp_path / "backup")
    assert made.missing == [stored]
    with pytest.raises(CannotStart, match="is not empty"):
        await backups.backup(OURS, tmp_path / "backup")
    with pytest.raises(CannotStart, match="The database has tables already"):
        await backups.restore(tmp_path / "backup", OURS)
    shutil.move(tmp_path / "backup" / "backup.json", tmp_path / "backup.json")
    with pytest.raises(CannotStart, match="holds no whole backup"):
        await backups.restore(tmp_path / "backup", OURS)

    await servers.execute(settings.database_url, "ALTER POLICY owner_sees ON users USING (false)")
    try:
        with pytest.raises(CannotStart, match="Mend them first: amc-reports migrate"):
            await backups.backup(OURS, tmp_path / "later")
    finally:
        await servers.execute(
            settings.database_url, "ALTER POLICY owner_sees ON users USING (true)"
        )
