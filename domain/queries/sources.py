"""What a collection collects: a report, or a saved workflow, as it was when it was started."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Conflict, Invalid, NotFound
from domain.models import (
    Collection,
    Instance,
    Report,
    ReportExecution,
    TemplateVersion,
    Workflow,
    WorkflowExecution,
)
from domain.people import access
from domain.queries import parameters, sql
from domain.viewer import Viewer

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
    """A report or a workflow with all that decides its numbers; a template alone has neither."""

    report: Report | None
    workflow: Workflow | None
    instance: Instance
    version: TemplateVersion | None
    query: Query
    time_zone: str

    @property
    def row(self) -> Report | Workflow:
        """Its row."""
        row = self.report or self.workflow
        assert row is not None
        return row

    @property
    def id(self) -> UUID:
        """Its primary key."""
        return self.row.id

    @property
    def name(self) -> str:
        """What people call it."""
        return self.row.name

    @property
    def is_put_away(self) -> bool:
        """Whether it is archived, so that nothing is run of it."""
        if self.report is not None:
            return not self.report.is_active
        return self.workflow is not None and self.workflow.archived_at is not None

    @property
    def execution(self) -> type[Any]:
        """The kind of executions it has."""
        return ReportExecution if self.workflow is None else WorkflowExecution

    @property
    def columns(self) -> dict[str, UUID | None]:
        """What its executions say that they are of."""
        if self.workflow is not None:
            return {"workflow_id": self.workflow.id, "template_version_id": None}
        assert self.version is not None
        return {
            "report_id": self.report.id if self.report else None,
            "template_id": self.version.template_id,
            "template_version_id": self.version.id,
        }

    def given(self, values: dict[str, Any]) -> "Source":
        """The same with some of its values replaced."""
        return replace(self, query=self.query.given(values))

    def series(self, week_start: str) -> str:
        """Numbers of one series may be put together; others never mix."""
        made_of = [
            str(self.id),
            str(self.version.id) if self.version else self._digest(),
            self.query.values,
            str(self.instance.id),
            self.time_zone,
            week_start,
        ]
        packed = orjson.dumps(made_of, option=orjson.OPT_SORT_KEYS, default=str)
        return hashlib.sha256(packed).hexdigest()[:32]

    def _digest(self) -> str:
        config = orjson.dumps(self.query.report_config, option=orjson.OPT_SORT_KEYS).decode()
        return sql.digest(f"{self.query.sql_template} {config}")

    def pinned(self) -> dict[str, Any]:
        """What a collection keeps of it: templates have versions, workflows change."""
        kept: dict[str, Any] = {"parameters": self.query.values}
        if self.workflow is not None:
            kept["sql_query"] = self.query.sql_template
            kept["parameter_definitions"] = self.query.definitions
            kept["report_config"] = self.query.report_config
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
        return await to_run(session, viewer, report, rank, field="reportId")
    workflow = await access.get(session, "wf", Workflow, str(workflow_id), field="workflowId")
    return await to_run(session, viewer, workflow, rank, field="workflowId")


async def to_run(
    session: AsyncSession,
    viewer: Viewer,
    row: Report | Workflow,
    rank: str = "editor",
    *,
    field: str,
) -> Source:
    """A report or a workflow as what is run, if the viewer may and it is not archived."""
    await access.must_be(session, viewer, row.instance_id, rank, field=field)
    source = await of(session, row)
    if source.is_put_away:
        noun = "report" if source.report else "workflow"
        raise Conflict(f"The {noun} {row.name!r} is archived.", field=field)
    return source


async def of(session: AsyncSession, row: Report | Workflow) -> Source:
    """A report or a workflow as what is run, for the engine, which asks nobody's rights here."""
    instance = await session.get_one(Instance, row.instance_id)
    if isinstance(row, Workflow):
        query = _of_workflow(
            row.sql_query, row.parameter_definitions, row.parameters, row.report_config
        )
        return Source(None, row, instance, None, query, WORKFLOW_ZONE)
    version = await session.get_one(TemplateVersion, row.template_version_id)
    query = of_version(version, row.parameters)
    return Source(row, None, instance, version, query, row.timezone)


def of_version(version: TemplateVersion, values: dict[str, Any]) -> Query:
    """What a version of a template asks with these values."""
    return Query(
        version.sql_template,
        version.parameter_definitions,
        values,
        version.output_columns,
        list(version.data_sources),
        version.report_config,
    )


def _of_workflow(
    sql_query: str, definitions: dict[str, Any], values: dict[str, Any], config: dict[str, Any]
) -> Query:
    return Query(
        sql_query,
        definitions,
        values,
        sql.output_columns(sql_query),
        sql.data_sources(sql_query),
        config,
    )


async def query_of(session: AsyncSession, collection: Collection) -> Query:
    """What the segments of a collection ask: as it was pinned, whatever has changed since."""
    pinned = collection.configuration
    if "sql_query" not in pinned:
        version = await session.get_one(TemplateVersion, collection.template_version_id)
        return of_version(version, pinned["parameters"])
    return _of_workflow(
        pinned["sql_query"],
        pinned["parameter_definitions"],
        pinned["parameters"],
        pinned["report_config"],
    )


async def lock(session: AsyncSession, source: Source) -> None:
    """Let nobody else start a collection of it until this transaction is over.

    Raises NotFound for a workflow that has become a report meanwhile.
    """
    model: Any = Report if source.report is not None else Workflow
    found = await session.scalar(
        select(model.id).where(model.id == source.id).with_for_update(key_share=True)
    )
    if found is None:
        raise NotFound(f"{source.name!r} is not there any more.")
