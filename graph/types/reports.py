"""The GraphQL type of reports."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import strawberry

from domain import models
from domain.aggregates import series
from domain.dashboards import lists as dashboards
from domain.reports import lists, rights
from domain.views.lists import configurations_of_reports
from graph.enums.acts import ReportAct
from graph.enums.executions import ExecutionStatus
from graph.enums.reports import Frequency, ReportState
from graph.fields.connections import Connection, children
from graph.fields.edges import column, each, key, of, one
from graph.fields.scalars import JSON
from graph.inputs import orders
from graph.types.executions import Execution
from graph.types.insights.insights_of import InsightOf, InsightState, insight_state_of, insights_of
from graph.types.instances import Instance
from graph.types.node import Node
from graph.types.people import Person
from graph.types.series import ReportSeries
from graph.types.templates import Template, TemplateVersion

if TYPE_CHECKING:
    from graph.types.collections import Collection
    from graph.types.dashboards import Dashboard
    from graph.types.schedules import Schedule
    from graph.types.views.views import ReportConfiguration, View

# The modules of these types import this one, so they are named by strings here.
ADashboard: TypeAlias = Annotated["Dashboard", strawberry.lazy("graph.types.dashboards")]
ASchedule: TypeAlias = Annotated["Schedule", strawberry.lazy("graph.types.schedules")]
ACollection: TypeAlias = Annotated["Collection", strawberry.lazy("graph.types.collections")]
AView: TypeAlias = Annotated["View", strawberry.lazy("graph.types.views.views")]
DrawnBy: TypeAlias = (
    Annotated["ReportConfiguration", strawberry.lazy("graph.types.views.views")] | None
)


def _of_overview(description: str, attribute: str) -> Any:
    """A field that the overview of the report's executions and schedule has."""
    found_by = models.ReportOverview.report_uuid
    return each(lists.overviews, description, attribute, reads=(), found_by=found_by)


@strawberry.type(description="A report: a template with parameter values, on an instance.")
class Report(Node):
    is_type_of = of(models.Report)

    id: strawberry.ID = key("rpt")
    report_id: str = strawberry.field(
        description="The id that you chose for the report. If you chose none, the server makes one."
    )
    viewer_can: list[ReportAct] = each(
        rights.viewer_can,
        "What you may do with it now, each to some effect. Limits of how much you may start are "
        "not looked at.",
        empty=[],
        at_most=7,
    )
    name: str = strawberry.field(description="The report's name.")
    description: str | None = strawberry.field(
        description="What the report is for. Null if nobody has said."
    )
    state: ReportState = _of_overview("Whether the report can run.", "state")
    frequency: Frequency = strawberry.field(description="How often the report runs by itself.")
    template: Template = one(models.Template, "template_id", "The template that the report runs.")
    template_version: TemplateVersion = one(
        models.TemplateVersion,
        "template_version_id",
        "The version of the template that the report is pinned to. Only reportUpgrade moves it.",
    )
    instance: Instance = one(
        models.Instance, "instance_id", "The instance that the report runs on."
    )
    owner: Person | None = one(
        models.User,
        "owner_id",
        "The person who created the report. Null if you share no instance with them any more.",
    )
    parameters: JSON = strawberry.field(
        description="The parameter values, by name. Their definitions give the types."
    )
    time_zone: str = column("timezone", "The IANA time zone of the report's days.")
    execution_count: int = strawberry.field(description="The number of executions of the report.")
    newest_status: ExecutionStatus | None = _of_overview(
        "The status of the execution that was created last. Null if there is none.", "newest_status"
    )
    latest_status: ExecutionStatus | None = _of_overview(
        "The status of the execution that AMC accepted last. Null if there is none.",
        "latest_status",
    )
    last_completed_at: datetime | None = _of_overview(
        "When the execution that AMC accepted last was over. Null until it is.", "last_completed_at"
    )
    last_run_at: datetime | None = _of_overview(
        "When AMC last accepted an execution of the report. Null if it never has.", "last_run_at"
    )
    next_run_at: datetime | None = _of_overview(
        "When the schedule runs next. Null without a schedule, or if it is paused.", "next_run_at"
    )
    is_favorite: bool = _of_overview(
        "True if the report, or its dashboard, is among your favourites.", "is_viewer_favorite"
    )
    dashboard: ADashboard | None = one(
        models.Dashboard,
        "dashboard_id",
        "The dashboard of the report: the one it was created with, or the first one that was made "
        "of it from a template. Null if there is none or it is not shown to you.",
    )
    dashboards: list[ADashboard] = each(
        dashboards.of_reports,
        "The dashboards that show the report, newest first. At most 24, and only those that are "
        "shown to you.",
        empty=[],
        at_most=dashboards.MOST_DASHBOARDS,
    )
    schedule: ASchedule | None = each(
        lists.schedules,
        "The schedule that is active, though it may be paused. Null if there is none.",
    )
    schedules: Connection[ASchedule] = children(
        ASchedule,
        models.ReportSchedule.report_id,
        orders.SCHEDULES,
        "All schedules of the report, also those that have ended, newest first.",
    )
    collections: Connection[ACollection] = children(
        ACollection,
        models.Collection.report_id,
        orders.COLLECTIONS,
        "The collections of the report, newest first.",
    )
    executions: Connection[Execution] = children(
        Execution,
        models.ReportExecution.report_id,
        orders.EXECUTIONS,
        "The executions of the report, newest first.",
    )
    views: Connection[AView] = children(
        AView,
        models.DashboardView.report_id,
        orders.VIEWS,
        "The views of the report, newest days first.",
    )
    last_execution: Execution | None = one(
        models.ReportExecution,
        "last_execution_id",
        "The execution that was created last. Null if there is none.",
    )
    recent_executions: list[Execution] = each(
        lists.newest_executions, "The ten newest executions, newest first.", at_most=10, reads=()
    )
    report_configuration: DrawnBy = each(
        configurations_of_reports,
        "Whether and how results are drawn as views. Null if nobody has decided.",
    )
    insights: list[InsightOf] = insights_of("report_id")
    insight_state: InsightState = insight_state_of("report_id")
    series: list[ReportSeries] = each(
        series.of_reports,
        "The series of the report's numbers, the one collected last first. There are several if "
        "its version, parameters or time zone have changed. At most the 50 newest.",
        empty=[],
        at_most=series.MOST_SERIES,
    )
    archived_at: datetime | None = strawberry.field(
        description="When the report was archived. Null if it is not."
    )
    created_at: datetime = strawberry.field(description="When the report was created.")
    updated_at: datetime = strawberry.field(description="When the report last changed.")
