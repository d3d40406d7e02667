"""The documents of a view as clients see them. `domain/views/drawing.py` makes and stores them."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import strawberry

from domain.documents import stored
from domain.templates.metrics import Widget
from graph.enums.aggregates import AggregateState, MetricState
from graph.enums.charts import ChartType
from graph.enums.dashboards import WidgetType
from graph.enums.metrics import MetricKind, MetricUnit
from graph.enums.numbers import Comparison
from graph.enums.schedules import CalendarUnit
from graph.enums.views import DashboardType
from graph.fields.documents import day
from graph.fields.scalars import JSON
from graph.types.aggregates import Coverage, MetricValue
from graph.types.report_configs import TemplateWidget


def _by_name(key: str) -> Callable[[Any], Any]:
    """Values by metric as a list of values with their names."""

    def resolve(root: Any) -> list[dict[str, Any]]:
        return [{"name": name, **one} for name, one in root[key].items()]

    return resolve


def _moment(root: Any) -> datetime | None:
    told = root["asOf"]
    return None if told is None else datetime.fromisoformat(told)


@strawberry.type(description="A value of a view, or why there is none.")
class ViewValue:
    value: str | None = strawberry.field(description="The value, with all its digits.")
    state: MetricState = strawberry.field(description="VALUE, or why there is none.")


@strawberry.type(description="A metric of a view.")
class ViewMeasure:
    name: str = strawberry.field(description="The metric's name, as the template declares it.")
    title: str = strawberry.field(description="The title, for people.")
    unit: MetricUnit = strawberry.field(description="The unit of the values.")
    kind: MetricKind = strawberry.field(
        description="How values combine. Only additive metrics, and ratios of them, can be "
        "added up."
    )


@strawberry.type(description="A metric of a view with its total.")
class ViewMetric(ViewMeasure):
    value: str | None = strawberry.field(
        description="The value, with all its digits. Null without a value."
    )
    state: MetricState = strawberry.field(description="VALUE, or why there is none.")
    change: ViewValue | None = strawberry.field(
        description="COMPARISON: the difference from the earlier window."
    )
    share: ViewValue | None = strawberry.field(
        description="COMPARISON: the difference as a share of the earlier value."
    )


@strawberry.type(description="A metric with its target.")
class ViewBenchmark:
    name: str = strawberry.field(description="The metric's name, as the template declares it.")
    title: str = strawberry.field(description="The title, for people.")
    value: str | None = strawberry.field(
        description="The value, with all its digits. Null without a value."
    )
    state: MetricState = strawberry.field(description="VALUE, or why there is none.")
    target: str = strawberry.field(description="The value it should reach, all its digits.")
    is_lower_better: bool = strawberry.field(description="Whether it is better not reached.")
    is_met: bool | None = strawberry.field(description="Whether it is met; null without a value.")
    gap: ViewValue = strawberry.field(description="The value minus the target.")


@strawberry.type(description="The totals of a view, for lists of views.")
class ViewSummary:
    state: AggregateState = strawberry.field(description="What is known of the days.")
    coverage: Coverage = strawberry.field(description="How many days have results.")
    is_provisional: bool = strawberry.field(
        description="True if part of the data was collected before it was settled, so that the "
        "numbers may still change."
    )
    as_of: datetime | None = strawberry.field(
        resolver=_moment, description="When the newest result was collected. Null if there is none."
    )
    metrics: list[ViewMetric] = strawberry.field(description="Every metric, at most 100.")
    benchmarks: list[ViewBenchmark] = strawberry.field(description="Metrics with a target.")


@strawberry.type(description="A period of a trend.")
class ViewPeriod:
    key: str = strawberry.field(description="Its name: 2026-W10, 2026-03.")
    start_date: date = day("startDate", "The first day.")
    end_date: date = day("endDate", "The last day, included.")
    state: AggregateState = strawberry.field(description="What is known of it.")
    missing_days: int = strawberry.field(description="Days without a result.")
    values: list[MetricValue] = strawberry.field(
        resolver=_by_name("values"), description="Its metrics."
    )


@strawberry.type(description="The numbers of a view over time.")
class ViewTrend:
    unit: CalendarUnit = strawberry.field(description="How long a period is.")
    points: list[ViewPeriod] = strawberry.field(description="The periods, oldest first.")


@strawberry.type(description="A value of a dimension.")
class ViewGroup:
    value: str | None = strawberry.field(
        description="The value. Null stands for the value that privacy withholds."
    )
    is_other: bool = strawberry.field(description="Whether it is all other values together.")
    state: AggregateState = strawberry.field(description="What is known of it.")
    row_count: int = strawberry.field(
        description="The number of result rows that the numbers are computed from."
    )
    values: list[MetricValue] = strawberry.field(
        resolver=_by_name("values"), description="Its metrics."
    )


@strawberry.type(description="The numbers of a view by a dimension.")
class ViewDistribution:
    dimension: str = strawberry.field(description="The dimension.")
    ordered_by: str | None = strawberry.field(description="The metric that orders the values.")
    points: list[ViewGroup] = strawberry.field(description="The largest values first.")


@strawberry.type(description="A stage of a funnel.")
class ViewStage:
    name: str = strawberry.field(description="The metric's name, as the template declares it.")
    title: str = strawberry.field(description="The title, for people.")
    value: str | None = strawberry.field(
        description="The value, with all its digits. Null without a value."
    )
    state: MetricState = strawberry.field(description="VALUE, or why there is none.")
    of_previous: ViewValue | None = strawberry.field(
        description="Its share of the stage before; null for the first stage."
    )
    of_first: ViewValue | None = strawberry.field(description="Its share of the first stage.")
    drop_off: ViewValue | None = strawberry.field(description="What is lost from the stage before.")
    drop_off_share: ViewValue | None = strawberry.field(description="The same as a share.")


@strawberry.type(description="The stages of a funnel.")
class ViewFunnel:
    stages: list[ViewStage] = strawberry.field(description="Four stages, the widest first.")


@strawberry.type(description="A metric in both windows of a comparison.")
class ViewChange:
    name: str = strawberry.field(description="The metric's name, as the template declares it.")
    current: ViewValue = strawberry.field(description="In the view's window.")
    previous: ViewValue = strawberry.field(description="In the earlier window.")
    change: ViewValue = strawberry.field(description="The difference.")
    share: ViewValue = strawberry.field(
        description="The difference as a share of the earlier value."
    )


@strawberry.type(description="What a view is compared with.")
class ViewComparison:
    window: Comparison = strawberry.field(description="Which earlier window it is.")
    start_date: date = day("startDate", "Its first day.")
    end_date: date = day("endDate", "Its last day, included.")
    state: AggregateState = strawberry.field(description="What is known of the days.")
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
    execution_ids: list[strawberry.ID] = strawberry.field(
        description="The executions that brought it."
    )
    metrics: list[ViewChange] = strawberry.field(
        resolver=_by_name("metrics"), description="Every metric in both windows."
    )


def _widgets(root: Any) -> list[Any] | None:
    told = root.get("widgets")
    return None if told is None else [stored(Widget, one) for one in told]


@strawberry.type(description="All numbers of a view.")
class ViewData:
    dashboard_type: DashboardType = strawberry.field(description="What it shows.")
    start_date: date = day("startDate", "The first day.")
    end_date: date = day("endDate", "The last day, included.")
    time_zone: str = strawberry.field(description="The zone of its days.")
    state: AggregateState = strawberry.field(description="What is known of the days.")
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
    metrics: list[ViewMeasure] = strawberry.field(description="Its metrics, in their order.")
    totals: list[MetricValue] = strawberry.field(
        resolver=_by_name("totals"), description="The metrics over all its days."
    )
    trend: ViewTrend | None = strawberry.field(description="STANDARD and CUSTOM: over time.")
    distributions: list[ViewDistribution] | None = strawberry.field(
        description="STANDARD and CUSTOM: by each dimension."
    )
    funnel: ViewFunnel | None = strawberry.field(description="FUNNEL: its stages.")
    comparison: ViewComparison | None = strawberry.field(
        description="COMPARISON: the earlier window."
    )
    widgets: list[TemplateWidget] | None = strawberry.field(
        resolver=_widgets, description="CUSTOM: the widgets of the template."
    )
    benchmarks: list[ViewBenchmark] = strawberry.field(description="Metrics with a target.")


@strawberry.type(description="A chart of a view, or a widget of the template without one.")
class ViewChart:
    id: str = strawberry.field(description="chart-1, chart-2 ... within the view.")
    title: str = strawberry.field(description="The title, for people.")
    widget_type: WidgetType = strawberry.field(description="The type of the widget.")
    chart_type: ChartType | None = strawberry.field(description="Which chart, if it is one.")
    spec: JSON | None = strawberry.field(
        description="The Vega-Lite specification with its data, of a chart. It is JSON because "
        "Vega-Lite defines its form."
    )
    metrics: list[str] | None = strawberry.field(description="The metrics of a widget without it.")
    dimension: str | None = strawberry.field(description="The dimension of such a widget.")
    text: str | None = strawberry.field(description="The words of a text.")
