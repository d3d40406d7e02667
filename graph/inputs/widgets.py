"""The documents of widgets and dashboards as clients give them: what is shown, where, and how."""

import strawberry

from graph.enums.aggregates import AggregateLevel
from graph.enums.numbers import Comparison
from graph.fields.arguments import REPLACED
from graph.inputs.numbers import RangeInput, WidgetFilterInput


@strawberry.input(description="A report or a workflow: exactly one of the two.", one_of=True)
class SourceInput:
    report_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The report."
    )
    workflow_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="Or the saved workflow.",
        deprecation_reason=REPLACED,
    )


@strawberry.input(description="Where a widget stands on the grid of 12 columns, in cells.")
class PositionInput:
    x: int = strawberry.field(description="Its first column, 0 to 11.")
    y: int = strawberry.field(description="Its first row, 0 to 499.")
    width: int = strawberry.field(description="How many columns it takes, 1 to 12.")
    height: int = strawberry.field(description="How many rows it takes, 1 to 24.")


@strawberry.input(description="How a widget looks.")
class DisplayInput:
    text: str | None = strawberry.field(
        default=None, description="The words of a text, at most 5,000 characters."
    )
    x_title: str | None = strawberry.field(
        default=None, description="The title of the horizontal axis, at most 200 characters."
    )
    y_title: str | None = strawberry.field(
        default=None, description="The title of the vertical axis, at most 200 characters."
    )
    stacked: bool | None = strawberry.field(
        default=None, description="Whether bars or areas are stacked; false if left out."
    )
    show_legend: bool | None = strawberry.field(
        default=None, description="Whether a chart has a legend; true if left out."
    )
    decimals: int | None = strawberry.field(
        default=None, description="How many decimals are shown, 0 to 6."
    )


@strawberry.input(description="What a widget shows: numbers of its sources.")
class DataSourceInput:
    sources: list[SourceInput] = strawberry.field(description="1 to 5 reports or workflows.")
    metrics: list[str] = strawberry.field(description="1 to 20 metrics, by name.")
    dimension: str | None = strawberry.field(
        default=None, description="The dimension it is shown by; the whole if left out."
    )
    over_time: bool | None = strawberry.field(
        default=None,
        description="Whether each value of the dimension has a point for each period; "
        "false if left out.",
    )
    level: AggregateLevel | None = strawberry.field(
        default=None, description="Weeks, months or quarters; as the dashboard has it if left out."
    )
    range: RangeInput | None = strawberry.field(
        default=None, description="The days; as the dashboard has it if left out."
    )
    filters: list[WidgetFilterInput] | None = strawberry.field(
        default=None, description="At most 10 filters."
    )
    comparison: Comparison | None = strawberry.field(
        default=None, description="What it is compared with."
    )
    top: int | None = strawberry.field(
        default=None,
        description="How many values of the dimension are shown, 1 to 50; 10 if left out.",
    )
    sort_by: str | None = strawberry.field(
        default=None,
        description="The metric by which values are sorted; the first one if left out.",
    )
    ascending: bool | None = strawberry.field(
        default=None, description="Whether the smallest values come first; false if left out."
    )


@strawberry.input(description="The level, range and filters of widgets without their own.")
class DashboardFiltersInput:
    level: AggregateLevel | None = strawberry.field(
        default=None, description="Weeks, months or quarters."
    )
    range: RangeInput | None = strawberry.field(default=None, description="The days.")
    filters: list[WidgetFilterInput] | None = strawberry.field(
        default=None, description="At most 10 filters."
    )
