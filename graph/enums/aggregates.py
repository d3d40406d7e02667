"""The enums of aggregates, with what each value means."""

from enum import Enum

import strawberry


@strawberry.enum(description="How long the period of an aggregate is.")
class AggregateLevel(Enum):
    WEEKLY = strawberry.enum_value("weekly", description="A week.")
    MONTHLY = strawberry.enum_value("monthly", description="A calendar month.")
    QUARTERLY = strawberry.enum_value("quarterly", description="A calendar quarter.")


@strawberry.enum(description="What is known of a period.")
class AggregateState(Enum):
    DATA = strawberry.enum_value("DATA", description="There are results; zero is a result.")
    EMPTY = strawberry.enum_value("EMPTY", description="Nothing happened.")
    SUPPRESSED = strawberry.enum_value(
        "SUPPRESSED", description="Something happened, to too few people to be told."
    )
    MISSING = strawberry.enum_value("MISSING", description="No result was collected.")


@strawberry.enum(description="Whether a metric has a value, or why not.")
class MetricState(Enum):
    VALUE = strawberry.enum_value("VALUE", description="It has one; it may be zero.")
    NOT_ADDITIVE = strawberry.enum_value(
        "NOT_ADDITIVE",
        description="Such numbers cannot be added up; collect it in segments of this length.",
    )
    NO_DENOMINATOR = strawberry.enum_value("NO_DENOMINATOR", description="A ratio to zero.")
    NOTHING = strawberry.enum_value("NOTHING", description="All its values are NULL.")
    EMPTY = strawberry.enum_value("EMPTY", description="Nothing happened.")
    SUPPRESSED = strawberry.enum_value("SUPPRESSED", description="Privacy hides it.")
    MISSING = strawberry.enum_value("MISSING", description="No result has it.")
