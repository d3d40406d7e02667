"""Removes the saved queries of finished executions at AMC, and expired idempotency keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import bus, ids, kinds, moments
from domain.amc.client import Amc, AmcError, AmcRefused, Credentials
from domain.instances import accounts
from domain.models import IdempotencyKey, Instance, Intent

KEPT = timedelta(minutes=1)  # after the slot is released; by then the result is fetched
AT_ONCE = 50


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


async def due(session: AsyncSession) -> Sequence[tuple[bus.Job, str]]:
    """Return a job for each instance that has saved queries to remove."""
    found = await session.scalars(select(Intent.instance_id).where(*_done()).distinct())
    return [(bus.Job.REMOVE_WORKFLOWS, ids.encode("inst", one)) for one in found]


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
