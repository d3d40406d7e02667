"""Configurations: whether and how the results of a report or workflow are drawn as views."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.bus import bus
from domain.bus.queues import Job
from domain.errors import Invalid
from domain.models import ReportConfiguration, Template, TemplateVersion, Workflow
from domain.queries import sources
from domain.queries.sources import Source
from domain.templates import metrics, templates
from domain.templates.metrics import ReportConfig
from domain.viewer import Viewer
from domain.views import visualization


@dataclass(frozen=True)
class ConfigurationSpec:
    """A configuration as it is submitted. None keeps what is set, or takes the template's value."""

    report_id: str | None
    workflow_id: str | None
    enabled: bool
    dashboard_type: str | None = None
    visualization_config: dict[str, Any] | None = None
    template_id: str | None = None  # it describes the columns of a workflow


async def put(
    session: AsyncSession, viewer: Viewer, spec: ConfigurationSpec
) -> ReportConfiguration:
    """Set how results are drawn. After a change, the newest results are drawn again.

    Raises Invalid, NotFound, Forbidden, and Conflict if the report or workflow is archived.
    """
    source = await sources.find(session, viewer, spec.report_id, spec.workflow_id)
    await sources.lock(session, source)
    row = await session.scalar(select(ReportConfiguration).where(_of(source)))
    template = await _template(session, source, row, spec)
    config = await _config(session, source, template)
    dashboard_type, visualization_config = _merged(spec, row, template, config)
    if row is None:
        row = ReportConfiguration(
            **source.key,
            created_by=viewer.user_id,
        )
        session.add(row)
    before = (row.enabled, row.dashboard_type, row.visualization_config, row.query_template_id)
    template_id = template.id if template else None
    after = (spec.enabled, dashboard_type, visualization_config, template_id)
    row.enabled, row.dashboard_type, row.visualization_config, row.query_template_id = after
    row.step_tries, row.step_error = 0, None
    if before != after:
        _schedule_redraw(row, was_enabled=bool(before[0]))
    await session.flush()
    await session.refresh(row)
    if isinstance(source.row, Workflow):  # only a workflow's row repeats these columns
        source.row.report_enabled = row.enabled
        source.row.report_config_id = row.id
        await session.flush()
    if row.redraw_at is not None:
        bus.later(session, Job.MAKE_VIEWS, ids.encode("conf", row.id))
    return row


def _of(source: Source) -> ColumnElement[bool]:
    found: ColumnElement[bool] = getattr(ReportConfiguration, source.kind.source.key) == source.id
    return found


async def _template(
    session: AsyncSession, source: Source, row: ReportConfiguration | None, spec: ConfigurationSpec
) -> Template | None:
    if source.version is not None:
        if spec.template_id is not None:
            raise Invalid("A report already has a template.", field="templateId")
        return await session.get_one(Template, source.version.template_id)
    if spec.template_id is not None:
        return await templates.get(session, spec.template_id, field="templateId")
    known = None if row is None else row.query_template_id
    return None if known is None else await session.get(Template, known)


async def _config(session: AsyncSession, source: Source, template: Template | None) -> ReportConfig:
    """Return the declared metrics and dimensions. Raises Invalid for another query's template."""
    if source.version is not None or template is None:
        return ReportConfig.model_validate(source.query.report_config)
    version = await session.get_one(TemplateVersion, template.current_version_id)
    wrong = next(metrics.check(version.report_config, source.query.output_columns), None)
    if wrong is not None:
        raise Invalid(
            f"The template does not describe this query. {wrong.message}", field="templateId"
        )
    return ReportConfig.model_validate(version.report_config)


def _merged(
    spec: ConfigurationSpec,
    row: ReportConfiguration | None,
    template: Template | None,
    config: ReportConfig,
) -> tuple[str, dict[str, Any]]:
    """Return the dashboard type and the checked configuration: given, set, or the template's."""
    given = spec.visualization_config
    if given is None and row is not None:
        given = row.visualization_config
    if given is None:
        given = (template.default_visualization_config if template else None) or {}
    kind = spec.dashboard_type or (row.dashboard_type if row is not None else None)
    if kind is None:
        kind = (template.default_dashboard_type if template else None) or "standard"
        if kind == "funnel" and not ("funnelStages" in given or visualization.usual_stages(config)):
            kind = "standard"  # the template's default needs stages that this query lacks
    return kind, visualization.check(kind, given, config)


def _schedule_redraw(row: ReportConfiguration, *, was_enabled: bool) -> None:
    now: Any = func.now()
    if not row.enabled:
        row.enabled_at = row.redraw_at = None
        return
    row.redraw_at = now
    if not was_enabled:
        row.enabled_at = now
