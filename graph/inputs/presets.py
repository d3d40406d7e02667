"""How a client says when a schedule runs and which days it covers."""

import strawberry

from graph.enums.schedules import CalendarUnit, DataWindowType, PresetFrequency


@strawberry.input(description="How often a schedule runs, on which days, and when.")
class SchedulePresetInput:
    frequency: PresetFrequency = strawberry.field(description="How often it runs.")
    time: str | None = strawberry.field(
        default=None, description="The time of day, 00:00 to 23:59; 09:00 if left out."
    )
    timezone: str | None = strawberry.field(
        default=None, description="The zone of that time; the schedule's if left out."
    )
    days_of_week: list[int] | None = strawberry.field(
        default=None, description="WEEKLY: its days, 1 (Monday) to 7 (Sunday)."
    )
    day_of_month: int | None = strawberry.field(
        default=None,
        description="MONTHLY: 1 to 28. QUARTERLY: 1 to 31; the first day if left out.",
    )
    last_day_of_month: bool | None = strawberry.field(
        default=None,
        description="MONTHLY and QUARTERLY: the last day of the month, instead of dayOfMonth.",
    )


@strawberry.input(description="The days that a run covers. All of them are settled.")
class DataWindowInput:
    type: DataWindowType = strawberry.field(description="How the days are told.")
    unit: CalendarUnit | None = strawberry.field(default=None, description="PREVIOUS: of what.")
    days: int | None = strawberry.field(default=None, description="LOOKBACK: how many, 1 to 365.")
