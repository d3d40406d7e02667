"""Exports: files that a person asks for, made by workers of what that person may see.

An export is a row with its source, format and options. `domain/exports/making.py` makes its file.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, moments
from domain.bus import bus
from domain.bus.queues import Job
from domain.dashboards import dashboards
from domain.documents import kept, read
from domain.errors import Conflict, Invalid, RateLimited
from domain.executions import results
from domain.exports.options import Options
from domain.kinds import Execution
from domain.models import (
    Collection,
    DashboardView,
    Report,
    ReportExecution,
    ReportExport,
    Widget,
    WorkflowExecution,
)
from domain.models.exports import FORMATS_OF
from domain.people import access
from domain.problems import check_one_of, refuse
from domain.settings import settings
from domain.viewer import Viewer

JOB = (Job.MAKE_EXPORT, "exports")  # one job for all: a worker takes whichever is next
OPEN = ("pending", "running")
OF_AGGREGATES = ("report_id", "collection_id")
RANGE = "export.options.range"
SOON = timedelta(seconds=30)  # after which an open export is likely to be over
# The prefix of a source's ids, its table, and its argument, by the column that names it.
SOURCES: dict[str, tuple[str, Any, str]] = {
    "dashboard_view_id": ("view", DashboardView, "viewId"),
    "dashboard_id": ("dash", None, "dashboardId"),
    "widget_id": ("wgt", Widget, "widgetId"),
    "execution_id": ("exec", ReportExecution, "executionId"),
    "workflow_execution_id": ("wexec", WorkflowExecution, "workflowExecutionId"),
    "report_id": ("rpt", Report, "reportId"),
    "collection_id": ("col", Collection, "collectionId"),
}


@dataclass(frozen=True)
class ExportSpec:
    """What a person asks for. `source` has the column of the source and its public id."""

    source: tuple[str, str]
    format: str
    options: Any


async def create(session: AsyncSession, viewer: Viewer, spec: ExportSpec) -> ReportExport:
    """Ask for an export. If the same one is being made for the viewer already, return that.

    Raises Problems, NotFound, NotReady for an execution without a result, and RateLimited.
    """
    column, public_id = spec.source
    argument = f"export.source.{SOURCES[column][2]}"
    options = kept(given := read(Options, spec.options, "export.options"))
    if column in OF_AGGREGATES and given.range is not None and given.range.days is None:
        raise Invalid("Aggregates are chosen by a startDate and an endDate.", field=RANGE)
    source = await _source(session, column, public_id, argument)
    refuse(check_one_of("export.format", spec.format, FORMATS_OF[column]))
    if isinstance(source, Execution):
        results.location(source)
    return await _add(session, viewer, {column: source.id}, spec.format, options)


async def _source(session: AsyncSession, column: str, public_id: str, field: str) -> Any:
    """Return the source if the viewer may see it. Raises NotFound."""
    prefix, model, _ = SOURCES[column]
    if model is None:
        return await dashboards.get(session, public_id, field=field)
    return await access.get(session, prefix, model, public_id, field=field)


async def _add(
    session: AsyncSession,
    viewer: Viewer,
    source: dict[str, UUID],
    format: str,
    options: dict[str, Any],
) -> ReportExport:
    digest = hashlib.sha256(orjson.dumps(options, option=orjson.OPT_SORT_KEYS)).hexdigest()
    mine = ReportExport.exported_by == viewer.user_id
    await session.execute(  # so that the limit is exact, and nothing is made twice at once
        text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"),
        {"what": f"exports of {viewer.user_id}"},
    )
    open_ones = await session.scalars(
        select(ReportExport).where(mine, ReportExport.state.in_(OPEN))
    )
    waiting = open_ones.all()
    for one in waiting:
        same = all(getattr(one, column) == key for column, key in source.items())
        if same and (one.export_format, one.options_hash) == (format, digest):
            return one
    _refuse_more(len(waiting))
    made = ReportExport(
        **source,
        export_format=format,
        options=options,
        options_hash=digest,
        exported_by=viewer.user_id,
        due_at=func.now(),
    )
    session.add(made)
    await session.flush()
    bus.later(session, *JOB)
    return made


def _refuse_more(waiting: int) -> None:
    most = settings.exports_per_person
    if most and waiting >= most:
        raise RateLimited(
            f"{waiting} exports of yours are being made, which is the most. Ask for this one when "
            "one of them is over, or cancel one.",
            retry_after=moments.now() + SOON,
        )


async def cancel(session: AsyncSession, public_id: str) -> ReportExport:
    """Cancel an export that is not over. A repeat changes nothing.

    Raises NotFound, and Conflict if the export is over.
    """
    export = await _locked(session, public_id)
    if export.state == "cancelled":
        return export
    if export.state not in OPEN:
        raise Conflict(f"The export is over already: it is {export.state}.", field="id")
    export.state, export.due_at, export.lease_until = "cancelled", None, None
    bus.changed(session, export.id)
    bus.later(session, *JOB)
    return export


async def repeat(session: AsyncSession, viewer: Viewer, public_id: str) -> ReportExport:
    """Ask for the same export once more. Raises NotFound, Conflict and RateLimited.

    The numbers may have changed since. If they have not, the file is the same.
    """
    export = await access.get(session, "exp", ReportExport, public_id, field="id")
    if export.state in OPEN:
        raise Conflict(f"The export is not over: it is {export.state}.", field="id")
    column = next(one for one in SOURCES if getattr(export, one) is not None)
    if export.export_format not in FORMATS_OF[column]:
        raise Invalid("This format is not offered any more.", field="id")
    source = {column: getattr(export, column)}
    return await _add(session, viewer, source, export.export_format, export.options)


async def _locked(session: AsyncSession, public_id: str) -> ReportExport:
    found = await access.get(session, "exp", ReportExport, public_id, field="id")
    await session.refresh(found, with_for_update={"key_share": True})
    return found


def source_of(export: ReportExport) -> str:
    """Return the public id of an export's source."""
    column = next(one for one in SOURCES if getattr(export, one) is not None)
    return ids.encode(SOURCES[column][0], getattr(export, column))
