"""GraphQL types of aggregates."""

from datetime import date, datetime
from typing import Any

import strawberry

from domain.aggregates import lineage
from domain.templates.metrics import MOST_METRICS
from graph.enums.aggregates import AggregateLevel, AggregateState, MetricState
from graph.fields.edges import bounded, column, each
from graph.fields.scalars import JSON
from graph.types.collections import Week


@strawberry.type(description="A metric of a period: a value, or the reason why there is none.")
class MetricValue:
    name: str = strawberry.field(description="The metric's name, as the template declares it.")
    value: str | None = strawberry.field(
        description="The exact value as a decimal number in text. Null if there is none; "
        "`state` then says why."
    )
    state: MetricState = strawberry.field(description="VALUE, or the reason why there is no value.")


@strawberry.type(
    description="How many days of a period have results. `covered`, `missing` and "
    "`straddling` add up to `days`."
)
class Coverage:
    days: int = strawberry.field(description="The number of days of the period.")
    covered: int = strawberry.field(
        description="The number of days whose results are part of the numbers."
    )
    empty: int = strawberry.field(
        description="Of the covered days, those of segments without any events."
    )
    suppressed: int = strawberry.field(
        description="Of the covered days, those of segments that AMC's privacy thresholds "
        "withhold completely."
    )
    gap: int = strawberry.field(
        description="Of the covered days, those of segments for which AMC itself lacks data."
    )
    missing: int = strawberry.field(description="The number of days without a result.")
    straddling: int = strawberry.field(
        description="The number of days whose only segment reaches beyond the period and cannot "
        "be split, because its rows have no day."
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


@strawberry.type(
    description="The metrics of a week, month or quarter, over all values of all dimensions "
    "or for one value of a dimension."
)
class Aggregate:
    level: AggregateLevel = column("aggregation_type", "The length of the period.")
    key: str = column("aggregation_key", "The name of the period: 2026-W10, 2026-03 or 2026-Q1.")
    start_date: date = column("data_date", "The first day of the period.")
    end_date: date | None = column("period_end_date", "The last day of the period, included in it.")
    dimension: str | None = strawberry.field(
        resolver=_dimension,
        description="The name of the dimension. Null for an aggregate over all values of all "
        "dimensions.",
    )
    value: str | None = strawberry.field(
        resolver=_value,
        description="The value of the dimension. Null if AMC's privacy thresholds withhold it, "
        "or if there is no dimension.",
    )
    state: AggregateState = strawberry.field(description="What is known about the period.")
    metrics: list[MetricValue] = bounded(
        MOST_METRICS, "Every metric that the template declares, by name.", _metrics
    )
    coverage: Coverage = strawberry.field(
        resolver=_coverage, description="How many days of the period have results."
    )
    is_provisional: bool = strawberry.field(
        description="True if part of the data was collected before it was settled, so that the "
        "numbers may still change."
    )
    by_utc_day: bool = strawberry.field(
        description="True if a segment was split by days in UTC although the report has another "
        "time zone. Numbers near the edges of the period are then approximate."
    )
    as_of: datetime | None = strawberry.field(
        description="When the newest result was collected. Null if there is none."
    )
    row_count: int = strawberry.field(
        description="The number of result rows that the metrics are computed from."
    )
    suppressed_rows: int = strawberry.field(
        description="Of these rows, those whose dimensions AMC's privacy thresholds withhold."
    )
    undated_rows: int = strawberry.field(
        description="The number of rows that were left out because privacy withholds the day by "
        "which their segment is split."
    )
    dimensions: JSON = strawberry.field(
        description='The dimension and its value as an object, such as {"campaign": "Spring"}. '
        "Empty without a dimension."
    )
    series: str = column(
        "series_hash",
        "The hash of the series. Only aggregates of the same series may be compared or added up.",
    )
    weeks: list[Week] = each(
        lineage.of_aggregates,
        "The segments that the aggregate was computed from, oldest first.",
        empty=[],
        at_most=lineage.MOST_SEGMENTS,
    )
