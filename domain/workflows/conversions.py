"""Converts a workflow into a report, with all its results, schedules and collections.

The report has the workflow's primary key, and so have its schedules and executions: `wf_1f..`
becomes `rpt_1f..`. The old rows of the workflow and its executions stay in the archive.

1. Return the report if the workflow was converted before.
2. Lock schedules, collections and the workflow, in the order that everybody locks.
3. Refuse if an execution or collection is open, or if more than one schedule runs it.
4. Create a template with a version for each query that the workflow has had, and the report.
5. Move schedules, collections, executions and aggregates in one function of the database.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds
from domain.bus import bus
from domain.collections.configs import week_start_of
from domain.collections.progress import OPEN
from domain.errors import Conflict, Invalid
from domain.executions import executions
from domain.models import (
    Collection,
    Report,
    ReportExecution,
    Template,
    TemplateVersion,
    Workflow,
    WorkflowExecution,
    WorkflowSchedule,
)
from domain.people import access
from domain.queries import sources, sql
from domain.queries.sources import WORKFLOW_ZONE
from domain.reports import reports
from domain.reports.reports import ReportSpec
from domain.schedules.schedules import deactivate
from domain.templates import templates
from domain.templates.drafts import TemplateSpec
from domain.viewer import Viewer

MOVE = text("SELECT workflow_becomes_report(:workflow, :collections)").bindparams(
    bindparam("collections", type_=JSONB)
)

ASKED = ("sql_query", "parameter_definitions", "report_config")  # what goes into the template


async def to_report(session: AsyncSession, viewer: Viewer, public_id: str) -> Report:
    """Convert a workflow, and return the report. Converting it again returns the same report.

    Raises Conflict while one of its executions or collections is open, if more than one schedule
    runs it, and if it cannot be a report.
    """
    key = ids.decode("wf", public_id, field="id")
    if (made := await _made(session, viewer, key)) is not None:
        return made
    workflow = await access.get(session, "wf", Workflow, public_id, field="id")
    await access.must_be(session, viewer, workflow.instance_id, "editor", field="id")
    schedules = await _locked(session, WorkflowSchedule, workflow.id)
    collections = await _locked(session, Collection, workflow.id)
    # FOR UPDATE, unlike elsewhere: nobody may add a reference to a row that goes away.
    await session.execute(select(Workflow.id).where(Workflow.id == key).with_for_update())
    if (made := await _made(session, viewer, key)) is not None:
        return made
    await session.refresh(workflow)
    await _nothing_open(session, workflow, collections)
    _one_schedule(session, schedules)
    try:
        return await _move(session, viewer, workflow, schedules, collections)
    except Invalid as invalid:
        raise Conflict(
            f"The workflow cannot become a report: {invalid} Change the workflow first.", field="id"
        ) from invalid


async def _made(session: AsyncSession, viewer: Viewer, key: UUID) -> Report | None:
    report = await session.get(Report, key)
    if report is not None:
        await access.must_be(session, viewer, report.instance_id, "editor", field="id")
    return report


async def _locked(session: AsyncSession, model: Any, workflow_id: UUID) -> list[Any]:
    """Lock its schedules or collections, oldest first, in the order that everybody locks."""
    rows = await session.scalars(
        select(model)
        .where(model.workflow_id == workflow_id)
        .order_by(model.created_at, model.id)
        .with_for_update(key_share=True)
    )
    return list(rows)


async def _nothing_open(
    session: AsyncSession, workflow: Workflow, collections: list[Collection]
) -> None:
    for one in collections:
        if one.status in OPEN:
            raise Conflict(
                f"{ids.encode('col', one.id)} is {one.status}; let it end, or cancel it first.",
                field="id",
            )
    busy = await session.scalar(
        select(WorkflowExecution)
        .where(WorkflowExecution.workflow_id == workflow.id, WorkflowExecution.phase != "done")
        .limit(1)
    )
    if busy is not None:
        raise Conflict(
            f"{kinds.public_id(busy)} is {busy.status}; let it end, or cancel it first.",
            field="id",
        )


def _one_schedule(session: AsyncSession, found: list[WorkflowSchedule]) -> None:
    """Keep one active schedule, as reports do: the one that runs, or else the newest."""
    active = [one for one in found if one.is_active]
    running = [one for one in active if not one.is_paused]
    if len(running) > 1:
        listed = ", ".join(ids.encode("wsch", one.id) for one in running)
        raise Conflict(
            f"A report has only one schedule, but {listed} run this workflow. Pause all but one.",
            field="id",
        )
    for one in active:
        if one is not (running or active)[-1]:
            deactivate(session, one, "The workflow became a report with one schedule.")


async def _move(
    session: AsyncSession,
    viewer: Viewer,
    workflow: Workflow,
    schedules: list[WorkflowSchedule],
    collections: list[Collection],
) -> Report:
    versions, template = await _template(session, viewer, workflow, collections)
    spec = ReportSpec(  # of what was checked when the workflow was saved
        name=workflow.name,
        template_id=ids.encode("tmpl", template.id),
        instance_id=ids.encode("inst", workflow.instance_id),
        parameters=workflow.parameters,
        description=workflow.description,
        time_zone=WORKFLOW_ZONE,
    )
    report = await reports.create(session, viewer, spec, key=workflow.id)
    moved = await _series(session, report, versions, collections)
    await session.execute(MOVE, {"workflow": workflow.id, "collections": moved})
    report.is_active = workflow.archived_at is None
    report.archived_at = workflow.archived_at
    report.frequency = next((one.schedule_type for one in schedules if one.is_active), "once")
    await session.flush()
    newest = await session.scalar(
        select(ReportExecution.id)
        .where(ReportExecution.report_id == report.id)
        .order_by(ReportExecution.created_at.desc(), ReportExecution.id.desc())
        .limit(1)
    )
    if newest is not None:
        await executions.recount(session, report.id, newest)
    gone: list[Any] = [workflow, *schedules, *collections]
    for one in gone:
        session.expunge(one)  # they keep their old values, because their rows are replaced
        bus.changed(session, one.id)
    await session.refresh(report)
    return report


async def _template(
    session: AsyncSession, viewer: Viewer, workflow: Workflow, collections: list[Collection]
) -> tuple[dict[str, UUID | None], Template]:
    """Create a template with a version for each query it has had. Return versions and template."""
    asked = {_asked(one.configuration): one.configuration for one in collections}
    present = {name: getattr(workflow, name) for name in ASKED}
    asked.pop(_asked(present), None)
    asked[_asked(present)] = present
    template: Template | None = None
    versions: dict[str, UUID | None] = {}
    for digest, pinned in asked.items():
        spec = TemplateSpec(
            workflow.name,
            pinned["sql_query"],
            pinned["parameter_definitions"],
            workflow.description,
            report_config=pinned["report_config"],
        )
        if template is None:
            template = await templates.create(session, viewer, spec)
        else:
            known = ids.encode("tmpl", template.id)
            template = await templates.change(session, viewer, known, spec)
        versions[digest] = template.current_version_id
    assert template is not None
    return versions, template


def _asked(pinned: Mapping[str, Any]) -> str:
    """Return a digest that identifies a query."""
    packed = orjson.dumps([pinned[name] for name in ASKED], option=orjson.OPT_SORT_KEYS)
    return sql.digest(packed.decode())


async def _series(
    session: AsyncSession,
    report: Report,
    versions: dict[str, UUID | None],
    collections: list[Collection],
) -> list[dict[str, str]]:
    """Return the new series of each collection, so that new numbers of the report join the old."""
    source = await sources.of(session, report)
    moved = []
    for one in collections:
        pinned = one.configuration
        version = await session.get_one(TemplateVersion, versions[_asked(pinned)])
        of_it = replace(
            source,
            version=version,
            query=replace(source.query, values=pinned["parameters"]),
            time_zone=one.time_zone,
        )
        moved.append(
            {
                "id": str(one.id),
                "version": str(version.id),
                "was": one.series_hash,
                "series": of_it.series(week_start_of(one)),
            }
        )
    return moved
