"""SQL statements run as a person, to test what the database shows and allows."""

from typing import Any

from sqlalchemy import text

from domain import db
from domain.viewer import Viewer

COLUMNS = {
    "users": "id",
    "amc_accounts": "id",
    "notice_targets": "id",
}  # tables of which not every column may be read


async def sees(viewer: Viewer | None, table: str, where: str = "true", **values: Any) -> int:
    """The number of rows that this person can read."""
    async with db.transaction(viewer) as session:
        found = await session.scalar(
            text(f"SELECT count({COLUMNS.get(table, '*')}) FROM {table} WHERE {where}"), values
        )
        return int(found)


async def does(viewer: Viewer | None, statement: str, **values: Any) -> int:
    """The number of rows that this person's statement changes."""
    async with db.transaction(viewer) as session:
        return (await session.execute(text(statement), values)).rowcount
