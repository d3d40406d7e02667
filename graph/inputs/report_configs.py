"""What a client says of a template's result: metrics, dimensions, widgets."""

import strawberry

from domain.templates.metrics import LONGEST_WINDOW
from graph.enums.charts import ChartType
from graph.enums.dashboards import WidgetType
from graph.enums.metrics import MetricKind, MetricUnit
from graph.fields.arguments import number_field


@strawberry.input(description="A metric: a column of a result, or the ratio of two columns.")
class MetricInput:
    name: str = strawberry.field(
        description="The name of the column. For RATIO: a name for the metric."
    )
    title: str = strawberry.field(
        description="The metric's title, for people, 1 to 200 characters."
    )
    kind: MetricKind = strawberry.field(description="How the values of the metric combine.")
    unit: MetricUnit = strawberry.field(description="The unit of the values.")
    description: str | None = strawberry.field(default=None, description="What the metric means.")
    numerator: str | None = strawberry.field(
        default=None,
        description="The name of the column that is divided. Required for RATIO, and for no other "
        "kind.",
    )
    denominator: str | None = strawberry.field(
        default=None,
        description="The name of the column that it is divided by. Required for RATIO, and for no "
        "other kind.",
    )
    over: list[str] | None = strawberry.field(
        default=None,
        description="For DISTINCT and NONE: the dimensions over whose values the metric may be "
        "added up, because nobody is counted under two of them while the other dimensions and the "
        "period are the same.",
    )


@strawberry.input(
    description="The rows of a result that count everybody once, over all values of the dimensions "
    "that a metric is not added up over. Metrics of kind DISTINCT and NONE are read from them over "
    "everything; all other metrics are not."
)
class WholeRowsInput:
    column: str = strawberry.field(
        description="The name of the column that marks them: a constant of the query, so that "
        "privacy never withholds it."
    )
    value: str = strawberry.field(
        description="The value of the column in these rows, 1 to 1,000 characters."
    )


@strawberry.input(description="A widget of the dashboard that a template comes with.")
class TemplateWidgetInput:
    widget_type: WidgetType = strawberry.field(description="The type of the widget.")
    title: str = strawberry.field(description="The title, 1 to 200 characters of plain text.")
    chart_type: ChartType | None = strawberry.field(
        default=None,
        description="The type of the chart, except FUNNEL. Required for a CHART, and for no other "
        "type.",
    )
    metrics: list[str] | None = strawberry.field(
        default=None,
        description="The names of the metrics, at most 20. Required unless the widget is a TEXT.",
    )
    dimension: str | None = strawberry.field(
        default=None,
        description="The name of the dimension. Left out for numbers over all values.",
    )
    split: str | None = strawberry.field(
        default=None, description="The name of a second dimension."
    )
    text: str | None = strawberry.field(
        default=None,
        description="The text, as plain text of at most 5,000 characters. Required for a TEXT, "
        "and for no other type.",
    )


@strawberry.input(
    description="What the columns of a result mean: its metrics, its dimensions and its widgets."
)
class TemplateReportConfigInput:
    default_window_days: int | None = number_field(
        "The number of days that an execution covers by default",
        1,
        LONGEST_WINDOW,
        "Defaults to 7.",
        default=None,
    )
    date_column: str | None = strawberry.field(
        default=None, description="The name of the column with the day of a row."
    )
    dimensions: list[str] | None = strawberry.field(
        default=None, description="The names of the columns that are dimensions, at most 50."
    )
    metrics: list[MetricInput] | None = strawberry.field(
        default=None, description="The metrics, at most 100."
    )
    widgets: list[TemplateWidgetInput] | None = strawberry.field(
        default=None,
        description="The widgets of the dashboard that it comes with, at most 24.",
    )
    whole: WholeRowsInput | None = strawberry.field(
        default=None,
        description="The rows that count everybody once.",
    )
