"""The enums of charts, with what each value means."""

from enum import Enum

import strawberry


@strawberry.enum(description="Which picture.")
class ChartType(Enum):
    LINE = strawberry.enum_value("line", description="A line for each metric or value.")
    BAR = strawberry.enum_value("bar", description="A bar for each period or value.")
    PIE = strawberry.enum_value("pie", description="Parts of a whole.")
    SCATTER = strawberry.enum_value("scatter", description="One metric against another.")
    AREA = strawberry.enum_value("area", description="Lines that are filled, or stacked.")
    FUNNEL = strawberry.enum_value("funnel", description="Steps, each with what is left.")


@strawberry.enum(description="What a chart is drawn for.")
class Theme(Enum):
    LIGHT = strawberry.enum_value("light", description="A light page.")
    DARK = strawberry.enum_value("dark", description="A dark page.")
