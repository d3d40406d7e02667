"""How a schedule says when it runs and which days it covers, as clients see it."""

from typing import Any

import strawberry

from domain.schedules.data_windows import WindowRule
from domain.schedules.presets import ScheduleConfig
from graph.enums.schedules import CalendarUnit, DataWindowType, PresetFrequency
from graph.fields.documents import document


@strawberry.type(description="How often a schedule runs, on which days, and when.")
class SchedulePreset:
    frequency: PresetFrequency = strawberry.field(description="How often it runs.")
    time: str = strawberry.field(description="The time of day, such as 09:00.")
    timezone: str | None = strawberry.field(description="The zone of that time.")
    days_of_week: list[int] | None = strawberry.field(
        description="WEEKLY: its days, 1 (Monday) to 7 (Sunday)."
    )
    day_of_month: int | None = strawberry.field(
        description="MONTHLY and QUARTERLY: the day of the month."
    )
    last_day_of_month: bool = strawberry.field(
        description="MONTHLY and QUARTERLY: whether it is the last day of the month."
    )


@strawberry.type(description="The days that a run covers. All of them are settled.")
class DataWindow:
    type: DataWindowType = strawberry.field(description="How the days are told.")
    unit: CalendarUnit | None = strawberry.field(description="PREVIOUS: of what.")
    days: int | None = strawberry.field(description="LOOKBACK: how many.")


def preset(column: str) -> Any:
    """The field of the preset that a schedule was made of, kept in this column."""
    return document(
        ScheduleConfig, column, "The preset it was made of; null for a cron expression."
    )


def data_window(column: str) -> Any:
    """The field of the days that a run covers, kept in this column."""
    usual = WindowRule(type="lookback", days=7)
    return document(WindowRule, column, "Which days a run covers.", empty=usual)
