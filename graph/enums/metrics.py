"""The enums of metrics, with what each value means."""

from enum import Enum

import strawberry


@strawberry.enum(description="How the values of a metric add up.")
class MetricKind(Enum):
    ADDITIVE = strawberry.enum_value("additive", description="Values can be added up.")
    RATIO = strawberry.enum_value("ratio", description="One metric divided by another.")
    DISTINCT = strawberry.enum_value(
        "distinct", description="A count of different people or things; it cannot be added up."
    )
    NONE = strawberry.enum_value("none", description="Values cannot be added up.")


@strawberry.enum(description="What a metric is measured in.")
class MetricUnit(Enum):
    COUNT = strawberry.enum_value("count", description="How often something happened.")
    CURRENCY = strawberry.enum_value("currency", description="An amount of money.")
    PERCENT = strawberry.enum_value("percent", description="A share: 0.25 is 25 percent.")
    RATIO = strawberry.enum_value("ratio", description="A number without a unit.")
    USERS = strawberry.enum_value("users", description="How many people.")
    SECONDS = strawberry.enum_value("seconds", description="A time in seconds.")
