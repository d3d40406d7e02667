"""Compares a database with what the migrations make, and mends rights that differ.

The migrations are run beside the database's own schema, in a transaction that is rolled back. So
both are described by the same server, and nothing has to be stored. Nobody else sees any of it.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from migrations import catalog
from migrations.catalog import Item, Key

Build = Callable[[AsyncConnection], Awaitable[None]]
BESIDE = (
    "ALTER SCHEMA public RENAME TO amc_reports_before",
    "CREATE SCHEMA public",
    "GRANT USAGE, CREATE ON SCHEMA public TO amc_owner, amc_access",
    "GRANT USAGE ON SCHEMA public TO amc_api, amc_worker",
    "SET LOCAL ROLE amc_owner",
)
# What others need comes first: functions before the policies that call them.
ORDER = ("function", "disabled trigger", "trigger", "row-level security", "policy", "grant")
REWORDED = ("constraint", "index", "view", "policy", "trigger")
LONGEST = 300  # of a definition in a sentence
PATIENCE = "5s"  # with a lock that somebody else holds


class Wrong(Enum):
    """How an object differs from what the migrations make."""

    MISSING = "is missing"
    EXTRA = "is there, and no migration makes it"
    DIFFERS = "differs"


@dataclass(frozen=True)
class Difference:
    """An object that is not as the migrations make it."""

    wrong: Wrong
    meant: Item | None
    found: Item | None

    @property
    def item(self) -> Item:
        """The object as it should be, or as it is where there should be none."""
        either = self.meant or self.found
        assert either is not None
        return either

    def __str__(self) -> str:
        said = f"{_named(self.item)} {self.wrong.value}"
        if self.wrong is Wrong.DIFFERS and self.meant and self.found:
            said += f": it is {_short(self.found)}, and should be {_short(self.meant)}"
        return f"{said}."


def _named(item: Item) -> str:
    name = f" {item.name}" if item.name else ""
    of = f" of {item.on}" if item.on else ""
    return f"The {item.kind}{name}{of}"


def _short(item: Item) -> str:
    told = " ".join(item.definition.split())
    return told if len(told) <= LONGEST else f"{told[:LONGEST]} ..."


class CannotCompare(Exception):
    """The login may not build the migrations beside the database. The message says what to do."""


async def compare(connection: AsyncConnection, build: Build) -> list[Difference]:
    """Return all that differs from what `build` makes in an empty schema. Changes nothing."""
    async with connection.begin() as transaction:
        found = await catalog.read(connection)
        meant = await _build(connection, build)
        differences = _differences(meant, found)
        same = [one for one in differences if await _mean_the_same(connection, one)]
        await transaction.rollback()
    return [one for one in differences if one not in same]


async def _build(connection: AsyncConnection, build: Build) -> dict[Key, Item]:
    try:
        for statement in BESIDE:
            await connection.execute(text(statement))
    except DBAPIError as refused:
        if getattr(refused.orig, "sqlstate", None) != "42501":
            raise
        raise CannotCompare(
            "The database cannot be compared with the migrations: that takes a login that owns "
            "the database and its schema `public`, or a superuser."
        ) from refused
    await build(connection)
    return await catalog.read(connection)


def _differences(meant: Mapping[Key, Item], found: Mapping[Key, Item]) -> list[Difference]:
    """Return what differs, in the order of the kinds. Other people's tables are not looked at."""
    ours = {(one.on or one.name) for one in meant.values()}
    told = [
        Difference(Wrong.DIFFERS, item, found[key])
        if key in found
        else Difference(Wrong.MISSING, item, None)
        for key, item in meant.items()
        if found.get(key) != item
    ]
    extra = [
        Difference(Wrong.EXTRA, None, item)
        for key, item in found.items()
        if key not in meant and item.on in ours
    ]
    absent = {one.item.name for one in told if one.item.kind == "table"}
    shown = [one for one in told + extra if one.item.on not in absent]  # a table's parts go with it
    kinds = list(catalog.KINDS)
    return sorted(shown, key=lambda one: (kinds.index(one.item.kind), one.item.key))


async def _mean_the_same(connection: AsyncConnection, one: Difference) -> bool:
    """Return whether both definitions are the same once the server has read both.

    A restored database may write `x IN (...)` in other words than the one that was dumped.
    """
    if one.meant is None or one.found is None or one.item.kind not in REWORDED:
        return False
    read = [await _read_again(connection, one.meant, item) for item in (one.meant, one.found)]
    return read[0] is not None and read[0] == read[1]


async def _read_again(connection: AsyncConnection, meant: Item, item: Item) -> Item | None:
    """Return the item as the server describes it after making it in the place of the meant one."""
    nested = await connection.begin_nested()
    try:
        for statement in (meant.drop, item.make):
            await connection.exec_driver_sql(str(statement))
        return (await catalog.read(connection, meant.kind)).get(meant.key)
    except DBAPIError:  # it needs what is not there, or others need it
        return None
    finally:
        await nested.rollback()


async def mend(connection: AsyncConnection, differences: list[Difference]) -> list[Difference]:
    """Mend the owners, functions, triggers, policies and grants that differ. Returns these.

    Tables, columns, constraints and indexes are left: mending them could lose rows.
    """
    wanted = [one for one in differences if one.item.kind in catalog.RIGHTS]
    if not wanted:
        return []
    async with connection.begin():
        await connection.execute(text(f"SET LOCAL lock_timeout = '{PATIENCE}'"))
        await connection.execute(text("SET LOCAL check_function_bodies = off"))
        await _give(connection, wanted)
        await connection.execute(text("SET LOCAL ROLE amc_owner"))
        for kind in ORDER:
            for one in wanted:
                if one.item.kind == kind:
                    await _make(connection, one)
            if kind == "function":
                await _give(connection, wanted)
    return wanted


async def _give(connection: AsyncConnection, wanted: list[Difference]) -> None:
    """Give objects that exist to their owners."""
    for one in wanted:
        if one.item.kind == "owner" and one.meant is not None:
            there = text(
                "SELECT to_regclass(:name) IS NOT NULL OR to_regprocedure(:name) IS NOT NULL"
            )
            name = one.item.on if "(" in one.item.on else f'"{one.item.on}"'
            if await connection.scalar(there, {"name": name}):
                await connection.exec_driver_sql(str(one.meant.make))


async def _make(connection: AsyncConnection, one: Difference) -> None:
    if one.found is not None and one.found.drop and one.item.kind != "function":
        await connection.exec_driver_sql(one.found.drop)
    if one.meant is not None:
        await connection.exec_driver_sql(str(one.meant.make))
    if one.item.kind == "function" and one.found is None:  # what is not meant to be for everybody
        await connection.exec_driver_sql(f"REVOKE ALL ON FUNCTION {one.item.name} FROM PUBLIC")


async def fingerprint(connection: AsyncConnection) -> str:
    """Return a digest of all rights, which changes whenever one of them does."""
    digest = hashlib.sha256()
    for item in sorted(
        (await catalog.read(connection, *catalog.RIGHTS)).values(), key=lambda i: i.key
    ):
        digest.update(repr(item).encode())
    return digest.hexdigest()
