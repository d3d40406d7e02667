"""Reads of one operation: a read-only transaction of a person, and one snapshot of the database.

Within `reading`, `db.transaction` gives all readers of the person the same session. SQLAlchemy
builds its statements, and the driver runs them: rows become bare objects of their models, without
an identity map or lazy loading. A session can do what reading functions need. Anything else raises
Unreadable, and whoever began the snapshot reads again in ordinary transactions.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, select
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.pool import PoolProxiedConnection

from domain import db
from domain.failures import DatabaseAway
from domain.snapshots import statements
from domain.snapshots.columns import CONSTANT, Needed, Unreadable
from domain.snapshots.records import Beside, Reading
from domain.viewer import Viewer

BEGIN = (
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT set_config('app.user_id', '{}', true)"
    ", set_config('plan_cache_mode', '{}', true)"
)
# Planning a statement for its values each time takes longer than most statements do.
ONE_PLAN, PLANNED_ANEW = "force_generic_plan", "auto"


class Snapshot:
    """The session of a snapshot. It begins with the first read.

    `needed` says what rows of lists and edges need. `beside` has the rows that were read beside
    others. `failure` says why its answers cannot be relied on, if so.
    """

    def __init__(self, viewer: Viewer, needed: Needed) -> None:
        self.viewer, self.needed = viewer, needed
        self.beside: Beside = {}
        self.info: dict[str, Any] = {}
        self.failure: str | None = None
        self.statements = 0
        self._is_over = False
        self._lock = asyncio.Lock()  # a connection runs one statement at a time
        self._by_values = False  # a statement has to be planned for its values
        self._mode = ONE_PLAN
        self._turn: asyncio.Semaphore | None = None
        self._connection: PoolProxiedConnection | None = None

    @property
    def spoiled(self) -> str | None:
        """Why its answers cannot be relied on; None if they can. It sends no jobs, for example."""
        return self.failure or ("jobs" if self.info else None)

    def serves(self, viewer: Viewer | None) -> bool:
        """Return whether this person's transactions are this one."""
        return not self._is_over and viewer is not None and viewer.user_id == self.viewer.user_id

    def session(self) -> Any:
        """Return the session, which begins with its first statement."""
        return self

    async def execute(self, statement: Any, parameters: Mapping[str, Any] | None = None) -> Any:
        """Return the rows of a statement, as an ordinary session does."""
        reading, arguments = self._prepared(statement, parameters)
        records = await self._fetch(reading.sql, arguments)
        reading.note(records, self.beside)
        keys = reading.keys or (list(records[0].keys()) if records else [])
        return IteratorResult(SimpleResultMetaData(keys), reading.rows(records))

    async def scalars(self, statement: Any, parameters: Mapping[str, Any] | None = None) -> "Found":
        """Return the first value of each row."""
        reading, arguments = self._prepared(statement, parameters)
        records, found = await self._fetch(reading.sql, arguments), Found()
        for begin in range(0, len(records), db.AT_ONCE):
            await db.others(begin)
            part = records[begin : begin + db.AT_ONCE]
            found += reading.firsts(part)
            reading.note(part, self.beside)
        return found

    async def scalar(self, statement: Any, parameters: Mapping[str, Any] | None = None) -> Any:
        """Return the first value of the first row, or None."""
        return (await self.scalars(statement, parameters)).first()

    async def get(self, model: type[Any], key: UUID, **options: Any) -> Any:
        """Return the row with this primary key, or None."""
        known: Any = model
        more = tuple(options.get("execution_options", {}).items())
        return await self.scalar(_of_key(known, more), {"key": key})

    async def get_one(self, model: type[Any], key: UUID) -> Any:
        """Return the row with this primary key. Raises NoResultFound."""
        found = await self.get(model, key)
        if found is None:
            raise NoResultFound
        return found

    def __getattr__(self, name: str) -> NoReturn:
        self.failure = f"session.{name}"
        raise Unreadable(self.failure)

    async def rest(self) -> None:
        """Give the connection back for now. The next read begins a new snapshot."""
        if self._connection is not None:
            async with self._lock:
                await self._end()

    async def close(self) -> None:
        """End the transaction, and whatever still runs in it."""
        self._is_over = True
        await self._end()

    def _prepared(self, statement: Any, parameters: Any) -> tuple[Reading, list[Any]]:
        try:
            dialect = db.engine("api").sync_engine.dialect
            reading, given = statements.prepared(dialect, statement, parameters, self.needed)
        except Unreadable as other:
            self.failure = str(other)
            raise
        self._by_values = self._by_values or reading.by_values
        return reading, given

    async def _fetch(self, sql: str, arguments: Sequence[Any]) -> Sequence[Any]:
        async with self._lock:
            driver: Any = (await self._begin()).driver_connection
            self.statements += 1
            try:
                if self._by_values and self._mode == ONE_PLAN:
                    await driver.execute(f"SET LOCAL plan_cache_mode = {PLANNED_ANEW}")
                    self._mode = PLANNED_ANEW
                found: Sequence[Any] = await driver.fetch(sql, *arguments)
            except BaseException as error:
                self.failure = f"statement: {type(error).__name__}"
                if isinstance(error, asyncio.CancelledError):
                    # Closing it waits until the server has been told to stop the statement.
                    with suppress(Exception):
                        await asyncio.shield(driver.close(timeout=db.CHECKING))
                raise
        return found

    async def _begin(self) -> PoolProxiedConnection:
        if self._connection is not None:
            return self._connection
        if self._is_over:
            raise Unreadable("the snapshot is over")
        turn = db.turn(self.viewer)
        await turn.acquire()
        self._turn = turn
        try:
            self._connection = await db.engine("api").raw_connection()
            driver: Any = self._connection.driver_connection
            self._mode = PLANNED_ANEW if self._by_values else ONE_PLAN
            await driver.execute(BEGIN.format(UUID(str(self.viewer.user_id)), self._mode))
        except db.AWAY as away:
            await self._end(is_lost=True)
            raise DatabaseAway(f"{type(away).__name__}: {away}") from away
        except BaseException:
            self.failure = "begin"
            await self._end(is_lost=True)
            raise
        return self._connection

    async def _end(self, *, is_lost: bool = False) -> None:
        connection, self._connection = self._connection, None
        turn, self._turn = self._turn, None
        try:
            if connection is not None:
                await _given_back(connection, is_lost or bool(self.failure))
        finally:
            if turn is not None:
                turn.release()


@lru_cache(500)
def _of_key(model: Any, options: tuple[tuple[str, Any], ...]) -> Select[Any]:
    chosen = select(model).where(model.id == bindparam("key", type_=Uuid()))
    return chosen.execution_options(**{**dict(options), CONSTANT: True})


async def _given_back(connection: PoolProxiedConnection, is_lost: bool) -> None:
    """Give a connection back to the pool; one whose state is not known is closed."""
    driver: Any = connection.driver_connection
    try:
        if not is_lost:
            await driver.execute("COMMIT", timeout=db.CHECKING)
    except BaseException as error:
        is_lost = True
        if not isinstance(error, (*db.AWAY, TimeoutError)):
            raise
    finally:
        # Nothing of this waits: SQLAlchemy knows of no transaction that it had to end.
        if is_lost:
            if driver is not None:
                driver.terminate()
            with suppress(Exception):
                connection.invalidate()
        connection.close()


@asynccontextmanager
async def reading(viewer: Viewer, needed: Needed) -> AsyncIterator[Snapshot]:
    """Read as this person within the block: all reads share one snapshot."""
    snapshot = Snapshot(viewer, needed)
    before = db.shared.set(snapshot)
    try:
        yield snapshot
    finally:
        db.shared.reset(before)
        await snapshot.close()


async def rest() -> None:
    """Hold no connection while something else than the database is worked on."""
    if isinstance(snapshot := db.shared.get(), Snapshot):
        await snapshot.rest()


@asynccontextmanager
async def apart() -> AsyncIterator[None]:
    """Use ordinary transactions within the block, for a field that also writes."""
    await rest()
    before = db.shared.set(None)
    try:
        yield
    finally:
        db.shared.reset(before)


def is_reading() -> bool:
    """Return whether a snapshot is read here."""
    return isinstance(snapshot := db.shared.get(), Snapshot) and not snapshot._is_over


def beside() -> Beside:
    """The rows that were read beside others, if a snapshot is read here."""
    snapshot = db.shared.get()
    return snapshot.beside if isinstance(snapshot, Snapshot) else {}


class Found(list[Any]):
    """The values of a result."""

    def all(self) -> "Found":
        """Return all of them."""
        return self

    def first(self) -> Any:
        """Return the first one, or None."""
        return self[0] if self else None

    def one_or_none(self) -> Any:
        """Return the only one, or None. Raises MultipleResultsFound."""
        if len(self) > 1:
            raise MultipleResultsFound
        return self.first()

    def one(self) -> Any:
        """Return the only one. Raises NoResultFound, MultipleResultsFound."""
        if not self:
            raise NoResultFound
        return self.one_or_none()
