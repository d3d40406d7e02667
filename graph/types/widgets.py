"""The documents of widgets and dashboards as clients see them: what is shown, where, and how."""

from datetime import date
from typing import Any

import strawberry

from domain.charts.display import Display
from domain.dashboards.configs import DataSource, Position, WidgetFilters
from graph.enums.aggregates import AggregateLevel
from graph.enums.numbers import Comparison
from graph.fields.arguments import REPLACED
from graph.fields.documents import document


@strawberry.type(description="Where a widget stands on the grid of 12 columns, in cells.")
class WidgetPosition:
    x: int = strawberry.field(description="Its first column, counted from 0.")
    y: int = strawberry.field(description="Its first row, counted from 0.")
    width: int = strawberry.field(description="How many columns it takes.")
    height: int = strawberry.field(description="How many rows it takes.")


@strawberry.type(description="How a widget looks.")
class WidgetDisplay:
    text: str | None = strawberry.field(description="The words of a text, to be shown as they are.")
    x_title: str | None = strawberry.field(description="The title of the horizontal axis.")
    y_title: str | None = strawberry.field(description="The title of the vertical axis.")
    stacked: bool = strawberry.field(description="Whether bars or areas are stacked.")
    show_legend: bool = strawberry.field(description="Whether a chart has a legend.")
    decimals: int | None = strawberry.field(
        description="How many decimals are shown; as many as the unit needs if null."
    )


@strawberry.type(description="Days: the newest so many periods, or from one day to another.")
class WidgetRange:
    periods: int | None = strawberry.field(description="How many weeks, months or quarters.")
    start_date: date | None = strawberry.field(description="The first day.")
    end_date: date | None = strawberry.field(description="The last day, included.")


@strawberry.type(description="Only these values of a dimension, or all but these.")
class DimensionFilter:
    dimension: str = strawberry.field(description="A dimension of the sources.")
    values: list[str | None] = strawberry.field(
        description="1 to 100 values. Null stands for the value that privacy withholds."
    )
    exclude: bool = strawberry.field(description="Whether these values are left out.")


@strawberry.type(description="The level, range and filters of widgets that do not have their own.")
class DashboardFilters:
    level: AggregateLevel | None = strawberry.field(description="Weeks, months or quarters.")
    range: WidgetRange | None = strawberry.field(description="The days.")
    filters: list[DimensionFilter] = strawberry.field(description="At most 10 filters.")


@strawberry.type(description="A report or a workflow that a widget shows.")
class SourceRef:
    report_id: strawberry.ID | None = strawberry.field(description="The report.")
    workflow_id: strawberry.ID | None = strawberry.field(
        description="Or the saved workflow.", deprecation_reason=REPLACED
    )


@strawberry.type(description="Which numbers a widget of a template shows, of any source.")
class WidgetSelection:
    metrics: list[str] = strawberry.field(description="1 to 20 metrics, by name.")
    dimension: str | None = strawberry.field(
        description="The dimension it is shown by; null for the whole."
    )
    over_time: bool = strawberry.field(
        description="Whether each value of the dimension has a point for each period."
    )
    level: AggregateLevel | None = strawberry.field(
        description="Weeks, months or quarters; as the dashboard has it if null."
    )
    range: WidgetRange | None = strawberry.field(
        description="The days; as the dashboard has it if null."
    )
    filters: list[DimensionFilter] = strawberry.field(description="At most 10 filters.")
    comparison: Comparison | None = strawberry.field(description="What it is compared with.")
    top: int = strawberry.field(description="How many values of the dimension are shown, 1 to 50.")
    sort_by: str | None = strawberry.field(
        description="The metric by which values are sorted; the first one if null."
    )
    ascending: bool = strawberry.field(description="Whether the smallest values come first.")


@strawberry.type(description="What a widget shows: numbers of its sources.")
class WidgetDataSource(WidgetSelection):
    sources: list[SourceRef] = strawberry.field(description="1 to 5 reports or workflows.")


def position(column: str) -> Any:
    """The field of a widget's position, kept in this column."""
    return document(Position, column, "Where it stands on the grid.")


def display(column: str) -> Any:
    """The field of a widget's display options, kept in this column."""
    return document(Display, column, "How it looks.", empty=Display())


def data_source(column: str) -> Any:
    """The field of what a widget shows, kept in this column."""
    return document(
        DataSource,
        column,
        "What it shows. Null for a text, and where it cannot be read any more.",
    )


def filters(column: str) -> Any:
    """The field of a dashboard's filters, kept in this column."""
    return document(
        WidgetFilters,
        column,
        "Level, range and filters of the widgets that do not have their own.",
        empty=WidgetFilters(),
    )
