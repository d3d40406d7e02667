"""What a client says of a template's result: metrics, dimensions, widgets."""

import strawberry

from graph.enums.charts import ChartType
from graph.enums.dashboards import WidgetType
from graph.enums.metrics import MetricKind, MetricUnit


@strawberry.input(description="A number of a result, or one made of two of them.")
class MetricInput:
    name: str = strawberry.field(description="The column, or the name of a ratio.")
    title: str = strawberry.field(description="The title, for people, 1 to 200 characters.")
    kind: MetricKind = strawberry.field(
        description="How values combine. Only additive metrics, and ratios of them, can be "
        "added up."
    )
    unit: MetricUnit = strawberry.field(description="The unit of the values.")
    description: str | None = strawberry.field(default=None, description="What it means.")
    numerator: str | None = strawberry.field(
        default=None, description="RATIO: the column that is divided."
    )
    denominator: str | None = strawberry.field(
        default=None, description="RATIO: the column it is divided by."
    )


@strawberry.input(description="A widget of the dashboard that a template comes with.")
class TemplateWidgetInput:
    widget_type: WidgetType = strawberry.field(description="The type of the widget.")
    title: str = strawberry.field(description="The title, for people, 1 to 200 characters.")
    chart_type: ChartType | None = strawberry.field(
        default=None, description="CHART: which one; not FUNNEL."
    )
    metrics: list[str] | None = strawberry.field(
        default=None, description="The metrics it shows, at most 20, by name."
    )
    dimension: str | None = strawberry.field(
        default=None, description="The dimension it is shown by."
    )
    split: str | None = strawberry.field(
        default=None, description="A second dimension it is shown by."
    )
    text: str | None = strawberry.field(default=None, description="TEXT: its words.")


@strawberry.input(description="What a template says of its result.")
class TemplateReportConfigInput:
    default_window_days: int | None = strawberry.field(
        default=None, description="Days of a run without a window, 1 to 365; 7 if left out."
    )
    date_column: str | None = strawberry.field(
        default=None, description="The column with the day of a row."
    )
    dimensions: list[str] | None = strawberry.field(
        default=None, description="Columns that numbers are shown by, at most 50."
    )
    metrics: list[MetricInput] | None = strawberry.field(
        default=None, description="Its numbers, at most 100."
    )
    widgets: list[TemplateWidgetInput] | None = strawberry.field(
        default=None, description="Its widgets, at most 24."
    )
