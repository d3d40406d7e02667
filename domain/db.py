"""Sessions. A transaction is a person's, the engine's or the owner's, and has that role."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

from asyncpg import InterfaceError, PostgresError
from sqlalchemy import (
    ColumnElement,
    Uuid,
    column,
    event,
    func,
    make_url,
    select,
    text,
    true,
    values,
)
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import await_only

from domain import bus, moments, roles
from domain.errors import Unavailable
from domain.roles import Role
from domain.settings import settings

if TYPE_CHECKING:
    from domain.viewer import Viewer

CONNECTIONS = 30  # of each role and process
PATIENCE = 10  # seconds to wait for a free connection
IDLE = 1.0  # seconds; a connection used more recently is not checked
Row = TypeVar("Row")


@cache
def engine(role: Role) -> AsyncEngine:
    """Return the role's connection pool in this process."""
    own_login: str | None = getattr(settings, f"database_{role}_url")
    url = make_url(own_login or settings.database_url).set(drivername="postgresql+asyncpg")
    # A role without a login of its own is assumed when the connection starts. So row-level security
    # holds even if the login is the superuser of an embedded server.
    server_settings = {"application_name": f"amc-reports {role}"}
    if own_login is None:
        server_settings["role"] = f"amc_{role}"
    made = create_async_engine(
        url,
        pool_size=CONNECTIONS // 3,
        max_overflow=CONNECTIONS - CONNECTIONS // 3,
        pool_timeout=PATIENCE,
        hide_parameters=True,  # of statements that fail; logs must not reveal values
        connect_args={"server_settings": server_settings, "timeout": 10},
    )
    event.listen(made.sync_engine, "handle_error", _forget_plans)
    event.listen(made.sync_engine, "checkin", _note_use)
    event.listen(made.sync_engine, "connect", partial(_meet, role, own_login is not None))
    event.listen(made.sync_engine, "checkout", _ping)
    return made


def _meet(role: Role, own_login: bool, connection: Any, record: ConnectionPoolEntry) -> None:
    """Ask a new connection for the time and for its role. Raises WrongRole."""
    asked: Any = record.driver_connection
    answer = await_only(asked.fetchrow(roles.WHO, list(roles.ALL)))
    moments.heard(answer["now"])
    try:
        roles.check(roles.Who.of(answer), role, own_login=own_login)
    except roles.WrongRole:
        asked.terminate()
        raise


def _note_clock(connection: Any, record: ConnectionPoolEntry) -> None:
    """Set our clock by the database's. A restarted server may have another clock."""
    asked: Any = record.driver_connection
    moments.heard(await_only(asked.fetchval("SELECT clock_timestamp()")))


def _note_use(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _ping(connection: Any, record: ConnectionPoolEntry, proxy: Any) -> None:
    """Ask a rested connection for the time, which also tells whether it is alive.

    So a restarted server costs one question and no failed request. A busy connection is not asked.
    """
    if time.monotonic() - record.info.get("used", -math.inf) < IDLE:
        return
    try:
        _note_clock(connection, record)
    except (PostgresError, InterfaceError, OSError) as lost:
        raise InvalidatePoolError from lost  # take another connection


def _forget_plans(context: Any) -> None:
    """Drop a connection whose cached plans are stale after a migration. asyncpg reports it once."""
    if "cached statement plan is invalid" in str(context.original_exception):
        context.is_disconnect = True


async def check_role(role: Role) -> None:
    """Raise WrongRole if this process would not have its role. A database may be away for now."""
    try:
        async with engine(role).connect():
            pass
    except (DBAPIError, OSError, PoolTimeout):
        return  # each later connection is checked as well


@cache
def _sessions(role: Role) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine(role), expire_on_commit=False)


@asynccontextmanager
async def _committed(role: Role) -> AsyncIterator[AsyncSession]:
    """Commit at the end, or roll back on an error. After a commit, send what is on the bus."""
    async with _sessions(role)() as session:
        async with session.begin():
            await _connect(session)
            yield session
        await bus.deliver(session)


async def _connect(session: AsyncSession) -> None:
    try:
        await session.connection()
    except PoolTimeout as busy:
        raise Unavailable("The server is busy; try again in a moment.") from busy


# A person's transactions at the same time. Others wait, so that nobody takes all connections.
_turns: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()


@asynccontextmanager
async def transaction(viewer: "Viewer | None" = None) -> AsyncIterator[AsyncSession]:
    """A person's transaction. Row-level security shows only their rows, and none to nobody."""
    if viewer is None:
        async with _committed("api") as session:
            yield session
        return
    turns = _turns.setdefault(viewer.user_id, asyncio.Semaphore(settings.connections_per_person))
    async with turns, _committed("api") as session:
        await session.execute(
            text("SELECT set_config('app.user_id', :id, true)"), {"id": str(viewer.user_id)}
        )
        yield session


@asynccontextmanager
async def worker_transaction() -> AsyncIterator[AsyncSession]:
    """The engine's transaction, for the clock and the actors, which act for no person."""
    async with _committed("worker") as session:
        yield session


@asynccontextmanager
async def owner_transaction() -> AsyncIterator[AsyncSession]:
    """The operator's transaction, for migrations and the command line."""
    async with _committed("owner") as session:
        yield session


async def by_id(
    session: AsyncSession, model: type[Row], ids: Sequence[UUID] | set[UUID]
) -> dict[UUID, Row]:
    """Return the rows with these primary keys, by key, in one statement."""
    key: InstrumentedAttribute[UUID] = model.id  # type: ignore[attr-defined]
    rows = await session.scalars(select(model).where(key.in_(ids)))
    return {row.id: row for row in rows}  # type: ignore[attr-defined]


async def by_parent(
    session: AsyncSession,
    parent: InstrumentedAttribute[Any],
    ids: Sequence[UUID] | set[UUID],
    order: Sequence[ColumnElement[Any]],
    most: int,
) -> dict[UUID, list[Any]]:
    """The first `most` children of each of these parents, in order. One statement, however many."""
    of = values(column("parent", Uuid()), name="of").data([(one,) for one in ids])
    place = func.row_number().over(order_by=order).label("place")
    children = select(parent.class_, place).where(parent == of.c.parent)
    first = children.order_by(*order).limit(most).lateral()
    child = aliased(parent.class_, first)
    statement = select(child).select_from(of).join(child, true()).order_by(first.c.place)
    found: dict[UUID, list[Any]] = {key: [] for key in ids}
    for row in await session.scalars(statement):
        found[getattr(row, parent.key)].append(row)
    return found


async def dispose() -> None:
    """Close every pool of this process."""
    for role in ("owner", "api", "worker"):
        await engine(role).dispose()
    engine.cache_clear()
    _sessions.cache_clear()
