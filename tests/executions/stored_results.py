"""What tests of stored results share: which files rows name, which are there, and their removal."""

from typing import Any

from sqlalchemy import text

from domain import db, storage
from domain.executions import files

NAMES = text(
    """
    SELECT output_location FROM report_executions
    UNION SELECT output_location FROM workflow_executions
    UNION SELECT output_location FROM archived_workflow_executions
    UNION SELECT result_location FROM report_data_weeks
    UNION SELECT result_location FROM report_week_revisions
    """
)


async def named() -> set[str]:
    """The keys of all files that a row names."""
    async with db.owner_transaction() as session:
        return {key for key in await session.scalars(NAMES) if key is not None}


async def later() -> None:
    """Let so much time pass that all that was noted or decided is due."""
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE result_removals SET due_at = now() WHERE due_at IS NOT NULL")
        )


async def tidy_up(do: Any, sent: list[Any]) -> None:
    """Let the job decide, let time pass, and let it remove."""
    for _ in range(3):
        await later()
        sent[:] = [files.JOB]
        while sent:
            await do()


async def notes() -> list[Any]:
    async with db.owner_transaction() as session:
        return list(await session.execute(text("SELECT * FROM result_removals ORDER BY id")))


async def there(keys: set[str]) -> set[str]:
    """Those of these files that are in the store."""
    return {key for key in keys if await storage.exists(key)}
