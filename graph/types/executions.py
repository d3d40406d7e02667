"""GraphQL types of executions and their results."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import strawberry

from domain import models
from domain.executions import executions, links, lists, results
from domain.executions.spreadsheets import CsvForm
from domain.queries.queries import MOST_COLUMNS
from graph.enums.acts import ExecutionAct
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
from graph.fields.context import Info
from graph.fields.costs import sliced, weighs
from graph.fields.edges import bounded, column, each, key, many, of, one
from graph.fields.scalars import JSON, BigInt
from graph.types.instances import Instance
from graph.types.node import Node
from graph.types.people import Person
from graph.types.templates import Template, TemplateVersion

if TYPE_CHECKING:
    from graph.types.collections import Collection, Week
    from graph.types.reports import Report
    from graph.types.schedules import Schedule, Tick
    from graph.types.workflows import Workflow


# Points, measured by `python -m benchmarks.costs`.
RESULT = 4000  # to open a result
ROW = 10  # to read a row of it
DOWNLOAD = 50
OF_ROWS = [weighs(RESULT), sliced("first", otherwise=results.MOST_ROWS, of=("rows",))]


@strawberry.type(description="A column of a result.")
class ResultColumn:
    name: str = strawberry.field(description="The column's name, as in the query.")
    type: str = strawberry.field(
        description="The column's type: VARCHAR, BIGINT, DECIMAL(38,10), DATE and so on. A "
        "DECIMAL has as many digits after the point as AMC sent, 10 at least."
    )


async def _rows(root: Any, info: Info) -> Any:
    return await info.context.read(results.read, root)


@strawberry.type(
    description="A warning about a result: AMC sent values that are not what it declares. The "
    "result is stored all the same."
)
class ResultWarning:
    column: str | None = strawberry.field(
        description="The column that the warning is about. Null if it is about the whole result."
    )
    count: int = strawberry.field(
        description="The number of values that are not as declared. 0 if it is the type of the "
        "column that differs."
    )
    example: str | None = strawberry.field(
        description="One of the values, cut to 100 characters. Null if there is none to show."
    )
    message: str = strawberry.field(
        description="What is odd, and how the values are stored, for people."
    )


@strawberry.type(description="A page of a result's rows.")
class ResultRows:
    columns: list[ResultColumn] = bounded(
        MOST_COLUMNS, "The columns, in the order of the values of a row."
    )
    rows: list[JSON] = bounded(
        results.MOST_ROWS,
        "The rows, each a list of values in the types of the columns. Decimals, times and whole "
        "numbers beyond 2^53 are strings, so that no digit is lost.",
        resolver=_rows,
        weight=ROW,
    )
    total_count: int = strawberry.field(description="The number of rows of the whole result.")
    has_next_page: bool = strawberry.field(description="True if rows follow after this page.")


@strawberry.type(
    description="A link to a result. Whoever has the link can use it for ten minutes, "
    "without a token, for as long as you may see the execution. It may redirect to the object "
    "store."
)
class Download:
    url: str = strawberry.field(description="The URL of the file.")
    expires_at: datetime = strawberry.field(description="When the link stops working.")


def page_of_rows(
    root: Any,
    first: Annotated[int, number("The number of rows", 1, results.MOST_ROWS)] = 20,
    offset: Annotated[int, number("The number of rows to skip", 0)] = 0,
) -> Any:
    """A page of the rows of an execution's result."""
    return results.page(root, first, offset)


def result_warnings(root: Any) -> Any:
    """The warnings about an execution's result."""
    return results.warnings(root)


async def download_link(
    root: Any,
    info: Info,
    format: Annotated[
        ResultFormat, strawberry.argument(description="The format of the file.")
    ] = ResultFormat.CSV,
    raw: Annotated[
        bool,
        strawberry.argument(
            description="True for a CSV file with every cell as AMC sent it, for programs. "
            "Otherwise text that a spreadsheet would run as a formula begins with an apostrophe. "
            "Parquet files are always raw."
        ),
    ] = False,
    byte_order_mark: Annotated[
        bool,
        strawberry.argument(
            description="True for a CSV file that begins with a byte order mark, by which Excel "
            "knows that it is UTF-8. Parquet files have none."
        ),
    ] = False,
) -> Any:
    """A link to an execution's result."""
    form = links.Format(format.value)
    return await links.link(info.context.viewer, root, form, CsvForm(raw, byte_order_mark))


@strawberry.type(description="What an execution waits for, and where it stands in line.")
class Blocked:
    reason: BlockReason = strawberry.field(description="The reason, for programs.")
    message: str = strawberry.field(description="The reason, for people.")
    position: int | None = strawberry.field(
        description="The place in the instance's line, counted from 1. Null if the execution is "
        "not in line."
    )
    until: datetime | None = strawberry.field(
        description="When the wait ends. Null if that is not known."
    )
    since: datetime | None = strawberry.field(
        description="When the execution began to wait for this reason. Null for a wait that began "
        "before the server recorded it."
    )


# The modules of these types import this one, so they are named by strings here.
ReportOf: TypeAlias = Annotated["Report", strawberry.lazy("graph.types.reports")] | None
CollectionOf: TypeAlias = Annotated["Collection", strawberry.lazy("graph.types.collections")] | None
WeekOf: TypeAlias = Annotated["Week", strawberry.lazy("graph.types.collections")] | None
ScheduleOf: TypeAlias = Annotated["Schedule", strawberry.lazy("graph.types.schedules")] | None
TickOf: TypeAlias = Annotated["Tick", strawberry.lazy("graph.types.schedules")] | None
AnExecution: TypeAlias = Annotated["Execution", strawberry.lazy("graph.types.executions")]
WorkflowOf: TypeAlias = Annotated["Workflow", strawberry.lazy("graph.types.workflows")]


@strawberry.type
class AnyExecution:
    """What executions of reports and of workflows have in common."""

    phase: ExecutionPhase = strawberry.field(
        description="What the server is doing with the execution."
    )
    blocked_by: Blocked | None = each(
        lists.blocked,
        "What the execution waits for. Null if it does not wait.",
        reads=("blocked_by", "blocked_until", "blocked_since", "phase", "instance_id"),
    )
    triggered_by: Trigger = strawberry.field(description="What started the execution.")
    started_by: Person | None = one(
        models.User,
        "user_id",
        "The person in whose name the execution runs. Null if you share no instance with them "
        "any more.",
    )
    instance: Instance = one(
        models.Instance, "instance_id", "The instance that the execution runs on."
    )
    parameters: JSON = column(
        "parameters_snapshot", "The parameter values, by name. Their definitions give the types."
    )
    sql: str = column("sql_text", "The SQL that AMC runs.")
    sql_hash: str = strawberry.field(description="The SHA-256 of the SQL and its parameter values.")
    window_start: datetime | None = column("time_window_start", "The first moment of the window.")
    window_end: datetime | None = column(
        "time_window_end", "The moment at which the window ends, not included in it."
    )
    collection: CollectionOf = one(
        models.Collection,
        "collection_id",
        "The collection that the execution belongs to. Null if it belongs to none.",
    )
    amc_execution_id: str | None = strawberry.field(
        description="The execution's id at AMC. Null until AMC has accepted it."
    )
    cancel_state: CancelState | None = strawberry.field(
        description="How far the cancellation is. Null if nobody has cancelled the execution."
    )
    outcome: Outcome | None = strawberry.field(
        description="What the result contains. Null until the execution has completed."
    )
    row_count: int | None = strawberry.field(
        description="The number of rows of the result. Null until the execution has completed."
    )
    checksum: str | None = strawberry.field(
        description="The checksum of the result's rows, whatever their order. Results with the "
        "same checksum have the same rows."
    )
    error_code: str | None = strawberry.field(
        description="The code of the failure, for programs. Null if there was none."
    )
    error_message: str | None = strawberry.field(
        description="The reason of the failure, or of the last attempt that failed and is tried "
        "again, for people. Null if there was none."
    )
    created_at: datetime = strawberry.field(description="When the execution was created.")
    started_at: datetime | None = strawberry.field(
        description="When AMC accepted the execution. Null until then."
    )
    is_drawn: bool = column(
        "dashboard_processed",
        "True once the server has drawn the result as a view, or has decided that "
        "it draws none. False while no configuration has drawing enabled.",
    )
    drawing_error: str | None = column(
        "dashboard_processing_error",
        "Why the last attempt to draw the result failed. Null if it did not fail.",
    )
    completed_at: datetime | None = strawberry.field(
        description="When the execution was over, however it ended. Null until then."
    )
    version: int = strawberry.field(
        description="A number that grows with every change of the execution."
    )
    warnings: list[ResultWarning] | None = bounded(
        results.MOST_WARNINGS,
        "What is odd about the result, such as values that are not of the type that AMC declares: "
        f"the first {results.MOST_WARNINGS} columns. The list is empty if nothing is. Null "
        "with an error if they cannot be read.",
        result_warnings,
    )
    rows: ResultRows | None = strawberry.field(
        resolver=page_of_rows,
        description="A page of the result's rows. Null with an error: NOT_READY until the "
        "execution has completed, and NOT_FOUND if the result was deleted with its collection, or "
        "if its file is gone or damaged.",
        directives=OF_ROWS,
    )
    download: Download | None = strawberry.field(
        resolver=download_link,
        description="A link to the result as a file. Null with an error: NOT_READY until the "
        "execution has completed, and NOT_FOUND if the result was deleted with its collection, or "
        "if its file is gone.",
        directives=[weighs(DOWNLOAD)],
    )


@strawberry.type(description="An execution: one run of a query at AMC, with its result.")
class Execution(AnyExecution, Node):
    is_type_of = of(models.ReportExecution)
    id: strawberry.ID = key("exec")
    status: ExecutionStatus = strawberry.field(description="The status of the execution.")
    viewer_can: list[ExecutionAct] = each(
        executions.viewer_can,
        "What you may do with it now, each to some effect. Limits of how much you may start are "
        "not looked at.",
        empty=[],
        at_most=2,
    )
    next_action_at: datetime | None = column(
        "due_at", "When the server next works on the execution. Null if nothing is planned."
    )
    report: ReportOf = one(
        models.Report, "report_id", "The report. Null if a template was run without one."
    )
    template: Template | None = one(
        models.Template,
        "template_id",
        "The template that the SQL was made from. Null if it no longer exists.",
    )
    template_version: TemplateVersion | None = one(
        models.TemplateVersion,
        "template_version_id",
        "The version of the template whose SQL is run.",
    )
    schedule: ScheduleOf = one(
        models.ReportSchedule,
        "schedule_id",
        "The schedule that started the execution. Null if none did, or if it was deleted.",
    )
    tick: TickOf = each(
        lists.ticks,
        "The moment of the schedule that it was started for. Null if there is none.",
        reads=(),
    )
    retry_of: AnExecution | None = one(
        models.ReportExecution, "retry_of", "The execution that this one repeats. Null if none."
    )
    retries: list[AnExecution] = many(
        models.ReportExecution.retry_of,
        (models.ReportExecution.created_at, models.ReportExecution.id),
        "The executions that repeat this one, oldest first, at most 24.",
        at_most=24,
    )
    time_zone: str = strawberry.field(description="The IANA time zone of the window's days.")
    week: WeekOf = one(
        models.Week,
        "week_id",
        "The segment that the execution collects. Null if it belongs to no collection.",
    )
    amc_status: str | None = strawberry.field(
        description="The execution's status in AMC's own words. Null until AMC has told it."
    )
    attempts: int = strawberry.field(
        description="The number of steps that the server has taken on the execution, including "
        "failed ones."
    )
    size_bytes: BigInt | None = strawberry.field(
        description="The size of the stored result in bytes. Null until the execution has "
        "completed."
    )


@strawberry.type(description="One run of a workflow at AMC, with its result.")
class WorkflowExecution(AnyExecution, Node):
    is_type_of = of(models.WorkflowExecution)
    id: strawberry.ID = key("wexec")
    status: str = strawberry.field(
        description="The status, in AMC's words: PENDING, RUNNING, SUCCEEDED, FAILED or CANCELLED."
    )
    workflow: WorkflowOf = one(models.Workflow, "workflow_id", "The workflow that was run.")
