"""Sessions of the engine: their constant statements go straight to the driver.

SQLAlchemy builds such a statement once, and the driver runs its text. That takes a tenth of the
time of an ordinary execution. Rows of models belong to the session as if it had read them itself:
what is changed of them is written by `flush`. All other statements are executed as usual, in the
same transaction.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.engine.result import IteratorResult, SimpleResultMetaData
from sqlalchemy.exc import NoResultFound
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import attributes, make_transient_to_detached
from sqlalchemy.orm.util import identity_key

from domain import db
from domain.snapshots import statements
from domain.snapshots.columns import CONSTANT, Needed
from domain.snapshots.records import Reading
from domain.snapshots.snapshots import Found

LOCK = {"key_share": True}  # the option of `get` for a row that is locked
ALL = Needed({}, {})  # all columns of all models are read
POPULATE = "populate_existing"  # an option: rows that the session has already are read again


def use() -> None:
    """Have the engine use such sessions in this process."""
    db.sessions["worker"] = Direct


class Direct(AsyncSession):
    """A session of the engine, for one transaction."""

    _connection: AsyncConnection | None = None
    _driver: Any = None  # its connection, once the transaction has begun

    async def execute(self, statement: Any, params: Any = None, **more: Any) -> Any:
        """Execute a statement and return its result."""
        if not _is_direct(statement, params, more):
            return await super().execute(statement, params, **more)
        reading, records = await self._ask(statement, params)
        keys = reading.keys or (list(records[0].keys()) if records else [])
        rows = self._rows(statement, reading, records)
        return IteratorResult(SimpleResultMetaData(keys), iter(rows))

    async def scalars(self, statement: Any, params: Any = None, **more: Any) -> Any:
        """Return the first value of each row."""
        if not _is_direct(statement, params, more):
            return await super().scalars(statement, params, **more)
        reading, records = await self._ask(statement, params)
        return Found(row[0] for row in self._rows(statement, reading, records))

    async def scalar(self, statement: Any, params: Any = None, **more: Any) -> Any:
        """Return the first value of the first row, or None."""
        if not _is_direct(statement, params, more):
            return await super().scalar(statement, params, **more)
        return (await self.scalars(statement, params)).first()

    async def get(self, entity: Any, ident: Any, **more: Any) -> Any:
        """Return the row with this primary key, or None. It may be locked."""
        locks = more.pop("with_for_update", None)
        if more or locks not in (None, LOCK):
            return await super().get(entity, ident, with_for_update=locks, **more)
        known = None if locks else self.sync_session.identity_map.get(identity_key(entity, ident))
        if known is not None:
            return known
        return await self.scalar(_of_key(entity, bool(locks)), {"key": ident})

    async def get_one(self, entity: Any, ident: Any, **more: Any) -> Any:
        """Return the row with this primary key. Raises NoResultFound."""
        found = await self.get(entity, ident, **more)
        if found is None:
            raise NoResultFound
        return found

    async def connection(self, **more: Any) -> AsyncConnection:  # type: ignore[override]
        """Return the connection of the transaction."""
        if self._connection is None or more:
            self._connection = await super().connection(**more)
        return self._connection

    def _rows(
        self, statement: Any, reading: Reading, records: Sequence[Any]
    ) -> list[tuple[Any, ...]]:
        rows = list(reading.rows(records))
        if not reading.rows_at:
            return rows
        populate = statement.get_execution_options().get(POPULATE, False)
        return [
            tuple(
                self._taken_over(value, populate) if at in reading.rows_at else value
                for at, value in enumerate(row)
            )
            for row in rows
        ]

    def _taken_over(self, row: Any, populate: bool) -> Any:
        """Make a row of a model one of this session, or return the one that it has already."""
        if row is None:
            return None
        state = attributes.instance_state(row)
        known = self.sync_session.identity_map.get(state.mapper.identity_key_from_instance(row))
        if known is None:
            make_transient_to_detached(row)
            self.add(row)
            return row
        if populate:
            for name, value in list(state.dict.items()):
                if name in state.manager:
                    attributes.set_committed_value(known, name, value)
        return known

    async def _ask(
        self, statement: Any, parameters: Mapping[str, Any] | None
    ) -> tuple[Reading, Sequence[Any]]:
        session = self.sync_session
        if session.autoflush and (session.new or session.dirty or session.deleted):
            await self.flush()
        dialect = db.engine("worker").sync_engine.dialect
        reading, arguments = statements.prepared(dialect, statement, parameters, ALL, tracked=True)
        connection = await self.connection()
        try:
            driver = self._driver or await self._begin(connection)
            return reading, await driver.fetch(reading.sql, *arguments)
        except BaseException as error:
            # The session has to know of it, and may have to give the connection up.
            await connection.run_sync(_failed, error, reading.sql)
            raise

    async def _begin(self, connection: AsyncConnection) -> Any:
        """Begin the transaction as SQLAlchemy does, which will also end it."""
        raw: Any = await connection.get_raw_connection()
        if raw.dbapi_connection._transaction is None and not self.info.get(db.ALONE):
            await raw.dbapi_connection._start_transaction()
        self._driver = raw.driver_connection
        return self._driver


def _failed(connection: Any, error: BaseException, sql: str) -> None:
    """Raise what SQLAlchemy raises for an error of the driver."""
    try:
        connection.connection.dbapi_connection._handle_exception(error)
    except BaseException as told:  # noqa: BLE001 (it is raised again)
        connection._handle_dbapi_exception(told, sql, None, None, None)


@cache
def _of_key(model: Any, locks: bool) -> Any:
    chosen = select(model).where(model.id == bindparam("key", type_=Uuid()))
    if locks:
        chosen = chosen.with_for_update(key_share=True)
    return chosen.execution_options(**{CONSTANT: True, POPULATE: locks})


def _is_direct(statement: Any, parameters: Any, more: Mapping[str, Any]) -> bool:
    return (
        not more
        and (parameters is None or isinstance(parameters, dict))
        and statement.get_execution_options().get(CONSTANT, False)
    )
