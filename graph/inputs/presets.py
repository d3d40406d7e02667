"""How a client says when a schedule runs and which days it covers."""

import strawberry

from domain.calendar import windows
from graph.enums.schedules import CalendarUnit, DataWindowType, PresetFrequency
from graph.fields.arguments import number_field


@strawberry.input(description="How often a schedule runs, on which days and at what time.")
class SchedulePresetInput:
    frequency: PresetFrequency = strawberry.field(description="How often the schedule runs.")
    time: str | None = strawberry.field(
        default=None, description="The time of day, 00:00 to 23:59. Defaults to 09:00."
    )
    timezone: str | None = strawberry.field(
        default=None,
        description="The IANA time zone of that time. Defaults to the schedule's time zone.",
    )
    days_of_week: list[int] | None = number_field(
        "The days of the week",
        0,
        7,
        "1 is Monday; 0 and 7 are Sunday. Required for WEEKLY, and for no other frequency.",
        default=None,
    )
    day_of_month: int | None = number_field(
        "The day of the month",
        1,
        31,
        "For MONTHLY at most 28, or 31 for the last day. For QUARTERLY 1 by default.",
        default=None,
    )
    last_day_of_month: bool | None = strawberry.field(
        default=None,
        description="For MONTHLY and QUARTERLY: true to run on the last day of the month. Give "
        "either this or `dayOfMonth`.",
    )


@strawberry.input(
    description="Which days an execution of a schedule covers. All of them are settled."
)
class DataWindowInput:
    type: DataWindowType = strawberry.field(description="How the days are given.")
    unit: CalendarUnit | None = strawberry.field(
        default=None, description="For PREVIOUS: the unit of the calendar."
    )
    days: int | None = number_field(
        "For LOOKBACK: the number of days", 1, windows.LONGEST, default=None
    )
