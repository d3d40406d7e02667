"""Backups: a dump of the database, the stored files that its rows name, and a list of both.

All is read as amc_owner, whose policies show every row. Row-level security is forced on the owner,
too, so `pg_dump` is told to dump what the policies show (`--enable-row-security`); it would refuse
otherwise. A restored database is compared with the list, row by row.
"""

import asyncio
import itertools
import json
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from domain import secrets, storage
from domain.executions import files
from domain.settings import settings
from local import postgres
from local.children import CannotStart
from migrations import run

DUMP, LIST, FILES, KEYS = "database.dump", "backup.json", "files", "files.txt"
AT_ONCE = 16  # files that are copied
TABLES = text(
    "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace "
    "AND c.relkind = 'r' ORDER BY c.relname"
)


@dataclass(frozen=True)
class Place:
    """A database and a store of results."""

    database_url: str
    storage_url: str

    @classmethod
    def of_settings(cls) -> "Place":
        """The servers that the settings name."""
        return cls(settings.database_owner_url or settings.database_url, settings.storage_url)


@dataclass
class Backup:
    """What a backup holds: rows and a digest of each table, and the files that rows name."""

    made_at: str
    revision: str | None
    tables: dict[str, list[str]]
    files: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list)
    has_files: bool = True

    @property
    def rows(self) -> int:
        """The number of all rows."""
        return sum(int(count) for count, _ in self.tables.values())


async def backup(place: Place, folder: Path, *, with_files: bool = True) -> Backup:
    """Write a backup into a new folder. Raises CannotStart."""
    _refuse_used(folder)
    if not await run.rights_are_known(place.database_url):
        raise CannotStart(
            "Rights in the database have changed since the last migration, so a dump may not see "
            "all rows. Mend them first: amc-reports migrate"
        )
    _make(folder)
    async with _snapshot(place) as (connection, snapshot):
        made = Backup(
            made_at=datetime.now(UTC).isoformat(timespec="seconds"),
            revision=await run.version(connection),
            tables=await contents(connection),
            has_files=with_files,
        )
        await _program(
            "pg_dump",
            place.database_url,
            *("--format=custom", "--role=amc_owner", "--enable-row-security"),
            *(f"--snapshot={snapshot}", f"--file={folder / DUMP}"),
        )
        await _write_keys(connection, folder / KEYS)
    if with_files:
        target = f"file://{(folder / FILES).absolute()}"
        copied = await _copy_all(folder / KEYS, place.storage_url, target)
        made.files, made.bytes, made.missing = copied.files, copied.bytes, copied.missing
    (folder / LIST).write_text(json.dumps(asdict(made), indent=1))  # last: it says all is there
    return made


def _refuse_used(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise CannotStart(f"{folder} is not empty. Name a new folder for each backup.")


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


@asynccontextmanager
async def _snapshot(place: Place) -> AsyncIterator[tuple[AsyncConnection, str]]:
    """Give a connection that sees the database as at one moment, and the name of that moment."""
    engine = run.owner_engine(place.database_url)
    try:
        async with engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            named = await connection.scalar(text("SELECT pg_export_snapshot()"))
            yield connection, str(named)
    finally:
        await engine.dispose()


async def contents(connection: AsyncConnection) -> dict[str, list[str]]:
    """Return for each table the number of its rows, and a digest of them in any order."""
    await connection.execute(text("SET LOCAL TimeZone = 'UTC'"))
    found = {}
    for table in (await connection.scalars(TABLES)).all():
        of = text(
            "SELECT count(*)::text, "  # noqa: S608 (a name of the catalogue)
            "coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text "
            f'FROM public."{table}" AS t'
        )
        found[table] = list((await connection.execute(of)).one())
    return found


async def _write_keys(connection: AsyncConnection, path: Path) -> None:
    """Write the key of each file that a row names, one a line."""
    with path.open("w") as file:
        async with AsyncSession(connection) as session:
            async for key in files.named(session):
                file.write(f"{key}\n")


@dataclass
class Copied:
    """The files that were copied, and the keys of those that are not there."""

    files: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list)


async def _copy_all(keys: Path, source: str, target: str) -> Copied:
    """Copy the files that are listed, some at a time."""
    copied = Copied()

    async def copy(key: str) -> None:
        try:
            copied.bytes += await storage.copy(key, source, target)
            copied.files += 1
        except FileNotFoundError:
            copied.missing.append(key)

    with keys.open() as listed:
        while some := [line.rstrip("\n") for line in itertools.islice(listed, AT_ONCE)]:
            await asyncio.gather(*map(copy, some))
    copied.missing.sort()
    return copied


@dataclass
class Restored:
    """What a restore has done, and what is wrong with it."""

    backup: Backup
    mended: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    files: int = 0


async def restore(folder: Path, place: Place, *, with_files: bool = True) -> Restored:
    """Restore a backup into an empty database, and its files into the store. Raises CannotStart.

    The roles are made first. Then every table is compared with the list, the database is migrated
    to this release, and every file that a row names is looked for.
    """
    made = read(folder)
    await run.prepare(place.database_url)
    await _refuse_tables(place)
    await _program(
        "pg_restore",
        place.database_url,
        *("--role=amc_owner", "--exit-on-error", "--single-transaction"),
        str(folder / DUMP),
        names_database=True,
    )
    async with _snapshot(place) as (connection, _):
        wrong = _differing(made.tables, await contents(connection))
        restored = Restored(made, wrong=wrong + await _unreadable(connection))
    restored.mended = await run.migrate(place.database_url)
    if with_files and made.has_files:
        source = f"file://{(folder / FILES).absolute()}"
        copied = await _copy_all(folder / KEYS, source, place.storage_url)
        restored.files = copied.files
        restored.wrong += [f"The file {key} is not in the backup." for key in copied.missing]
    return restored


async def _unreadable(connection: AsyncConnection) -> list[str]:
    """Return a sentence if secrets of the database cannot be decrypted here."""
    try:
        sealed = await secrets.unreadable(AsyncSession(connection))
    except secrets.Misconfigured as lacking:
        return [f"The secrets of the database are not tried: {lacking}"]
    if not sealed:
        return []
    return [
        f"{sealed} secrets cannot be decrypted. Set ENCRYPTION_KEYS to the keys that the dumped "
        "server had, or add the accounts again."
    ]


def read(folder: Path) -> Backup:
    """Return the list of a backup. Raises CannotStart for a folder that holds no whole one."""
    try:
        return Backup(**json.loads((folder / LIST).read_text()))
    except (OSError, ValueError, TypeError) as broken:
        raise CannotStart(f"{folder} holds no whole backup: {LIST} cannot be read.") from broken


async def _refuse_tables(place: Place) -> None:
    async with _snapshot(place) as (connection, _):
        there = (await connection.scalars(TABLES)).all()
    if there:
        raise CannotStart(
            f"The database has tables already ({', '.join(there[:3])} ...). Restore into an empty "
            "database, so that nothing is overwritten."
        )


def _differing(meant: Mapping[str, list[str]], found: Mapping[str, list[str]]) -> list[str]:
    told = []
    for table in sorted(meant.keys() | found.keys()):
        if meant.get(table) != found.get(table):
            rows = [one[table][0] if table in one else "no" for one in (meant, found)]
            told.append(f"{table} was dumped with {rows[0]} rows and has {rows[1]}, or others.")
    return told


async def _program(name: str, url: str, *arguments: str, names_database: bool = False) -> None:
    """Run a program of PostgreSQL. The password is in no argument. Raises CannotStart."""
    parts = make_url(url).set(drivername="postgresql")
    shown = parts.set(password=None) if parts.password else parts
    env = dict(os.environ) | ({"PGPASSWORD": str(parts.password)} if parts.password else {})
    plain = shown.render_as_string(hide_password=False)
    running = await asyncio.create_subprocess_exec(
        _found(name),
        *arguments,
        f"--dbname={plain}",
        env=env,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await running.communicate()
    if running.returncode:
        raise CannotStart(f"{name} failed:\n{told.decode(errors='replace').strip()}")


def _found(name: str) -> str:
    """Return the path of a program: of the installation that `up` uses, else on the PATH."""
    try:
        program = postgres.find_programs() / "bin" / name
    except CannotStart:
        program = None
    found: Any = program if program is not None and program.exists() else shutil.which(name)
    if not found:
        raise CannotStart(
            f"{name} was not found. Install the client programs of PostgreSQL, of the server's "
            "version or newer."
        )
    return str(found)
