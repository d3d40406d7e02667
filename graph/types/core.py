"""Every object type: which columns of a row are public, and which edges lead on from it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, TypeAlias

import strawberry

from domain import models
from domain.executions import executions
from domain.reports import reports
from domain.views import configurations
from graph.fields.edges import column, each, key, of, one
from graph.fields.enums import (
    BlockReason,
    CancelState,
    ExecutionPhase,
    ExecutionStatus,
    Frequency,
    Outcome,
    ReportState,
    Trigger,
)
from graph.fields.scalars import JSON, BigInt
from graph.types.results import Download, ResultRows, download_link, page_of_rows

if TYPE_CHECKING:
    from graph.types.collections import Collection, Week
    from graph.types.dashboards import Dashboard
    from graph.types.views import ReportConfiguration
    from graph.types.workflows import Workflow


@strawberry.interface(description="Anything that has an id of its own.")
class Node:
    id: strawberry.ID = strawberry.field(description="Its prefix tells the type.")


@strawberry.type(description="The person a request acts for.")
class Viewer:
    email: str = strawberry.field(description="The e-mail address.")
    name: str = strawberry.field(description="The name.")
    id: strawberry.ID = strawberry.field(description="Begins with `user_`.")


@strawberry.type(description="An AMC instance: a clean room with its own data and limits.")
class Instance(Node):
    is_type_of = of(models.Instance)

    id: strawberry.ID = key("inst")
    amc_instance_id: str = column("instance_id", "Amazon's id of it.")
    name: str = column("instance_name", "Its name.")
    instance_type: str = strawberry.field(description="STANDARD, or SANDBOX for made-up data.")
    is_active: bool = strawberry.field(description="Whether executions can be started on it.")
    is_paused: bool = strawberry.field(description="Whether operators hold everything back.")
    max_concurrent: int = strawberry.field(description="How many executions run there at once.")
    daily_quota: int | None = strawberry.field(description="Executions a day, where limited.")
    throttled_until: datetime | None = strawberry.field(description="When AMC may be asked again.")


@strawberry.type(description="A campaign that results of an instance have named.")
class Campaign:
    campaign_id: str = strawberry.field(description="Amazon's id of it.")
    campaign: str = strawberry.field(description="Its newest name.")
    ad_product_type: str | None = strawberry.field(description="Its product, where results say.")
    first_seen: datetime = strawberry.field(description="When a result first named it.")
    last_seen: datetime = strawberry.field(description="When a result last named it.")


@strawberry.type(description="An ASIN that results of an instance have named.")
class Asin:
    asin: str = strawberry.field(description="Ten capitals and digits.")
    first_seen: datetime = strawberry.field(description="When a result first named it.")
    last_seen: datetime = strawberry.field(description="When a result last named it.")


@strawberry.type(description="One version of a template. It never changes.")
class TemplateVersion:
    version: int = strawberry.field(description="Counted from 1.")
    sql_template: str = strawberry.field(description="AMC SQL with its parameters.")
    parameter_definitions: JSON = strawberry.field(description="JSON Schema of the parameters.")
    ui_schema: JSON = strawberry.field(description="How a form may show the parameters.")
    report_config: JSON = strawberry.field(description="Metrics, dimensions and widgets.")
    output_columns: JSON = strawberry.field(description="Names of the result's columns.")
    data_sources: list[str] = strawberry.field(description="AMC tables that it reads.")
    created_at: datetime = strawberry.field(description="When it was made.")


@strawberry.type(description="A query with parameters, from which reports are made.")
class Template(Node):
    is_type_of = of(models.Template)

    id: strawberry.ID = key("tmpl")
    slug: str | None = strawberry.field(description="The name of a built-in template.")
    name: str = strawberry.field(description="Its name.")
    description: str | None = strawberry.field(description="What it answers.")
    category: str | None = strawberry.field(description="What it is about.")
    report_type: str | None = strawberry.field(description="The kind of report it makes.")
    is_public: bool = strawberry.field(description="Whether everybody may use it.")
    version: int = strawberry.field(description="The present version.")
    current_version: TemplateVersion = one(
        models.TemplateVersion, "current_version_id", "The version new reports are made from."
    )
    default_dashboard_type: str | None = strawberry.field(description="Its kind of dashboard.")
    archived_at: datetime | None = strawberry.field(description="When it was put away.")
    created_at: datetime = strawberry.field(description="When it was made.")


@strawberry.type(description="Something that is wrong, and where.")
class Problem:
    field: str = strawberry.field(description="A path into the input.")
    message: str = strawberry.field(description="What is wrong and what would be right.")


@strawberry.type(description="What a template makes of values.")
class TemplatePreview:
    sql: str | None = strawberry.field(description="What AMC would be asked to run.")
    parameters: list[JSON] = strawberry.field(description="Values that go beside the SQL.")
    errors: list[Problem] = strawberry.field(description="Every reason why there is no SQL.")


@strawberry.type(description="What an execution waits for.")
class Blocked:
    reason: BlockReason = strawberry.field(description="The cause.")
    message: str = strawberry.field(description="The cause in words.")
    position: int | None = strawberry.field(description="Its place in line, counted from 1.")
    until: datetime | None = strawberry.field(description="When the cause ends, where known.")


# They know executions and reports, and are told of only here.
CollectionOf: TypeAlias = Annotated["Collection", strawberry.lazy("graph.types.collections")] | None
WeekOf: TypeAlias = Annotated["Week", strawberry.lazy("graph.types.collections")] | None
WorkflowOf: TypeAlias = Annotated["Workflow", strawberry.lazy("graph.types.workflows")]
DashboardOf: TypeAlias = Annotated["Dashboard", strawberry.lazy("graph.types.dashboards")] | None
DrawnBy: TypeAlias = Annotated["ReportConfiguration", strawberry.lazy("graph.types.views")] | None


@strawberry.type(description="One run of a query at AMC.")
class Execution(Node):
    is_type_of = of(models.ReportExecution)

    id: strawberry.ID = key("exec")
    status: ExecutionStatus = strawberry.field(description="How it stands.")
    phase: ExecutionPhase = strawberry.field(description="What it is busy with.")
    blocked_by: Blocked | None = each(executions.blocked, "What it waits for, if it waits.")
    next_action_at: datetime | None = column("due_at", "When it is looked at next.")
    triggered_by: Trigger = strawberry.field(description="What set it off.")
    report: "Report | None" = one(models.Report, "report_id", "The report, if it has one.")
    template: Template | None = one(models.Template, "template_id", "The template.")
    template_version: TemplateVersion | None = one(
        models.TemplateVersion, "template_version_id", "The version it is pinned to."
    )
    instance: Instance = one(models.Instance, "instance_id", "Where it runs.")
    parameters: JSON = column("parameters_snapshot", "The values it ran with.")
    sql: str = column("sql_text", "What AMC is asked to run.")
    sql_hash: str = strawberry.field(description="SHA-256 of the SQL and its values.")
    time_zone: str = strawberry.field(description="The zone of the window's days.")
    window_start: datetime | None = column("time_window_start", "The first moment.")
    window_end: datetime | None = column("time_window_end", "The first moment left out.")
    collection: CollectionOf = one(
        models.Collection, "collection_id", "The collection it is part of, if it is of one."
    )
    week: WeekOf = one(models.Week, "week_id", "The segment it is to bring, if it is of one.")
    amc_execution_id: str | None = strawberry.field(description="AMC's id of it.")
    amc_status: str | None = strawberry.field(description="AMC's own word.")
    attempts: int = strawberry.field(description="Steps taken, failed ones too.")
    cancel_state: CancelState | None = strawberry.field(description="If it was to be cancelled.")
    outcome: Outcome | None = strawberry.field(description="What it brought, once completed.")
    row_count: int | None = strawberry.field(description="Rows of the result.")
    size_bytes: BigInt | None = strawberry.field(description="Bytes of the stored result.")
    checksum: str | None = strawberry.field(description="Of the rows, in whatever order.")
    error_code: str | None = strawberry.field(description="Why it failed, for machines.")
    error_message: str | None = strawberry.field(description="Why it failed, or last faltered.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    started_at: datetime | None = strawberry.field(description="When AMC accepted it.")
    is_drawn: bool = column("dashboard_processed", "Whether nothing more is to be drawn of it.")
    drawing_error: str | None = column(
        "dashboard_processing_error", "Why it could not be drawn, the last time it was tried."
    )
    completed_at: datetime | None = strawberry.field(description="When it was over.")
    version: int = strawberry.field(description="Grows with every change.")
    rows: ResultRows = strawberry.field(
        resolver=page_of_rows, description="A page of its result. NOT_READY until it is completed."
    )
    download: Download = strawberry.field(
        resolver=download_link,
        description="Its result as a file. NOT_READY until it is completed.",
    )


@strawberry.type(description="A template with its parameters on an instance.")
class Report(Node):
    is_type_of = of(models.Report)

    id: strawberry.ID = key("rpt")
    report_id: str = strawberry.field(description="The id of your own choice, or `id`.")
    name: str = strawberry.field(description="Its name.")
    description: str | None = strawberry.field(description="What it is for.")
    state: ReportState = each(reports.overviews, "Whether it runs.", "state")
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
        reports.overviews, "How its newest execution stands.", "newest_status"
    )
    last_run_at: datetime | None = each(reports.overviews, "When it last began.", "last_run_at")
    next_run_at: datetime | None = each(reports.overviews, "When it runs next.", "next_run_at")
    is_favorite: bool = each(
        reports.overviews, "Whether its dashboard is among your favourites.", "is_viewer_favorite"
    )
    dashboard: DashboardOf = one(
        models.Dashboard, "dashboard_id", "The dashboard it was made with, if you are shown it."
    )
    recent_executions: list[Execution] = each(
        reports.newest_executions, "Its ten newest executions, newest first."
    )
    report_configuration: DrawnBy = each(
        configurations.of_reports, "Whether and how its results are drawn, if decided."
    )
    archived_at: datetime | None = strawberry.field(description="When it was put away.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it last changed.")


@strawberry.type(description="One run of a saved workflow at AMC. Its status is AMC's own word.")
class WorkflowExecution(Node):
    is_type_of = of(models.WorkflowExecution)

    id: strawberry.ID = key("wexec")
    status: str = strawberry.field(description="PENDING, RUNNING, SUCCEEDED, FAILED, CANCELLED.")
    phase: ExecutionPhase = strawberry.field(description="What it is busy with.")
    blocked_by: Blocked | None = each(executions.blocked, "What it waits for, if it waits.")
    triggered_by: Trigger = strawberry.field(description="What set it off.")
    workflow: WorkflowOf = one(models.Workflow, "workflow_id", "The workflow.")
    instance: Instance = one(models.Instance, "instance_id", "Where it runs.")
    parameters: JSON = column("parameters_snapshot", "The values it ran with.")
    sql: str = column("sql_text", "What AMC is asked to run.")
    sql_hash: str = strawberry.field(description="SHA-256 of the SQL and its values.")
    window_start: datetime | None = column("time_window_start", "The first moment.")
    window_end: datetime | None = column("time_window_end", "The first moment left out.")
    collection: CollectionOf = one(
        models.Collection, "collection_id", "The collection it is part of, if it is of one."
    )
    amc_execution_id: str | None = strawberry.field(description="AMC's id of it.")
    cancel_state: CancelState | None = strawberry.field(description="If it was to be cancelled.")
    outcome: Outcome | None = strawberry.field(description="What it brought, once completed.")
    row_count: int | None = strawberry.field(description="Rows of the result.")
    checksum: str | None = strawberry.field(description="Of the rows, in whatever order.")
    error_code: str | None = strawberry.field(description="Why it failed, for machines.")
    error_message: str | None = strawberry.field(description="Why it failed, or last faltered.")
    created_at: datetime = strawberry.field(description="When it was asked for.")
    started_at: datetime | None = strawberry.field(description="When AMC accepted it.")
    is_drawn: bool = column("dashboard_processed", "Whether nothing more is to be drawn of it.")
    drawing_error: str | None = column(
        "dashboard_processing_error", "Why it could not be drawn, the last time it was tried."
    )
    completed_at: datetime | None = strawberry.field(description="When it was over.")
    version: int = strawberry.field(description="Grows with every change.")
    rows: ResultRows = strawberry.field(
        resolver=page_of_rows, description="A page of its result. NOT_READY until it is completed."
    )
    download: Download = strawberry.field(
        resolver=download_link,
        description="Its result as a file. NOT_READY until it is completed.",
    )
