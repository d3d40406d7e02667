"""Executions and their results as clients see them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import strawberry

from domain import models
from domain.executions import links, lists, results
from graph.enums.executions import (
    BlockReason,
    CancelState,
    ExecutionPhase,
    ExecutionStatus,
    Outcome,
    ResultFormat,
    Trigger,
)
from graph.fields.arguments import number
from graph.fields.edges import column, each, key, of, one
from graph.fields.scalars import JSON, BigInt
from graph.types.instances import Instance
from graph.types.node import Node
from graph.types.templates import Template, TemplateVersion

if TYPE_CHECKING:
    from graph.types.collections import Collection, Week
    from graph.types.reports import Report
    from graph.types.workflows import Workflow


@strawberry.type(description="A column of a result.")
class ResultColumn:
    name: str = strawberry.field(description="As the query names it.")
    type: str = strawberry.field(description="VARCHAR, BIGINT, DECIMAL(38,10), DATE ...")


@strawberry.type(description="A page of a result.")
class ResultRows:
    columns: list[ResultColumn] = strawberry.field(description="In the order of the values.")
    rows: list[JSON] = strawberry.field(
        description="A list of values each; decimals and times are strings."
    )
    total_count: int = strawberry.field(description="Rows of the whole result.")
    has_next_page: bool = strawberry.field(description="More rows come after these.")


@strawberry.type(description="A link to a result, for anyone who has it, for ten minutes.")
class Download:
    url: str = strawberry.field(description="Where to fetch it.")
    expires_at: datetime = strawberry.field(description="When the link ends.")


async def page_of_rows(
    root: Any,
    first: Annotated[int, number("How many", 1, results.MOST_ROWS)] = 20,
    offset: Annotated[int, number("How many to pass over", 0)] = 0,
) -> Any:
    """A page of an execution's result."""
    return await results.page(root, first, offset)


async def download_link(
    root: Any,
    format: Annotated[
        ResultFormat, strawberry.argument(description="CSV if nothing is said.")
    ] = ResultFormat.CSV,
) -> Any:
    """A link to an execution's result, to be fetched by whoever has it."""
    return await links.link(root, links.Format(format.value))


@strawberry.type(description="What an execution waits for.")
class Blocked:
    reason: BlockReason = strawberry.field(description="The cause.")
    message: str = strawberry.field(description="The cause in words.")
    position: int | None = strawberry.field(description="Its place in line, counted from 1.")
    until: datetime | None = strawberry.field(description="When the cause ends, where known.")


# Their modules import this one, so they are named by strings here.
ReportOf: TypeAlias = Annotated["Report", strawberry.lazy("graph.types.reports")] | None
CollectionOf: TypeAlias = Annotated["Collection", strawberry.lazy("graph.types.collections")] | None
WeekOf: TypeAlias = Annotated["Week", strawberry.lazy("graph.types.collections")] | None
WorkflowOf: TypeAlias = Annotated["Workflow", strawberry.lazy("graph.types.workflows")]


@strawberry.type(description="One run of a query at AMC.")
class Execution(Node):
    is_type_of = of(models.ReportExecution)

    id: strawberry.ID = key("exec")
    status: ExecutionStatus = strawberry.field(description="How it stands.")
    phase: ExecutionPhase = strawberry.field(description="What it is busy with.")
    blocked_by: Blocked | None = each(lists.blocked, "What it waits for, if it waits.")
    next_action_at: datetime | None = column("due_at", "When it is looked at next.")
    triggered_by: Trigger = strawberry.field(description="What set it off.")
    report: ReportOf = one(models.Report, "report_id", "The report, if it has one.")
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


@strawberry.type(description="One run of a saved workflow at AMC. Its status is AMC's own word.")
class WorkflowExecution(Node):
    is_type_of = of(models.WorkflowExecution)

    id: strawberry.ID = key("wexec")
    status: str = strawberry.field(description="PENDING, RUNNING, SUCCEEDED, FAILED, CANCELLED.")
    phase: ExecutionPhase = strawberry.field(description="What it is busy with.")
    blocked_by: Blocked | None = each(lists.blocked, "What it waits for, if it waits.")
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
