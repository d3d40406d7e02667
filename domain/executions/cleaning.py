"""Removes the saved queries of finished executions at AMC, and expired idempotency keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Interval, bindparam, delete, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds, moments
from domain.amc.client import Amc, AmcError, AmcRefused, Credentials
from domain.bus import bus
from domain.bus.queues import Job
from domain.instances import accounts
from domain.models import IdempotencyKey, Instance, Intent

KEPT = timedelta(minutes=1)  # after the slot is released; by then the result is fetched
AT_ONCE = 50
PHASES = "coalesce({}, 'done')".format(
    ", ".join(
        f"(SELECT phase FROM {kind.execution.name} e WHERE e.id = {kind.execution.key})"
        for kind in kinds.KINDS
    )
)


@dataclass(frozen=True)
class Task:
    """The saved queries of one instance that are to be removed: AMC's workflow id by intent."""

    account: Credentials
    amc_instance_id: str
    workflows: dict[UUID, str]


def _done() -> list[ColumnElement[bool]]:
    return [
        Intent.released_at < func.now() - KEPT,
        Intent.workflow_removed_at.is_(None),
        *(~_still_open(model) for model in kinds.EXECUTIONS),
    ]


def _still_open(model: Any) -> ColumnElement[bool]:
    return select(model.id).where(model.id == Intent.execution_id, model.phase != "done").exists()


# Phases are looked up row by row. A join could read all executions that ever ended.
TO_CLEAN = text(
    f"""
    WITH released AS MATERIALIZED (
        SELECT instance_id, report_execution_id, workflow_execution_id FROM amc_intents
        WHERE workflow_removed_at IS NULL AND released_at < now() - :kept
    )
    SELECT DISTINCT instance_id FROM released WHERE {PHASES} = 'done'
    """
).bindparams(bindparam("kept", type_=Interval()))


async def nudge(session: AsyncSession) -> None:
    """Send a job for each instance that has saved queries to remove."""
    for one in await session.scalars(TO_CLEAN, {"kept": KEPT}):
        bus.later(session, Job.REMOVE_WORKFLOWS, ids.encode("inst", one))


async def claim(session: AsyncSession, instance_id: UUID) -> Task | None:
    """Return what to remove now. Removing twice is harmless, so no lease is taken."""
    instance = await session.get(Instance, instance_id)
    if instance is None or (instance.throttled_until or moments.now()) > moments.now():
        return None
    rows = await session.execute(
        select(Intent.id, Intent.amc_workflow_id)
        .where(Intent.instance_id == instance_id, *_done())
        .order_by(Intent.created_at)
        .limit(AT_ONCE)
    )
    workflows = {row.id: row.amc_workflow_id for row in rows}
    if not workflows:
        return None
    account, refused = await accounts.load(session, instance.account_id)
    return None if refused else Task(account, instance.instance_id, workflows)


async def remove(task: Task, amc: Amc) -> list[UUID]:
    """Remove the queries one by one and return the intents whose queries are gone.

    It stops at the first error of AMC. A query that AMC refuses to remove counts as gone.
    """
    removed: list[UUID] = []
    for intent_id, workflow_id in task.workflows.items():
        try:
            await amc.remove_workflow(task.account, task.amc_instance_id, workflow_id)
        except AmcRefused:
            pass  # AMC keeps the query and will go on refusing
        except AmcError:
            break
        removed.append(intent_id)
    return removed


async def record(session: AsyncSession, removed: Sequence[UUID]) -> None:
    """Record that the saved queries of these intents are gone."""
    await session.execute(
        update(Intent).where(Intent.id.in_(removed)).values(workflow_removed_at=func.now())
    )


async def forget_keys(session: AsyncSession) -> None:
    """Delete the expired idempotency keys."""
    await session.execute(delete(IdempotencyKey).where(IdempotencyKey.expires_at < func.now()))
