"""The documents of widgets and dashboards as clients give them: what is shown, where, and how."""

import strawberry

from domain.charts.display import MOST_DECIMALS
from domain.dashboards.configs import COLUMNS, MOST_ROWS, MOST_TOP, TALLEST
from graph.enums.aggregates import AggregateLevel
from graph.enums.numbers import Comparison
from graph.fields.arguments import REPLACED, number_field
from graph.inputs.numbers import RangeInput, WidgetFilterInput


@strawberry.input(
    description="A report or a workflow whose numbers are shown. Give exactly one.", one_of=True
)
class SourceInput:
    report_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The report whose numbers are shown."
    )
    workflow_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The workflow whose numbers are shown.",
        deprecation_reason=REPLACED,
    )


@strawberry.input(description="The position of a widget on a grid of 12 columns, in cells.")
class PositionInput:
    x: int = number_field("The widget's first column", 0, COLUMNS - 1)
    y: int = number_field("The widget's first row", 0, MOST_ROWS - 1)
    width: int = number_field("The number of columns", 1, COLUMNS)
    height: int = number_field("The number of rows", 1, TALLEST)


@strawberry.input(description="How a widget is displayed.")
class DisplayInput:
    text: str | None = strawberry.field(
        default=None,
        description="The text of a TEXT, as plain text of at most 5,000 characters. Required for "
        "a TEXT, and for no other type.",
    )
    x_title: str | None = strawberry.field(
        default=None, description="The title of the horizontal axis, at most 200 characters."
    )
    y_title: str | None = strawberry.field(
        default=None, description="The title of the vertical axis, at most 200 characters."
    )
    stacked: bool | None = strawberry.field(
        default=None, description="True to stack bars or areas. False by default."
    )
    show_legend: bool | None = strawberry.field(
        default=None, description="True to show a legend. True by default."
    )
    decimals: int | None = number_field(
        "The number of decimals to show",
        0,
        MOST_DECIMALS,
        "By default as many as the unit needs.",
        default=None,
    )


@strawberry.input(description="What a widget shows: its sources, and a selection of their numbers.")
class DataSourceInput:
    sources: list[SourceInput] = strawberry.field(description="1 to 5 reports or workflows.")
    metrics: list[str] = strawberry.field(description="The names of 1 to 20 metrics.")
    dimension: str | None = strawberry.field(
        default=None,
        description="The name of the dimension. Left out for numbers over all values.",
    )
    split: str | None = strawberry.field(
        default=None,
        description="The name of a second dimension: a bar chart or a table then has a point for "
        "each pair of their values. It needs a dimension, and takes no overTime.",
    )
    over_time: bool | None = strawberry.field(
        default=None,
        description="True to show a point for each value of the dimension and each period. False "
        "by default.",
    )
    level: AggregateLevel | None = strawberry.field(
        default=None,
        description="The length of the periods. By default the dashboard's level.",
    )
    range: RangeInput | None = strawberry.field(
        default=None, description="The days. By default the dashboard's range."
    )
    filters: list[WidgetFilterInput] | None = strawberry.field(
        default=None, description="The filters, at most 10."
    )
    comparison: Comparison | None = strawberry.field(
        default=None,
        description="Which earlier days to compare the numbers with. Left out for no comparison.",
    )
    top: int | None = number_field(
        "The number of values of the dimension to show",
        1,
        MOST_TOP,
        "Defaults to 10.",
        default=None,
    )
    sort_by: str | None = strawberry.field(
        default=None,
        description="The name of the metric that orders the values. Defaults to the first metric.",
    )
    ascending: bool | None = strawberry.field(
        default=None, description="True to show the smallest values first. False by default."
    )


@strawberry.input(
    description="The level, range and filters of widgets that have none of their own."
)
class DashboardFiltersInput:
    level: AggregateLevel | None = strawberry.field(
        default=None, description="The length of the periods."
    )
    range: RangeInput | None = strawberry.field(default=None, description="The days.")
    filters: list[WidgetFilterInput] | None = strawberry.field(
        default=None, description="The filters, at most 10."
    )
