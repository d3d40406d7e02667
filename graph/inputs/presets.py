"""How a client says when a schedule runs and which days it covers."""

import strawberry

from graph.enums.schedules import CalendarUnit, DataWindowType, PresetFrequency


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
    days_of_week: list[int] | None = strawberry.field(
        default=None,
        description="The days of the week, 1 (Monday) to 7 (Sunday). Required for WEEKLY, and for "
        "no other frequency.",
    )
    day_of_month: int | None = strawberry.field(
        default=None,
        description="For MONTHLY: 1 to 28. For QUARTERLY: 1 to 31, and 1 by default.",
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
    days: int | None = strawberry.field(
        default=None, description="For LOOKBACK: the number of days, 1 to 365."
    )
