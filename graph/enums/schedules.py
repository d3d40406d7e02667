"""The enums of schedules, with what each value means."""

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


@strawberry.enum(description="How the days of a run are told.")
class DataWindowType(Enum):
    PREVIOUS = strawberry.enum_value("previous", description="The newest whole unit.")
    LOOKBACK = strawberry.enum_value("lookback", description="The newest so many days.")


@strawberry.enum(description="A unit of the calendar.")
class DataWindowUnit(Enum):
    DAY = strawberry.enum_value("day", description="A day.")
    WEEK = strawberry.enum_value("week", description="A week, from Monday.")
    MONTH = strawberry.enum_value("month", description="A calendar month.")
    QUARTER = strawberry.enum_value("quarter", description="A calendar quarter.")


@strawberry.enum(description="What if the last run of a schedule is still under way.")
class Overlap(Enum):
    SKIP = strawberry.enum_value("skip", description="Leave the new one out.")
    BUFFER = strawberry.enum_value("buffer", description="Run one of them afterwards.")
    CANCEL = strawberry.enum_value("cancel", description="Cancel the old one.")
    ALLOW = strawberry.enum_value("allow", description="Run both.")


@strawberry.enum(description="Which missed moments are made good.")
class CatchUp(Enum):
    LATEST = strawberry.enum_value("latest", description="The newest.")
    ALL = strawberry.enum_value("all", description="All of them, oldest first.")


@strawberry.enum(description="What a change of clocks does to a moment.")
class PreviewMark(Enum):
    SHIFTED = strawberry.enum_value("SHIFTED", description="Clocks skip its time: it is later.")
    FOLDED = strawberry.enum_value("FOLDED", description="Clocks show it twice: the first time.")


@strawberry.enum(description="How the collection of a schedule's past stands.")
class BackfillStatus(Enum):
    PENDING = strawberry.enum_value("pending", description="About to begin.")
    IN_PROGRESS = strawberry.enum_value("in_progress", description="Under way, or paused.")
    COMPLETED = strawberry.enum_value("completed", description="All of it is there.")
    FAILED = strawberry.enum_value("failed", description="None of it came.")
    PARTIAL = strawberry.enum_value("partial", description="Some of it is missing.")


@strawberry.enum(description="What came of a moment of a schedule.")
class TickOutcome(Enum):
    RAN = strawberry.enum_value("ran", description="It ran, in its time.")
    SHIFTED = strawberry.enum_value("shifted", description="It ran when clocks had moved on.")
    FOLDED = strawberry.enum_value("folded", description="It ran, of two equal times the first.")
    CAUGHT_UP = strawberry.enum_value("caught_up", description="It ran late, after downtime.")
    SKIPPED = strawberry.enum_value("skipped", description="Left out: the last was under way.")
    BUFFERED = strawberry.enum_value("buffered", description="It waits for the last to end.")
    DROPPED = strawberry.enum_value("dropped", description="Left out: too late, or superseded.")
    PAUSED = strawberry.enum_value("paused", description="Left out: the schedule was paused.")
    REFUSED = strawberry.enum_value("refused", description="It could not be run; see the reason.")
