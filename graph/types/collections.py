"""Collections as clients see them: the plan, the run, its segments and what they brought."""

from datetime import date, datetime
from typing import Any

import strawberry

from domain import models
from domain.aggregates import lineage
from domain.collections import lists, settings
from domain.collections.progress import OVER
from graph.enums.collections import (
    CollectionStatus,
    CollectionType,
    LookbackType,
    LookbackUnit,
    SegmentType,
    WaitReason,
    WeekStart,
    WeekStatus,
)
from graph.enums.executions import Outcome
from graph.fields.arguments import REPLACED
from graph.fields.days import first_day, last_day
from graph.fields.documents import document
from graph.fields.edges import column, each, key, many, of, one
from graph.fields.scalars import JSON
from graph.types.executions import Execution, ResultColumn, WorkflowExecution
from graph.types.instances import Instance
from graph.types.node import Node
from graph.types.reports import Report
from graph.types.templates import TemplateVersion


@strawberry.type(description="The days that a collection was asked for.")
class Lookback:
    type: LookbackType = strawberry.field(description="How they are told.")
    value: int | None = strawberry.field(description="RELATIVE: how many units.")
    unit: LookbackUnit | None = strawberry.field(description="RELATIVE: of what.")
    start_date: date | None = strawberry.field(description="CUSTOM: the first day.")
    end_date: date | None = strawberry.field(description="CUSTOM: the last day, included.")


@strawberry.type(description="How days are cut into segments, and how these are tried.")
class Segmentation:
    type: SegmentType = strawberry.field(description="How long a segment is.")
    parallel_limit: int = strawberry.field(description="Segments at AMC at once.")
    retry_failed: bool = strawberry.field(
        description="Whether a segment that failed is tried again by itself."
    )
    max_attempts: int = strawberry.field(
        resolver=lambda root: root.retry.max_attempts,
        description="How often it is tried, where trying again can help.",
    )
    week_start: WeekStart = strawberry.field(description="The day weeks begin with.")


@strawberry.type(description="What some segments wait for.")
class Wait:
    reason: WaitReason = strawberry.field(description="The cause.")
    count: int = strawberry.field(description="How many segments.")
    until: datetime | None = strawberry.field(description="When the first goes on, where known.")


@strawberry.type(description="Segments, counted. The first five are all of them.")
class SegmentCounts:
    pending: int = strawberry.field(description="Their turn has not come, or comes anew.")
    running: int = strawberry.field(description="Being collected for the first time.")
    completed: int = strawberry.field(description="With a result.")
    failed: int = strawberry.field(description="Tried, without a result.")
    skipped: int = strawberry.field(description="Left out.")
    provisional: int = strawberry.field(description="With a result that is not settled yet.")
    waiting: int = strawberry.field(description="In line for a slot of the instance.")
    at_amc: int = strawberry.field(description="At AMC.")
    ingesting: int = strawberry.field(description="Whose result is being fetched.")


@strawberry.type(description="The sum of an additive metric.")
class Total:
    name: str = strawberry.field(description="The metric's name.")
    value: str | None = strawberry.field(description="All its digits; null if there is no value.")


@strawberry.type(description="How the sum of a metric changed from one result to the next.")
class TotalChange:
    name: str = strawberry.field(description="The metric's name.")
    before: str | None = strawberry.field(description="What it was.")
    after: str | None = strawberry.field(description="What it is.")
    change: str | None = strawberry.field(description="The difference; null without both values.")


def totals_of(stored: dict[str, Any]) -> list[Total]:
    """Sums by name as a list, in the order of the names."""
    return [Total(name=name, value=value) for name, value in sorted(stored.items())]


def _difference(root: Any) -> list[TotalChange] | None:
    if root.difference is None:
        return None
    return [TotalChange(name=name, **one) for name, one in sorted(root.difference.items())]


@strawberry.type(description="The columns of a segment's result, its totals and its first rows.")
class ResultSummary:
    columns: list[ResultColumn] = strawberry.field(
        resolver=lambda root: root.get("columns", []), description="In the order of the values."
    )
    totals: list[Total] = strawberry.field(
        resolver=lambda root: totals_of(root.get("totals", {})),
        description="Sums of the additive metrics.",
    )
    suppressed_rows: int | None = strawberry.field(
        resolver=lambda root: root.get("suppressed_rows"),
        description="Rows that privacy took dimensions from.",
    )
    first_rows: list[JSON] = strawberry.field(
        resolver=lambda root: root.get("first_rows", []),
        description="The first rows, a list of values each. The values have no type in common: "
        "numbers, text, null.",
    )


@strawberry.type(description="A result of a segment that differed from the one before.")
class WeekRevision:
    revision: int = strawberry.field(description="Counted from 1.")
    checksum: str = strawberry.field(description="Of the rows, in whatever order.")
    outcome: Outcome = strawberry.field(description="What it brought.")
    row_count: int = strawberry.field(description="Rows of the result.")
    totals: list[Total] = strawberry.field(
        resolver=lambda root: totals_of(root.totals), description="Sums of the additive metrics."
    )
    difference: list[TotalChange] | None = strawberry.field(
        resolver=_difference,
        description="The metrics whose sums changed; null for the first result.",
    )
    is_provisional: bool = strawberry.field(description="Whether its data was not settled yet.")
    execution: Execution | None = one(
        models.ReportExecution, "report_execution_id", "The report's execution that brought it."
    )
    workflow_execution: WorkflowExecution | None = one(
        models.WorkflowExecution,
        "workflow_execution_id",
        "The workflow's execution that brought it.",
        REPLACED,
    )
    created_at: datetime = strawberry.field(description="When it was stored.")


def _waits(root: Any) -> list[Wait]:
    return [
        Wait(
            reason=WaitReason(one["reason"]),
            count=one["count"],
            until=datetime.fromisoformat(one["until"]) if one["until"] else None,
        )
        for one in root.waits
    ]


def _is_over(root: Any) -> bool:
    return root.status in OVER


def _parameters(root: Any) -> Any:
    return root.configuration["parameters"]


def _parallel_limit(root: Any) -> int:
    return int((root.segmentation_config or {})["parallel_limit"])


@strawberry.type(description="A segment of a collection: a week, or whatever its type says.")
class Week(Node):
    is_type_of = of(models.Week)

    id: strawberry.ID = key("week")
    start_date: date = column("week_start_date", "The first day.")
    end_date: date = column("week_end_date", "The last day, included.")
    status: WeekStatus = strawberry.field(description="How it stands.")
    is_open: bool = strawberry.field(description="Whether an execution of it is under way.")
    attempts: int = strawberry.field(description="Executions since it was last asked for.")
    next_attempt_at: datetime | None = column("due_at", "When it is tried again, after a failure.")
    outcome: Outcome | None = strawberry.field(description="What its result is.")
    row_count: int | None = strawberry.field(description="Rows of its result.")
    checksum: str | None = column("data_checksum", "Of the rows, in whatever order.")
    revision: int = strawberry.field(description="How many different results it has had.")
    is_provisional: bool = strawberry.field(
        description="Whether its result is from before its data was settled."
    )
    settles_at: datetime | None = strawberry.field(description="When its data is settled.")
    collected_at: datetime | None = column("execution_date", "When its result was stored.")
    error_code: str | None = strawberry.field(description="Why it last failed, for machines.")
    error_message: str | None = strawberry.field(description="Why it last failed.")
    collection: "Collection" = one(models.Collection, "collection_id", "What it is part of.")
    execution: Execution | None = one(
        models.ReportExecution, "report_execution_id", "Its newest execution, of a report."
    )
    workflow_execution: WorkflowExecution | None = one(
        models.WorkflowExecution,
        "workflow_execution_id",
        "Its newest execution, of a workflow.",
        REPLACED,
    )
    executions: list[Execution] = each(
        lineage.executions, "All executions of a report's segment, newest first.", empty=[]
    )
    revisions: list[WeekRevision] = many(
        models.WeekRevision.week_id,
        (models.WeekRevision.revision.desc(),),
        "Every different result it has had, newest first.",
    )
    summary: ResultSummary | None = each(
        lineage.summaries, "Columns, totals and first rows of its result."
    )


@strawberry.type(description="Past results of a report or workflow, a segment at a time.")
class Collection(Node):
    is_type_of = of(models.Collection)

    id: strawberry.ID = key("col")
    version: int = strawberry.field(description="Grows with every change.")
    status: CollectionStatus = strawberry.field(description="How it stands.")
    is_over: bool = strawberry.field(
        resolver=_is_over, description="Whether nothing more happens, unless somebody wishes so."
    )
    collection_type: CollectionType = strawberry.field(description="What it is for.")
    segment_type: SegmentType = strawberry.field(description="How long its segments are.")
    start_date: date = strawberry.field(description="The first day.")
    end_date: date = strawberry.field(description="The last day, included.")
    time_zone: str = strawberry.field(description="The zone of its days.")
    target_weeks: int = strawberry.field(description="How many segments it has.")
    weeks_completed: int = strawberry.field(description="How many of them have a result.")
    progress_percentage: int = strawberry.field(
        description="The same in percent. It never falls unless segments are added."
    )
    counts: SegmentCounts = each(lists.counts, "Its segments, counted.")
    rate_per_hour: float | None = strawberry.field(
        description="Segments an hour over the last minutes, while it runs."
    )
    eta_earliest: datetime | None = strawberry.field(description="When it is over at the soonest.")
    eta_latest: datetime | None = strawberry.field(description="When it is likely to be over.")
    waits: list[Wait] = strawberry.field(
        resolver=_waits, description="What its segments wait for, the commonest first."
    )
    parallel_limit: int = strawberry.field(
        resolver=_parallel_limit, description="Segments at AMC at once, at most."
    )
    lookback: Lookback | None = document(
        settings.Lookback, "lookback_config", "Which days were asked for."
    )
    segmentation: Segmentation | None = document(
        settings.Segmentation, "segmentation_config", "How they are cut, and tried again."
    )
    parameters: JSON = strawberry.field(
        resolver=_parameters,
        description="The values that every segment is asked with, by the parameter's name.",
    )
    series: str = column("series_hash", "Numbers of one series may be put together.")
    error_message: str | None = strawberry.field(description="What last went wrong.")
    report: Report | None = one(models.Report, "report_id", "The report, if it is of one.")
    template_version: TemplateVersion | None = one(
        models.TemplateVersion, "template_version_id", "The version it is pinned to."
    )
    instance: Instance = one(models.Instance, "instance_id", "Where it runs.")
    weeks: list[Week] = many(
        models.Week.collection_id,
        (models.Week.week_start_date.desc(),),
        "Its segments, newest first.",
    )
    is_drawn: bool = column("dashboard_processed", "Whether all it brought is drawn.")
    drawing_error: str | None = column(
        "dashboard_processing_error", "Why it could not be drawn, the last time it was tried."
    )
    cancel_requested_at: datetime | None = strawberry.field(
        description="When somebody wished it cancelled."
    )
    created_at: datetime = strawberry.field(description="When it was asked for.")
    started_at: datetime | None = strawberry.field(description="When it began.")
    completed_at: datetime | None = strawberry.field(description="When it was over.")


@strawberry.type(
    description="The newest collections of a list. The query `collections` has the others."
)
class NewestCollections:
    nodes: list[Collection] = strawberry.field(description="Newest first, at most `first` of them.")
    has_more: bool = strawberry.field(description="Whether the list has older ones.")


@strawberry.type(description="A segment that a collection would have.")
class PlannedSegment:
    start_date: date = first_day()
    end_date: date = last_day()
    is_collected: bool = strawberry.field(description="Whether its settled result is there.")
    is_provisional: bool = strawberry.field(description="Whether its data is not settled yet.")
    settles_at: datetime = strawberry.field(description="When its data is settled.")


@strawberry.type(description="Executions of a day, as the quota lets them through.")
class DayShare:
    day: date = strawberry.field(description="The day, in UTC.")
    executions: int = strawberry.field(description="How many.")


@strawberry.type(description="A schedule that is due while the collection would run.")
class ScheduleClash:
    name: str = strawberry.field(description="The report or workflow that is scheduled.")
    at: datetime = strawberry.field(description="When it is due.")


@strawberry.type(description="What a collection would do. Nothing is kept and AMC is not asked.")
class CollectionPlan:
    start_date: date = first_day()
    end_date: date = last_day()
    segments: list[PlannedSegment] = strawberry.field(description="Newest first.")
    executions: int = strawberry.field(description="How many are needed: not the collected ones.")
    amc_calls: int = column("calls", "About how often AMC is called.")
    days: list[DayShare] = column("day_shares", "The executions day by day.")
    slots: int = strawberry.field(description="How many run at once, when nothing else runs.")
    eta_earliest: datetime = strawberry.field(description="When it would be over at the soonest.")
    eta_latest: datetime = strawberry.field(description="When it would likely be over.")
    is_measured: bool = strawberry.field(
        description="Whether the times are from this instance's own executions, or a guess."
    )
    clashes: list[ScheduleClash] = strawberry.field(
        description="Schedules that are due meanwhile; they go first."
    )
    series: str = column("series_hash", "Numbers of one series may be put together.")
