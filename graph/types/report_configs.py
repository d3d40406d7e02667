"""What a template says of its result: metrics, dimensions, widgets."""

from typing import Any

import strawberry

from domain.templates.metrics import (
    MOST_DIMENSIONS,
    MOST_MEASURES,
    MOST_METRICS,
    MOST_WIDGETS,
    ReportConfig,
)
from graph.enums.charts import ChartType
from graph.enums.dashboards import WidgetType
from graph.enums.metrics import MetricKind, MetricUnit
from graph.fields.documents import document
from graph.fields.edges import bounded


@strawberry.type(description="A metric: a column of a result, or the ratio of two columns.")
class Metric:
    name: str = strawberry.field(
        description="The name of the column. For RATIO: the name of the metric."
    )
    title: str = strawberry.field(description="The metric's title, for people.")
    kind: MetricKind = strawberry.field(description="How the values of the metric combine.")
    unit: MetricUnit = strawberry.field(description="The unit of the values.")
    description: str = strawberry.field(
        description="What the metric means. Empty if nobody has said."
    )
    numerator: str | None = strawberry.field(
        description="For RATIO: the name of the column that is divided. Null otherwise."
    )
    denominator: str | None = strawberry.field(
        description="For RATIO: the name of the column that it is divided by. Null otherwise."
    )
    over: list[str] = bounded(
        MOST_DIMENSIONS,
        "For DISTINCT and NONE: the dimensions over whose values the metric is added up, because "
        "nobody is counted under two of them while the other dimensions and the period are the "
        "same. Empty if it is added up over none.",
    )


@strawberry.type(
    description="The rows of a result that count everybody once, over all values of the dimensions "
    "that a metric is not added up over. Metrics of kind DISTINCT and NONE are read from them over "
    "everything; all other metrics are not."
)
class WholeRows:
    column: str = strawberry.field(description="The name of the column that marks them.")
    value: str = strawberry.field(description="The value of the column in these rows.")


@strawberry.type(description="A widget of the dashboard that a template comes with.")
class TemplateWidget:
    widget_type: WidgetType = strawberry.field(description="The type of the widget.")
    title: str = strawberry.field(description="The title, as plain text.")
    chart_type: ChartType | None = strawberry.field(
        description="The type of the chart. Null unless the widget is a CHART."
    )
    metrics: list[str] = bounded(
        MOST_MEASURES, "The names of the metrics. At most 20. Empty for a TEXT."
    )
    dimension: str | None = strawberry.field(
        description="The name of the dimension. Null for numbers over all values."
    )
    split: str | None = strawberry.field(
        description="The name of a second dimension. Null if there is none."
    )
    text: str | None = strawberry.field(
        description="The text of a TEXT, as plain text. Null for other types."
    )


@strawberry.type(
    description="What the columns of a result mean: its metrics, its dimensions and its widgets."
)
class TemplateReportConfig:
    default_window_days: int = strawberry.field(
        description="The number of days that an execution covers by default."
    )
    date_column: str | None = strawberry.field(
        description="The name of the column with the day of a row. Null if rows have no day."
    )
    dimensions: list[str] = bounded(
        MOST_DIMENSIONS, "The names of the columns that are dimensions. At most 50."
    )
    metrics: list[Metric] = bounded(MOST_METRICS, "The metrics. At most 100.")
    widgets: list[TemplateWidget] = bounded(
        MOST_WIDGETS, "The widgets of the dashboard that it comes with. At most 24."
    )
    whole: WholeRows | None = strawberry.field(
        description="The rows that count everybody once. Null if there are none."
    )


def report_config(column: str) -> Any:
    """The field of what is said of a result, kept in this column."""
    return document(
        ReportConfig,
        column,
        "What the columns of the result mean: metrics, dimensions and widgets.",
        empty=ReportConfig(),
    )
