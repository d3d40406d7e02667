"""Make the roles and bring a database up to date. Any number of processes may do so at once."""

from asyncio import sleep
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, pool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from domain.roles import ALL as ROLES
from domain.settings import settings
from domain.templates import templates
from migrations import comparison

LOCK = 7_310_001  # of pg_advisory_lock: one process at a time migrates a database
Result = TypeVar("Result")
LOCKED = "55P03"  # the state of a statement that has waited too long for a lock
TRIES = 10  # roles belong to the whole server, where no such lock reaches


async def migrate(database_url: str | None = None, revision: str = "head") -> list[str]:
    """Bring the database up to `revision`, and mend its rights. Doing it again changes nothing.

    Returns a sentence for each right that was mended, or why none could be looked at.
    """

    async def up(login: AsyncConnection, owner: AsyncConnection) -> list[str]:
        is_new = await version(owner) is None
        await owner.rollback()
        await owner.run_sync(_alembic, command.upgrade, revision)
        if revision != "head":
            return []
        is_known = is_new or await _is_known(owner)
        await owner.rollback()  # what it has read is locked, and mending would wait for it
        mended = [] if is_known else await _mend(login)
        await _know(owner)
        async with AsyncSession(owner) as session:
            await templates.install_builtins(session)
            await session.commit()
        return mended

    return await _alone(database_url, up)


async def check(database_url: str | None = None) -> list[str]:
    """Return a sentence for all that is not as the migrations make it. Changes nothing.

    Raises CannotCompare.
    """

    async def look(login: AsyncConnection, owner: AsyncConnection) -> list[str]:
        now, newest = await version(owner), _newest()
        await owner.rollback()
        if now != newest:
            return [f"The database is at {now or 'no migration'}, the newest is {newest}."]
        return [str(one) for one in await comparison.compare(login, _build)]

    return await _alone(database_url, look)


async def prepare(database_url: str | None = None) -> None:
    """Make the roles for a database that is restored. Doing it again changes nothing."""

    async def nothing(login: AsyncConnection, owner: AsyncConnection) -> None:
        """Roles are made before any work."""

    await _alone(database_url, nothing)


async def rights_are_known(database_url: str | None = None) -> bool:
    """Return whether no right has changed since the last migration, which looked at all."""
    engine = owner_engine(database_url)
    try:
        async with engine.connect() as owner:
            return await version(owner) is not None and await _is_known(owner)
    finally:
        await engine.dispose()


async def version(connection: AsyncConnection) -> str | None:
    """Return the migration that the database is at. None for an empty database."""
    there = await connection.scalar(text("SELECT to_regclass('public.alembic_version')"))
    if there is None:
        return None
    found: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def _newest() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


async def _build(connection: AsyncConnection) -> None:
    await connection.run_sync(_alembic, command.upgrade, "head")


async def _is_known(owner: AsyncConnection) -> bool:
    """Return whether all rights are as they were when the last migration had looked at them."""
    told = await owner.scalar(text("SELECT obj_description('alembic_version'::regclass)"))
    return bool(told == await comparison.fingerprint(owner))


async def _know(owner: AsyncConnection) -> None:
    """Note the rights as they are, so that the next migration sees whether one has changed."""
    known = await comparison.fingerprint(owner)
    await owner.execute(text(f"COMMENT ON TABLE alembic_version IS '{known}'"))
    await owner.commit()


async def _mend(login: AsyncConnection) -> list[str]:
    try:
        differences = await comparison.compare(login, _build)
    except comparison.CannotCompare as refused:
        return [str(refused)]
    return [f"Mended: {one}" for one in await comparison.mend(login, differences)]


async def downgrade(database_url: str | None = None, revision: str = "base") -> None:
    """Take the database back to `revision`, and all that came after it away."""

    async def down(_: AsyncConnection, owner: AsyncConnection) -> None:
        await owner.run_sync(_alembic, command.downgrade, revision)

    await _alone(database_url, down)


async def _alone(
    database_url: str | None, work: Callable[[AsyncConnection, AsyncConnection], Awaitable[Result]]
) -> Result:
    """Do it while no other process does, with the login and as amc_owner.

    What waits too long for a lock is rolled back, and tried again.
    """
    login = _engine(database_url)
    owner = owner_engine(database_url)
    try:
        async with login.connect() as guard:
            await guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
            await guard.commit()
            await _make_roles(guard)
            return await _patiently(guard, owner, work)
    finally:
        await owner.dispose()
        await login.dispose()


async def _patiently(
    guard: AsyncConnection,
    owner: AsyncEngine,
    work: Callable[[AsyncConnection, AsyncConnection], Awaitable[Result]],
) -> Result:
    for tries in range(TRIES):
        async with owner.connect() as connection:
            try:
                return await work(guard, connection)
            except DBAPIError as late:
                await guard.rollback()
                is_locked = getattr(late.orig, "sqlstate", None) == LOCKED
                if tries + 1 == TRIES or not is_locked:
                    raise
        await sleep(0.05 * 2**tries)
    raise AssertionError


def _engine(database_url: str | None, **server_settings: str) -> AsyncEngine:
    given = database_url or settings.database_owner_url or settings.database_url
    url = make_url(given).set(drivername="postgresql+asyncpg")
    named = {"application_name": "amc-reports migrate", **server_settings}
    return create_async_engine(
        url, poolclass=pool.NullPool, connect_args={"server_settings": named}
    )


def owner_engine(database_url: str | None = None) -> AsyncEngine:
    """Connections as amc_owner, whoever signs in."""
    return _engine(database_url, role="amc_owner")


async def _make_roles(connection: AsyncConnection) -> None:
    """What a database needs before its first migration. Only what is missing is asked for, so
    that a login with fewer rights can migrate where an operator has prepared everything."""
    for tries in range(TRIES):
        try:
            for step in (_create_roles, _let_login_act, _let_owner_create):
                await step(connection)
            await connection.commit()
        except DBAPIError as clash:
            await connection.rollback()
            if tries + 1 == TRIES or not _somebody_else_does_it(clash):
                raise
            await sleep(0.05 * 2**tries)
        else:
            return


def _somebody_else_does_it(clash: DBAPIError) -> bool:
    state = getattr(clash.orig, "sqlstate", None)
    # Unique violation, duplicate object; or a row of the catalogue changed under our hands.
    return state in {"23505", "42710"} or "tuple concurrently" in str(clash.orig)


async def _create_roles(connection: AsyncConnection) -> None:
    there = await connection.execute(
        text(
            "SELECT rolname, rolsuper OR rolbypassrls AS unsafe FROM pg_roles "
            "WHERE rolname = ANY(:names)"
        ),
        {"names": list(ROLES)},
    )
    found = {row.rolname: row.unsafe for row in there}
    for role in ROLES:
        if found.get(role):
            raise RuntimeError(
                f"The role {role} is a superuser or bypasses row-level security; it must not."
            )
        if role not in found:
            await connection.execute(text(f"CREATE ROLE {role} NOLOGIN"))


async def _let_login_act(connection: AsyncConnection) -> None:
    """The login takes on the three roles, and the owner gives functions to amc_access."""
    version = connection.dialect.server_version_info or (0,)
    may = "SET" if version >= (16,) else "MEMBER"
    for member, role in (
        ("amc_owner", "amc_access"),
        *((None, role) for role in ("amc_owner", "amc_api", "amc_worker")),
    ):
        able = await connection.scalar(
            text("SELECT pg_has_role(coalesce(:member, current_user), :role, :may)"),
            {"member": member, "role": role, "may": may},
        )
        if not able:
            await connection.execute(text(f"GRANT {role} TO {member or 'CURRENT_USER'}"))


async def _let_owner_create(connection: AsyncConnection) -> None:
    for role in ("amc_owner", "amc_access"):  # amc_access, to be given functions
        able = await connection.scalar(
            text("SELECT has_schema_privilege(:role, 'public', 'CREATE')"), {"role": role}
        )
        if not able:
            await connection.execute(text(f"GRANT USAGE, CREATE ON SCHEMA public TO {role}"))
    for role in ("amc_api", "amc_worker"):
        able = await connection.scalar(
            text("SELECT has_schema_privilege(:role, 'public', 'USAGE')"), {"role": role}
        )
        if not able:
            await connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {role}"))


def _alembic(connection: Connection, change: Callable[[Config, str], Any], revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    change(config, revision)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config
