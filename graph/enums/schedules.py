"""Enums of schedules."""

from enum import Enum

import strawberry


@strawberry.enum(description="How often a schedule runs.")
class ScheduleType(Enum):
    DAILY = strawberry.enum_value("daily", description="Every day.")
    WEEKLY = strawberry.enum_value("weekly", description="On days of the week.")
    MONTHLY = strawberry.enum_value("monthly", description="On a day of the month.")
    QUARTERLY = strawberry.enum_value("quarterly", description="Every three months.")
    CUSTOM = strawberry.enum_value("custom", description="By a cron expression.")


@strawberry.enum(description="How often a preset of a schedule runs.")
class PresetFrequency(Enum):
    DAILY = strawberry.enum_value("daily", description="Every day.")
    WEEKLY = strawberry.enum_value("weekly", description="On days of the week.")
    MONTHLY = strawberry.enum_value("monthly", description="On a day of each month.")
    QUARTERLY = strawberry.enum_value(
        "quarterly", description="On a day of January, April, July and October."
    )


@strawberry.enum(description="How the days of a scheduled execution are given.")
class DataWindowType(Enum):
    PREVIOUS = strawberry.enum_value(
        "previous", description="The newest whole day, week, month or quarter."
    )
    LOOKBACK = strawberry.enum_value("lookback", description="A number of newest days.")


@strawberry.enum(description="A unit of the calendar.")
class CalendarUnit(Enum):
    DAY = strawberry.enum_value("day", description="A day.")
    WEEK = strawberry.enum_value("week", description="A week that starts on Monday.")
    MONTH = strawberry.enum_value("month", description="A calendar month.")
    QUARTER = strawberry.enum_value("quarter", description="A calendar quarter.")


@strawberry.enum(description="What a schedule does when its last execution is still under way.")
class Overlap(Enum):
    SKIP = strawberry.enum_value("skip", description="Skip the new execution.")
    BUFFER = strawberry.enum_value(
        "buffer", description="Run one execution after the last one has ended. Skip any more."
    )
    CANCEL = strawberry.enum_value(
        "cancel", description="Cancel the last execution and run the new one."
    )
    ALLOW = strawberry.enum_value("allow", description="Run both at the same time.")


@strawberry.enum(description="Which missed moments a schedule catches up on after downtime.")
class CatchUp(Enum):
    LATEST = strawberry.enum_value("latest", description="The newest one.")
    ALL = strawberry.enum_value("all", description="All of them, oldest first.")


@strawberry.enum(description="How a change to or from daylight saving time affects a moment.")
class PreviewMark(Enum):
    SHIFTED = strawberry.enum_value(
        "SHIFTED", description="Clocks skip this time. The execution starts at the end of the gap."
    )
    FOLDED = strawberry.enum_value(
        "FOLDED", description="Clocks show this time twice. The execution starts the first time."
    )


@strawberry.enum(description="The status of the collection that a schedule was created with.")
class BackfillStatus(Enum):
    PENDING = strawberry.enum_value("pending", description="The collection has not begun yet.")
    IN_PROGRESS = strawberry.enum_value(
        "in_progress", description="The collection is running or paused."
    )
    COMPLETED = strawberry.enum_value("completed", description="Every segment has a result.")
    FAILED = strawberry.enum_value(
        "failed", description="No segment has a result, or the collection was cancelled."
    )
    PARTIAL = strawberry.enum_value("partial", description="Some segments have no result.")


@strawberry.enum(description="What the schedule did at one of its moments.")
class TickOutcome(Enum):
    RAN = strawberry.enum_value("ran", description="It started an execution on time.")
    SHIFTED = strawberry.enum_value(
        "shifted",
        description="It started an execution at the end of a gap, because clocks skip the time.",
    )
    FOLDED = strawberry.enum_value(
        "folded", description="It started an execution the first of the two times that clocks show."
    )
    CAUGHT_UP = strawberry.enum_value(
        "caught_up", description="It started an execution late, after downtime."
    )
    SKIPPED = strawberry.enum_value(
        "skipped", description="It started nothing, because the last execution was still under way."
    )
    BUFFERED = strawberry.enum_value(
        "buffered", description="It starts an execution when the last one has ended."
    )
    DROPPED = strawberry.enum_value(
        "dropped",
        description="It started nothing: the moment was too long ago, or a later one was due as "
        "well.",
    )
    PAUSED = strawberry.enum_value(
        "paused", description="It started nothing, because the schedule was paused."
    )
    REFUSED = strawberry.enum_value(
        "refused", description="The execution could not be started. `reason` says why."
    )
