"""How a schedule says when it runs and which days it covers, as clients see it."""

from typing import Any

import strawberry

from domain.schedules.data_windows import WindowRule
from domain.schedules.presets import DAYS_OF_WEEK, ScheduleConfig
from graph.enums.schedules import (
    CalendarUnit,
    CatchUp,
    DataWindowType,
    Overlap,
    PresetFrequency,
)
from graph.fields.documents import document
from graph.fields.edges import bounded


@strawberry.type(description="How often a schedule runs, on which days and at what time.")
class SchedulePreset:
    frequency: PresetFrequency = strawberry.field(description="How often the schedule runs.")
    time: str = strawberry.field(description="The time of day, such as 09:00.")
    timezone: str | None = strawberry.field(
        description="The IANA time zone of that time. Null for the schedule's time zone."
    )
    days_of_week: list[int] | None = bounded(
        DAYS_OF_WEEK,
        "For WEEKLY: the days of the week, 1 (Monday) to 7 (Sunday). Null otherwise.",
    )
    day_of_month: int | None = strawberry.field(
        description="For MONTHLY and QUARTERLY: the day of the month. Null otherwise."
    )
    last_day_of_month: bool = strawberry.field(
        description="For MONTHLY and QUARTERLY: true if the schedule runs on the last day of the "
        "month."
    )


@strawberry.type(description="Which days an execution of a schedule covers. All are settled.")
class DataWindow:
    type: DataWindowType = strawberry.field(description="How the days are given.")
    unit: CalendarUnit | None = strawberry.field(
        description="For PREVIOUS: the unit of the calendar. Null otherwise."
    )
    days: int | None = strawberry.field(
        description="For LOOKBACK: the number of days. Null otherwise."
    )


def preset(column: str) -> Any:
    """The field of the preset that a schedule was made of, kept in this column."""
    return document(
        ScheduleConfig,
        column,
        "The preset that the schedule was created with. Null for a cron expression.",
    )


def data_window(column: str) -> Any:
    """The field of the days that a run covers, kept in this column."""
    usual = WindowRule(type="lookback", days=7)
    return document(WindowRule, column, "Which days an execution covers.", empty=usual)


@strawberry.type
class ScheduleRules:
    """What a schedule and the step of the builder that describes one have in common."""

    overlap: Overlap = strawberry.field(
        description="What the schedule does if the last execution is still under way."
    )
    catch_up: CatchUp = strawberry.field(
        description="Which missed moments the schedule catches up on after downtime."
    )
    catch_up_seconds: int = strawberry.field(
        description="The age in seconds up to which a missed moment is caught up on."
    )
    jitter_seconds: int = strawberry.field(description="The longest delay of a start, in seconds.")
    pause_after_failures: int | None = strawberry.field(
        description="The number of failures in a row after which the schedule pauses itself. "
        "Null for never."
    )
    keeps_history: bool = strawberry.field(
        description="True if each run's days are added to the report's aggregates."
    )
