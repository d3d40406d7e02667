"""GraphQL types of schedules and ticks."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import strawberry

from domain import ids, kinds, models
from domain.pages.pages import DEFAULT
from domain.schedules import lists, rights, schedules
from graph.enums.acts import ScheduleAct
from graph.enums.executions import ExecutionStatus
from graph.enums.schedules import (
    BackfillStatus,
    PreviewMark,
    ScheduleType,
    TickOutcome,
)
from graph.fields.arguments import REPLACED
from graph.fields.days import end_of_days, first_day
from graph.fields.edges import bounded, column, each, one
from graph.fields.scalars import JSON
from graph.types.collections import Collection
from graph.types.executions import Execution, ReportOf, WorkflowExecution
from graph.types.instances import Instance
from graph.types.node import Node
from graph.types.people import Person
from graph.types.presets import DataWindow, SchedulePreset, ScheduleRules, data_window, preset

if TYPE_CHECKING:
    from graph.types.workflows import Workflow

# The module of this type imports this one, so it is named by a string here.
ScheduledWorkflow: TypeAlias = (
    Annotated["Workflow", strawberry.lazy("graph.types.workflows")] | None
)


def _id(root: Any) -> strawberry.ID:
    return strawberry.ID(kinds.public_id(root))


def _is_schedule(cls: type[Any], row: Any, info: Any) -> bool:
    return isinstance(row, kinds.Schedule)


def _words(root: Any) -> str:
    return schedules.words(root)


def _last_run_status(root: Any) -> Any:
    return kinds.status_of(root.last_run_status)


def _tick_id(root: Any) -> strawberry.ID:
    return strawberry.ID(ids.encode("tick", root.id))


@strawberry.type(description="A schedule: when a report or workflow runs by itself.")
class Schedule(ScheduleRules, Node):
    is_type_of = classmethod(_is_schedule)

    id: strawberry.ID = strawberry.field(
        resolver=_id,
        description="The schedule's id. It begins with `sch_`, or with `wsch_` for a workflow.",
    )
    viewer_can: list[ScheduleAct] = each(
        rights.viewer_can,
        "What you may do with it now, each to some effect. Limits of how much you may start are "
        "not looked at.",
        empty=[],
        at_most=5,
    )
    words: str = strawberry.field(
        resolver=_words, description="When the schedule runs, as an English sentence."
    )
    schedule_type: ScheduleType = strawberry.field(description="How often it runs.")
    cron: str = column(
        "cron_expression",
        "The cron expression: minute, hour, day of the month, month, day of the week.",
    )
    time_zone: str = column("timezone", "The IANA time zone that the cron expression is read in.")
    preset: SchedulePreset | None = preset("schedule_config")
    parameters: JSON = column(
        "default_parameters",
        "Values that replace some of the report's, by name. Their definitions give the types.",
    )
    data_window: DataWindow = data_window("data_window")
    report: ReportOf = one(
        models.Report,
        "report_id",
        "The report that runs. Null for the schedule of a workflow.",
        of_some=True,
    )
    workflow: ScheduledWorkflow = one(
        models.Workflow,
        "workflow_id",
        "The workflow that runs. Null for the schedule of a report.",
        REPLACED,
        of_some=True,
    )
    instance: Instance | None = each(lists.instances, "The instance that it runs on.")
    runs_as: Person | None = one(
        models.User,
        "user_id",
        "The person in whose name the schedule runs: who last changed or resumed it. Null if you "
        "share no instance with them any more.",
    )
    is_paused: bool = strawberry.field(description="True if the schedule is paused.")
    paused_at: datetime | None = strawberry.field(
        description="When the schedule was paused. Null if it is not."
    )
    pause_note: str | None = strawberry.field(
        description="Why the schedule is paused. Null if nobody has said."
    )
    next_run_at: datetime | None = strawberry.field(
        description="When the schedule runs next. Null if it is paused or has ended."
    )
    last_run_at: datetime | None = strawberry.field(
        description="When the schedule last started an execution. Null if it never has."
    )
    last_run_status: ExecutionStatus | None = strawberry.field(
        resolver=_last_run_status,
        description="The status of that execution. Null if there is none.",
    )
    run_count: int = strawberry.field(
        description="The number of executions that the schedule has started."
    )
    failure_count: int = strawberry.field(description="The number of these executions that failed.")
    failures_in_row: int = strawberry.field(
        description="The number of failures since the last success or resumption."
    )
    backfill_status: BackfillStatus | None = strawberry.field(
        description="The status of the collection that the schedule was created with. Null if "
        "there is none."
    )
    backfill_collection: Collection | None = one(
        models.Collection,
        "backfill_collection_id",
        "The collection of past days that the schedule was created with. Null if there is none.",
    )
    update_collection: Collection | None = one(
        models.Collection,
        "update_collection_id",
        "The collection that the schedule's runs add segments to. Null unless "
        "`keepsHistory` is set and the schedule has run.",
    )
    created_at: datetime = strawberry.field(description="When the schedule was created.")


@strawberry.type(description="A tick: a moment of a schedule, and what the schedule did then.")
class Tick:
    id: strawberry.ID = strawberry.field(
        resolver=_tick_id, description="The tick's id. It begins with `tick_`."
    )
    nominal_at: datetime = strawberry.field(description="The moment at which the schedule was due.")
    outcome: TickOutcome = strawberry.field(description="What the schedule did.")
    reason: str | None = strawberry.field(
        description="Why, if it did not simply start an execution."
    )
    more: int = strawberry.field(
        description="The number of older moments that had the same outcome and have no tick of "
        "their own."
    )
    execution: Execution | None = one(
        models.ReportExecution,
        "report_execution_id",
        "The execution of the report. Null for a workflow, or if none was started.",
    )
    workflow_execution: WorkflowExecution | None = one(
        models.WorkflowExecution,
        "workflow_execution_id",
        "The execution of the workflow. Null for a report, or if none was started.",
        REPLACED,
    )
    created_at: datetime = strawberry.field(description="When the tick was recorded.")


@strawberry.type(
    description="The newest ticks of a report's schedules. The query `scheduleTicks` has all of "
    "them."
)
class NewestTicks:
    nodes: list[Tick] = bounded(DEFAULT, "The ticks, newest first. At most 20.")
    has_more: bool = strawberry.field(description="True if there are older ticks.")


@strawberry.type(description="A future run of a schedule.")
class PreviewedRun:
    at: datetime = strawberry.field(description="When the schedule is due.")
    local: str = strawberry.field(
        description="The date and time that clocks in the schedule's time zone show then."
    )
    mark: PreviewMark | None = strawberry.field(
        description="How a change of the clocks affects the moment. Null if it does not."
    )
    window_start: date = first_day("The first day that the run would cover.")
    window_end: date = end_of_days("The day after the last day that the run would cover.")


@strawberry.type(description="What a schedule would do.")
class SchedulePreview:
    words: str = strawberry.field(
        description="When the schedule would run, as an English sentence."
    )
    runs: list[PreviewedRun] = bounded(20, "The next 20 runs.")
