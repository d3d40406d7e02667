"""Enums of collections."""

from enum import Enum

import strawberry


@strawberry.enum(description="The status of a collection.")
class CollectionStatus(Enum):
    PENDING = strawberry.enum_value("pending", description="The collection has not begun yet.")
    RUNNING = strawberry.enum_value(
        "running", description="Segments are being collected or aggregated."
    )
    PAUSED = strawberry.enum_value(
        "paused", description="The collection is paused. No further segments are started."
    )
    COMPLETED = strawberry.enum_value(
        "completed", description="The collection is over and every segment has a result."
    )
    PARTIAL = strawberry.enum_value(
        "partial", description="The collection is over and some segments have no result."
    )
    FAILED = strawberry.enum_value(
        "failed", description="The collection is over and no segment has a result."
    )
    CANCELLED = strawberry.enum_value(
        "cancelled", description="The collection was cancelled and AMC has confirmed."
    )


@strawberry.enum(description="What a collection was created by.")
class CollectionType(Enum):
    BACKFILL = strawberry.enum_value(
        "backfill", description="A person started it to collect past days."
    )
    WEEKLY_UPDATE = strawberry.enum_value(
        "weekly_update",
        description="A schedule with `keepsHistory` adds a segment to it with each run.",
    )


@strawberry.enum(description="The length of a segment.")
class SegmentType(Enum):
    DAILY = strawberry.enum_value("daily", description="A day.")
    WEEKLY = strawberry.enum_value(
        "weekly",
        description="A week. The collection decides whether weeks start on Monday or Sunday.",
    )
    MONTHLY = strawberry.enum_value("monthly", description="A calendar month.")
    QUARTERLY = strawberry.enum_value("quarterly", description="A calendar quarter.")


@strawberry.enum(description="The status of a segment.")
class WeekStatus(Enum):
    PENDING = strawberry.enum_value(
        "pending", description="The segment waits to be collected, for the first time or again."
    )
    RUNNING = strawberry.enum_value(
        "running", description="An execution is collecting the segment."
    )
    COMPLETED = strawberry.enum_value("completed", description="The segment's result is stored.")
    FAILED = strawberry.enum_value("failed", description="The segment was tried and has no result.")
    SKIPPED = strawberry.enum_value(
        "skipped",
        description="The segment was left out, because the collection was cancelled or its "
        "first segment failed.",
    )


@strawberry.enum(description="What segments of a collection wait for.")
class WaitReason(Enum):
    CONCURRENCY = strawberry.enum_value(
        "CONCURRENCY", description="A free slot: the instance runs as many executions as it may."
    )
    QUOTA = strawberry.enum_value(
        "QUOTA", description="The next day in UTC: the instance's daily quota is used up."
    )
    PAUSED = strawberry.enum_value(
        "PAUSED", description="Operators: the instance is paused, or is no longer active."
    )
    TOKEN = strawberry.enum_value(
        "TOKEN", description="An operator: Amazon has refused the account's authorisation."
    )
    THROTTLED = strawberry.enum_value(
        "THROTTLED", description="AMC, which has asked the server to slow down."
    )
    AMC_UNAVAILABLE = strawberry.enum_value(
        "AMC_UNAVAILABLE",
        description="AMC, which does not answer as it should. The server tries again.",
    )
    STORAGE = strawberry.enum_value(
        "STORAGE",
        description="Room on the server's disk, or its object store. The server tries again.",
    )
    MEMORY = strawberry.enum_value(
        "MEMORY", description="Memory of the server. The server tries again."
    )
    DATABASE = strawberry.enum_value(
        "DATABASE", description="The server's database. The server tries again."
    )
    DATA_NOT_SETTLED = strawberry.enum_value(
        "DATA_NOT_SETTLED",
        description="Amazon's data of these days to settle. The segment is then collected again.",
    )
    RETRY = strawberry.enum_value(
        "RETRY", description="The end of the pause after a failed attempt."
    )
    FIRST_SEGMENT = strawberry.enum_value(
        "FIRST_SEGMENT", description="The first segment, which runs alone until it has a result."
    )
    PARALLEL_LIMIT = strawberry.enum_value(
        "PARALLEL_LIMIT",
        description="Other segments: the collection has as many at AMC as `parallelLimit` allows.",
    )
    COLLECTION_PAUSED = strawberry.enum_value(
        "COLLECTION_PAUSED", description="Somebody to resume the collection."
    )
    AGGREGATION = strawberry.enum_value(
        "AGGREGATION", description="The server to add the segment's result to the aggregates."
    )


@strawberry.enum(description="Which segments to collect again.")
class RetryKind(Enum):
    FAILED = strawberry.enum_value("failed", description="Segments whose last attempts failed.")
    MISSING = strawberry.enum_value("missing", description="Segments without a result.")
    PROVISIONAL = strawberry.enum_value(
        "provisional",
        description="Segments collected before Amazon's data of their days was settled.",
    )
    ALL = strawberry.enum_value("all", description="All segments that are not being collected now.")


@strawberry.enum(description="How the days of a collection are given.")
class LookbackType(Enum):
    RELATIVE = strawberry.enum_value(
        "relative", description="A number of units back from the newest settled day."
    )
    CUSTOM = strawberry.enum_value("custom", description="From a first day to a last day.")
    LAST_QUARTER = strawberry.enum_value(
        "last_quarter", description="The last calendar quarter that has ended."
    )
    YEAR_TO_DATE = strawberry.enum_value(
        "year_to_date", description="From 1 January to the newest settled day."
    )


@strawberry.enum(description="The unit of a relative lookback.")
class LookbackUnit(Enum):
    DAYS = strawberry.enum_value("days", description="Days.")
    WEEKS = strawberry.enum_value("weeks", description="Whole weeks.")
    MONTHS = strawberry.enum_value("months", description="Whole calendar months.")
    QUARTERS = strawberry.enum_value("quarters", description="Whole calendar quarters.")


@strawberry.enum(description="The day on which weeks start.")
class WeekStart(Enum):
    MONDAY = strawberry.enum_value("monday", description="Weeks start on Monday, as in ISO 8601.")
    SUNDAY = strawberry.enum_value(
        "sunday", description="Weeks start on Sunday, as in Amazon's consoles."
    )
