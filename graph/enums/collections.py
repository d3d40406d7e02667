"""The enums of collections, with what each value means."""

from enum import Enum

import strawberry


@strawberry.enum(description="How a collection stands.")
class CollectionStatus(Enum):
    PENDING = strawberry.enum_value("pending", description="It is about to begin.")
    RUNNING = strawberry.enum_value("running", description="Segments are being brought.")
    PAUSED = strawberry.enum_value("paused", description="Nothing more is started.")
    COMPLETED = strawberry.enum_value("completed", description="Every segment has a result.")
    PARTIAL = strawberry.enum_value("partial", description="Over; some segments have no result.")
    FAILED = strawberry.enum_value("failed", description="Over; no segment has a result.")
    CANCELLED = strawberry.enum_value("cancelled", description="Over, as somebody wished.")


@strawberry.enum(description="What a collection is for.")
class CollectionType(Enum):
    BACKFILL = strawberry.enum_value("backfill", description="History, all at once.")
    WEEKLY_UPDATE = strawberry.enum_value("weekly_update", description="What a schedule adds.")


@strawberry.enum(description="How long a segment is.")
class SegmentType(Enum):
    DAILY = strawberry.enum_value("daily", description="A day.")
    WEEKLY = strawberry.enum_value("weekly", description="A week from Monday, or from Sunday.")
    MONTHLY = strawberry.enum_value("monthly", description="A calendar month.")
    QUARTERLY = strawberry.enum_value("quarterly", description="A calendar quarter.")


@strawberry.enum(description="How a segment stands.")
class WeekStatus(Enum):
    PENDING = strawberry.enum_value("pending", description="Its turn has not come, or comes anew.")
    RUNNING = strawberry.enum_value("running", description="An execution of it is under way.")
    COMPLETED = strawberry.enum_value("completed", description="Its result is stored.")
    FAILED = strawberry.enum_value("failed", description="It was tried, and has no result.")
    SKIPPED = strawberry.enum_value("skipped", description="It was left out.")


@strawberry.enum(description="What segments of a collection wait for.")
class WaitReason(Enum):
    CONCURRENCY = strawberry.enum_value("CONCURRENCY", description="A slot of the instance.")
    QUOTA = strawberry.enum_value("QUOTA", description="Tomorrow: the day's quota is used up.")
    PAUSED = strawberry.enum_value("PAUSED", description="Operators, who paused the instance.")
    TOKEN = strawberry.enum_value("TOKEN", description="A new authorisation by Amazon.")
    THROTTLED = strawberry.enum_value("THROTTLED", description="AMC asked to slow down.")
    AMC_UNAVAILABLE = strawberry.enum_value(
        "AMC_UNAVAILABLE", description="AMC does not answer as it should."
    )
    DATA_NOT_SETTLED = strawberry.enum_value(
        "DATA_NOT_SETTLED", description="Amazon's data to settle; it is collected again then."
    )
    RETRY = strawberry.enum_value("RETRY", description="The pause before another attempt.")
    FIRST_SEGMENT = strawberry.enum_value(
        "FIRST_SEGMENT", description="The first segment, which goes alone."
    )
    PARALLEL_LIMIT = strawberry.enum_value(
        "PARALLEL_LIMIT", description="The collection's own limit of segments at once."
    )
    COLLECTION_PAUSED = strawberry.enum_value(
        "COLLECTION_PAUSED", description="Somebody, to resume the collection."
    )
    AGGREGATION = strawberry.enum_value(
        "AGGREGATION", description="Its result to be counted into the aggregates."
    )


@strawberry.enum(description="Which segments to collect again.")
class RetryKind(Enum):
    FAILED = strawberry.enum_value("failed", description="Those whose last attempts failed.")
    MISSING = strawberry.enum_value("missing", description="Those without a result.")
    PROVISIONAL = strawberry.enum_value(
        "provisional", description="Those collected before their data was settled."
    )
    ALL = strawberry.enum_value("all", description="All that are not being collected.")


@strawberry.enum(description="How the days of a collection are told.")
class LookbackType(Enum):
    RELATIVE = strawberry.enum_value("relative", description="So many units back.")
    CUSTOM = strawberry.enum_value("custom", description="From a day to a day.")
    LAST_QUARTER = strawberry.enum_value("last_quarter", description="The last whole quarter.")
    YEAR_TO_DATE = strawberry.enum_value("year_to_date", description="Since 1 January.")


@strawberry.enum(description="What a relative lookback counts.")
class LookbackUnit(Enum):
    DAYS = strawberry.enum_value("days", description="Days.")
    WEEKS = strawberry.enum_value("weeks", description="Whole weeks.")
    MONTHS = strawberry.enum_value("months", description="Whole calendar months.")
    QUARTERS = strawberry.enum_value("quarters", description="Whole calendar quarters.")


@strawberry.enum(description="The day a week begins with.")
class WeekStart(Enum):
    MONDAY = strawberry.enum_value("monday", description="As ISO 8601 has it.")
    SUNDAY = strawberry.enum_value("sunday", description="As Amazon's consoles have it.")
