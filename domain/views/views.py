"""Makes the views of enabled reports and workflows, one for each of their results.

1. `claim` leases a configuration, and finds the next result to draw. It counts the try on the
   result's row.
2. `make` draws the view in DuckDB, with no transaction open.
3. `record` writes the view, if the lease is still held. An unchanged view is not written.
4. `fail` is called instead if a step raised. It retries after a growing pause, or gives up with
   the reason.

A view shows a finished collection, or one execution outside of collections. The views of a
configuration are made one after the other under its lease.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import structlog
from sqlalchemy import func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds, leases, moments, pauses, pool, scratch, storage
from domain.aggregates.rollups import SegmentResult
from domain.bus import bus
from domain.bus.queues import Job
from domain.failures import Failure
from domain.leases import Held, Lease
from domain.models import DashboardView, InsightRun, ReportConfiguration
from domain.settings import settings
from domain.storage import FileLost
from domain.views import drawing, pending
from domain.views import inputs as view_inputs
from domain.views.drawing import TooLarge, ViewDocuments
from domain.views.inputs import Undrawable, ViewInputs
from domain.views.pending import MODELS, TRIES

log = structlog.get_logger()

GROWTH = 4  # each pause is this many times the one before
LEASE = Lease(ReportConfiguration)


@dataclass(frozen=True)
class Task:
    """A claim: what to draw, and for which configuration."""

    configuration: ReportConfiguration
    held: Held
    kind: str  # exec, wexec, col
    id: UUID
    version: int | None  # of the collection
    inputs: ViewInputs


# A nudge names a configuration, or a report or workflow that has a new result.
SUBJECTS: dict[str, Any] = {
    "conf": ReportConfiguration.id,
    **{one.source.prefix: getattr(ReportConfiguration, one.source.key) for one in kinds.KINDS},
}


async def claim(session: AsyncSession, subject: str) -> Task | None:
    """Claim the next view to draw. Return None if there is none or another worker has the lease."""
    prefix, _, _ = subject.partition("_")
    configuration = await leases.take(
        session,
        LEASE,
        SUBJECTS[prefix] == ids.decode(prefix, subject),
        ReportConfiguration.enabled.is_(True),
    )
    if configuration is None:
        return None
    if configuration.redraw_at is not None:
        await pending.look_back(session, configuration)
    while found := await pending.first(session, configuration):
        task = await _claim_result(session, configuration, *found)
        if task is not None:
            return task
    leases.release(LEASE, configuration)
    configuration.step_error = None
    return None


async def _claim_result(
    session: AsyncSession, configuration: ReportConfiguration, kind: str, key: UUID
) -> Task | None:
    """Claim one result. Return None if it can never be drawn, and write the reason on its row."""
    row = await _locked(session, kind, key)
    if row is None:
        return None
    if row.dashboard_attempts >= TRIES:
        _give_up(row, row.dashboard_processing_error or leases.DIED)
        return None
    row.dashboard_attempts += 1
    row.dashboard_due_at = moments.now() + settings.lease
    read: Any = view_inputs.of_collection if kind == "col" else view_inputs.of_execution
    try:
        inputs = await read(session, configuration, row)
    except Undrawable as why:
        _give_up(row, str(why))
        return None
    version = row.version if kind == "col" else None
    return Task(configuration, leases.held(LEASE, configuration), kind, key, version, inputs)


async def _locked(session: AsyncSession, kind: str, key: UUID) -> Any:
    return await session.get(
        MODELS[kind], key, with_for_update={"key_share": True}, populate_existing=True
    )


def _give_up(row: Any, why: str) -> None:
    row.dashboard_attempts = TRIES
    row.dashboard_due_at = None
    row.dashboard_processing_error = f"Given up: {why}"


async def make(task: Task) -> ViewDocuments:
    """Draw the view. Raises TooLarge, and what the object store or DuckDB raises."""
    inputs = task.inputs
    every = [*inputs.results, *inputs.earlier]
    with scratch.folder() as folder:
        locations = dict.fromkeys(one.location for one in every if one.location is not None)
        paths, above = await storage.fetch_all(locations, folder)
        fetched = replace(
            inputs,
            results=_fetched(inputs.results, paths),
            earlier=_fetched(inputs.earlier, paths),
        )
        return await pool.run(drawing.draw, fetched, above)


def _fetched(results: Sequence[SegmentResult], paths: dict[str, Path]) -> list[SegmentResult]:
    return [replace(one, path=paths.get(one.location or "")) for one in results]


async def record(session: AsyncSession, task: Task, documents: ViewDocuments) -> None:
    """Write the view, unless the lease was lost meanwhile."""
    configuration = await leases.lock(session, task.held)
    if configuration is None:
        return
    _release(session, configuration)
    row = await _locked(session, task.kind, task.id)
    if row is None:
        return  # the execution or collection was deleted meanwhile
    await _keep(session, task, documents)
    bus.changed(session, *task.inputs.execution_ids)  # they are drawn now
    if task.kind == "col":
        await _ask_for_insights(session, task)
    # A collection that got new results since the claim is drawn again.
    row.dashboard_processed = task.version in (None, getattr(row, "version", None))
    row.dashboard_processing_error = row.dashboard_due_at = None
    row.dashboard_attempts = 0
    if task.kind == "col":
        model = kinds.of(configuration).execution.model
        await session.execute(
            update(model)
            .where(model.id.in_(task.inputs.execution_ids), ~model.dashboard_processed)
            .values(dashboard_processed=True, dashboard_processing_error=None)
        )
    log.info("view.made", of=ids.encode(task.kind, task.id))


async def _keep(session: AsyncSession, task: Task, documents: ViewDocuments) -> None:
    """Write the one view of a collection or execution. An unchanged view is not written."""
    inputs, of_collection = task.inputs, task.kind == "col"
    made = insert(DashboardView).values(
        report_configuration_id=task.configuration.id,
        report_id=task.configuration.report_id,
        workflow_id=task.configuration.workflow_id,
        collection_id=task.id if of_collection else None,
        execution_ids=list(inputs.execution_ids),
        data_start_date=inputs.days.start,
        data_end_date=inputs.days.last,
        processed_data=documents.processed_data,
        charts_config=documents.charts_config,
        metrics_summary=documents.metrics_summary,
    )
    columns = (
        *("execution_ids", "data_start_date", "data_end_date"),
        *("processed_data", "charts_config", "metrics_summary"),
    )
    differs = or_(
        *(DashboardView.__table__.c[one].is_distinct_from(made.excluded[one]) for one in columns)
    )
    changed = {one: made.excluded[one] for one in columns} | {
        "last_updated": func.now(),
        "archived_at": None,
        "archive_location": None,
    }
    if of_collection:
        statement = made.on_conflict_do_update(
            index_elements=["collection_id", "report_configuration_id"], set_=changed, where=differs
        )
    else:
        statement = made.on_conflict_do_update(
            index_elements=["report_configuration_id", text("(execution_ids[1])")],
            index_where=text("collection_id IS NULL"),
            set_=changed,
            where=differs,
        )
    written = await session.scalars(statement.returning(DashboardView.id))
    bus.changed(session, *written)


async def _ask_for_insights(session: AsyncSession, task: Task) -> None:
    """Have the insights of a collection's view made. A single execution has no weeks to compare."""
    views = select(DashboardView.id).where(
        DashboardView.collection_id == task.id,
        DashboardView.report_configuration_id == task.configuration.id,
    )
    run = insert(InsightRun).from_select(["dashboard_view_id"], views)
    run = run.on_conflict_do_update(
        index_elements=["dashboard_view_id"], set_={"due_at": func.now()}
    )
    for key in await session.scalars(run.returning(InsightRun.id)):
        bus.later(session, Job.MAKE_INSIGHTS, key.hex)


def words(error: Exception) -> str | None:
    """Return the reason for a failure in words for people, or None for an unexpected error."""
    if isinstance(error, TooLarge):
        return str(error)
    if isinstance(error, FileLost):
        return str(error)
    if isinstance(error, duckdb.Error):
        return f"A result file cannot be read: {type(error).__name__}."
    return None


async def fail(
    session: AsyncSession, subject: str, held: Held | None, task: Task | None, failure: Failure
) -> None:
    """Postpone the next try by a growing pause. After the last one, give up with the reason."""
    prefix, _, _ = subject.partition("_")
    known = SUBJECTS[prefix] == ids.decode(prefix, subject)
    configuration = await leases.lock_failed(session, LEASE, held, known)
    if configuration is None:
        return
    if task is None:  # the claim itself failed
        configuration.step_tries = failure.used(configuration.step_tries, TRIES)
        configuration.step_error = failure.message
        leases.postpone(LEASE, configuration)
        if configuration.step_tries >= TRIES:
            configuration.enabled = False
            configuration.step_error = f"Switched off after {TRIES} tries. {failure.message}"
        return
    _release(session, configuration)
    row = await _locked(session, task.kind, task.id)
    if row is None:
        return
    row.dashboard_attempts = failure.used(row.dashboard_attempts, TRIES)
    if row.dashboard_attempts >= TRIES:
        _give_up(row, failure.message)
    else:
        row.dashboard_processing_error = failure.message
        row.dashboard_due_at = moments.now() + pauses.growing(
            row.dashboard_attempts - 1, GROWTH, settings.view_retry_min, settings.view_retry_max
        )


def _release(session: AsyncSession, configuration: ReportConfiguration) -> None:
    """Release the lease, and nudge the configuration to look for more to draw at once."""
    leases.release(LEASE, configuration)
    configuration.step_error = None
    bus.later(session, Job.MAKE_VIEWS, ids.encode("conf", configuration.id))
