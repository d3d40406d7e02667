"""The enums of reports, with what each value means."""

from enum import Enum

import strawberry


@strawberry.enum(description="Whether a report runs.")
class ReportState(Enum):
    ACTIVE = strawberry.enum_value("active", description="It can be run.")
    PAUSED = strawberry.enum_value("paused", description="Its schedule is paused.")
    INACTIVE = strawberry.enum_value("inactive", description="It is archived.")


@strawberry.enum(description="How often a report runs by itself.")
class Frequency(Enum):
    ONCE = strawberry.enum_value("once", description="It has no schedule.")
    DAILY = strawberry.enum_value("daily", description="Every day.")
    WEEKLY = strawberry.enum_value("weekly", description="On days of the week.")
    MONTHLY = strawberry.enum_value("monthly", description="On a day of the month.")
    QUARTERLY = strawberry.enum_value("quarterly", description="Every three months.")
    CUSTOM = strawberry.enum_value("custom", description="By a cron expression.")
