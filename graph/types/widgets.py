"""The documents of widgets and dashboards as clients see them: what is shown, where, and how."""

from datetime import date
from typing import Any

import strawberry

from domain.charts.display import Display
from domain.dashboards.configs import (
    MOST_FILTERS,
    MOST_SOURCES_OF_WIDGET,
    MOST_VALUES,
    DataSource,
    Position,
    WidgetFilters,
)
from domain.templates.metrics import MOST_MEASURES
from graph.enums.aggregates import AggregateLevel
from graph.enums.numbers import Comparison
from graph.fields.arguments import REPLACED
from graph.fields.documents import document
from graph.fields.edges import bounded


@strawberry.type(description="The position of a widget on a grid of 12 columns, in cells.")
class WidgetPosition:
    x: int = strawberry.field(description="The widget's first column, counted from 0.")
    y: int = strawberry.field(description="The widget's first row, counted from 0.")
    width: int = strawberry.field(description="The number of columns.")
    height: int = strawberry.field(description="The number of rows.")


@strawberry.type(description="How a widget is displayed.")
class WidgetDisplay:
    text: str | None = strawberry.field(
        description="The text of a TEXT, as plain text. Null for other types."
    )
    x_title: str | None = strawberry.field(
        description="The title of the horizontal axis. Null for the default title."
    )
    y_title: str | None = strawberry.field(
        description="The title of the vertical axis. Null for the default title."
    )
    stacked: bool = strawberry.field(description="True if bars or areas are stacked.")
    show_legend: bool = strawberry.field(description="True if the chart has a legend.")
    decimals: int | None = strawberry.field(
        description="The number of decimals that are shown. Null for as many as the unit needs."
    )


@strawberry.type(
    description="Which days a widget shows: a number of newest periods, or a range of days."
)
class WidgetRange:
    periods: int | None = strawberry.field(
        description="The number of newest weeks, months or quarters. Null for a range of days."
    )
    start_date: date | None = strawberry.field(
        description="The first day. Null for a number of periods."
    )
    end_date: date | None = strawberry.field(
        description="The last day, included in the range. Null for a number of periods."
    )


@strawberry.type(description="Only certain values of a dimension, or all except certain values.")
class DimensionFilter:
    dimension: str = strawberry.field(description="The name of a dimension of the sources.")
    values: list[str | None] = bounded(
        MOST_VALUES,
        "1 to 100 values. Null stands for values that AMC's privacy thresholds withhold.",
    )
    exclude: bool = strawberry.field(description="True if all values except these are shown.")


@strawberry.type(description="The level, range and filters of widgets that have none of their own.")
class DashboardFilters:
    level: AggregateLevel | None = strawberry.field(
        description="The length of the periods. Null if the dashboard sets none."
    )
    range: WidgetRange | None = strawberry.field(
        description="The days. Null if the dashboard sets none."
    )
    filters: list[DimensionFilter] = bounded(MOST_FILTERS, "The filters. At most 10.")


@strawberry.type(description="A report or workflow whose numbers a widget shows.")
class SourceRef:
    report_id: strawberry.ID | None = strawberry.field(
        description="The id of the report. Null for a workflow."
    )
    workflow_id: strawberry.ID | None = strawberry.field(
        description="The id of the workflow. Null for a report.", deprecation_reason=REPLACED
    )


@strawberry.type(description="Which numbers a widget shows, whatever its sources are.")
class WidgetSelection:
    metrics: list[str] = bounded(MOST_MEASURES, "The names of 1 to 20 metrics.")
    dimension: str | None = strawberry.field(
        description="The name of the dimension. Null for numbers over all values."
    )
    split: str | None = strawberry.field(
        description="The name of the second dimension. Null if each value has one point."
    )
    over_time: bool = strawberry.field(
        description="True if each value of the dimension has a point for each period."
    )
    level: AggregateLevel | None = strawberry.field(
        description="The length of the periods. Null for the dashboard's level."
    )
    range: WidgetRange | None = strawberry.field(
        description="The days. Null for the dashboard's range."
    )
    comparison: Comparison | None = strawberry.field(
        description="Which earlier days the numbers are compared with. Null without a comparison."
    )
    top: int = strawberry.field(
        description="The number of values of the dimension that are shown, 1 to 50."
    )
    sort_by: str | None = strawberry.field(
        description="The name of the metric that orders the values. Null for the first metric."
    )
    ascending: bool = strawberry.field(description="True if the smallest values come first.")


@strawberry.type(description="What a widget shows: its sources, and a selection of their numbers.")
class WidgetDataSource(WidgetSelection):
    sources: list[SourceRef] = bounded(MOST_SOURCES_OF_WIDGET, "1 to 5 reports or workflows.")
    filters: list[DimensionFilter] = bounded(MOST_FILTERS, "The filters. At most 10.")


def position(column: str) -> Any:
    """The field of a widget's position, kept in this column."""
    return document(Position, column, "The position of the widget on the grid.")


def display(column: str) -> Any:
    """The field of a widget's display options, kept in this column."""
    return document(Display, column, "How the widget is displayed.", empty=Display())


def data_source(column: str) -> Any:
    """The field of what a widget shows, kept in this column."""
    return document(
        DataSource,
        column,
        "What the widget shows. Null for a TEXT, and if the stored value is no longer valid.",
    )


def filters(column: str) -> Any:
    """The field of a dashboard's filters, kept in this column."""
    return document(
        WidgetFilters,
        column,
        "The level, range and filters of the widgets that have none of their own.",
        empty=WidgetFilters(),
    )
