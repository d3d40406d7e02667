"""GraphQL types of collections: plans, segments and revisions."""

from datetime import date, datetime
from typing import Any

import strawberry

from domain import models
from domain.aggregates import lineage
from domain.collections import configs, edges, lists, plans
from domain.collections.progress import OVER
from domain.executions import contents
from domain.queries.queries import MOST_COLUMNS
from domain.templates.metrics import MOST_METRICS
from graph.enums.acts import CollectionAct
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
from graph.fields.edges import EDGE, bounded, column, each, key, many, of, one
from graph.fields.scalars import DOCUMENT, JSON
from graph.types.executions import ROW, Execution, ResultColumn, WorkflowExecution
from graph.types.instances import Instance
from graph.types.node import Node
from graph.types.people import Person
from graph.types.reports import Report
from graph.types.templates import TemplateVersion


@strawberry.type(description="Which past days a collection was started for.")
class Lookback:
    type: LookbackType = strawberry.field(description="How the days are given.")
    value: int | None = strawberry.field(
        description="For RELATIVE: the number of units. Null otherwise."
    )
    unit: LookbackUnit | None = strawberry.field(
        description="For RELATIVE: the unit. Null otherwise."
    )
    start_date: date | None = strawberry.field(
        description="For CUSTOM: the first day. Null otherwise."
    )
    end_date: date | None = strawberry.field(
        description="For CUSTOM: the last day, included in the range. Null otherwise."
    )


@strawberry.type(
    description="How the days are cut into segments, and how often a segment is tried."
)
class Segmentation:
    type: SegmentType = strawberry.field(description="The length of a segment.")
    parallel_limit: int = strawberry.field(
        description="The number of segments that may be at AMC at the same time."
    )
    retry_failed: bool = strawberry.field(
        description="True if a segment that failed is tried again without being asked."
    )
    max_attempts: int = strawberry.field(
        resolver=lambda root: root.retry.max_attempts,
        description="The number of times that a segment is tried.",
    )
    week_start: WeekStart = strawberry.field(description="The day on which weeks start.")


@strawberry.type(description="A reason why segments of a collection wait, and how many of them.")
class Wait:
    reason: WaitReason = strawberry.field(description="What the segments wait for.")
    count: int = strawberry.field(description="The number of segments.")
    until: datetime | None = strawberry.field(
        description="When the first of them can go on. Null if that is not known."
    )


@strawberry.type(
    description="The numbers of segments by status. The first five add up to all segments."
)
class SegmentCounts:
    pending: int = strawberry.field(
        description="Segments that wait to be collected, for the first time or again."
    )
    running: int = strawberry.field(
        description="Segments that are being collected for the first time."
    )
    completed: int = strawberry.field(description="Segments with a result.")
    failed: int = strawberry.field(description="Segments that were tried and have no result.")
    skipped: int = strawberry.field(description="Segments that were left out.")
    provisional: int = strawberry.field(
        description="Segments with a result that was collected before the data was settled."
    )
    waiting: int = strawberry.field(description="Segments whose execution waits for a slot at AMC.")
    at_amc: int = strawberry.field(description="Segments whose execution is at AMC.")
    ingesting: int = strawberry.field(description="Segments whose result is being fetched.")


@strawberry.type(description="The sum of an additive metric.")
class Total:
    name: str = strawberry.field(description="The metric's name.")
    value: str | None = strawberry.field(
        description="The exact sum as a decimal number in text. Null if there is none."
    )


@strawberry.type(
    description="How the sum of a metric changed from one result of a segment to the next."
)
class TotalChange:
    name: str = strawberry.field(description="The metric's name.")
    before: str | None = strawberry.field(description="The sum before. Null if there was none.")
    after: str | None = strawberry.field(description="The sum now. Null if there is none.")
    change: str | None = strawberry.field(
        description="The sum now minus the sum before. Null if one of them is null."
    )


def totals_of(stored: dict[str, Any]) -> list[Total]:
    """Sums by name as a list, in the order of the names."""
    return [Total(name=name, value=value) for name, value in sorted(stored.items())]


def _difference(root: Any) -> list[TotalChange] | None:
    if root.difference is None:
        return None
    return [TotalChange(name=name, **one) for name, one in sorted(root.difference.items())]


@strawberry.type(description="The columns of a segment's result, its totals and its first rows.")
class ResultSummary:
    columns: list[ResultColumn] = bounded(
        MOST_COLUMNS,
        "The columns, in the order of the values of a row.",
        lambda root: root.get("columns", []),
    )
    totals: list[Total] = bounded(
        MOST_METRICS,
        "The sums of the additive metrics, by name. Null for amounts of several currencies.",
        lambda root: totals_of(root.get("totals", {})),
    )
    suppressed_rows: int | None = strawberry.field(
        resolver=lambda root: root.get("suppressed_rows"),
        description="The number of rows whose dimensions AMC's privacy thresholds withhold.",
    )
    first_rows: list[JSON] = bounded(
        contents.FIRST_ROWS,
        "The first rows, at most 20, each a list of values in the types of the columns.",
        lambda root: root.get("first_rows", []),
        weight=ROW,
    )


@strawberry.type(description="A result of a segment that differs from the segment's result before.")
class WeekRevision:
    revision: int = strawberry.field(description="The number of the revision, counted from 1.")
    checksum: str = strawberry.field(
        description="The checksum of the result's rows, whatever their order. Results with the "
        "same checksum have the same rows."
    )
    outcome: Outcome = strawberry.field(description="What the result contains.")
    row_count: int = strawberry.field(description="The number of rows of the result.")
    totals: list[Total] = bounded(
        MOST_METRICS,
        "The sums of the additive metrics, by name. Null for amounts of several currencies.",
        lambda root: totals_of(root.totals),
    )
    difference: list[TotalChange] | None = bounded(
        2 * MOST_METRICS,
        "The metrics whose sums changed since the revision before. Null for the first revision.",
        _difference,
    )
    is_provisional: bool = strawberry.field(
        description="True if the result was collected before the data was settled."
    )
    execution: Execution | None = one(
        models.ReportExecution,
        "report_execution_id",
        "The execution that brought the result. Null for a workflow.",
    )
    workflow_execution: WorkflowExecution | None = one(
        models.WorkflowExecution,
        "workflow_execution_id",
        "The execution that brought the result, for a workflow. Null for a report.",
        REPLACED,
    )
    created_at: datetime = strawberry.field(description="When the result was stored.")


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


@strawberry.type(
    description="A segment of a collection: a day, week, month or quarter, as the "
    "collection's `segmentType` says."
)
class Week(Node):
    is_type_of = of(models.Week)

    id: strawberry.ID = key("week")
    start_date: date = column("week_start_date", "The first day of the segment.")
    end_date: date = column("week_end_date", "The last day of the segment, included in it.")
    status: WeekStatus = strawberry.field(
        description="The status of the segment. It stays COMPLETED while the segment is "
        "collected again."
    )
    is_open: bool = strawberry.field(
        description="True while an execution is collecting the segment."
    )
    attempts: int = strawberry.field(
        description="The number of executions since the segment was last asked for."
    )
    next_attempt_at: datetime | None = column(
        "due_at", "When the segment is tried again after a failure. Null if no retry is planned."
    )
    outcome: Outcome | None = strawberry.field(
        description="What the result contains. Null until there is one."
    )
    row_count: int | None = strawberry.field(
        description="The number of rows of the result. Null until there is one."
    )
    checksum: str | None = column(
        "data_checksum",
        "The checksum of the result's rows, whatever their order. Null until there is a result.",
    )
    revision: int = strawberry.field(
        description="The number of different results that the segment has had."
    )
    is_provisional: bool = strawberry.field(
        description="True if the result was collected before the data was settled. The segment "
        "is collected again at `settlesAt`."
    )
    settles_at: datetime | None = strawberry.field(
        description="When Amazon's data of the segment's days is settled."
    )
    collected_at: datetime | None = column(
        "execution_date", "When the result was stored. Null until there is one."
    )
    error_code: str | None = strawberry.field(
        description="The code of the last failure, for programs. Null if there was none."
    )
    error_message: str | None = strawberry.field(
        description="The reason of the last failure, for people. Null if there was none."
    )
    collection: "Collection" = one(
        models.Collection, "collection_id", "The collection that the segment is part of."
    )
    execution: Execution | None = one(
        models.ReportExecution,
        "report_execution_id",
        "The segment's newest execution. Null if there is none, or for a workflow.",
    )
    workflow_execution: WorkflowExecution | None = one(
        models.WorkflowExecution,
        "workflow_execution_id",
        "The segment's newest execution, for a workflow. Null if there is none, or for a report.",
        REPLACED,
    )
    executions: list[Execution] = each(
        lineage.executions,
        "The executions of the segment, newest first. At most 10. Empty for a workflow.",
        empty=[],
        at_most=10,
    )
    revisions: list[WeekRevision] = many(
        models.WeekRevision.week_id,
        (models.WeekRevision.revision.desc(),),
        "The different results that the segment has had, newest first. At most 10.",
        at_most=10,
    )
    summary: ResultSummary | None = each(
        lineage.summaries,
        "The columns, totals and first rows of the result. Null until there is one.",
        weight=EDGE + DOCUMENT,
    )


@strawberry.type(
    description="A collection of past results of a report or workflow. Its days are cut "
    "into segments, and each segment is collected by an execution of its own."
)
class Collection(Node):
    is_type_of = of(models.Collection)

    id: strawberry.ID = key("col")
    version: int = strawberry.field(
        description="A number that grows with every change of the collection."
    )
    status: CollectionStatus = strawberry.field(description="The status of the collection.")
    viewer_can: list[CollectionAct] = each(
        edges.viewer_can,
        "What you may do with it now, each to some effect. Limits of how much you may start are "
        "not looked at.",
        empty=[],
        at_most=6,
    )
    is_over: bool = strawberry.field(
        resolver=_is_over,
        description="True if the collection is completed, partial, failed or cancelled. It may "
        "run again after a retry, or when provisional data has settled.",
    )
    collection_type: CollectionType = strawberry.field(
        description="Whether a person or a schedule created the collection."
    )
    started_by: Person | None = one(
        models.User,
        "user_id",
        "The person in whose name it collects: who started it, or last resumed or retried it. "
        "Null if you share no instance with them any more.",
    )
    segment_type: SegmentType = strawberry.field(description="The length of its segments.")
    start_date: date = strawberry.field(description="The first day of the collection.")
    end_date: date = strawberry.field(description="The last day of the collection, included in it.")
    time_zone: str = strawberry.field(description="The IANA time zone of its days.")
    target_weeks: int = strawberry.field(description="The number of its segments.")
    weeks_completed: int = strawberry.field(
        description="The number of its segments that have a result."
    )
    progress_percentage: int = strawberry.field(
        description="The share of segments that have a result, 0 to 100. It falls only if "
        "segments are added."
    )
    counts: SegmentCounts = each(lists.counts, "The numbers of its segments by status.")
    rate_per_hour: float | None = strawberry.field(
        description="The segments collected per hour, measured over the last five minutes. Null "
        "if the collection is over or no rate is known yet."
    )
    eta_earliest: datetime | None = strawberry.field(
        description="The earliest time at which the collection may be over. Null if it is over."
    )
    eta_latest: datetime | None = strawberry.field(
        description="The time by which the collection is likely to be over. Null if it is over."
    )
    waits: list[Wait] | None = bounded(
        len(WaitReason), "What its segments wait for, the most common reason first.", _waits
    )
    parallel_limit: int | None = strawberry.field(
        resolver=_parallel_limit,
        description="The number of its segments that may be at AMC at the same time.",
    )
    lookback: Lookback | None = document(
        configs.Lookback,
        "lookback_config",
        "The lookback that the collection was started with. Null for a collection "
        "that a schedule created.",
    )
    segmentation: Segmentation | None = document(
        configs.Segmentation,
        "segmentation_config",
        "How the days are cut into segments, and how often a segment is tried.",
    )
    parameters: JSON | None = strawberry.field(
        resolver=_parameters,
        description="The parameter values that every segment is run with, by name. "
        "Their definitions give the types.",
    )
    series: str = column(
        "series_hash",
        "The hash of the series that its results belong to. Only results of the "
        "same series may be compared or added up.",
    )
    error_message: str | None = strawberry.field(
        description="The last failure, in words. Null if there was none."
    )
    report: Report | None = one(models.Report, "report_id", "The report. Null for a workflow.")
    template_version: TemplateVersion | None = one(
        models.TemplateVersion,
        "template_version_id",
        "The template version that every segment is run with. Null for a workflow.",
    )
    instance: Instance = one(
        models.Instance, "instance_id", "The instance that its executions run on."
    )
    weeks: list[Week] = many(
        models.Week.collection_id,
        (models.Week.week_start_date.desc(),),
        "The segments of the collection, newest first. At most 366; only the collection that a "
        "schedule extends can have more.",
        at_most=plans.MOST_SEGMENTS,
    )
    is_drawn: bool = column(
        "dashboard_processed",
        "True once the server has drawn the results as a view, or has decided that "
        "it draws none. False while no configuration has drawing enabled.",
    )
    drawing_error: str | None = column(
        "dashboard_processing_error",
        "Why the last attempt to draw the results failed. Null if it did not fail.",
    )
    cancel_requested_at: datetime | None = strawberry.field(
        description="When somebody cancelled the collection. Null if nobody has."
    )
    created_at: datetime = strawberry.field(description="When the collection was created.")
    started_at: datetime | None = strawberry.field(
        description="When its first segment was started. Null until then."
    )
    completed_at: datetime | None = strawberry.field(
        description="When the collection was over. Null until then."
    )


@strawberry.type(description="A segment that a collection would have.")
class PlannedSegment:
    start_date: date = first_day()
    end_date: date = last_day()
    is_collected: bool = strawberry.field(
        description="True if the series already has a settled result of the segment, which "
        "would be taken over."
    )
    is_provisional: bool = strawberry.field(
        description="True if the data of the segment is not settled yet."
    )
    settles_at: datetime = strawberry.field(description="When the data of the segment is settled.")


@strawberry.type(description="The number of executions that would run on a day.")
class DayShare:
    day: date = strawberry.field(description="The day in UTC.")
    executions: int = strawberry.field(
        description="The number of executions that the daily quota lets through."
    )


@strawberry.type(description="A schedule that is due while the collection would run.")
class ScheduleClash:
    name: str = strawberry.field(description="The name of the scheduled report or workflow.")
    at: datetime = strawberry.field(description="When the schedule is due.")


@strawberry.type(description="What a collection would do if it were started now.")
class CollectionPlan:
    start_date: date = first_day()
    end_date: date = last_day()
    segments: list[PlannedSegment] = bounded(plans.MOST_SEGMENTS, "The segments, newest first.")
    executions: int = strawberry.field(
        description="The number of executions that would be needed. Segments that are already "
        "collected need none."
    )
    amc_calls: int = column("calls", "The approximate number of calls to the AMC API.")
    days: list[DayShare] = bounded(
        plans.MOST_SEGMENTS,
        "The executions by day, as the daily quota lets them through.",
        lambda root: root.day_shares,
    )
    slots: int = strawberry.field(
        description="The number of executions that can run at the same time if nothing else runs."
    )
    eta_earliest: datetime = strawberry.field(
        description="The earliest time at which the collection may be over."
    )
    eta_latest: datetime = strawberry.field(
        description="The time by which the collection is likely to be over."
    )
    is_measured: bool = strawberry.field(
        description="True if the times are computed from past executions on this instance, "
        "false if they are a guess."
    )
    clashes: list[ScheduleClash] = bounded(
        plans.MOST_CLASHES,
        "Schedules that are due while the collection would run. Their executions go first.",
    )
    series: str = column("series_hash", "The hash of the series that the results would belong to.")
