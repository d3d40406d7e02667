"""Aggregates as clients see them: the numbers of weeks, months and quarters."""

from datetime import date, datetime
from typing import Any

import strawberry

from domain.aggregates import lineage
from graph.enums.aggregates import AggregateLevel, AggregateState, MetricState
from graph.fields.edges import column, each
from graph.types.collections import Week


@strawberry.type(description="A metric of a period. Without a value, the state says why.")
class MetricValue:
    name: str = strawberry.field(description="As the template has it.")
    value: str | None = strawberry.field(description="All its digits.")
    state: MetricState = strawberry.field(description="VALUE, or why there is none.")


@strawberry.type(description="The days of a period, by what is known of them.")
class Coverage:
    days: int = strawberry.field(description="Days of the period.")
    covered: int = strawberry.field(description="Days whose result is counted in.")
    empty: int = strawberry.field(description="Of these, days of segments where nothing happened.")
    suppressed: int = strawberry.field(
        description="Of these, days of segments that privacy hides altogether."
    )
    gap: int = strawberry.field(description="Of these, days of segments with gaps at AMC itself.")
    missing: int = strawberry.field(description="Days without any result.")
    straddling: int = strawberry.field(
        description="Days of a segment that reaches over the period's edge and cannot be split."
    )


def _metrics(root: Any) -> list[MetricValue]:
    return [
        MetricValue(
            name=name, value=value, state=MetricState(root.metric_states.get(name, "VALUE"))
        )
        for name, value in sorted(root.metrics.items())
    ]


def _coverage(root: Any) -> Coverage:
    return Coverage(**{name: root.coverage.get(name, 0) for name in Coverage.__annotations__})


def _dimension(root: Any) -> str | None:
    return next(iter(root.dimensions), None)


def _value(root: Any) -> str | None:
    return next(iter(root.dimensions.values()), None)


@strawberry.type(description="The numbers of a week, a month or a quarter.")
class Aggregate:
    level: AggregateLevel = column("aggregation_type", "How long the period is.")
    key: str = column("aggregation_key", "Its name: 2026-W10, 2026-03, 2026-Q1.")
    start_date: date = column("data_date", "Its first day.")
    end_date: date | None = column("period_end_date", "Its last day, included.")
    dimension: str | None = strawberry.field(
        resolver=_dimension, description="The dimension it is of; none for the whole."
    )
    value: str | None = strawberry.field(
        resolver=_value, description="The dimension's value; none where privacy took it."
    )
    state: AggregateState = strawberry.field(description="What is known of the period.")
    metrics: list[MetricValue] = strawberry.field(
        resolver=_metrics, description="Every metric that the template declares, by name."
    )
    coverage: Coverage = strawberry.field(
        resolver=_coverage, description="Its days, by what is known of them."
    )
    is_provisional: bool = strawberry.field(
        description="Whether some of it was collected before it was settled."
    )
    by_utc_day: bool = strawberry.field(
        description="Whether a segment was split by days of UTC, in a report of another zone."
    )
    as_of: datetime | None = strawberry.field(description="When its newest result was collected.")
    row_count: int = strawberry.field(description="Rows of results behind it.")
    suppressed_rows: int = strawberry.field(
        description="Of these, rows that privacy took dimensions from."
    )
    undated_rows: int = strawberry.field(
        description="Rows left out: privacy took the day by which a segment had to be split."
    )
    series: str = column("series_hash", "Numbers of one series may be put together.")
    weeks: list[Week] = each(
        lineage.of_aggregates, "The segments it was made of, oldest first.", empty=[]
    )
