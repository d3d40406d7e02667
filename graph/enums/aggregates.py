"""Enums of aggregates."""

from enum import Enum

import strawberry


@strawberry.enum(description="The length of an aggregate's period.")
class AggregateLevel(Enum):
    WEEKLY = strawberry.enum_value("weekly", description="A week of seven days.")
    MONTHLY = strawberry.enum_value("monthly", description="A calendar month.")
    QUARTERLY = strawberry.enum_value("quarterly", description="A calendar quarter.")


@strawberry.enum(description="What is known about a period.")
class AggregateState(Enum):
    DATA = strawberry.enum_value(
        "DATA", description="The results have rows. A value of zero is data."
    )
    EMPTY = strawberry.enum_value(
        "EMPTY", description="The results have no rows: nothing happened in the period."
    )
    SUPPRESSED = strawberry.enum_value(
        "SUPPRESSED",
        description="There were events, but AMC's privacy thresholds withhold all of them.",
    )
    MISSING = strawberry.enum_value(
        "MISSING", description="No result was collected for the period."
    )


@strawberry.enum(description="Whether a metric has a value, and if not, why.")
class MetricState(Enum):
    VALUE = strawberry.enum_value("VALUE", description="The metric has a value. It may be zero.")
    NOT_ADDITIVE = strawberry.enum_value(
        "NOT_ADDITIVE",
        description="Values of this metric, such as reach, cannot be added up over several "
        "results. Collect segments that are as long as the period.",
    )
    OTHER_CURRENCY = strawberry.enum_value(
        "OTHER_CURRENCY",
        description="Rows of the result name another currency than that of the instance, or "
        "several. Amounts of different currencies are never added up.",
    )
    NO_DENOMINATOR = strawberry.enum_value(
        "NO_DENOMINATOR", description="The metric is a ratio and its denominator is zero or NULL."
    )
    NOTHING = strawberry.enum_value("NOTHING", description="All values of the metric are NULL.")
    EMPTY = strawberry.enum_value("EMPTY", description="The results have no rows.")
    SUPPRESSED = strawberry.enum_value(
        "SUPPRESSED", description="AMC's privacy thresholds withhold the value."
    )
    NOT_COMPARABLE = strawberry.enum_value(
        "NOT_COMPARABLE",
        description="A change has no value, because another share of the earlier days is known.",
    )
    MISSING = strawberry.enum_value(
        "MISSING", description="No result was collected, or the result lacks the metric's column."
    )
