"""The database is what the models say, what the migrations make, and what was specified."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from domain.models import Base, ReportOverview
from migrations.run import check, downgrade, migrate
from tests import servers
from tests.database import catalog

Make = Callable[[str], Awaitable[str]]
RIGHTS = (catalog.TRIGGERS, catalog.FUNCTIONS, catalog.POLICIES, catalog.GRANTS)


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


async def test_what_waits_too_long_for_a_lock_is_tried_again(spare, monkeypatch):
    url = await spare("locked")
    busy = await asyncpg.connect(url)
    await busy.execute("BEGIN; LOCK TABLE users IN ACCESS SHARE MODE")
    pauses = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await busy.execute("ROLLBACK")

    monkeypatch.setattr("migrations.comparison.PATIENCE", "50ms")
    monkeypatch.setattr("migrations.run.sleep", pause)
    await downgrade(url)
    await busy.close()

    assert len(pauses) == 1
    assert await catalog.read(url, catalog.EVERYTHING) == set()


async def test_migrating_again_changes_nothing(spare):
    url = await spare("again")
    before = await catalog.read(url, catalog.EVERYTHING)

    await migrate(url)

    assert await catalog.read(url, catalog.EVERYTHING) == before


def _one_of(column: str, *values: str) -> str:
    """A condition as pg_dump writes it."""
    listed = ", ".join(f"('{one}'::character varying)::text" for one in values)
    return f"(({column})::text = ANY (ARRAY[{listed}]))"


BREAKS = {  # what an operator may do, or lose in a restore, with what is told of it
    "ALTER TABLE users DISABLE ROW LEVEL SECURITY": (
        "The row-level security of users differs: it is disabled and forced, and should be "
        "enabled and forced."
    ),
    "CREATE POLICY hole ON users TO PUBLIC USING (true)": (
        "The policy hole of users is there, and no migration makes it."
    ),
    "GRANT DELETE ON users TO amc_api": (
        "The grant DELETE to amc_api of users is there, and no migration makes it."
    ),
    "REVOKE UPDATE (version) ON dashboards FROM amc_api": (
        "The grant UPDATE of version to amc_api of dashboards is missing."
    ),
    "DROP FUNCTION sources_of(uuid[])": "The function sources_of(uuid[]) is missing.",
    "DROP TRIGGER note_results ON report_data_weeks": (
        "The trigger note_results of report_data_weeks is missing."
    ),
    "ALTER TABLE workflows DISABLE TRIGGER update_workflows_updated_at": (
        "The disabled trigger update_workflows_updated_at of workflows is there, and no migration "
        "makes it."
    ),
    "ALTER TABLE notices OWNER TO postgres": (
        "The owner of notices differs: it is postgres, and should be amc_owner."
    ),
}
LEFT = {  # what is only told of: mending it could lose rows
    "ALTER TABLE users ADD extra integer": (
        "The column extra of users is there, and no migration makes it."
    ),
    "DROP INDEX idx_dashboards_user_id": (
        "The index idx_dashboards_user_id of dashboards is missing."
    ),
    # As a restore writes it: this is the same, and nothing is told of it.
    "ALTER TABLE dashboard_shares DROP CONSTRAINT dashboard_shares_permission_level_check, "
    "ADD CONSTRAINT dashboard_shares_permission_level_check CHECK (((permission_level)::text = ANY "
    "(ARRAY[('view'::character varying)::text, ('edit'::character varying)::text])))": "",
}
REWORD_TRIGGER = (  # as a restore writes `IN`
    "DROP TRIGGER tell_of_collection ON report_data_collections",
    "CREATE TRIGGER tell_of_collection AFTER UPDATE OF status ON report_data_collections "
    f"FOR EACH ROW WHEN ({_one_of('NEW.status', 'completed', 'partial', 'failed')} AND "
    f"{_one_of('OLD.status', 'pending', 'running', 'paused')} AND "
    "((NEW.collection_type)::text <> 'weekly_update'::text)) "
    "EXECUTE FUNCTION tell_of_collection()",
)
POLICIES = "SELECT format('DROP POLICY %I ON %I', policyname, tablename) FROM pg_policies"


async def test_what_differs_is_told_and_rights_are_mended(spare):
    url = await spare("broken")
    meant = await catalog.read(url, RIGHTS)
    policies = sorted(await catalog.read(url, (POLICIES,)))
    await servers.execute(url, *policies, *BREAKS, *LEFT)

    told = await check(url)

    assert len([one for one in told if one.startswith("The policy")]) == len(policies) + 1 > 150
    for sentence in (*BREAKS.values(), *LEFT.values()):
        assert any(one.startswith(sentence) for one in told), sentence
    assert not any("permission_level_check" in one for one in told)
    mended = await migrate(url)
    left = [one for one in told if f"Mended: {one}" not in mended]
    assert left == [one for one in LEFT.values() if one]
    assert sorted(meant ^ await catalog.read(url, RIGHTS)) == []
    assert await migrate(url) == []
    await servers.execute(url, *REWORD_TRIGGER)
    assert [one for one in await check(url) if "trigger" in one] == []


async def test_mending_waits_for_no_table_that_the_migration_has_read_itself(spare):
    url = await spare("locked")
    # Policies of other tables read this one, so whoever reads these policies locks it.
    extra = (
        "CREATE TRIGGER extra AFTER UPDATE ON report_data_collections FOR EACH ROW "
        "EXECUTE FUNCTION tell_of_quota()"
    )
    await servers.execute(url, extra)

    told = "The trigger extra of report_data_collections is there, and no migration makes it."
    assert await migrate(url) == [f"Mended: {told}"]


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
