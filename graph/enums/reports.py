"""Enums of reports."""

from enum import Enum

import strawberry


@strawberry.enum(description="Whether a report can run.")
class ReportState(Enum):
    ACTIVE = strawberry.enum_value("active", description="The report can run.")
    PAUSED = strawberry.enum_value("paused", description="The report's schedule is paused.")
    INACTIVE = strawberry.enum_value("inactive", description="The report is archived.")


@strawberry.enum(description="How often a report runs by itself.")
class Frequency(Enum):
    ONCE = strawberry.enum_value("once", description="Never: the report has no schedule.")
    DAILY = strawberry.enum_value("daily", description="Every day.")
    WEEKLY = strawberry.enum_value("weekly", description="Every week, on certain days.")
    MONTHLY = strawberry.enum_value("monthly", description="Every month, on a certain day.")
    QUARTERLY = strawberry.enum_value(
        "quarterly", description="Every January, April, July and October, on a certain day."
    )
    CUSTOM = strawberry.enum_value("custom", description="As its cron expression says.")
