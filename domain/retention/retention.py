"""Removes what is older than its rule says, some at a time.

1. `due` tells the clock which rules to look at. Each has a row in `retention_rules`.
2. `claim` leases the rule. For views, it picks those to archive.
3. `act` stores the documents of views, with no transaction open. For other rules it does nothing.
4. `record` removes at most MOST rows, counts them in `retention_log`, and says when the rule is
   due again: at once if there may be more, else after an hour.

A step that is lost or repeated removes nothing twice: what is removed is found by a query.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import TextClause, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import DateTime, Integer

from domain import leases, moments, pool
from domain.bus import bus
from domain.bus.queues import Job
from domain.executions import files
from domain.failures import Failure
from domain.leases import Held, Lease
from domain.models import DashboardView, RetentionEntry, RetentionRule
from domain.retention.rules import MOST, RULES, Rule
from domain.views import archives

log = structlog.get_logger()

LEASE = Lease(RetentionRule)
AGAIN = timedelta(hours=1)
VIEWS_AT_ONCE = 20  # documents of a view have at most 512 KiB


@dataclass(frozen=True)
class Archived:
    """A view to archive, as it was read."""

    id: UUID
    key: str
    last_updated: datetime
    documents: Mapping[str, Any]


@dataclass(frozen=True)
class Task:
    """A claim of a rule."""

    rule: Rule
    held: Held
    views: list[Archived] = field(default_factory=list)


@dataclass(frozen=True)
class Removed:
    """How much a step has removed, and whether there may be more."""

    items: int
    bytes: int
    more: bool = False


def _before(rule: Rule) -> datetime:
    return moments.now() - timedelta(days=rule.days)


def _given(rule: Rule, most: int) -> dict[str, Any]:
    return {"before": _before(rule), "most": most}


def _statement(sql: str) -> TextClause:
    statement = text(sql).bindparams(bindparam("before", type_=DateTime(timezone=True)))
    limited = bindparam("most", type_=Integer())
    return statement.bindparams(limited) if ":most" in sql else statement


async def claim(session: AsyncSession, name: str) -> Task | None:
    """Claim a rule that is due. Return None if it is not, or another worker has it."""
    row = await leases.take(
        session, LEASE, RetentionRule.name == name, RetentionRule.due_at <= func.now()
    )
    if row is None:
        return None
    rule, held = RULES[name], leases.held(LEASE, row)
    if rule.remove or not rule.days:
        return Task(rule, held)
    return Task(rule, held, await _to_archive(session, rule))


async def _to_archive(session: AsyncSession, rule: Rule) -> list[Archived]:
    """Pick views to archive, and reserve the keys of their files."""
    sql = f"{rule.found} ORDER BY t.last_updated LIMIT :most"
    found = (await session.execute(_statement(sql), _given(rule, VIEWS_AT_ONCE))).all()
    rows = await session.execute(
        select(
            DashboardView.id,
            DashboardView.last_updated,
            DashboardView.processed_data,
            DashboardView.charts_config,
        ).where(DashboardView.id.in_([one.id for one in found]))
    )
    picked = []
    for key, last_updated, data, charts in rows:
        version = int(last_updated.timestamp() * 1_000_000)
        location = await files.reserve(session, archives.key(key, version))
        documents = {"processed_data": data, "charts_config": charts}
        picked.append(Archived(key, location, last_updated, documents))
    return picked


async def act(task: Task) -> Mapping[str, int]:
    """Store the documents of views, and return their bytes. Storing again changes nothing."""
    packed = {one.key: await pool.run(archives.pack, one.documents) for one in task.views}
    await archives.store(packed)
    return {key: len(content) for key, content in packed.items()}


async def record(session: AsyncSession, task: Task, stored: Mapping[str, int]) -> None:
    """Remove what goes, unless the lease was lost meanwhile."""
    row = await leases.lock(session, task.held)
    if row is None:
        return
    removed = await _remove(session, task, stored)
    await _count(session, task.rule, removed)
    leases.release(LEASE, row)
    row.step_error = None
    if removed.more:
        row.due_at = moments.now()
        bus.later(session, Job.STEP_RETENTION, task.rule.name)
    else:
        row.done_at = moments.now()
        row.due_at = moments.now() + AGAIN


async def _remove(session: AsyncSession, task: Task, stored: Mapping[str, int]) -> Removed:
    if not task.rule.days:
        return Removed(0, 0)
    if not task.rule.remove:
        return await _archive(session, task, stored)
    given = _given(task.rule, MOST)
    found = (await session.execute(_statement(task.rule.remove), given)).one()
    return Removed(int(found.items), int(found.bytes), found.items >= MOST)


async def _archive(session: AsyncSession, task: Task, stored: Mapping[str, int]) -> Removed:
    """Name the files of these views in place of their documents.

    A view that was drawn again meanwhile keeps its documents. The bytes are those of the files.
    """
    items = size = 0
    for one in sorted(task.views, key=lambda view: view.key):  # the order in which keys are locked
        if not await files.may_name(session, one.key):
            continue
        archived = await session.scalar(
            update(DashboardView)
            .where(
                DashboardView.id == one.id,
                DashboardView.last_updated == one.last_updated,
                DashboardView.archived_at.is_(None),
            )
            .values(
                processed_data={},
                charts_config={},
                archived_at=func.now(),
                archive_location=one.key,
            )
            .returning(DashboardView.id)
            .execution_options(synchronize_session=False)
        )
        if archived is not None:
            items += 1
            size += stored[one.key]
    return Removed(items, size, len(task.views) == VIEWS_AT_ONCE and items > 0)


async def _count(session: AsyncSession, rule: Rule, removed: Removed) -> None:
    if not removed.items:
        return
    log.info("retention.removed", rule=rule.name, items=removed.items, bytes=removed.bytes)
    made = insert(RetentionEntry).values(
        rule=rule.name,
        day=moments.now().date(),
        items=removed.items,
        bytes=removed.bytes,
    )
    await session.execute(
        made.on_conflict_do_update(
            index_elements=["rule", "day"],
            set_={
                "items": RetentionEntry.items + made.excluded["items"],
                "bytes": RetentionEntry.bytes + made.excluded["bytes"],
            },
        )
    )


async def fail(
    session: AsyncSession, name: str, held: Held | None, _: Task | None, failure: Failure
) -> None:
    """Try again after a growing pause, for as long as it takes, with the reason on the row."""
    row = await leases.lock_failed(session, LEASE, held, RetentionRule.name == name)
    if row is not None:
        row.step_error = failure.message
        leases.postpone(LEASE, row)


async def foreseen(session: AsyncSession) -> list[tuple[Rule, Removed]]:
    """Return what each rule would remove now, all steps together. Changes nothing."""
    told = []
    for rule in RULES.values():
        items = freed = 0
        if rule.days:
            sum_of = "SELECT count(*) AS items, coalesce(sum(bytes), 0) AS bytes FROM"
            sql = _statement(f"{sum_of} ({rule.found}) AS gone")
            row = (await session.execute(sql, {"before": _before(rule)})).one()
            items, freed = int(row.items), int(row.bytes)
        told.append((rule, Removed(items, freed)))
    return told


@dataclass(frozen=True)
class State:
    """What a rule has removed so far, and when nothing was left."""

    name: str
    items: int
    bytes: int
    done_at: datetime | None
    error: str | None


async def states(session: AsyncSession) -> list[State]:
    """Return the state of every rule, by name, in one statement."""
    entry = RetentionEntry
    statement = (
        select(
            RetentionRule,
            func.coalesce(func.sum(entry.items), 0),
            func.coalesce(func.sum(entry.bytes), 0),
        )
        .outerjoin(entry, entry.rule == RetentionRule.name)
        .group_by(RetentionRule.id)
        .order_by(RetentionRule.name)
    )
    return [
        State(row.name, int(items), int(size), row.done_at, row.step_error)
        for row, items, size in await session.execute(statement)
    ]
