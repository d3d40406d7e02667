"""The enums of metrics, with what each value means."""

from enum import Enum

import strawberry


@strawberry.enum(description="How the values of a metric combine.")
class MetricKind(Enum):
    ADDITIVE = strawberry.enum_value("additive", description="Its values can be added up.")
    RATIO = strawberry.enum_value(
        "ratio",
        description="One column divided by another. It is computed again from their sums.",
    )
    DISTINCT = strawberry.enum_value(
        "distinct",
        description="A count of different people or things. Its values cannot be added up.",
    )
    NONE = strawberry.enum_value("none", description="Its values cannot be added up.")


@strawberry.enum(description="The unit of a metric.")
class MetricUnit(Enum):
    COUNT = strawberry.enum_value("count", description="A number of events or things.")
    CURRENCY = strawberry.enum_value("currency", description="An amount of money.")
    PERCENT = strawberry.enum_value("percent", description="A share: 0.25 is 25 percent.")
    RATIO = strawberry.enum_value("ratio", description="A number without a unit.")
    USERS = strawberry.enum_value("users", description="A number of people.")
    SECONDS = strawberry.enum_value("seconds", description="A time in seconds.")
