"""The enums of a widget's numbers, with what each value means."""

from enum import Enum

import strawberry


@strawberry.enum(description="What numbers are compared with.")
class Comparison(Enum):
    PREVIOUS_PERIOD = strawberry.enum_value(
        "previous_period", description="As many periods right before."
    )
    PREVIOUS_YEAR = strawberry.enum_value(
        "previous_year",
        description="The same weeks by number, months or quarters of the year before.",
    )


@strawberry.enum(description="Why a widget shows no numbers.")
class WidgetProblem(Enum):
    NO_DATA = strawberry.enum_value("NO_DATA", description="Nothing has been collected.")
    NOT_ADDITIVE = strawberry.enum_value(
        "NOT_ADDITIVE", description="None of it may be added up over these periods."
    )
    UNKNOWN_METRIC = strawberry.enum_value(
        "UNKNOWN_METRIC", description="The source does not count it, or not any more."
    )
    UNKNOWN_DIMENSION = strawberry.enum_value(
        "UNKNOWN_DIMENSION", description="The source is not told by it, or not any more."
    )
    NOT_SHARED = strawberry.enum_value("NOT_SHARED", description="It is not shown to you.")
    TOO_LARGE = strawberry.enum_value("TOO_LARGE", description="It takes too much to compute.")
    INVALID = strawberry.enum_value("INVALID", description="What it is to show cannot be read.")
