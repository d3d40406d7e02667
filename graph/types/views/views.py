"""GraphQL types of views and report configurations."""

from datetime import date, datetime
from typing import Any

import strawberry

from domain import ids, models
from domain.views import lists
from domain.views.datasets import MOST_CHARTS
from graph.enums.views import DashboardType
from graph.fields.arguments import REPLACED
from graph.fields.edges import bounded, column, each, key, of, one
from graph.types.collections import Collection
from graph.types.insights.insights_of import InsightOf, InsightState, insight_state_of, insights_of
from graph.types.node import Node
from graph.types.reports import Report
from graph.types.templates import Template
from graph.types.views.view_documents import ViewChart, ViewData, ViewSummary
from graph.types.views.visualizations import CONFIGURED, Visualization

LARGE = 100  # points of a document that may have 512 KiB


def _workflow_id(root: Any) -> strawberry.ID | None:
    return None if root.workflow_id is None else strawberry.ID(ids.encode("wf", root.workflow_id))


def _execution_ids(root: Any) -> list[strawberry.ID]:
    return [strawberry.ID(one) for one in lists.execution_ids(root)]


@strawberry.type(
    description="Whether and how the results of a report or workflow are drawn as views."
)
class ReportConfiguration(Node):
    is_type_of = of(models.ReportConfiguration)

    id: strawberry.ID = key("conf")
    report: Report | None = one(models.Report, "report_id", "The report. Null for a workflow.")
    workflow_id: strawberry.ID | None = strawberry.field(
        resolver=_workflow_id,
        description="The id of the workflow. Null for a report.",
        deprecation_reason=REPLACED,
    )
    template: Template | None = one(
        models.Template,
        "query_template_id",
        "The template that says what the columns mean. Null for a workflow without one.",
    )
    enabled: bool = strawberry.field(description="True if new results are drawn.")
    enabled_at: datetime | None = strawberry.field(
        description="When drawing was enabled. Null if it is not."
    )
    dashboard_type: DashboardType = strawberry.field(description="What views show.")
    visualization_config: Visualization = CONFIGURED
    created_at: datetime = strawberry.field(description="When the configuration was created.")


@strawberry.type(
    description="The numbers and charts drawn from the results of a collection, or of an "
    "execution outside of collections."
)
class View(Node):
    is_type_of = of(models.DashboardView)

    id: strawberry.ID = key("view")
    configuration: ReportConfiguration = one(
        models.ReportConfiguration,
        "report_configuration_id",
        "The configuration that the view was drawn by.",
    )
    report: Report | None = one(models.Report, "report_id", "The report. Null for a workflow.")
    workflow_id: strawberry.ID | None = strawberry.field(
        resolver=_workflow_id,
        description="The id of the workflow. Null for a report.",
        deprecation_reason=REPLACED,
    )
    collection: Collection | None = one(
        models.Collection, "collection_id", "The collection. Null for the view of an execution."
    )
    execution_ids: list[strawberry.ID] = bounded(
        lists.MOST_EXECUTIONS,
        "The ids of the executions that brought the results, oldest days first. The newest 366.",
        _execution_ids,
    )
    start_date: date = column("data_start_date", "The first day of the results.")
    end_date: date = column("data_end_date", "The last day of the results, included in the range.")
    metrics_summary: ViewSummary | None = strawberry.field(
        description="The totals with their changes and benchmarks, small enough for a list of "
        "views."
    )
    processed_data: ViewData | None = each(
        lists.contents,
        "All numbers of the view. What has no number says why.",
        "processed_data",
        weight=LARGE,
    )
    charts: list[ViewChart] | None = each(
        lists.contents,
        "The charts, in display order. At most 24.",
        "charts",
        at_most=MOST_CHARTS,
        weight=LARGE,
    )
    insights: list[InsightOf] = insights_of("dashboard_view_id")
    insight_state: InsightState = insight_state_of("dashboard_view_id")
    created_at: datetime = strawberry.field(description="When the view was first drawn.")
    last_updated: datetime = strawberry.field(description="When the view's numbers last changed.")
    archived_at: datetime | None = strawberry.field(
        description="When the view's numbers and charts were moved to the object store, from where "
        "they are read as before, in some more milliseconds. Null if they were not."
    )
