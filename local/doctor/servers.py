"""Checks of the servers that are needed: the database, Redis, AMC."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from local import environment, places, postgres, valkey
from local.doctor.findings import SECONDS, Finding, Machine, place, words

if TYPE_CHECKING:
    import asyncpg

    from domain.roles import Role

CLOCKS_DIFFER = 5.0  # seconds that nobody notices


def database(machine: Machine) -> Finding:
    """Check that the database answers and is migrated, or can be started."""
    url = machine.setting("DATABASE_URL")
    if not url:
        user = places.unprivileged()
        programs = postgres.find_programs() / "bin"
        as_whom = f", to be run as {user.pw_name}" if user else ""
        return Finding(
            True, f"PostgreSQL {postgres.major_version(programs)} in {programs}{as_whom}"
        )
    try:
        return asyncio.run(_examined(machine, url))
    except (OSError, TimeoutError) as error:
        return Finding(
            False,
            f"The database at {place(url)} does not answer: {words(error)}.",
            "start it, or correct DATABASE_URL, or unset it to use an embedded server",
        )


async def _examined(machine: Machine, url: str) -> Finding:
    import asyncpg

    try:
        connection = await asyncpg.connect(url, timeout=SECONDS)
    except (asyncpg.PostgresError, ValueError) as refusal:
        what = f"The database at {place(url)} refuses us: {words(refusal)}."
        return Finding(False, what, "correct DATABASE_URL, or ask whoever runs the server")
    try:
        return (
            await _behind(connection, url)
            or await _clocks(connection, url)
            or await _roles(machine, url)
            or Finding(True, f"The database at {place(url)} is up to date")
        )
    finally:
        await connection.close(timeout=SECONDS)


async def _behind(connection: "asyncpg.Connection[asyncpg.Record]", url: str) -> Finding | None:
    """What is wrong if the database is not migrated."""
    from alembic.script import ScriptDirectory

    version = await _version(connection)
    wanted = ScriptDirectory(str(Path(environment.CLI).parent / "migrations")).get_current_head()
    if version == wanted:
        return None
    state = f"at {version}" if version else "empty"
    what = f"The database at {place(url)} is {state}, not at {wanted}."
    return Finding(False, what, "make migrate")


async def _clocks(connection: "asyncpg.Connection[asyncpg.Record]", url: str) -> Finding | None:
    """What is wrong if this machine's clock is not the database's."""
    theirs: datetime = await connection.fetchval("SELECT clock_timestamp()")
    ahead = (datetime.now(UTC) - theirs).total_seconds()
    if abs(ahead) <= CLOCKS_DIFFER:
        return None
    side = "ahead of" if ahead > 0 else "behind"
    return Finding(
        False,
        f"The clock of this machine is {abs(ahead):.0f} seconds {side} that of {place(url)}. The "
        "server goes by the database's; certificates and an identity provider do not.",
        "set both by the network, such as: timedatectl set-ntp true",
    )


async def _roles(machine: Machine, url: str) -> Finding | None:
    """What is wrong if row-level security would not hold for a process."""
    import asyncpg

    from domain import roles

    processes: tuple[Role, ...] = ("api", "worker")
    for role in processes:
        own = machine.setting(f"DATABASE_{role.upper()}_URL")
        assumed = {} if own else {"role": f"amc_{role}"}
        try:
            line = await asyncpg.connect(own or url, timeout=SECONDS, server_settings=assumed)
        except (asyncpg.PostgresError, OSError, ValueError) as refusal:
            what = f"Nobody can be amc_{role} at {place(own or url)}: {words(refusal)}."
            return Finding(False, what, f"give {role} a login: DATABASE_{role.upper()}_URL")
        try:
            who = roles.Who.of(await line.fetchrow(roles.WHO, list(roles.ALL)))
            roles.check(who, role, own_login=bool(own))
        except roles.WrongRole as wrong:
            what, _, mend = wrong.reason.partition(". ")
            return Finding(False, f"{what}.", mend)
        finally:
            await line.close(timeout=SECONDS)
    return None


async def _version(connection: "asyncpg.Connection[asyncpg.Record]") -> str | None:
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    if await connection.fetchval("SELECT count(*) FROM pg_roles WHERE rolname = 'amc_owner'"):
        await connection.execute("SET ROLE amc_owner")
    version: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
    return version


def redis(machine: Machine) -> Finding:
    """Check that Redis answers, or can be started."""
    url = machine.setting("REDIS_URL")
    if not url:
        return Finding(True, f"Valkey in {valkey.find_program()}")
    from redis import Redis, RedisError

    try:
        Redis.from_url(url, socket_connect_timeout=SECONDS, socket_timeout=SECONDS).ping()
    except (RedisError, ValueError) as error:
        what = f"Redis at {place(url)} does not answer: {words(error)}."
        mend = "start it, or correct REDIS_URL, or unset it to use an embedded server"
        return Finding(False, what, mend)
    return Finding(True, f"Redis at {place(url)} answers")


def amc(machine: Machine) -> Finding:
    """Check that AMC or the local AMC answers."""
    url = machine.setting("AMC_API_URL")
    if not url:
        return Finding(True, "The local AMC will be used")
    import httpx2

    try:
        httpx2.get(url, timeout=SECONDS)
    except (httpx2.HTTPError, ImportError, ValueError) as error:  # also of a proxy's URL
        what = f"AMC at {place(url)} does not answer: {words(error)}."
        return Finding(False, what, "correct AMC_API_URL, or unset it to use the local AMC")
    return Finding(True, f"AMC at {place(url)} answers")
