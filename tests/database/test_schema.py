"""The database is what the models say, what the migrations make, and what was specified."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from domain.models import Base, ReportOverview
from migrations.run import downgrade, migrate
from tests import servers
from tests.database import catalog

Make = Callable[[str], Awaitable[str]]


@pytest.fixture
async def spare() -> AsyncIterator[Make]:
    """Databases of a test's own, by name: empty ones, or copies of the migrated one."""
    made: list[str] = []

    async def make(name: str, *, migrated: bool = True) -> str:
        full = f"{servers.OWN}_{name}"
        made.append(full)
        if migrated:
            return await servers.copy(full)
        await servers.execute(servers.SERVER_URL, f'CREATE DATABASE "{full}" TEMPLATE template0')
        return servers.named(servers.SERVER_URL, full)

    yield make
    for name in made:
        drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
        await servers.execute(servers.SERVER_URL, drop)


async def test_models_and_migrations_agree(spare):
    migrated, modelled = await spare("migrated"), await spare("modelled", migrated=False)
    engine = create_async_engine(make_url(modelled).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    await engine.dispose()

    made = await catalog.read(migrated, catalog.STRUCTURE)
    meant = await catalog.read(modelled, catalog.STRUCTURE)

    assert len(made) > 700
    assert sorted(made - meant) == []
    assert sorted(meant - made) == []


async def test_the_overview_has_the_columns_of_its_model(spare):
    connection = await asyncpg.connect(await spare("overview"))
    rows = await connection.fetch(
        "SELECT attname FROM pg_attribute "
        "WHERE attrelid = 'report_runs_overview'::regclass AND attnum > 0 ORDER BY attnum"
    )
    await connection.close()

    assert [row[0] for row in rows] == list(ReportOverview.__table__.columns.keys())


async def test_down_and_up_again_leaves_no_trace(spare):
    url = await spare("there_and_back")
    before = await catalog.read(url, catalog.EVERYTHING)

    await downgrade(url)
    nothing = await catalog.read(url, catalog.EVERYTHING)
    await migrate(url)
    after = await catalog.read(url, catalog.EVERYTHING)

    assert nothing == set()
    assert sorted(before ^ after) == []


async def test_migrating_again_changes_nothing(spare):
    url = await spare("again")
    before = await catalog.read(url, catalog.EVERYTHING)

    await migrate(url)

    assert await catalog.read(url, catalog.EVERYTHING) == before


MIGRATE = (
    "import asyncio, sys; from migrations.run import migrate; asyncio.run(migrate(sys.argv[1]))"
)


async def test_several_processes_may_migrate_at_once(spare):
    url = await spare("busy", migrated=False)

    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", MIGRATE, url) for _ in range(2)
    ]
    codes = [await process.wait() for process in processes]

    assert codes == [0, 0]
    made = await catalog.read(url, catalog.EVERYTHING)
    meant = await catalog.read(await spare("idle"), catalog.EVERYTHING)
    assert made == meant


async def test_a_database_that_somebody_else_owns_is_migrated_by_its_owner(spare):
    url = await spare("lent", migrated=False)
    name = make_url(url).database
    login = f"lender_{name}"
    await servers.execute(
        servers.SERVER_URL,
        f'CREATE ROLE "{login}" LOGIN CREATEROLE',
        # As an operator would who made the roles beforehand.
        f'GRANT amc_owner, amc_api, amc_worker TO "{login}"',
        f'ALTER DATABASE "{name}" OWNER TO "{login}"',
    )
    try:
        lent = make_url(url).set(username=login).render_as_string(hide_password=False)
        await migrate(lent)
        owners = await catalog.read(
            lent,
            (
                "SELECT DISTINCT relowner::regrole::text FROM pg_class "
                "WHERE relnamespace = 'public'::regnamespace",
            ),
        )
    finally:
        await servers.execute(
            servers.SERVER_URL,
            f'DROP DATABASE "{name}" WITH (FORCE)',
            f'DROP ROLE "{login}"',
        )

    assert owners == {"amc_owner"}
