"""What a template says of its result: metrics, dimensions, widgets."""

from typing import Any

import strawberry

from domain.templates.metrics import ReportConfig
from graph.enums.charts import ChartType
from graph.enums.dashboards import WidgetType
from graph.enums.metrics import MetricKind, MetricUnit
from graph.fields.documents import document


@strawberry.type(description="A number of a result, or one made of two of them.")
class Metric:
    name: str = strawberry.field(description="The column, or the name of a ratio.")
    title: str = strawberry.field(description="The title, for people.")
    kind: MetricKind = strawberry.field(
        description="How values combine. Only additive metrics, and ratios of them, can be "
        "added up."
    )
    unit: MetricUnit = strawberry.field(description="The unit of the values.")
    description: str = strawberry.field(description="What it means; may be empty.")
    numerator: str | None = strawberry.field(description="RATIO: the column that is divided.")
    denominator: str | None = strawberry.field(description="RATIO: the column it is divided by.")


@strawberry.type(description="A widget of the dashboard that a template comes with.")
class TemplateWidget:
    widget_type: WidgetType = strawberry.field(description="The type of the widget.")
    title: str = strawberry.field(description="The title, for people.")
    chart_type: ChartType | None = strawberry.field(description="CHART: which one.")
    metrics: list[str] = strawberry.field(description="The metrics it shows, by name.")
    dimension: str | None = strawberry.field(description="The dimension it is shown by.")
    split: str | None = strawberry.field(description="A second dimension it is shown by.")
    text: str | None = strawberry.field(description="TEXT: its words.")


@strawberry.type(description="What a template says of its result.")
class TemplateReportConfig:
    default_window_days: int = strawberry.field(description="Days of a run without a window.")
    date_column: str | None = strawberry.field(description="The column with the day of a row.")
    dimensions: list[str] = strawberry.field(description="Columns that numbers are shown by.")
    metrics: list[Metric] = strawberry.field(description="Its numbers, at most 100.")
    widgets: list[TemplateWidget] = strawberry.field(description="Its widgets, at most 24.")


def report_config(column: str) -> Any:
    """The field of what is said of a result, kept in this column."""
    return document(ReportConfig, column, "Metrics, dimensions and widgets.", empty=ReportConfig())
