"""Sources: what is run and collected. A source is a report, a workflow, or a single template."""

import hashlib
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds
from domain.errors import NotFound
from domain.kinds import Kind, Runnable
from domain.models import Collection, Instance, TemplateVersion
from domain.people import access
from domain.people.acts import Act
from domain.queries import parameters, queries, sql
from domain.viewer import Viewer

WORKFLOW_ZONE = "UTC"  # a workflow's SQL has no time zone


@dataclass(frozen=True)
class Query:
    """SQL with its parameters and their values: what a segment asks, except for its window."""

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
        """The SQL for AMC, and the checked values. Raises Invalid."""
        checked = parameters.check(self.definitions, dict(self.values))
        return sql.render(self.sql_template, self.definitions, checked), checked


@dataclass(frozen=True)
class Source:
    """A report, a workflow, or a template on its own, with everything that decides its numbers."""

    kind: Kind
    _row: Runnable | None
    instance: Instance
    version: TemplateVersion | None
    query: Query
    time_zone: str

    @property
    def row(self) -> Runnable:
        """The report or the workflow. A template that is run by itself has none."""
        assert self._row is not None
        return self._row

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
        """Whether it is archived. Nothing archived is run."""
        return self.row.archived_at is not None

    @property
    def key(self) -> dict[str, UUID | None]:
        """The column that names it, with its key: `report_id` or `workflow_id`."""
        return {self.kind.source.key: self._row.id if self._row else None}

    @property
    def columns(self) -> dict[str, UUID | None]:
        """The columns by which an execution refers to it."""
        if self.version is None:
            return self.key
        version = {"template_id": self.version.template_id, "template_version_id": self.version.id}
        return self.key | version

    def given(self, values: dict[str, Any]) -> "Source":
        """The same with some of its values replaced."""
        return replace(self, query=self.query.given(values))

    def series(self, week_start: str) -> str:
        """The hash of its series. Only numbers of the same series may be added up."""
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
        """Return what a collection keeps of it.

        The SQL is kept only if no template version has it.
        """
        kept: dict[str, Any] = {"parameters": self.query.values}
        if self.version is None:
            kept["sql_query"] = self.query.sql_template
            kept["parameter_definitions"] = self.query.definitions
            kept["report_config"] = self.query.report_config
        return kept


def archived(row: Runnable) -> str | None:
    """Return why a report or workflow takes no work any more, or None."""
    return f"The {kinds.of(row).noun} {row.name!r} is archived." if row.archived_at else None


RUN = Act(archived)


async def find(
    session: AsyncSession,
    viewer: Viewer,
    report_id: str | None,
    workflow_id: str | None,
    *,
    rank: str = "editor",
) -> Source:
    """The report or workflow of this id, if the viewer has this rank.

    Raises Invalid unless exactly one is given, NotFound, Forbidden, Conflict if it is archived.
    """
    kind, public_id = kinds.chosen(report_id, workflow_id)
    row = await get(session, kind, public_id)
    return await to_run(session, viewer, row, rank, field=kind.argument)


async def get(session: AsyncSession, kind: Kind, public_id: str) -> Runnable:
    """The report or workflow of this id, whatever the viewer may do with it. Raises NotFound."""
    table = kind.source
    found: Runnable = await access.get(
        session, table.prefix, table.model, public_id, field=kind.argument
    )
    return found


async def to_run(
    session: AsyncSession,
    viewer: Viewer,
    row: Runnable,
    rank: str = "editor",
    *,
    field: str,
) -> Source:
    """The source of a report or workflow. Raises Forbidden, and Conflict if it is archived."""
    await access.must_be(session, viewer, row.instance_id, rank, field=field)
    RUN.applies(row, field=field)
    return await of(session, row)


async def of(session: AsyncSession, row: Any) -> Source:
    """The source of a report or workflow, without a check of rights, for the engine."""
    kind, instance = kinds.of(row), await session.get_one(Instance, row.instance_id)
    if kind.has_template:
        version = await session.get_one(TemplateVersion, row.template_version_id)
        await queries.read_ahead(version.sql_template)
        query = of_version(version, row.parameters)
        return Source(kind, row, instance, version, query, row.timezone)
    await queries.read_ahead(row.sql_query)
    query = _of_workflow(
        row.sql_query, row.parameter_definitions, row.parameters, row.report_config
    )
    return Source(kind, row, instance, None, query, WORKFLOW_ZONE)


def of_version(version: TemplateVersion, values: dict[str, Any]) -> Query:
    """The query of a template version with these values."""
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
    """The query of a collection's segments, as it was pinned when the collection started."""
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
    """Lock the report or workflow, so that nobody else starts a collection of it meanwhile.

    Raises NotFound if the row is gone: a workflow may have become a report.
    """
    model = source.kind.source.model
    found = await session.scalar(
        select(model.id).where(model.id == source.id).with_for_update(key_share=True)
    )
    if found is None:
        raise NotFound(f"{source.name!r} no longer exists.")
