"""What a collection collects: a report, or a saved workflow, as it was when it was started."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import access, parameters, sql
from domain.access import Viewer
from domain.errors import Conflict, Invalid
from domain.models import Collection, Instance, Report, TemplateVersion, Workflow

WORKFLOW_ZONE = "UTC"  # a saved query says nothing of zones


@dataclass(frozen=True)
class Query:
    """SQL with its parameters and values: what every segment asks, but for its window."""

    sql_template: str
    definitions: dict[str, Any]
    values: dict[str, Any]
    output_columns: list[str]
    data_sources: list[str]
    report_config: dict[str, Any]

    def given(self, values: dict[str, Any]) -> "Query":
        """The same with some of its values replaced."""
        return replace(self, values={**self.values, **values})

    def render(self) -> tuple[sql.Rendered, dict[str, Any]]:
        """The SQL that AMC is asked to run, and the checked values. Raises Invalid."""
        checked = parameters.check(self.definitions, dict(self.values))
        return sql.render(self.sql_template, self.definitions, checked), checked


@dataclass(frozen=True)
class Source:
    """A report or a workflow with all that decides its numbers."""

    report: Report | None
    workflow: Workflow | None
    instance: Instance
    version: TemplateVersion | None
    query: Query
    time_zone: str

    @property
    def id(self) -> UUID:
        """Its primary key."""
        row = self.report or self.workflow
        assert row is not None
        return row.id

    @property
    def name(self) -> str:
        """What people call it."""
        row = self.report or self.workflow
        assert row is not None
        return row.name

    def series(self, week_start: str) -> str:
        """Numbers of one series may be put together; others never mix."""
        made_of = [
            str(self.id),
            str(self.version.id) if self.version else sql.digest(self.query.sql_template),
            self.query.values,
            str(self.instance.id),
            self.time_zone,
            week_start,
        ]
        packed = orjson.dumps(made_of, option=orjson.OPT_SORT_KEYS, default=str)
        return hashlib.sha256(packed).hexdigest()[:32]

    def pinned(self) -> dict[str, Any]:
        """What a collection keeps of it: templates have versions, workflows change."""
        kept: dict[str, Any] = {"parameters": self.query.values}
        if self.workflow is not None:
            kept["sql_query"] = self.query.sql_template
            kept["parameter_definitions"] = self.query.definitions
        return kept


async def find(
    session: AsyncSession,
    viewer: Viewer,
    report_id: str | None,
    workflow_id: str | None,
    *,
    rank: str = "editor",
) -> Source:
    """The report or workflow of this id, if the viewer may collect it.

    Raises Invalid unless exactly one is given, NotFound, Forbidden, Conflict if it is archived.
    """
    if (report_id is None) == (workflow_id is None):
        raise Invalid("Give a report or a workflow, and not both.", field="reportId")
    if report_id is not None:
        report = await access.get(session, "rpt", Report, report_id, field="reportId")
        await access.must_be(session, viewer, report.instance_id, rank, field="reportId")
        if not report.is_active:
            raise Conflict(f"The report {report.name!r} is archived.", field="reportId")
        return await _of_report(session, report)
    workflow = await access.get(session, "wf", Workflow, str(workflow_id), field="workflowId")
    await access.must_be(session, viewer, workflow.instance_id, rank, field="workflowId")
    if workflow.archived_at is not None:
        raise Conflict(f"The workflow {workflow.name!r} is archived.", field="workflowId")
    query = _of_workflow(workflow.sql_query, workflow.parameter_definitions, workflow.parameters)
    instance = await session.get_one(Instance, workflow.instance_id)
    return Source(None, workflow, instance, None, query, WORKFLOW_ZONE)


async def of_schedule(
    session: AsyncSession, report: Report | None, workflow: Workflow | None
) -> Source:
    """What a schedule runs, for the engine, which asks nobody's rights here."""
    if report is not None:
        return await _of_report(session, report)
    assert workflow is not None
    query = _of_workflow(workflow.sql_query, workflow.parameter_definitions, workflow.parameters)
    instance = await session.get_one(Instance, workflow.instance_id)
    return Source(None, workflow, instance, None, query, WORKFLOW_ZONE)


async def _of_report(session: AsyncSession, report: Report) -> Source:
    instance = await session.get_one(Instance, report.instance_id)
    version = await session.get_one(TemplateVersion, report.template_version_id)
    return Source(
        report, None, instance, version, _of_version(version, report.parameters), report.timezone
    )


def _of_version(version: TemplateVersion, values: dict[str, Any]) -> Query:
    return Query(
        version.sql_template,
        version.parameter_definitions,
        values,
        version.output_columns,
        list(version.data_sources),
        version.report_config,
    )


def _of_workflow(sql_query: str, definitions: dict[str, Any], values: dict[str, Any]) -> Query:
    return Query(
        sql_query,
        definitions,
        values,
        sql.output_columns(sql_query),
        sql.data_sources(sql_query),
        {},
    )


async def query_of(session: AsyncSession, collection: Collection) -> Query:
    """What the segments of a collection ask: as it was pinned, whatever has changed since."""
    pinned = collection.configuration
    if collection.template_version_id is not None:
        version = await session.get_one(TemplateVersion, collection.template_version_id)
        return _of_version(version, pinned["parameters"])
    return _of_workflow(pinned["sql_query"], pinned["parameter_definitions"], pinned["parameters"])


async def lock(session: AsyncSession, source: Source) -> None:
    """Let nobody else start a collection of it until this transaction is over."""
    model: Any = Report if source.report is not None else Workflow
    await session.execute(
        select(model.id).where(model.id == source.id).with_for_update(key_share=True)
    )
