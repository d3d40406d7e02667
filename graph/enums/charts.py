"""Enums of charts."""

from enum import Enum

import strawberry


@strawberry.enum(description="The type of a chart.")
class ChartType(Enum):
    LINE = strawberry.enum_value(
        "line", description="A line chart, with a line for each metric or value of the dimension."
    )
    BAR = strawberry.enum_value(
        "bar", description="A bar chart, with a bar for each period or value of the dimension."
    )
    PIE = strawberry.enum_value("pie", description="A pie chart of one metric by a dimension.")
    SCATTER = strawberry.enum_value(
        "scatter", description="A scatter plot of two metrics, one on each axis."
    )
    AREA = strawberry.enum_value(
        "area",
        description="An area chart: lines whose area is filled, stacked if the widget says so.",
    )
    FUNNEL = strawberry.enum_value(
        "funnel", description="A funnel chart, with a stage for each metric."
    )


@strawberry.enum(description="The background that a chart's colours are chosen for.")
class Theme(Enum):
    LIGHT = strawberry.enum_value("light", description="A light background.")
    DARK = strawberry.enum_value("dark", description="A dark background.")
