"""Sessions. A transaction is a person's, the engine's or the owner's, and has that role."""

import asyncio
import getpass
import math
import os
import socket
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import timedelta
from functools import cache, lru_cache, partial
from types import SimpleNamespace
from typing import Any, Protocol, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

import asyncpg
import structlog
from asyncpg import InterfaceError, InternalClientError, PostgresError
from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Select,
    TextClause,
    Uuid,
    any_,
    bindparam,
    column,
    event,
    func,
    literal,
    make_url,
    select,
    text,
    true,
)
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, InvalidRequestError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util import await_only

from domain import failures, moments, roles
from domain.bus import bus
from domain.errors import Unavailable
from domain.failures import DatabaseAway
from domain.roles import Role
from domain.settings import settings
from domain.viewer import OPERATION, Viewer

PATIENCE = 10  # seconds to wait for a free connection
CONNECTING = 5  # seconds until a new connection must be usable
CHECKING = 2.0  # seconds that a rested connection has to tell the time
IDLE = 1.0  # seconds; a connection used more recently is not checked
AT_ONCE = 500  # rows that are made of records before others get their turn
SOON = timedelta(seconds=2)  # when a person is asked to try again
log = structlog.get_logger()
# What the driver raises if its server has gone. It is an internal error of the driver if the
# server's farewell arrived between two statements.
GONE = (PostgresError, InterfaceError, InternalClientError, OSError)
# The pool says InvalidRequestError if two connections in a row are closed.
AWAY = (*GONE, DBAPIError, InvalidRequestError, PoolTimeout)  # while connecting
ACTS = text(
    "SELECT set_config(:setting, :who, true), set_config('app.operation', :operation, true)"
)
# What a session knows of itself: each constant statement may be a transaction of its own.
ALONE = "alone"
Row = TypeVar("Row")


def constant(sql: str, *given: BindParameter[Any]) -> TextClause:
    """A statement that is built once. Sessions of the engine give it straight to the driver."""
    return text(sql).bindparams(*given).execution_options(constant=True)


def fixed(value: str) -> ColumnElement[str]:
    """A value as a part of a statement's text. PostgreSQL can then keep a plan with the indexes
    that are only for such rows, instead of planning the statement for each value.
    """
    return literal(value, literal_execute=True)


OWN_TYPES = 16_384  # from this key on types are a database's own, else they are the same in each
_types: dict[frozenset[int], Any] = {}  # what PostgreSQL has told of its own
# A question that is not asked. It has a name, so it displaces no statement without one.
NOT_ASKED = SimpleNamespace(name="not asked")


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """Remembers PostgreSQL's types. Each new connection would ask for them, which takes 7 ms."""

    async def _introspect_types(self, typeoids: Iterable[int], timeout: float | None) -> Any:  # noqa: ASYNC109
        asked = frozenset(typeoids)
        if asked in _types:
            return _types[asked], NOT_ASKED
        found, statement = await super()._introspect_types(typeoids, timeout)
        if max(asked) < OWN_TYPES:
            _types[asked] = found
        return found, statement


@cache
def engine(role: Role) -> AsyncEngine:
    """Return the role's connection pool in this process."""
    own_login: str | None = getattr(settings, f"database_{role}_url")
    url = make_url(own_login or settings.database_url).set(drivername="postgresql+asyncpg")
    # A role without a login of its own is assumed when the connection starts. So row-level security
    # holds even if the login is the superuser of an embedded server.
    process = f"{socket.gethostname()[:24]}:{os.getpid()}"
    server_settings = {"application_name": f"amc-reports {role} {process}"}
    if own_login is None:
        server_settings["role"] = f"amc_{role}"
    most = settings.database_connections
    # The owner migrates, which takes as long as it takes.
    longest = None if role == "owner" else settings.database_timeout.total_seconds()
    made = create_async_engine(
        url,
        pool_size=most,  # all are kept: opening one takes longer than most transactions
        max_overflow=0,
        pool_use_lifo=True,  # one that was used a moment ago need not be checked
        pool_timeout=PATIENCE,
        hide_parameters=True,  # of statements that fail; logs must not reveal values
        connect_args={
            "connection_class": _Connection,
            "server_settings": server_settings,
            "timeout": CONNECTING,
            "command_timeout": longest,
        },
    )
    event.listen(made.sync_engine, "handle_error", _forget_plans)
    event.listen(made.sync_engine, "handle_error", _notice_silence)
    event.listen(made.sync_engine, "checkin", _note_use)
    event.listen(made.sync_engine, "connect", partial(_meet, role, own_login is not None))
    event.listen(made.sync_engine, "checkout", _ping)
    return made


def _meet(role: Role, own_login: bool, connection: Any, record: ConnectionPoolEntry) -> None:
    """Ask a new connection for the time and for its role. Raises WrongRole."""
    asked: Any = record.driver_connection
    answer = await_only(asked.fetchrow(roles.WHO, list(roles.ALL), timeout=CONNECTING))
    moments.heard(answer["now"])
    _note_use(connection, record)
    try:
        roles.check(roles.Who.of(answer), role, own_login=own_login)
    except roles.WrongRole:
        asked.terminate()
        raise


def _note_clock(connection: Any, record: ConnectionPoolEntry) -> None:
    """Set our clock by the database's. A restarted server may have another clock."""
    asked: Any = record.driver_connection
    moments.heard(await_only(asked.fetchval("SELECT clock_timestamp()", timeout=CHECKING)))


def _note_use(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["used"] = time.monotonic()


def _ping(connection: Any, record: ConnectionPoolEntry, proxy: Any) -> None:
    """Ask a rested connection for the time, which also tells whether it is alive.

    So a restarted server costs one question and no failed request. A busy connection is not asked,
    but it may have heard from the server that it is closed.
    """
    asked: Any = record.driver_connection
    is_busy = time.monotonic() - record.info.get("used", -math.inf) < IDLE
    if is_busy and not asked.is_closed():
        return
    try:
        _note_clock(connection, record)
    except GONE as lost:
        _cut(asked)
        raise InvalidatePoolError from lost  # take another connection


def _cut(driver_connection: Any) -> None:
    """Close a connection without a farewell, for which a frozen server would keep us waiting."""
    if driver_connection is not None:
        driver_connection.terminate()


def _forget_plans(context: Any) -> None:
    """Drop a connection whose cached plans are stale after a migration. asyncpg reports it once."""
    if "cached statement plan is invalid" in str(context.original_exception):
        context.is_disconnect = True


def _notice_silence(context: Any) -> DatabaseAway | None:
    """Drop a connection that did not answer in time: its server may be frozen."""
    if not isinstance(context.original_exception, TimeoutError):
        return None
    context.is_disconnect = True
    if context.connection is not None:
        _cut(context.connection.connection.driver_connection)
    return DatabaseAway("no answer in time")


async def check_role(role: Role) -> None:
    """Raise WrongRole if this process would not have its role. A database may be away for now."""
    try:
        async with engine(role).connect():
            pass
    except AWAY:
        return  # each later connection is checked as well


# The sessions of a role, where a process has others than usual (domain/snapshots/direct.py).
sessions: dict[Role, type[AsyncSession]] = {}


@cache
def _sessions(role: Role) -> async_sessionmaker[AsyncSession]:
    kind = sessions.get(role, AsyncSession)
    return async_sessionmaker(engine(role), class_=kind, expire_on_commit=False)


@asynccontextmanager
async def _committed(role: Role, **info: Any) -> AsyncIterator[AsyncSession]:
    """Commit at the end, or roll back on an error. After a commit, send what is on the bus."""
    async with _sessions(role)(info=info) as session:
        async with session.begin():
            await _connect(session)
            yield session
        await bus.deliver(session)


async def _connect(session: AsyncSession) -> None:
    try:
        await session.connection()
    except AWAY as away:
        raise DatabaseAway(f"{type(away).__name__}: {away}") from away


@contextmanager
def _refused() -> Iterator[None]:
    """Tell a person that the database is away by a refusal, which says when to try again."""
    try:
        yield
    except Exception as error:
        if failures.lacking(error) != "DATABASE":
            raise
        # The first line: the others have the values of the statement.
        log.warning("database.away", error=f"{type(error).__name__}: {error}".partition("\n")[0])
        raise Unavailable(
            "The database does not answer, or is busy. Send it again in some seconds.",
            retry_after=moments.now() + SOON,
        ) from error


# A person's transactions at the same time. Others wait, so that nobody takes all connections.
_turns: WeakValueDictionary[UUID, asyncio.Semaphore] = WeakValueDictionary()


def turn(viewer: Viewer) -> asyncio.Semaphore:
    """Return what a transaction of this person has to hold."""
    return _turns.setdefault(viewer.user_id, asyncio.Semaphore(settings.connections_per_person))


class Shared(Protocol):
    """A read-only transaction that all readers of an operation share (domain/snapshots/)."""

    def serves(self, viewer: Viewer | None) -> bool:
        """Return whether this person's transactions are this one."""

    def session(self) -> AsyncSession:
        """Return its session, which begins with its first statement."""

    async def rest(self) -> None:
        """Give the connection back for now."""


shared: ContextVar[Shared | None] = ContextVar("shared", default=None)


@asynccontextmanager
async def transaction(viewer: Viewer | None = None) -> AsyncIterator[AsyncSession]:
    """A person's transaction. Row-level security shows only their rows, and none to nobody.

    Raises Unavailable while the database is away.
    """
    if (reads := shared.get()) is not None and reads.serves(viewer):
        with _refused():
            yield reads.session()
        return
    if reads is not None:
        await reads.rest()  # whoever waits for a connection must not hold another one
    if viewer is None:
        with _refused():
            async with _committed("api") as session:
                yield session
        return
    with _refused():
        async with turn(viewer), _committed("api") as session:
            await become(session, viewer.user_id)
            yield session


async def become(session: AsyncSession, user_id: UUID) -> None:
    """Let row-level security show this person's rows until the end of the transaction."""
    await _acts(session, "app.user_id", str(user_id))


async def _acts(session: AsyncSession, setting: str, who: str) -> None:
    """Tell the policies and the audit who acts, and by which operation, in this transaction."""
    given = {"setting": setting, "who": who, "operation": OPERATION.get()}
    await session.execute(ACTS, given)


@cache
def _login() -> str:
    """The login of whoever runs a command, or the number of a process without one."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"


@asynccontextmanager
async def worker_transaction() -> AsyncIterator[AsyncSession]:
    """The engine's transaction, for the clock and the actors, which act for no person."""
    async with _committed("worker") as session:
        yield session


@asynccontextmanager
async def worker_statements() -> AsyncIterator[AsyncSession]:
    """The engine's transaction for a statement or several that need not be committed together."""
    async with _committed("worker", **{ALONE: True}) as session:
        yield session


@asynccontextmanager
async def engine_statements() -> AsyncIterator[AsyncConnection]:
    """A connection of the engine on which every statement is a transaction of its own.

    Statements use indexes, whatever the statistics say: after a bulk load these may be wrong.
    """
    made = engine("worker")
    if not event.contains(made.sync_engine, "connect", _prefer_indexes):
        event.listen(made.sync_engine, "connect", _prefer_indexes)
    try:
        connection = await made.connect()
    except AWAY as away:
        raise DatabaseAway(f"{type(away).__name__}: {away}") from away
    try:
        yield await connection.execution_options(isolation_level="AUTOCOMMIT")
    finally:
        await connection.close()


def _prefer_indexes(connection: Any, record: ConnectionPoolEntry) -> None:
    asked: Any = record.driver_connection
    await_only(asked.execute("SET enable_seqscan = off; SET jit = off", timeout=CONNECTING))


@asynccontextmanager
async def owner_transaction() -> AsyncIterator[AsyncSession]:
    """The operator's transaction, for migrations and the command line."""
    async with _committed("owner") as session:
        await _acts(session, "app.operator", _login())
        yield session


@cache
def _of_keys(model: type[Any]) -> Select[Any]:
    keys = bindparam("keys", type_=ARRAY(Uuid()))
    return select(model).where(model.id == any_(keys)).execution_options(narrow=(), constant=True)


async def by_id(
    session: AsyncSession, model: type[Row], ids: Sequence[UUID] | set[UUID]
) -> dict[UUID, Row]:
    """Return the rows with these primary keys, by key, in one statement."""
    known: Any = model
    return {
        row.id: row
        async for part in _parts(session, _of_keys(known), {"keys": list(ids)})
        for row in part
    }


async def _parts(
    session: AsyncSession, statement: Select[Any], parameters: dict[str, Any]
) -> AsyncIterator[Sequence[Any]]:
    """The rows of a statement. Making many of them takes long, so others go in between."""
    if not isinstance(session, AsyncSession):  # a snapshot, which does so itself
        yield await session.scalars(statement, parameters)
        return
    # An asynchronous session would make all of them before it returns.
    found = await session.run_sync(lambda usual: usual.scalars(statement, parameters))
    for number, part in enumerate(found.partitions(AT_ONCE)):
        await others(number)
        yield part


async def others(number: int) -> None:
    """Let others have their turn, if this is not the first part of something long."""
    if number:
        await asyncio.sleep(0)


@lru_cache(256)
def _of_parents(
    parent: InstrumentedAttribute[Any], order: tuple[ColumnElement[Any], ...], most: int
) -> Select[Any]:
    keys = func.unnest(bindparam("parents", type_=ARRAY(Uuid())))
    of = keys.table_valued(column("parent", Uuid())).render_derived(name="parents")
    place = func.row_number().over(order_by=order).label("place")
    children = select(parent.class_, place).where(parent == of.c.parent)
    first = children.order_by(*order).limit(most).lateral()
    child = aliased(parent.class_, first)
    statement = select(child).select_from(of).join(child, true()).order_by(first.c.place)
    return statement.execution_options(narrow=(parent.key,), constant=True)


async def by_parent(
    session: AsyncSession,
    parent: InstrumentedAttribute[Any],
    ids: Sequence[UUID] | set[UUID],
    order: Sequence[ColumnElement[Any]],
    most: int,
) -> dict[UUID, list[Any]]:
    """The first `most` children of each of these parents, in order. One statement, however many."""
    found: dict[UUID, list[Any]] = {key: [] for key in ids}
    statement = _of_parents(parent, tuple(order), most)
    async for part in _parts(session, statement, {"parents": list(found)}):
        if len(found) == 1:
            next(iter(found.values())).extend(part)
            continue
        for row in part:
            found[getattr(row, parent.key)].append(row)
    return found


async def dispose() -> None:
    """Close every pool of this process."""
    for role in ("owner", "api", "worker"):
        await engine(role).dispose()
    engine.cache_clear()
    _sessions.cache_clear()
