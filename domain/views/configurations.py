"""Whether and how results of a report or a workflow are drawn: decided here, done by views."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import bus, ids
from domain.errors import Invalid
from domain.models import Report, ReportConfiguration, Template, TemplateVersion, Workflow
from domain.pages import Asked, Page, page
from domain.queries import sources
from domain.queries.sources import Source
from domain.templates import metrics, templates
from domain.templates.metrics import ReportConfig
from domain.viewer import Viewer
from domain.views import visualization


@dataclass(frozen=True)
class ConfigurationSpec:
    """What a person decides. What is None stays as it is, or is what the template says."""

    report_id: str | None
    workflow_id: str | None
    enabled: bool
    dashboard_type: str | None = None
    visualization_config: dict[str, Any] | None = None
    template_id: str | None = None  # of a workflow: what its columns mean


async def put(
    session: AsyncSession, viewer: Viewer, spec: ConfigurationSpec
) -> ReportConfiguration:
    """Decide how results are drawn. Newly enabled or changed, the newest are drawn anew.

    Raises Invalid, NotFound, Forbidden, and Conflict if the report or workflow is archived.
    """
    source = await sources.find(session, viewer, spec.report_id, spec.workflow_id)
    await sources.lock(session, source)
    row = await session.scalar(select(ReportConfiguration).where(_of(source)))
    template = await _template(session, source, row, spec)
    config = await _config(session, source, template)
    kind, visual = _decided(spec, row, template, config)
    if row is None:
        row = ReportConfiguration(
            **source.key,
            created_by=viewer.user_id,
        )
        session.add(row)
    before = (row.enabled, row.dashboard_type, row.visualization_config, row.query_template_id)
    after = (spec.enabled, kind, visual, template.id if template else None)
    row.enabled, row.dashboard_type, row.visualization_config, row.query_template_id = after
    row.step_tries, row.step_error = 0, None
    if before != after:
        _to_be_drawn(row, was_enabled=bool(before[0]))
    await session.flush()
    await session.refresh(row)
    if isinstance(source.row, Workflow):  # only a workflow's row repeats what is decided here
        source.row.report_enabled = row.enabled
        source.row.report_config_id = row.id
        await session.flush()
    if row.redraw_at is not None:
        bus.later(session, bus.Job.MAKE_VIEWS, ids.encode("conf", row.id))
    return row


def _of(source: Source) -> ColumnElement[bool]:
    found: ColumnElement[bool] = getattr(ReportConfiguration, source.kind.source.key) == source.id
    return found


async def _template(
    session: AsyncSession, source: Source, row: ReportConfiguration | None, spec: ConfigurationSpec
) -> Template | None:
    if source.version is not None:
        if spec.template_id is not None:
            raise Invalid("A report has a template already.", field="templateId")
        return await session.get_one(Template, source.version.template_id)
    if spec.template_id is not None:
        return await templates.get(session, spec.template_id, field="templateId")
    known = None if row is None else row.query_template_id
    return None if known is None else await session.get(Template, known)


async def _config(session: AsyncSession, source: Source, template: Template | None) -> ReportConfig:
    """What is declared of the source's columns. Raises Invalid where these are not the query's."""
    if source.version is not None or template is None:
        return ReportConfig.model_validate(source.query.report_config)
    version = await session.get_one(TemplateVersion, template.current_version_id)
    wrong = next(metrics.check(version.report_config, source.query.output_columns), None)
    if wrong is not None:
        raise Invalid(f"The template is not of this query. {wrong.message}", field="templateId")
    return ReportConfig.model_validate(version.report_config)


def _decided(
    spec: ConfigurationSpec,
    row: ReportConfiguration | None,
    template: Template | None,
    config: ReportConfig,
) -> tuple[str, dict[str, Any]]:
    """The kind of dashboard and its checked configuration: as said, as it is, as usual."""
    given = spec.visualization_config
    if given is None and row is not None:
        given = row.visualization_config
    if given is None:
        given = (template.default_visualization_config if template else None) or {}
    kind = spec.dashboard_type or (row.dashboard_type if row is not None else None)
    if kind is None:
        kind = (template.default_dashboard_type if template else None) or "standard"
        if kind == "funnel" and not ("funnelStages" in given or visualization.usual_stages(config)):
            kind = "standard"  # nobody asked for a funnel that this query has no stages for
    return kind, visualization.check(kind, given, config)


def _to_be_drawn(row: ReportConfiguration, *, was_enabled: bool) -> None:
    now: Any = func.now()
    if not row.enabled:
        row.enabled_at = row.redraw_at = None
        return
    row.redraw_at = now
    if not was_enabled:
        row.enabled_at = now


async def find(
    session: AsyncSession, enabled: bool | None, asked: Asked
) -> Page[ReportConfiguration]:
    """Configurations of what the viewer may see, newest first."""
    statement = select(ReportConfiguration)
    if enabled is not None:
        statement = statement.where(ReportConfiguration.enabled == enabled)
    keys = (ReportConfiguration.created_at, ReportConfiguration.id)
    return await page(session, statement, keys, asked)


async def of_reports(
    session: AsyncSession, reports: Sequence[Report]
) -> dict[UUID, ReportConfiguration]:
    """The configuration of each report that has one. One statement."""
    rows = await session.scalars(
        select(ReportConfiguration).where(
            ReportConfiguration.report_id.in_([one.id for one in reports])
        )
    )
    return {row.report_id: row for row in rows if row.report_id is not None}
