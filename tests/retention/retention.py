"""Helpers of the tests of retention: rows are made older, and rules take their steps."""

from typing import Any

from sqlalchemy import text

from domain import db
from domain.bus.queues import Job
from tests.executions.workers import ACTORS


async def run(*statements: str, **given: Any) -> None:
    """Run statements as the owner, in one transaction."""
    async with db.owner_transaction() as session:
        for statement in statements:
            used = {name: value for name, value in given.items() if f":{name}" in statement}
            await session.execute(text(statement), used)


async def take_steps(*names: str) -> None:
    """Let each of these rules take a step."""
    await run("UPDATE retention_rules SET due_at = now(), lease_until = NULL")
    for name in names:
        await ACTORS[Job.STEP_RETENTION](name)


async def noted() -> set[str]:
    """The keys of the files that are noted for removal."""
    async with db.owner_transaction() as session:
        return set(await session.scalars(text("SELECT location FROM result_removals")))
