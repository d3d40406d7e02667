"""GraphQL types of dashboards: widgets, sources, shares and templates."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain import ids, models
from domain.charts.display import Display
from domain.dashboards import lists, shares, sources, templates, widgets
from domain.dashboards.configs import MOST_SOURCES, Selection
from domain.dashboards.sources import WidgetSource
from domain.templates.metrics import MOST_DIMENSIONS, MOST_METRICS, MOST_WIDGETS
from graph.enums.acts import DashboardAct
from graph.enums.charts import ChartType
from graph.enums.dashboards import (
    DashboardAccess,
    DashboardChange,
    DashboardKind,
    SharePermission,
    WidgetType,
)
from graph.enums.metrics import MetricKind, MetricUnit
from graph.fields.context import Info
from graph.fields.costs import weighs
from graph.fields.edges import bounded, column, each, key, many, of, one
from graph.types.insights.insights_of import InsightOf, InsightState, insight_state_of, insights_of
from graph.types.node import Node
from graph.types.people import Person
from graph.types.reports import Report
from graph.types.widget_data import NUMBERS, WidgetData, of_widget
from graph.types.widgets import (
    DashboardFilters,
    WidgetDataSource,
    WidgetDisplay,
    WidgetPosition,
    WidgetSelection,
    data_source,
    display,
    filters,
    position,
)


@strawberry.type(description="A chart, table, number or text on a dashboard.")
class Widget(Node):
    is_type_of = of(models.Widget)

    id: strawberry.ID = key("wgt")
    type: WidgetType = column("widget_type", "The type of the widget.")
    chart_type: ChartType | None = strawberry.field(
        description="The type of the chart. Null unless the widget is a CHART."
    )
    title: str = strawberry.field(description="The title, as plain text.")
    data_source: WidgetDataSource | None = data_source("data_source")
    display: WidgetDisplay = display("display_config")
    position: WidgetPosition = position("position_config")
    data: WidgetData = strawberry.field(
        resolver=of_widget,
        description="The numbers of the widget, for a reader who may choose other days, periods "
        "or filters.",
        directives=[weighs(NUMBERS)],
    )


@strawberry.type(description="A metric that a source has.")
class SourceMetric:
    name: str = strawberry.field(description="The metric's name, as widgets use it.")
    title: str = strawberry.field(description="The metric's title, for people.")
    kind: MetricKind = strawberry.field(
        description="How values combine. Only additive metrics, and ratios of them, can be "
        "added up."
    )
    unit: MetricUnit = strawberry.field(description="The unit of the values.")


def _source_id(root: WidgetSource) -> strawberry.ID:
    return strawberry.ID(ids.encode(*root.ref))


@strawberry.type(description="A report or workflow whose numbers a dashboard shows.")
class DashboardSource:
    id: strawberry.ID = strawberry.field(
        resolver=_source_id, description="The id of the report or workflow."
    )
    name: str = strawberry.field(description="The name of the report or workflow.")
    time_zone: str = strawberry.field(description="The IANA time zone of its days.")
    metrics: list[SourceMetric] = bounded(
        MOST_METRICS, "The metrics that it has.", lambda root: root.config.metrics
    )
    dimensions: list[str] = bounded(
        MOST_DIMENSIONS,
        "The names of the dimensions that it has.",
        lambda root: root.config.dimensions,
    )
    report: Report | None = one(
        models.Report,
        "report_id",
        "The report. Null for a workflow, and if you may see only the numbers on the dashboard.",
    )


@strawberry.type(description="An address that a dashboard is shared with.")
class DashboardShare:
    email: str = strawberry.field(
        description="The e-mail address, as you gave it. Whether anybody has it is not told."
    )
    person: Person | None = one(
        models.User,
        "shared_with_user_id",
        "The person who has the address. Null unless you share an instance with that person.",
    )
    permission: SharePermission = column(
        "permission_level", "What the person may do with the dashboard."
    )
    created_at: datetime = strawberry.field(description="When the dashboard was shared.")


@strawberry.type(description="Whether a person would see the numbers of a widget.")
class WidgetSight:
    id: strawberry.ID = key("wgt")
    is_served: bool = strawberry.field(description="True if the person would see them.")


@strawberry.type(
    description="What a certain person may do with a dashboard, and what that person sees of it."
)
class DashboardSight:
    access: DashboardAccess | None = strawberry.field(
        description="What the person may do. Null if the dashboard is not shown to the person."
    )
    sources: list[DashboardSource] = bounded(MOST_SOURCES, "The sources that the person sees.")
    hidden_sources: list[DashboardSource] = bounded(
        MOST_SOURCES, "The sources that you see and the person does not."
    )
    widgets: list[WidgetSight] = bounded(
        MOST_WIDGETS, "All widgets, each with whether the person sees its numbers."
    )


async def _view_as(
    root: Any,
    info: Info,
    email: Annotated[str, strawberry.argument(description="The person's e-mail address.")],
) -> Any:
    return await shares.sight(info.context.viewer, root, email)


@strawberry.type(description="A page of widgets that show the numbers of reports.")
class Dashboard(Node):
    is_type_of = of(models.Dashboard)

    id: strawberry.ID = key("dash")
    name: str = strawberry.field(description="The name of the dashboard.")
    description: str | None = strawberry.field(
        description="What the dashboard is for. Null if nobody has said."
    )
    owner: Person | None = one(
        models.User,
        "user_id",
        "The owner. Null unless you share an instance with that person, or that person shares a "
        "dashboard with you.",
    )
    template_type: DashboardKind | None = strawberry.field(
        description="The purpose of the dashboard. Null if nobody has chosen one."
    )
    filters: DashboardFilters = filters("filter_config")
    is_public: bool = strawberry.field(
        description="True if the dashboard is shown to everybody who is signed in."
    )
    is_favorite: bool = each(
        lists.standings, "True if the dashboard is among your favourites.", "is_favorite"
    )
    access: DashboardAccess = each(lists.standings, "What you may do with the dashboard.", "access")
    viewer_can: list[DashboardAct] = each(
        lists.viewer_can,
        "What you may do with it now, each to some effect. Limits of how much you may start are "
        "not looked at.",
        empty=[],
        at_most=len(DashboardAct),
    )
    version: int = strawberry.field(
        description="A number that grows with every change of the dashboard or its widgets. "
        "Pass it with a change, so that nobody's work is overwritten."
    )
    data_version: int = strawberry.field(
        description="A number that grows whenever the numbers of its sources change."
    )
    widgets: list[Widget] = many(
        models.Widget.dashboard_id,
        widgets.AS_READ,
        "The widgets row by row, at most 24.",
        at_most=MOST_WIDGETS,
    )
    sources: list[DashboardSource] = each(
        sources.shown,
        "The reports and workflows that its widgets show, by name.",
        empty=[],
        at_most=MOST_SOURCES,
    )
    shares: list[DashboardShare] | None = each(
        shares.shares,
        "The addresses that the dashboard is shared with, at most 100. Null unless you are the "
        "owner.",
        at_most=shares.MOST_SHARES,
    )
    view_as: DashboardSight = strawberry.field(
        resolver=_view_as,
        description="What another person may do with the dashboard and sees of it. FORBIDDEN "
        "unless you are the owner. NOT_FOUND if nobody who may sign in has this "
        "address.",
        directives=[weighs(2000)],
    )
    reports: list[Report] = each(
        lists.reports,
        "The newest reports that name this dashboard as theirs, of those that you "
        "may see, at most 24.",
        empty=[],
        at_most=lists.MOST_REPORTS,
    )
    insights: list[InsightOf] = insights_of("dashboard_id")
    insight_state: InsightState = insight_state_of("dashboard_id")
    created_at: datetime = strawberry.field(description="When the dashboard was created.")
    updated_at: datetime = strawberry.field(
        description="When the dashboard or one of its widgets last changed."
    )


@strawberry.type(description="An event of a watched dashboard.")
class DashboardEvent:
    changed: list[DashboardChange] = bounded(
        len(DashboardChange), "What has changed since the event before. Empty in the first event."
    )
    dashboard: Dashboard | None = strawberry.field(
        description="The dashboard as it is now. Null once it is deleted."
    )


def _selection(root: dict[str, Any]) -> Any:
    shown = root.get("dataSource")
    return None if shown is None else Selection.model_validate(shown)


def _display(root: dict[str, Any]) -> Any:
    return Display.model_validate(root.get("display", {}))


@strawberry.type(description="A widget of a dashboard template.")
class DashboardTemplateWidget:
    type: WidgetType = strawberry.field(description="The type of the widget.")
    chart_type: ChartType | None = strawberry.field(
        description="The type of the chart. Null unless the widget is a CHART."
    )
    title: str = strawberry.field(description="The title, as plain text.")
    data_source: WidgetSelection | None = strawberry.field(
        resolver=_selection, description="Which numbers the widget shows. Null for a TEXT."
    )
    display: WidgetDisplay = strawberry.field(
        resolver=_display, description="How the widget is displayed."
    )
    position: WidgetPosition = strawberry.field(
        description="The position of the widget on the grid."
    )


@strawberry.type(description="A built-in template from which dashboards are created.")
class DashboardTemplate:
    slug: str = strawberry.field(description="The template's name in dashboardCreateFromTemplate.")
    name: str = strawberry.field(description="The template's title.")
    description: str = strawberry.field(description="The question that the dashboard answers.")
    template_type: DashboardKind = strawberry.field(
        resolver=lambda root: DashboardKind(root.template_type),
        description="The purpose of the dashboard. CUSTOM takes the widgets of the report's own "
        "template.",
    )
    fits: list[str] = bounded(
        templates.MOST_NAMES, "The slugs of the built-in report templates that it is made for."
    )
    metrics: list[str] = bounded(
        templates.MOST_NAMES, "The names of the metrics that a report must have."
    )
    dimensions: list[str] = bounded(
        templates.MOST_NAMES, "The names of the dimensions that a report must have."
    )
    most_sources: int = strawberry.field(
        description="The largest number of reports that it can show."
    )
    filters: DashboardFilters = filters("filters")
    widgets: list[DashboardTemplateWidget] = bounded(MOST_WIDGETS, "The widgets. At most 24.")
    missing: list[str] | None = bounded(
        2 * templates.MOST_NAMES,
        "The names of the metrics and dimensions that the given report lacks. Empty "
        "if it fits. Null if no report was given.",
    )
