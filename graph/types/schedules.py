"""Schedules and ticks as clients see them."""

from datetime import date, datetime
from typing import Any

import strawberry

from domain import ids, kinds, models
from domain.schedules import schedules
from graph.enums.executions import ExecutionStatus
from graph.enums.schedules import (
    BackfillStatus,
    CatchUp,
    Overlap,
    PreviewMark,
    ScheduleType,
    TickOutcome,
)
from graph.fields.arguments import REPLACED
from graph.fields.days import end_of_days, first_day
from graph.fields.edges import column, one
from graph.fields.scalars import JSON
from graph.types.collections import Collection
from graph.types.executions import Execution, WorkflowExecution
from graph.types.node import Node
from graph.types.presets import DataWindow, SchedulePreset, data_window, preset


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


@strawberry.type(description="When a report or a workflow runs by itself.")
class Schedule(Node):
    is_type_of = classmethod(_is_schedule)

    id: strawberry.ID = strawberry.field(
        resolver=_id, description="Begins with `sch_`, or `wsch_` for one of a workflow."
    )
    words: str = strawberry.field(resolver=_words, description="When it runs, as a sentence.")
    schedule_type: ScheduleType = strawberry.field(description="How often it runs.")
    cron: str = column("cron_expression", "Minute, hour, day, month, day of the week.")
    time_zone: str = column("timezone", "The zone of its moments.")
    preset: SchedulePreset | None = preset("schedule_config")
    parameters: JSON = column(
        "default_parameters", "Values that replace the report's, by the parameter's name."
    )
    data_window: DataWindow = data_window("data_window")
    overlap: Overlap = strawberry.field(description="What if the last run is still under way.")
    catch_up: CatchUp = strawberry.field(description="Which missed moments are made good.")
    catch_up_seconds: int = strawberry.field(description="How old a missed moment may be.")
    jitter_seconds: int = strawberry.field(description="Up to how much later it starts.")
    pause_after_failures: int | None = strawberry.field(
        description="Failures in a row after which it pauses by itself."
    )
    keeps_history: bool = strawberry.field(
        description="Whether its runs extend the report's aggregates."
    )
    is_paused: bool = strawberry.field(description="Whether it runs at the moment.")
    paused_at: datetime | None = strawberry.field(description="Since when it is paused.")
    pause_note: str | None = strawberry.field(description="Why it is paused.")
    next_run_at: datetime | None = strawberry.field(description="When it runs next.")
    last_run_at: datetime | None = strawberry.field(description="When it last ran.")
    last_run_status: ExecutionStatus | None = strawberry.field(
        resolver=_last_run_status, description="The status of that run."
    )
    run_count: int = strawberry.field(description="How often it has run.")
    failure_count: int = strawberry.field(description="How often that failed.")
    failures_in_row: int = strawberry.field(description="The same, since it last succeeded.")
    backfill_status: BackfillStatus | None = strawberry.field(
        description="How the collection of its past stands, if it has one."
    )
    backfill_collection: Collection | None = one(
        models.Collection, "backfill_collection_id", "The collection of its past."
    )
    update_collection: Collection | None = one(
        models.Collection, "update_collection_id", "The collection its runs extend."
    )
    created_at: datetime = strawberry.field(description="When it was made.")


@strawberry.type(description="A moment of a schedule, and what came of it.")
class Tick:
    id: strawberry.ID = strawberry.field(resolver=_tick_id, description="Begins with `tick_`.")
    nominal_at: datetime = strawberry.field(description="The moment.")
    outcome: TickOutcome = strawberry.field(description="What came of it.")
    reason: str | None = strawberry.field(description="Why, where it did not simply run.")
    more: int = strawberry.field(description="Older moments that went the same way, unlisted.")
    execution: Execution | None = one(
        models.ReportExecution, "report_execution_id", "The report's execution."
    )
    workflow_execution: WorkflowExecution | None = one(
        models.WorkflowExecution, "workflow_execution_id", "The workflow's execution.", REPLACED
    )
    created_at: datetime = strawberry.field(description="When it was written down.")


@strawberry.type(
    description="The newest ticks of a report. The query `scheduleTicks` has the others."
)
class NewestTicks:
    nodes: list[Tick] = strawberry.field(description="Newest first, at most 20.")
    has_more: bool = strawberry.field(description="Whether there are older ones.")


@strawberry.type(description="A run that is to come.")
class PreviewedRun:
    at: datetime = strawberry.field(description="The moment.")
    local: str = strawberry.field(description="What clocks show there then.")
    mark: PreviewMark | None = strawberry.field(description="If the clocks are changed then.")
    window_start: date = first_day("The first day it would cover.")
    window_end: date = end_of_days("The first day left out.")


@strawberry.type(description="What a schedule would do. Nothing is kept.")
class SchedulePreview:
    words: str = strawberry.field(description="When it runs, as a sentence.")
    runs: list[PreviewedRun] = strawberry.field(description="The next twenty.")
