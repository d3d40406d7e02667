"""Views, and how results are to be drawn, as clients see them."""

from datetime import date, datetime
from typing import Any

import strawberry

from domain import ids, models
from domain.views import lists
from graph.enums.views import DashboardType
from graph.fields.arguments import REPLACED
from graph.fields.edges import column, each, key, of, one
from graph.types.collections import Collection
from graph.types.node import Node
from graph.types.reports import Report
from graph.types.templates import Template
from graph.types.view_documents import ViewChart, ViewData, ViewSummary
from graph.types.visualizations import CONFIGURED, Visualization


def _workflow_id(root: Any) -> strawberry.ID | None:
    return None if root.workflow_id is None else strawberry.ID(ids.encode("wf", root.workflow_id))


def _execution_ids(root: Any) -> list[strawberry.ID]:
    return [strawberry.ID(one) for one in lists.execution_ids(root)]


@strawberry.type(description="Whether and how the results of a report or workflow are drawn.")
class ReportConfiguration(Node):
    is_type_of = of(models.ReportConfiguration)

    id: strawberry.ID = key("conf")
    report: Report | None = one(models.Report, "report_id", "The report, if it is of one.")
    workflow_id: strawberry.ID | None = strawberry.field(
        resolver=_workflow_id,
        description="The workflow, if it is of one.",
        deprecation_reason=REPLACED,
    )
    template: Template | None = one(
        models.Template, "query_template_id", "What says what the columns mean."
    )
    enabled: bool = strawberry.field(description="Whether new results become views.")
    enabled_at: datetime | None = strawberry.field(description="Since when.")
    dashboard_type: DashboardType = strawberry.field(description="What a view shows.")
    visualization_config: Visualization = CONFIGURED
    created_at: datetime = strawberry.field(description="When it was made.")


@strawberry.type(description="What was made of a collection, or of an execution of its own.")
class View(Node):
    is_type_of = of(models.DashboardView)

    id: strawberry.ID = key("view")
    configuration: ReportConfiguration = one(
        models.ReportConfiguration, "report_configuration_id", "What it was made by."
    )
    report: Report | None = one(models.Report, "report_id", "The report, if it is of one.")
    workflow_id: strawberry.ID | None = strawberry.field(
        resolver=_workflow_id,
        description="The workflow, if it is of one.",
        deprecation_reason=REPLACED,
    )
    collection: Collection | None = one(
        models.Collection, "collection_id", "The collection, if it is of one."
    )
    execution_ids: list[strawberry.ID] = strawberry.field(
        resolver=_execution_ids, description="What brought its results, oldest days first."
    )
    start_date: date = column("data_start_date", "The first day.")
    end_date: date = column("data_end_date", "The last day, included.")
    metrics_summary: ViewSummary | None = strawberry.field(
        description="The totals, with what changed and which benchmarks are met."
    )
    processed_data: ViewData = each(
        lists.contents, "All its numbers; what has none says why.", "processed_data"
    )
    charts: list[ViewChart] = each(lists.contents, "Its charts, in their order.", "charts")
    created_at: datetime = strawberry.field(description="When it was made.")
    last_updated: datetime = strawberry.field(description="When its numbers last changed.")
