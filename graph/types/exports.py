"""GraphQL types of exports."""

from datetime import datetime
from typing import Any

import strawberry

from domain import models
from domain.exports import exports, links
from domain.templates.metrics import MOST_WIDGETS
from graph.enums.exports import ExportFormat, ExportState
from graph.fields.arguments import REPLACED
from graph.fields.costs import weighs
from graph.fields.edges import bounded, column, key, of, one
from graph.fields.scalars import BigInt
from graph.types.collections import Collection
from graph.types.dashboards import Dashboard, Widget
from graph.types.executions import Download, Execution, WorkflowExecution
from graph.types.node import Node
from graph.types.reports import Report
from graph.types.views.views import View

LINK = 60  # points; it signs a token


def _link(root: models.ReportExport) -> Any:
    return links.link(root)


def _source(root: models.ReportExport) -> strawberry.ID:
    return strawberry.ID(exports.source_of(root))


@strawberry.type(
    description="A file made of what you see: of a dashboard, a widget, a view, the rows of an "
    "execution, or the aggregates of a report or collection. Only you see it, for as long as you "
    "may see its source."
)
class Export(Node):
    is_type_of = of(models.ReportExport)

    id: strawberry.ID = key("exp")
    format: ExportFormat = column("export_format", "The file format.")
    state: ExportState = strawberry.field(description="The state of the export.")
    progress: int = strawberry.field(description="How much is done, in percent.")
    source_id: strawberry.ID = strawberry.field(
        resolver=_source, description="The id of what is exported."
    )
    dashboard: Dashboard | None = one(
        models.Dashboard, "dashboard_id", "The dashboard. Null if something else is exported."
    )
    widget: Widget | None = one(
        models.Widget, "widget_id", "The widget. Null if something else is exported."
    )
    view: View | None = one(
        models.DashboardView, "dashboard_view_id", "The view. Null if something else is exported."
    )
    execution: Execution | None = one(
        models.ReportExecution,
        "execution_id",
        "The execution whose rows are exported. Null if something else is exported.",
    )
    workflow_execution: WorkflowExecution | None = one(
        models.WorkflowExecution,
        "workflow_execution_id",
        "The workflow's execution whose rows are exported. Null if something else is exported.",
        REPLACED,
    )
    report: Report | None = one(
        models.Report,
        "report_id",
        "The report whose aggregates are exported. Null if something else is exported.",
    )
    collection: Collection | None = one(
        models.Collection,
        "collection_id",
        "The collection whose aggregates are exported. Null if something else is exported.",
    )
    file_name: str | None = strawberry.field(
        description="The name under which the file is saved. Null until it is made."
    )
    size_bytes: BigInt | None = column(
        "file_size_bytes", "The size of the file. Null until it is made."
    )
    checksum: str | None = strawberry.field(
        description="The SHA-256 of the file, in hex. The same numbers and options give the same "
        "file. Null until it is made."
    )
    missing_parts: list[str] = bounded(
        MOST_WIDGETS, "The widgets that show no numbers in the file, each with the reason."
    )
    error: str | None = column(
        "error_message", "Why the export failed, or why the last try did. Null if none failed."
    )
    created_at: datetime = column("exported_at", "When the export was asked for.")
    completed_at: datetime | None = strawberry.field(
        description="When the file was made. Null until then."
    )
    expires_at: datetime | None = strawberry.field(
        description="When the file is removed. Null until it is made."
    )
    download: Download | None = strawberry.field(
        resolver=_link,
        description="A link to the file, which works for an hour and for as long as you may see "
        "what was exported. Null with an error: NOT_READY until the file is made, and NOT_FOUND "
        "if there is none.",
        directives=[weighs(LINK)],
    )


@strawberry.type(description="How many exports you have, and how large their files are.")
class ExportUsage:
    count: int = strawberry.field(description="The number of your exports.")
    open: int = strawberry.field(description="The number of those that are pending or running.")
    size_bytes: BigInt = strawberry.field(description="The size of all files that are kept.")
