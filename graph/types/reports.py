"""Reports as clients see them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias

import strawberry

from domain import models
from domain.reports import lists
from domain.views.lists import configurations_of_reports
from graph.enums.executions import ExecutionStatus
from graph.enums.reports import Frequency, ReportState
from graph.fields.edges import column, each, key, of, one
from graph.fields.scalars import JSON
from graph.types.executions import Execution
from graph.types.instances import Instance
from graph.types.node import Node
from graph.types.templates import Template, TemplateVersion

if TYPE_CHECKING:
    from graph.types.dashboards import Dashboard
    from graph.types.views import ReportConfiguration

# Their modules import this one, so they are named by strings here.
DashboardOf: TypeAlias = Annotated["Dashboard", strawberry.lazy("graph.types.dashboards")] | None
DrawnBy: TypeAlias = Annotated["ReportConfiguration", strawberry.lazy("graph.types.views")] | None


@strawberry.type(description="A template with its parameters on an instance.")
class Report(Node):
    is_type_of = of(models.Report)

    id: strawberry.ID = key("rpt")
    report_id: str = strawberry.field(description="The id of your own choice, or `id`.")
    name: str = strawberry.field(description="Its name.")
    description: str | None = strawberry.field(description="What it is for.")
    state: ReportState = each(lists.overviews, "Whether it runs.", "state")
    frequency: Frequency = strawberry.field(description="How often it runs by itself.")
    template: Template = one(models.Template, "template_id", "The template.")
    template_version: TemplateVersion = one(
        models.TemplateVersion, "template_version_id", "The version it is pinned to."
    )
    instance: Instance = one(models.Instance, "instance_id", "Where it runs.")
    parameters: JSON = strawberry.field(description="The values it runs with.")
    time_zone: str = column("timezone", "The zone of its windows.")
    execution_count: int = strawberry.field(description="How often it has been run.")
    newest_status: ExecutionStatus | None = each(
        lists.overviews, "How its newest execution stands.", "newest_status"
    )
    last_run_at: datetime | None = each(lists.overviews, "When it last began.", "last_run_at")
    next_run_at: datetime | None = each(lists.overviews, "When it runs next.", "next_run_at")
    is_favorite: bool = each(
        lists.overviews, "Whether its dashboard is among your favourites.", "is_viewer_favorite"
    )
    dashboard: DashboardOf = one(
        models.Dashboard, "dashboard_id", "The dashboard it was made with, if you are shown it."
    )
    recent_executions: list[Execution] = each(
        lists.newest_executions, "Its ten newest executions, newest first.", at_most=10
    )
    report_configuration: DrawnBy = each(
        configurations_of_reports, "Whether and how its results are drawn, if decided."
    )
    archived_at: datetime | None = strawberry.field(description="When it was put away.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
