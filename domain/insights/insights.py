"""Makes the insights of views, dashboards and reports in the background, and stores them.

1. `claim` leases a run that is due, and reads the boards of what it is about, with the rights of
   the engine.
2. `make` finds the insights, with no transaction open.
3. `record` writes them, if the lease is still held. An insight that is found again keeps its row
   and the moment when it was first found. One that is not found any more is gone since now.
4. `fail` is called instead if a step raised. It retries after a growing pause, then gives up.

An insight is about one source. Row-level security shows it to whoever sees that source's
aggregates, so nobody's rights have to be known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds, leases, pool
from domain.bus import bus
from domain.calendar.days import Days
from domain.dashboards import sources
from domain.dashboards.sources import Ref
from domain.failures import Failure
from domain.insights import boards, contents, finding, versions, watching
from domain.insights.finding import Found
from domain.insights.reading import SourceRows
from domain.leases import Held, Lease
from domain.models import (
    Collection,
    DashboardInsight,
    DashboardSource,
    DashboardView,
    InsightRun,
    Report,
)

log = structlog.get_logger()

LEASE = Lease(InsightRun)
TRIES = 5  # of a run, before it is given up


@dataclass(frozen=True)
class Task:
    """A claim: what to make insights of, and in which state of the data."""

    run: InsightRun
    held: Held
    due_at: datetime
    version: str
    rows: Sequence[SourceRows]

    @property
    def place(self) -> dict[str, UUID]:
        """The column that says what the run is about, with its value."""
        return _place(self.run)

    @property
    def days(self) -> Days | None:
        """The days of all its periods. None if there are none."""
        found = [one.period.days for rows in self.rows for one in rows.periods]
        return Days.spanning(found) if found else None


def _place(run: InsightRun) -> dict[str, UUID]:
    columns = ("dashboard_view_id", "dashboard_id", "report_id")
    return {name: key for name in columns if (key := getattr(run, name)) is not None}


async def claim(session: AsyncSession, subject: str) -> Task | None:
    """Claim a run and read its boards. Return None if it is not due or is leased."""
    run = await leases.take(
        session, LEASE, InsightRun.id == UUID(hex=subject), InsightRun.due_at <= func.now()
    )
    if run is None:
        return None
    version = (await versions.of(session, [run]))[run.id]
    rows = await _rows(session, run)
    return Task(run, leases.held(LEASE, run), run.due_at, version, rows)


async def _rows(session: AsyncSession, run: InsightRun) -> list[SourceRows]:
    """Read the boards of what a run is about, of all its sources."""
    if run.dashboard_id is not None:
        found = await session.scalars(
            select(DashboardSource).where(DashboardSource.dashboard_id == run.dashboard_id)
        )
        refs = {(kinds.of(one).source.prefix, kinds.source_key(one)) for one in found}
        known = sorted((await sources.visible(session, refs)).values(), key=lambda one: one.ref)
        return await boards.of_sources(session, run.dashboard_id, known)
    if run.report_id is not None:
        return await boards.of_report(session, await session.get_one(Report, run.report_id))
    view = await session.get_one(DashboardView, run.dashboard_view_id)
    return await _of_view(session, view)


async def _of_view(session: AsyncSession, view: DashboardView) -> list[SourceRows]:
    """Read the aggregates of a view's collection in the view's days.

    A single execution has no weeks to compare, and older series are not read: both have none.
    """
    if view.collection_id is None:
        return []
    collection = await session.get_one(Collection, view.collection_id)
    ref: Ref = (kinds.of(view).source.prefix, kinds.source_key(view))
    known = await sources.visible(session, {ref})
    shown = [contents.of_source(one) for one in known.values() if one.is_readable]
    days = Days.from_last(view.data_start_date, view.data_end_date)
    rows = await boards.read(session, shown, days)
    return [one for one in rows if one.periods and one.periods[0].series == collection.series_hash]


async def make(task: Task) -> list[Found]:
    """Find the insights of the boards."""
    return await pool.run(finding.find, task.rows)


async def record(session: AsyncSession, task: Task, found: Sequence[Found]) -> None:
    """Write the insights, unless the lease was lost meanwhile."""
    run = await leases.lock(session, task.held)
    if run is None:
        return
    made = await _keep(session, task, found)
    if task.run.dashboard_id is not None and task.days is not None:
        await watching.tell(session, task.run.dashboard_id, made, task.days)
    leases.release(LEASE, run)
    run.step_error = None
    run.made_at, run.data_version = func.now(), task.version
    if run.due_at == task.due_at:
        run.due_at = None  # otherwise newer numbers wait, and it is due again
    bus.changed(session, *task.place.values())
    told = sum(one.type != finding.REFUSAL for one in found)
    log.info("insights.made", run=str(run.id), told=told, **_shown(task.place))


def _shown(place: dict[str, UUID]) -> dict[str, str]:
    return {name: str(key) for name, key in place.items()}


async def _keep(session: AsyncSession, task: Task, found: Sequence[Found]) -> list[UUID]:
    """Write each insight once, mark the others as gone, and return the keys of those written."""
    rows = [_row(task, number, one) for number, one in enumerate(found, start=1)]
    made: list[UUID] = []
    if rows:
        statement = insert(DashboardInsight).values(rows)
        fixed = {"dashboard_view_id", "dashboard_id", "report_id", "workflow_id", "fact_key"}
        changed: dict[str, Any] = {
            name: statement.excluded[name] for name in rows[0] if name not in fixed
        }
        changed["generated_at"] = func.now()
        is_new = DashboardInsight.gone_at.is_not(None)
        changed["found_at"] = case((is_new, func.now()), else_=DashboardInsight.found_at)
        kept = statement.on_conflict_do_update(
            index_elements=sorted(fixed), set_=changed
        ).returning(DashboardInsight.id)
        made = list(await session.scalars(kept))
    await session.execute(
        update(DashboardInsight)
        .where(_of(task.run), DashboardInsight.gone_at.is_(None), DashboardInsight.id.not_in(made))
        .values(gone_at=func.now())
    )
    return made


def _of(run: InsightRun) -> ColumnElement[bool]:
    """The insights that this run has made."""
    ((name, key),) = _place(run).items()
    mine: ColumnElement[bool] = getattr(DashboardInsight, name) == key
    if name == "report_id":
        return mine & DashboardInsight.dashboard_id.is_(None)
    return mine


def _row(task: Task, number: int, one: Found) -> dict[str, Any]:
    place: dict[str, Any] = dict.fromkeys(
        ("dashboard_view_id", "dashboard_id", "report_id", "workflow_id")
    )
    place |= task.place
    if "dashboard_view_id" not in task.place:
        kind = kinds.of_prefix(one.source.ref[0])
        place[kind.source.key] = one.source.ref[1]
    return {
        **place,
        "fact_key": one.key,
        "insight_type": one.type,
        "insight_text": one.text,
        "confidence_score": one.confidence,
        "data_points": one.data_points,
        "model_version": finding.VERSION,
        "rank": number,
        "source_name": one.source.name,
        "metric": one.metric,
        "dimension": one.dimension,
        "value": one.value,
        "level": one.level,
        "period_start": one.days and one.days.start,
        "period_end": one.days and one.days.end,
        "stake": one.stake,
        "currency": one.currency,
        "data_version": task.version,
        "filters": [each.model_dump(mode="json") for each in one.filters],
        "gone_at": None,
    }


async def fail(
    session: AsyncSession, subject: str, held: Held | None, task: Task | None, failure: Failure
) -> None:
    """Postpone the next try. After the last one, give up with the reason until the data change."""
    run = await leases.lock_failed(session, LEASE, held, InsightRun.id == UUID(hex=subject))
    if run is None:
        return
    run.step_error = failure.message
    run.step_tries = failure.used(run.step_tries, TRIES)
    if run.step_tries >= TRIES:
        leases.release(LEASE, run)
        run.due_at, run.data_version = None, task and task.version
        return
    leases.postpone(LEASE, run)
