"""The documents of a view as clients see them. `domain/views/drawing.py` makes and stores them."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import strawberry

from domain.documents import stored
from domain.templates.metrics import MOST_MEASURES, MOST_WIDGETS, Widget
from domain.views import periods
from domain.views.lists import MOST_EXECUTIONS
from domain.views.visualization import (
    MOST_DIMENSIONS,
    MOST_GROUPS,
    MOST_METRICS,
    MOST_SHOWN,
    STAGES,
)
from graph.enums.aggregates import AggregateState, MetricState
from graph.enums.charts import ChartType
from graph.enums.dashboards import WidgetType
from graph.enums.metrics import MetricKind, MetricUnit
from graph.enums.numbers import Comparison
from graph.enums.schedules import CalendarUnit
from graph.enums.views import DashboardType
from graph.fields.documents import day
from graph.fields.edges import bounded
from graph.fields.scalars import JSON
from graph.types.aggregates import Coverage, MetricValue
from graph.types.report_configs import TemplateWidget

NOT_COMPARABLE = (
    "Why no change is shown, as a sentence for people: the earlier days are not covered as "
    "the view's are. Null if the two can be compared, or nothing is compared."
)


def _by_name(key: str) -> Callable[[Any], Any]:
    """Values by metric as a list of values with their names."""

    def resolve(root: Any) -> list[dict[str, Any]]:
        return [{"name": name, **one} for name, one in root[key].items()]

    return resolve


def _moment(root: Any) -> datetime | None:
    told = root["asOf"]
    return None if told is None else datetime.fromisoformat(told)


@strawberry.type(description="A number of a view: a value, or the reason why there is none.")
class ViewValue:
    value: str | None = strawberry.field(
        description="The exact value as a decimal number in text. Null if there is none; "
        "`state` then says why."
    )
    state: MetricState = strawberry.field(description="VALUE, or the reason why there is no value.")


@strawberry.type
class NamedMetric:
    """What names a metric of a view."""

    name: str = strawberry.field(description="The metric's name, as the template declares it.")
    title: str = strawberry.field(description="The title, for people.")


@strawberry.type(description="A metric of a view.")
class ViewMeasure(NamedMetric):
    unit: MetricUnit = strawberry.field(description="The unit of the values.")
    kind: MetricKind = strawberry.field(
        description="How values combine. Only additive metrics, and ratios of them, can be "
        "added up."
    )
    currency: str | None = strawberry.field(
        description="The currency of money, in ISO 4217. Null if it is unknown, or for a metric "
        "that is no money."
    )


@strawberry.type(description="A metric of a view with its total.")
class ViewMetric(ViewMeasure, ViewValue):
    change: ViewValue | None = strawberry.field(
        description="For COMPARISON: the value minus the value of the earlier days. Null otherwise."
    )
    share: ViewValue | None = strawberry.field(
        description="For COMPARISON: that difference as a share of the earlier value. Null "
        "otherwise."
    )


@strawberry.type(description="A metric with the value that it should reach.")
class ViewBenchmark(NamedMetric, ViewValue):
    target: str = strawberry.field(description="The value to reach, as a decimal number in text.")
    is_lower_better: bool = strawberry.field(description="True if lower values are better.")
    is_met: bool | None = strawberry.field(
        description="True if the target is reached. Null if there is no value."
    )
    gap: ViewValue = strawberry.field(description="The value minus the target.")


@strawberry.type(description="The totals of a view, small enough for a list of views.")
class ViewSummary:
    state: AggregateState = strawberry.field(description="What is known about the days.")
    coverage: Coverage = strawberry.field(description="How many days have results.")
    is_provisional: bool = strawberry.field(
        description="True if part of the data was collected before it was settled, so that the "
        "numbers may still change."
    )
    as_of: datetime | None = strawberry.field(
        resolver=_moment, description="When the newest result was collected. Null if there is none."
    )
    previous_coverage: Coverage | None = strawberry.field(
        description="For COMPARISON: how many of the earlier days have results. Null otherwise."
    )
    not_comparable: str | None = strawberry.field(description=NOT_COMPARABLE)
    metrics: list[ViewMetric] = bounded(MOST_SHOWN, "The metrics, in display order. At most 30.")
    benchmarks: list[ViewBenchmark] = bounded(
        MOST_METRICS, "The metrics with a value to reach. At most 20."
    )


@strawberry.type(description="A period of a trend.")
class ViewPeriod:
    key: str = strawberry.field(
        description="The name of the period: 2026-03-02, 2026-W10, 2026-03 or 2026-Q1."
    )
    start_date: date = day("startDate", "The first day.")
    end_date: date = day("endDate", "The last day, included in the range.")
    state: AggregateState = strawberry.field(description="What is known about it.")
    missing_days: int = strawberry.field(
        description="The number of days without a result that could be used."
    )
    values: list[MetricValue] = bounded(MOST_SHOWN, "The metrics.", _by_name("values"))


@strawberry.type(description="The numbers of a view over time.")
class ViewTrend:
    unit: CalendarUnit = strawberry.field(description="The length of a period.")
    points: list[ViewPeriod] = bounded(periods.MOST, "The periods, oldest first. At most 92.")


@strawberry.type(description="The metrics of a value of a dimension.")
class ViewGroup:
    value: str | None = strawberry.field(
        description="The value. Null if AMC's privacy thresholds withhold it."
    )
    is_other: bool = strawberry.field(
        description="True for all values together that are not listed."
    )
    state: AggregateState = strawberry.field(description="What is known about it.")
    row_count: int = strawberry.field(
        description="The number of result rows that the numbers are computed from."
    )
    values: list[MetricValue] = bounded(MOST_SHOWN, "The metrics.", _by_name("values"))


@strawberry.type(description="The numbers of a view by a dimension.")
class ViewDistribution:
    dimension: str = strawberry.field(description="The name of the dimension.")
    ordered_by: str | None = strawberry.field(
        description="The name of the metric that orders the values. Null if no metric can be "
        "added up."
    )
    points: list[ViewGroup] = bounded(
        MOST_GROUPS,
        "The values, largest first, then withheld values, then all others together. At most 52.",
    )


@strawberry.type(description="A stage of a funnel.")
class ViewStage(NamedMetric, ViewValue):
    of_previous: ViewValue | None = strawberry.field(
        description="The share of the stage before. Null for the first stage."
    )
    of_first: ViewValue | None = strawberry.field(
        description="The share of the first stage. Null for the first stage."
    )
    drop_off: ViewValue | None = strawberry.field(
        description="The stage before minus this one. Null for the first stage."
    )
    drop_off_share: ViewValue | None = strawberry.field(
        description="That difference as a share of the stage before. Null for the first stage."
    )


@strawberry.type(description="The stages of a funnel.")
class ViewFunnel:
    stages: list[ViewStage] = bounded(STAGES, "The four stages, in their order.")


@strawberry.type(description="A metric of a view beside its value of earlier days.")
class ViewChange:
    name: str = strawberry.field(description="The metric's name, as the template declares it.")
    current: ViewValue = strawberry.field(description="The value of the view's days.")
    previous: ViewValue = strawberry.field(description="The value of the earlier days.")
    change: ViewValue = strawberry.field(description="The current value minus the previous value.")
    share: ViewValue = strawberry.field(
        description="That difference as a share of the previous value."
    )


@strawberry.type
class ViewDays:
    """What is known about the days of a view, or about the days it is compared with."""

    state: AggregateState = strawberry.field(description="What is known about the days.")
    coverage: Coverage = strawberry.field(description="How many days have results.")
    is_provisional: bool = strawberry.field(
        description="True if part of the data was collected before it was settled, so that the "
        "numbers may still change."
    )
    by_utc_day: bool = strawberry.field(
        description="True if a segment was split by days in UTC although the report has another "
        "time zone."
    )
    as_of: datetime | None = strawberry.field(
        resolver=_moment, description="When the newest result was collected. Null if there is none."
    )
    row_count: int = strawberry.field(
        description="The number of result rows that the numbers are computed from."
    )
    suppressed_rows: int = strawberry.field(
        description="Of these rows, those whose dimensions AMC's privacy thresholds withhold."
    )
    undated_rows: int = strawberry.field(
        description="The number of rows that were left out because privacy withholds their day."
    )


@strawberry.type(description="The earlier days that a view is compared with.")
class ViewComparison(ViewDays):
    window: Comparison = strawberry.field(description="How the earlier days are chosen.")
    start_date: date = day("startDate", "The first of the earlier days.")
    end_date: date = day("endDate", "The last of the earlier days, included in the range.")
    execution_ids: list[strawberry.ID] = bounded(
        MOST_EXECUTIONS,
        "The ids of the executions that brought the results, oldest days first. The newest 366.",
        lambda root: root["executionIds"][-MOST_EXECUTIONS:],
    )
    not_comparable: str | None = strawberry.field(description=NOT_COMPARABLE)
    metrics: list[ViewChange] = bounded(
        MOST_SHOWN, "The metrics of both ranges of days.", _by_name("metrics")
    )


def _widgets(root: Any) -> list[Any] | None:
    told = root.get("widgets")
    return None if told is None else [stored(Widget, one) for one in told]


@strawberry.type(description="All numbers of a view.")
class ViewData(ViewDays):
    dashboard_type: DashboardType = strawberry.field(description="What the view shows.")
    start_date: date = day("startDate", "The first day.")
    end_date: date = day("endDate", "The last day, included in the range.")
    time_zone: str = strawberry.field(description="The IANA time zone of the days.")
    metrics: list[ViewMeasure] = bounded(MOST_SHOWN, "The metrics, in display order. At most 30.")
    totals: list[MetricValue] = bounded(
        MOST_SHOWN, "The metrics over all days.", _by_name("totals")
    )
    trend: ViewTrend | None = strawberry.field(
        description="For STANDARD and CUSTOM: the metrics over time. Null otherwise, and if there "
        "are too few days."
    )
    distributions: list[ViewDistribution] | None = bounded(
        MOST_DIMENSIONS,
        "For STANDARD and CUSTOM: the metrics by each dimension. At most 10. Null if there are "
        "none.",
    )
    funnel: ViewFunnel | None = strawberry.field(
        description="For FUNNEL: the stages. Null otherwise."
    )
    comparison: ViewComparison | None = strawberry.field(
        description="For COMPARISON: the earlier days. Null otherwise."
    )
    widgets: list[TemplateWidget] | None = bounded(
        MOST_WIDGETS,
        "For CUSTOM: the widgets of the template. At most 24. Null otherwise.",
        _widgets,
    )
    benchmarks: list[ViewBenchmark] = bounded(
        MOST_METRICS, "The metrics with a value to reach. At most 20."
    )


@strawberry.type(description="A chart of a view, or a widget of the template that is not a chart.")
class ViewChart:
    id: str = strawberry.field(
        description="The chart's id within the view: chart-1, chart-2 and so on."
    )
    title: str = strawberry.field(description="The title, for people.")
    widget_type: WidgetType = strawberry.field(description="The type of the widget.")
    chart_type: ChartType | None = strawberry.field(
        description="The type of the chart. Null unless the widget is a CHART."
    )
    spec: JSON | None = strawberry.field(
        description="The chart as a Vega-Lite specification that includes its data. It is JSON "
        "because Vega-Lite defines its form. Null unless the widget is a CHART."
    )
    metrics: list[str] | None = bounded(
        MOST_MEASURES, "The names of the metrics. At most 20. Null for a CHART."
    )
    dimension: str | None = strawberry.field(
        description="The name of the dimension. Null for a CHART, and if there is none."
    )
    text: str | None = strawberry.field(
        description="The text of a TEXT, as plain text. Null for other types."
    )
