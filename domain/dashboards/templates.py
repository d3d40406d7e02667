"""The built-in dashboard templates: which reports they fit, and dashboards made from them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.dashboards import builtin_dashboards, dashboards, widgets
from domain.dashboards import sources as dashboard_sources
from domain.dashboards.configs import COLUMNS, SourceRef
from domain.dashboards.dashboards import DashboardSpec
from domain.dashboards.sources import WidgetSource
from domain.dashboards.specs import WidgetSpec
from domain.documents import kept, read
from domain.errors import Invalid, NotFound
from domain.models import Dashboard, Report, Template
from domain.problems import Gathered, Problem, Problems, check_name, refuse
from domain.templates.metrics import MOST_MEASURES, ONCE, ReportConfig
from domain.templates.metrics import Widget as TemplateWidget
from domain.viewer import Viewer

MOST_TEMPLATES = 20  # that come with the product
MOST_NAMES = 50  # metrics, dimensions and report templates of one of them
TOP_OF_SPLIT = 24  # values of a dimension that a widget of a template splits: all hours of a day
CUSTOM = "custom"  # this one takes the widgets of the report's own template
HEIGHTS = {"metric_card": 2, "chart": 4, "table": 5, "text": 2}
WIDTHS = {"metric_card": 3, "chart": 6, "table": COLUMNS, "text": COLUMNS}


@dataclass(frozen=True)
class DashboardTemplate:
    """A dashboard without its sources."""

    slug: str
    name: str
    description: str
    template_type: str
    fits: list[str]  # slugs of built-in report templates
    most_sources: int
    filters: dict[str, Any]
    widgets: list[dict[str, Any]]
    missing: list[str] | None = None  # what the report in question lacks

    @property
    def metrics(self) -> list[str]:
        """Every metric that the widgets show, once, in their order."""
        shown = (one.get("dataSource", {}).get("metrics", ()) for one in self.widgets)
        return list(dict.fromkeys(name for names in shown for name in names))

    @property
    def dimensions(self) -> list[str]:
        """Every dimension that the widgets show, once, in their order."""
        shown = (one.get("dataSource", {}).get("dimension") for one in self.widgets)
        return list(dict.fromkeys(name for name in shown if name))

    def lacking(self, config: ReportConfig) -> list[str]:
        """Return the metrics and dimensions that a report with this configuration lacks."""
        metrics = {one.name for one in config.metrics}
        return [
            *(name for name in self.metrics if name not in metrics),
            *(name for name in self.dimensions if name not in config.dimensions),
        ]


@cache
def load() -> dict[str, DashboardTemplate]:
    """Return every built-in dashboard, by slug."""
    return {
        slug: DashboardTemplate(
            slug=slug,
            name=one["name"],
            description=one["description"],
            template_type=one["templateType"],
            fits=one["fits"],
            most_sources=one["mostSources"],
            filters=one["filters"],
            widgets=one["widgets"],
        )
        for slug, one in builtin_dashboards.load().items()
    }


async def find(session: AsyncSession, report_id: str | None) -> list[DashboardTemplate]:
    """Return every template.

    With a report, each says what the report lacks, and fits come first.
    """
    if report_id is None:
        return list(load().values())
    (source,) = await _visible(session, [SourceRef(report_id=report_id)], "reportId")
    told = [replace(one, missing=one.lacking(source.config)) for one in load().values()]
    return sorted(told, key=lambda one: bool(one.missing))


async def create(
    session: AsyncSession,
    viewer: Viewer,
    slug: str,
    given: list[dict[str, Any]],
    name: str | None,
) -> Dashboard:
    """Create a dashboard of the viewer's that shows these sources as the template describes.

    Raises NotFound for an unknown template or source, and Invalid with what the sources lack.
    """
    template = load().get(slug)
    if template is None:
        listed = ", ".join(load())
        raise NotFound(
            f"There is no dashboard template {slug[:64]!r}. Templates are {listed}.",
            field="template",
        )
    wrong, refs = Gathered(), []
    if name is not None:
        wrong += check_name("name", name, dashboards.LONGEST_NAME)
    if not 1 <= len(given) <= template.most_sources:
        most = template.most_sources
        says = "one report or workflow" if most == 1 else f"1 to {most} reports or workflows"
        wrong.append(Problem("sources", f"The template {slug!r} shows {says}."))
    for number, one in enumerate(given):
        with wrong.also():
            refs.append(read(SourceRef, one, f"sources.{number}"))
    wrong.refuse()
    sources = await _visible(session, refs)
    specs = _specs(template, refs, sources)
    spec = DashboardSpec(
        name=name or f"{template.name}: {', '.join(one.name for one in sources)}"[:200],
        description=template.description,
        filters=template.filters,
        template_type=template.template_type,
    )
    dashboard = await dashboards.create(session, viewer, spec)
    try:
        await widgets.fill(session, viewer, dashboard, specs)
    except Problems as refused:  # a person's own template may contain what no dashboard can show
        raise Invalid(f"Its widgets cannot be shown. {refused}", field="sources.0") from refused
    await _become_first(session, dashboard, refs)
    return dashboard


async def _become_first(session: AsyncSession, dashboard: Dashboard, refs: list[SourceRef]) -> None:
    """Make it the dashboard of its only report, if that has none and the viewer may change it."""
    if len(refs) != 1 or refs[0].report_id is None:
        return
    key = ids.decode("rpt", refs[0].report_id)
    await session.execute(
        update(Report)
        .where(Report.id == key, Report.dashboard_id.is_(None))
        .values(dashboard_id=dashboard.id)
    )


async def create_best(
    session: AsyncSession, viewer: Viewer, report_id: str, name: str
) -> Dashboard:
    """Create the dashboard that fits a report best: its widgets answer the template's question.

    It is the first built-in one that is made for the report's template. Otherwise it has the
    widgets of the report's own template, or a few of its metrics.
    """
    ref = SourceRef(report_id=report_id)
    (source,) = await _visible(session, [ref], "reportId")
    slug = await session.scalar(
        select(Template.slug)
        .join(Report, Report.template_id == Template.id)
        .where(Report.id == ids.decode("rpt", report_id))
    )
    template = _best(slug, source.config)
    if template.slug != CUSTOM or source.config.widgets:
        return await create(session, viewer, template.slug, [kept(ref)], name)
    spec = DashboardSpec(name=name, filters=template.filters)
    dashboard = await dashboards.create(session, viewer, spec)
    config = source.config.model_copy(update={"widgets": list(_usual_widgets(source.config))})
    await widgets.fill(
        session, viewer, dashboard, [_spec(one, [kept(ref)]) for one in own_widgets(config)]
    )
    return dashboard


def _best(slug: str | None, config: ReportConfig) -> DashboardTemplate:
    """Return the built-in dashboard that is made for the fewest report templates, this one too."""
    fitting = [one for one in load().values() if slug in one.fits and not one.lacking(config)]
    return min(fitting, key=lambda one: len(one.fits), default=load()[CUSTOM])


def _usual_widgets(config: ReportConfig) -> Iterator[TemplateWidget]:
    """Yield widgets for a template that names none: its first metrics, over time and by value."""
    names = [one.name for one in config.metrics]
    titles = {one.name: one.title for one in config.metrics}
    for name in names[:4]:
        yield TemplateWidget(widget_type="metric_card", title=titles[name], metrics=[name])
    if names:
        first = names[0]
        yield TemplateWidget(
            widget_type="chart", chart_type="line", title=titles[first], metrics=[first]
        )
    if names and config.dimensions:
        by = config.dimensions[0]
        shown = names[:MOST_MEASURES]
        yield TemplateWidget(widget_type="table", title=f"By {by}", metrics=shown, dimension=by)


async def _visible(
    session: AsyncSession, refs: list[SourceRef], field: str | None = None
) -> list[WidgetSource]:
    """Return the sources with these ids, in order.

    Raises NotFound if the viewer may not see one.
    """
    places = [field or f"sources.{number}" for number in range(len(refs))]
    keys = [dashboard_sources.ref_of(*one) for one in zip(refs, places, strict=True)]
    found = await dashboard_sources.visible(session, set(keys))
    for number, (key, place) in enumerate(zip(keys, places, strict=True)):
        if key not in found:
            raise dashboard_sources.not_visible(key, place)
        if key in keys[:number]:
            raise Invalid(f"{found[key].name!r} is named twice.", field=place)
    return [found[key] for key in keys]


def _specs(
    template: DashboardTemplate, refs: list[SourceRef], sources: list[WidgetSource]
) -> list[WidgetSpec]:
    refuse(
        Problem(
            f"sources.{number}",
            f"{source.name!r} lacks what this dashboard shows: {', '.join(missing)}.",
        )
        for number, source in enumerate(sources)
        if (missing := template.lacking(source.config))
    )
    shown = template.widgets
    if template.slug == CUSTOM:
        shown = list(own_widgets(sources[0].config))
        if not shown:
            raise Invalid(
                f"The template of {sources[0].name!r} has no widgets of its own; choose another "
                "dashboard template.",
                field="sources.0",
            )
    named = [kept(one) for one in refs]
    return [_spec(one, named) for one in shown]


def _spec(widget: dict[str, Any], sources: list[dict[str, Any]]) -> WidgetSpec:
    shown = widget.get("dataSource")
    return WidgetSpec(
        kind=widget["type"],
        title=widget["title"],
        chart_type=widget.get("chartType"),
        data_source=None if shown is None else {"sources": sources, **shown},
        display=widget.get("display", {}),
        position=widget["position"],
    )


def own_widgets(config: ReportConfig) -> Iterator[dict[str, Any]]:
    """Yield the widgets of a report's template, laid out row by row. Cards come first."""
    x = y = height = 0
    order = sorted(config.widgets, key=lambda one: one.widget_type != "metric_card")
    for one in order:
        width = WIDTHS[one.widget_type]
        if x + width > COLUMNS or (x and HEIGHTS[one.widget_type] != height):
            x, y = 0, y + height
        height = HEIGHTS[one.widget_type]
        position = {"x": x, "y": y, "width": width, "height": height}
        yield {**_own(one, config), "position": position}
        x += width


def _own(one: TemplateWidget, config: ReportConfig) -> dict[str, Any]:
    """Return a widget of a template as a dashboard has it. The date column becomes time."""
    widget: dict[str, Any] = {"type": one.widget_type, "title": one.title}
    if one.widget_type == "text":
        return {**widget, "display": {"text": one.text}}
    by = [name for name in (one.dimension, one.split) if name is not None]
    dimensions = [name for name in by if name != config.date_column]
    shown: dict[str, Any] = {"metrics": one.metrics}
    if dimensions:
        shown["dimension"] = dimensions[0]
    if len(dimensions) > 1:
        shown |= {"split": dimensions[1], "top": TOP_OF_SPLIT}
    if len(dimensions) < len(by):
        shown["overTime"] = True
    kinds = {metric.name: metric.kind for metric in config.metrics}
    if "split" in shown and all(kinds.get(name) == "additive" for name in one.metrics):
        widget["display"] = {"stacked": True}
    if "overTime" not in shown and any(kinds.get(name) in ONCE for name in one.metrics):
        shown["range"] = {"periods": 1}
    if one.widget_type == "metric_card":
        shown["comparison"] = "previous_period"
        shown.pop("dimension", None)
        shown = {name: one for name, one in shown.items() if name not in ("split", "top")}
    if one.chart_type is not None:
        widget["chartType"] = one.chart_type
    return {**widget, "dataSource": shown}
