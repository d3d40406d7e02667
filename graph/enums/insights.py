"""Enums of insights."""

from enum import Enum

import strawberry


@strawberry.enum(description="What an insight tells.")
class InsightType(Enum):
    TREND = strawberry.enum_value(
        "trend", description="A metric rises or falls over all its weeks, whatever the season does."
    )
    LEVEL_CHANGE = strawberry.enum_value(
        "level_change", description="From one week on, a metric is higher or lower than before."
    )
    ANOMALY = strawberry.enum_value(
        "anomaly", description="A single week is far from what was expected."
    )
    EVENT = strawberry.enum_value(
        "event", description="What a retail event or holiday did to a metric."
    )
    COMPARISON = strawberry.enum_value(
        "comparison",
        description="The newest weeks differ from those before, or from those a year earlier, "
        "with the values that made the difference.",
    )
    RANKING = strawberry.enum_value(
        "ranking", description="A value of a dimension has the highest or the lowest ratio."
    )
    CONCENTRATION = strawberry.enum_value(
        "concentration", description="A few values of a dimension bring most of a metric."
    )
    FUNNEL = strawberry.enum_value(
        "funnel", description="The step of a funnel that lost most against its own past."
    )
    SATURATION = strawberry.enum_value(
        "saturation", description="The cost rises, and the sales do not follow."
    )
    FORECAST = strawberry.enum_value(
        "forecast", description="What the running week will come to, with a range."
    )
    QUALITY = strawberry.enum_value(
        "quality",
        description="What to know of the data: days without a result, values that privacy "
        "withholds, numbers that may still change, where results of another template version, "
        "other parameters or another time zone begin.",
    )


@strawberry.enum(description="Why nothing is told of a metric.")
class InsightRefusalCode(Enum):
    NOT_ENOUGH_PERIODS = strawberry.enum_value(
        "NOT_ENOUGH_PERIODS", description="There are too few weeks with a value."
    )
    NOT_COVERED = strawberry.enum_value(
        "NOT_COVERED", description="Too many weeks have days without a result."
    )
    SUPPRESSED = strawberry.enum_value(
        "SUPPRESSED", description="AMC's privacy thresholds withhold too many weeks."
    )
