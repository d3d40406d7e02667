"""Checks this machine, and says what is wrong and how to fix it."""

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from domain.setting_types import encryption_keys
from local import environment, places, ports, postgres, running, valkey
from local.children import CannotStart

OLDEST_PYTHON = (3, 11)
NEEDED_BYTES = 1_000_000_000  # for the events of the local AMC, a database and results
SECONDS = 5.0
PACKAGES = ("alembic", "asyncpg", "dramatiq", "duckdb", "httpx2", "redis", "strawberry", "uvicorn")


@dataclass(frozen=True)
class Finding:
    """The result of a check. `mend` says how to fix it."""

    well: bool
    what: str
    mend: str = ""


@dataclass(frozen=True)
class Machine:
    """The machine and the settings that are checked."""

    folder: Path
    env: Mapping[str, str]
    host: str
    port: int
    up: running.Running | None  # a running `up`, whose servers are then checked

    def setting(self, name: str) -> str:
        """A setting of the environment, else of the running `up`. Empty if neither has it."""
        return self.env.get(name) or (self.up.settings.get(name, "") if self.up else "")


def examine(machine: Machine) -> Iterator[Finding]:
    """Run all checks, one after the other."""
    for look in LOOKS:
        try:
            yield look(machine)
        except CannotStart as error:
            yield Finding(False, str(error))
        except ImportError as missing:
            yield Finding(False, f"A package is missing: {missing.name}.", "make setup")


def python(_: Machine) -> Finding:
    """Check that this Python is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= OLDEST_PYTHON:
        return Finding(True, f"Python {version}")
    return Finding(False, f"Python {version} is too old; 3.11 or newer is needed.", "make setup")


def packages(_: Machine) -> Finding:
    """Check that the packages are installed."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        return Finding(False, f"Packages are missing: {', '.join(missing)}.", "make setup")
    return Finding(True, "Packages are installed")


def folder(machine: Machine) -> Finding:
    """Check that the data folder can be written."""
    path = machine.folder
    nearest = _nearest(path)
    if not os.access(nearest, os.W_OK | os.X_OK):
        owner = nearest.stat().st_uid
        return Finding(
            False,
            f"{nearest} cannot be written to by user {os.geteuid()}; it belongs to user {owner}.",
            f"sudo chown -R {os.geteuid()} {nearest}",
        )
    return Finding(True, f"{path} can be written to")


def _nearest(path: Path) -> Path:
    """The folder, or its nearest parent that exists."""
    # pathlib's exists() raises if a parent folder cannot be entered.
    return next(one for one in (path, *path.parents) if os.path.exists(one))


def disk(machine: Machine) -> Finding:
    """Check that there is enough disk space."""
    nearest = _nearest(machine.folder)
    free = shutil.disk_usage(nearest).free
    if free < NEEDED_BYTES:
        return Finding(
            False,
            f"{nearest} has {free / 1e9:.1f} GB free; {NEEDED_BYTES / 1e9:.0f} GB are needed.",
            "remove files, or put the project on another disk",
        )
    return Finding(True, f"{free / 1e9:.0f} GB of disk are free")


def port(machine: Machine) -> Finding:
    """Check that the API can listen on its port, or does so already."""
    if machine.up:
        return Finding(True, f"It is running: {machine.up.address or 'about to be ready'}")
    if not ports.is_free(machine.host, machine.port):
        what, _, mend = ports.advice(machine.host, machine.port).partition(". ")
        return Finding(False, f"{what}.", mend)
    return Finding(True, f"Port {machine.port} of {machine.host} is free")


def settings(_: Machine) -> Finding:
    """Check that the settings can be read."""
    wrong = environment.wrong_settings()
    mend = "correct it, in the environment or in .env" if wrong else ""
    return Finding(not wrong, " ".join(wrong) or "Settings can be read", mend)


def secrets(machine: Machine) -> Finding:
    """Check that the secrets exist and can be used."""
    path = machine.folder / "secrets.env"
    kept = environment.read_secrets(path) if os.access(path, os.R_OK) else {}
    if path.exists() and path.stat().st_mode & 0o077:
        return Finding(False, f"Others can read {path}.", f"chmod 600 {path}")
    keys = machine.env.get("ENCRYPTION_KEYS") or kept.get("ENCRYPTION_KEYS")
    if keys is None:
        return Finding(True, "The first start creates the secrets")
    try:
        encryption_keys(keys)
    except ValueError as wrong:
        return Finding(
            False,
            f"ENCRYPTION_KEYS {wrong}.",
            'echo "ENCRYPTION_KEYS=k1:$(head -c 32 /dev/urandom | base64)" >> .env',
        )
    return Finding(True, "The secrets exist")


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
        return asyncio.run(_migrated(url))
    except (OSError, TimeoutError) as error:
        return Finding(
            False,
            f"The database at {_place(url)} does not answer: {_words(error)}.",
            "start it, or correct DATABASE_URL, or unset it to use an embedded server",
        )


async def _migrated(url: str) -> Finding:
    import asyncpg
    from alembic.script import ScriptDirectory

    try:
        connection = await asyncpg.connect(url, timeout=SECONDS)
    except (asyncpg.PostgresError, ValueError) as refusal:
        what = f"The database at {_place(url)} refuses us: {_words(refusal)}."
        return Finding(False, what, "correct DATABASE_URL, or ask whoever runs the server")
    try:
        version = await _version(connection)
    finally:
        await connection.close(timeout=SECONDS)
    wanted = ScriptDirectory(str(Path(environment.CLI).parent / "migrations")).get_current_head()
    if version != wanted:
        state = f"at {version}" if version else "empty"
        return Finding(
            False, f"The database at {_place(url)} is {state}, not at {wanted}.", "make migrate"
        )
    return Finding(True, f"The database at {_place(url)} is up to date")


async def _version(connection: "object") -> str | None:
    import asyncpg

    assert isinstance(connection, asyncpg.Connection)
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
        what = f"Redis at {_place(url)} does not answer: {_words(error)}."
        mend = "start it, or correct REDIS_URL, or unset it to use an embedded server"
        return Finding(False, what, mend)
    return Finding(True, f"Redis at {_place(url)} answers")


def amc(machine: Machine) -> Finding:
    """Check that AMC or the local AMC answers."""
    url = machine.setting("AMC_API_URL")
    if not url:
        return Finding(True, "The local AMC will be used")
    import httpx2

    try:
        httpx2.get(url, timeout=SECONDS)
    except httpx2.HTTPError as error:
        what = f"AMC at {_place(url)} does not answer: {_words(error)}."
        return Finding(False, what, "correct AMC_API_URL, or unset it to use the local AMC")
    return Finding(True, f"AMC at {_place(url)} answers")


def _place(url: str) -> str:
    """The URL without user and password."""
    parts = urlsplit(url)
    where = parts.hostname or parts.query.removeprefix("host=") or parts.path
    return f"{where}:{parts.port}" if parts.port else where


def _words(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__


LOOKS: tuple[Callable[[Machine], Finding], ...] = (
    python,
    packages,
    folder,
    disk,
    port,
    settings,
    secrets,
    database,
    redis,
    amc,
)


def run(host: str, port: int, folder: Path) -> int:
    """Print the result of every check. Returns 1 if one of them failed."""
    env = environment.given()
    machine = Machine(folder.absolute(), env, host, port, running.find(folder))
    ill = 0
    for finding in examine(machine):
        print(("ok    " if finding.well else "WRONG ") + finding.what)
        if finding.mend:
            print(f"      To fix it: {finding.mend}")
        ill += not finding.well
    print("All checks passed." if not ill else f"{ill} of {len(LOOKS)} checks failed.")
    return 1 if ill else 0
