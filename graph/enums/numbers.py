"""Enums of the numbers of widgets."""

from enum import Enum

import strawberry


@strawberry.enum(description="The earlier days that numbers are compared with.")
class Comparison(Enum):
    PREVIOUS_PERIOD = strawberry.enum_value(
        "previous_period", description="The same number of periods just before."
    )
    PREVIOUS_YEAR = strawberry.enum_value(
        "previous_year",
        description="The weeks of the same number, or the same months or quarters, a year earlier.",
    )


@strawberry.enum(description="The reason why a widget shows no numbers.")
class WidgetProblem(Enum):
    NO_DATA = strawberry.enum_value(
        "NO_DATA",
        description="No result was collected for these days, or no row passes the filters.",
    )
    NOT_ADDITIVE = strawberry.enum_value(
        "NOT_ADDITIVE", description="None of the metrics can be added up over these periods."
    )
    OTHER_CURRENCY = strawberry.enum_value(
        "OTHER_CURRENCY",
        description="All of the amounts are in another currency than that of the instance, or in "
        "several. They are not added up.",
    )
    UNKNOWN_METRIC = strawberry.enum_value(
        "UNKNOWN_METRIC", description="The source does not have the metric, or no longer has it."
    )
    UNKNOWN_DIMENSION = strawberry.enum_value(
        "UNKNOWN_DIMENSION",
        description="The source does not have the dimension, or no longer has it.",
    )
    NOT_SHARED = strawberry.enum_value("NOT_SHARED", description="You may not see the source.")
    TOO_LARGE = strawberry.enum_value(
        "TOO_LARGE", description="The numbers take too much work to compute."
    )
    FILE_LOST = strawberry.enum_value(
        "FILE_LOST", description="The file of a result that the widget needs is gone or damaged."
    )
    FAILED = strawberry.enum_value(
        "FAILED",
        description="A bug in the server. Operators find it in the logs by the id in the message.",
    )
    INVALID = strawberry.enum_value(
        "INVALID", description="The widget's configuration cannot be read."
    )


@strawberry.enum(description="What differs between two series of a report.")
class SeriesChange(Enum):
    VERSION = strawberry.enum_value(
        "version", description="The version of the template, or the query of a workflow."
    )
    PARAMETERS = strawberry.enum_value("parameters", description="The parameter values.")
    TIME_ZONE = strawberry.enum_value("time_zone", description="The time zone of the days.")
