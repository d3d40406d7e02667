"""Dashboards as clients see them: widgets, sources, shares, and what one is to whom."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain import ids, models
from domain.charts.display import Display
from domain.dashboards import lists, shares, sources, widgets
from domain.dashboards.configs import Selection
from domain.dashboards.sources import WidgetSource
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
from graph.fields.edges import column, each, key, many, of, one
from graph.types.node import Node
from graph.types.numbers import WidgetData, of_widget
from graph.types.people import Person
from graph.types.reports import Report
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
    type: WidgetType = column("widget_type", "What it is.")
    chart_type: ChartType | None = strawberry.field(description="Which chart, if it is one.")
    title: str = strawberry.field(description="Plain text, to be shown as it is.")
    data_source: WidgetDataSource | None = data_source("data_source")
    display: WidgetDisplay = display("display_config")
    position: WidgetPosition = position("position_config")
    data: WidgetData = strawberry.field(resolver=of_widget, description="Its numbers.")


@strawberry.type(description="A number that a source has.")
class SourceMetric:
    name: str = strawberry.field(description="As widgets name it.")
    title: str = strawberry.field(description="As it is shown.")
    kind: MetricKind = strawberry.field(description="How its values add up.")
    unit: MetricUnit = strawberry.field(description="What it is measured in.")


def _source_id(root: WidgetSource) -> strawberry.ID:
    return strawberry.ID(ids.encode(*root.ref))


@strawberry.type(description="A report or workflow whose numbers a dashboard shows.")
class DashboardSource:
    id: strawberry.ID = strawberry.field(
        resolver=_source_id, description="Of the report or the workflow."
    )
    name: str = strawberry.field(description="Its name.")
    time_zone: str = strawberry.field(description="The zone of its days.")
    metrics: list[SourceMetric] = strawberry.field(
        resolver=lambda root: root.config.metrics, description="What it counts."
    )
    dimensions: list[str] = strawberry.field(
        resolver=lambda root: root.config.dimensions, description="What it can be shown by."
    )
    report: Report | None = one(
        models.Report, "report_id", "The report itself, if you may see more than its numbers."
    )


@strawberry.type(description="A dashboard shown to one more person.")
class DashboardShare:
    person: Person | None = one(models.User, "shared_with_user_id", "Whom it is shown to.")
    permission: SharePermission = column("permission_level", "What that person may do with it.")
    created_at: datetime = strawberry.field(description="When it was shared.")


@strawberry.type(description="Whether a widget has its numbers for somebody.")
class WidgetSight:
    id: strawberry.ID = key("wgt")
    is_served: bool = strawberry.field(description="Whether it has.")


@strawberry.type(description="What a person may do with a dashboard, and is shown of it.")
class DashboardSight:
    access: DashboardAccess | None = strawberry.field(
        description="What it is to that person; null if it is not shown at all."
    )
    sources: list[DashboardSource] = strawberry.field(description="Sources that are shown.")
    hidden_sources: list[DashboardSource] = strawberry.field(
        description="Sources that are not, of those you are shown."
    )
    widgets: list[WidgetSight] = strawberry.field(description="Every widget.")


async def _view_as(
    root: Any,
    info: Info,
    email: Annotated[str, strawberry.argument(description="The person's e-mail address.")],
) -> Any:
    return await shares.sight(info.context.viewer, root, email)


@strawberry.type(description="A page of widgets.")
class Dashboard(Node):
    is_type_of = of(models.Dashboard)

    id: strawberry.ID = key("dash")
    name: str = strawberry.field(description="Its name.")
    description: str | None = strawberry.field(description="What it is for.")
    owner: Person | None = one(models.User, "user_id", "Whose it is, if you work with that person.")
    template_type: DashboardKind | None = strawberry.field(description="What kind it is.")
    filters: DashboardFilters = filters("filter_config")
    is_public: bool = strawberry.field(
        description="Whether everybody who is signed in is shown it."
    )
    is_favorite: bool = each(lists.standings, "Whether it is among your favourites.", "is_favorite")
    access: DashboardAccess = each(lists.standings, "What it is to you.", "access")
    version: int = strawberry.field(
        description="Grows with every change of it or its widgets; a change names the one it saw."
    )
    data_version: int = strawberry.field(description="Grows when numbers of its sources change.")
    widgets: list[Widget] = many(
        models.Widget.dashboard_id,
        widgets.AS_READ,
        "What is on it, at most 24, row by row.",
    )
    sources: list[DashboardSource] = each(
        sources.shown, "What its widgets show, by name.", empty=[]
    )
    shares: list[DashboardShare] | None = each(
        shares.shares, "Whom it is shown to; null for anybody but its owner."
    )
    view_as: DashboardSight = strawberry.field(
        resolver=_view_as,
        description="What somebody may do with it, and is shown of it. For its owner.",
    )
    reports: list[Report] = each(
        lists.reports,
        "Newest reports it was made for, of those you may see; at most 24.",
        empty=[],
    )
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(
        description="When it, or a widget of it, last was changed."
    )


@strawberry.type(description="What has happened to a watched dashboard, and how it is now.")
class DashboardEvent:
    changed: list[DashboardChange] = strawberry.field(
        description="What is different from the event before; nothing in the first one."
    )
    dashboard: Dashboard | None = strawberry.field(
        description="As it is now; null once it is deleted."
    )


def _selection(root: dict[str, Any]) -> Any:
    shown = root.get("dataSource")
    return None if shown is None else Selection.model_validate(shown)


def _display(root: dict[str, Any]) -> Any:
    return Display.model_validate(root.get("display", {}))


@strawberry.type(description="A widget of a dashboard template.")
class DashboardTemplateWidget:
    type: WidgetType = strawberry.field(description="What it is.")
    chart_type: ChartType | None = strawberry.field(description="Which chart, if it is one.")
    title: str = strawberry.field(description="Plain text, to be shown as it is.")
    data_source: WidgetSelection | None = strawberry.field(
        resolver=_selection, description="Which numbers it shows. A text has none."
    )
    display: WidgetDisplay = strawberry.field(resolver=_display, description="How it looks.")
    position: WidgetPosition = strawberry.field(description="Where it stands on the grid.")


@strawberry.type(description="A dashboard that is made of a report in a moment.")
class DashboardTemplate:
    slug: str = strawberry.field(description="What dashboardCreateFromTemplate calls it.")
    name: str = strawberry.field(description="Its name.")
    description: str = strawberry.field(description="What it answers.")
    template_type: DashboardKind = strawberry.field(
        resolver=lambda root: DashboardKind(root.template_type),
        description="What kind it is. CUSTOM takes the widgets of the report's own template.",
    )
    fits: list[str] = strawberry.field(
        description="Slugs of built-in report templates it is made for."
    )
    metrics: list[str] = strawberry.field(description="Metrics that a report needs for it.")
    dimensions: list[str] = strawberry.field(description="Dimensions that a report needs for it.")
    most_sources: int = strawberry.field(description="How many reports it shows at most.")
    filters: DashboardFilters = filters("filters")
    widgets: list[DashboardTemplateWidget] = strawberry.field(
        description="Its widgets, at most 24."
    )
    missing: list[str] | None = strawberry.field(
        description="What the given report lacks for it; null if none was given."
    )
