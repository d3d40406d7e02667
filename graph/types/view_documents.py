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
from graph.enums.schedules import DataWindowUnit
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
    name: str = strawberry.field(description="As the template has it.")
    title: str = strawberry.field(description="As people read it.")
    unit: MetricUnit = strawberry.field(description="What it is measured in.")
    kind: MetricKind = strawberry.field(description="How its values add up.")


@strawberry.type(description="A metric of a view with its total.")
class ViewMetric(ViewMeasure):
    value: str | None = strawberry.field(description="All its digits.")
    state: MetricState = strawberry.field(description="VALUE, or why there is none.")
    change: ViewValue | None = strawberry.field(
        description="COMPARISON: the difference from the earlier window."
    )
    share: ViewValue | None = strawberry.field(
        description="COMPARISON: the difference as a share of the earlier value."
    )


@strawberry.type(description="A metric with its target.")
class ViewBenchmark:
    name: str = strawberry.field(description="As the template has it.")
    title: str = strawberry.field(description="As people read it.")
    value: str | None = strawberry.field(description="All its digits.")
    state: MetricState = strawberry.field(description="VALUE, or why there is none.")
    target: str = strawberry.field(description="The value it should reach, all its digits.")
    is_lower_better: bool = strawberry.field(description="Whether it is better not reached.")
    is_met: bool | None = strawberry.field(description="Whether it is met; null without a value.")
    gap: ViewValue = strawberry.field(description="The value minus the target.")


@strawberry.type(description="The totals of a view, for lists of views.")
class ViewSummary:
    state: AggregateState = strawberry.field(description="What is known of its days.")
    coverage: Coverage = strawberry.field(description="Its days, by what is known of them.")
    is_provisional: bool = strawberry.field(
        description="Whether some of it was collected before it was settled."
    )
    as_of: datetime | None = strawberry.field(
        resolver=_moment, description="When its newest result was collected."
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
    unit: DataWindowUnit = strawberry.field(description="How long a period is.")
    points: list[ViewPeriod] = strawberry.field(description="The periods, oldest first.")


@strawberry.type(description="A value of a dimension.")
class ViewGroup:
    value: str | None = strawberry.field(description="The value; null is what privacy took.")
    is_other: bool = strawberry.field(description="Whether it is all other values together.")
    state: AggregateState = strawberry.field(description="What is known of it.")
    row_count: int = strawberry.field(description="Rows of results behind it.")
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
    name: str = strawberry.field(description="The metric, as the template has it.")
    title: str = strawberry.field(description="As people read it.")
    value: str | None = strawberry.field(description="All its digits.")
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
    name: str = strawberry.field(description="As the template has it.")
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
    state: AggregateState = strawberry.field(description="What is known of its days.")
    coverage: Coverage = strawberry.field(description="Its days, by what is known of them.")
    is_provisional: bool = strawberry.field(
        description="Whether some of it was collected before it was settled."
    )
    by_utc_day: bool = strawberry.field(
        description="Whether a segment was split by days of UTC, in a report of another zone."
    )
    as_of: datetime | None = strawberry.field(
        resolver=_moment, description="When its newest result was collected."
    )
    row_count: int = strawberry.field(description="Rows of results behind it.")
    suppressed_rows: int = strawberry.field(
        description="Of these, rows that privacy took dimensions from."
    )
    undated_rows: int = strawberry.field(description="Rows left out, as their day is not known.")
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
    state: AggregateState = strawberry.field(description="What is known of its days.")
    coverage: Coverage = strawberry.field(description="Its days, by what is known of them.")
    is_provisional: bool = strawberry.field(
        description="Whether some of it was collected before it was settled."
    )
    by_utc_day: bool = strawberry.field(
        description="Whether a segment was split by days of UTC, in a report of another zone."
    )
    as_of: datetime | None = strawberry.field(
        resolver=_moment, description="When its newest result was collected."
    )
    row_count: int = strawberry.field(description="Rows of results behind it.")
    suppressed_rows: int = strawberry.field(
        description="Of these, rows that privacy took dimensions from."
    )
    undated_rows: int = strawberry.field(description="Rows left out, as their day is not known.")
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
    title: str = strawberry.field(description="As people read it.")
    widget_type: WidgetType = strawberry.field(description="What it is.")
    chart_type: ChartType | None = strawberry.field(description="Which chart, if it is one.")
    spec: JSON | None = strawberry.field(
        description="The Vega-Lite specification with its data, of a chart. It is JSON because "
        "Vega-Lite defines its form."
    )
    metrics: list[str] | None = strawberry.field(description="The metrics of a widget without it.")
    dimension: str | None = strawberry.field(description="The dimension of such a widget.")
    text: str | None = strawberry.field(description="The words of a text.")
