"""Every enum of the schema, with what each word means."""

from enum import Enum
from typing import Any

import strawberry

from domain.errors import MEANINGS, ErrorCode

_codes: Any = Enum(  # type: ignore[misc]
    "ErrorCode",
    {one.value: strawberry.enum_value(one.value, description=MEANINGS[one]) for one in ErrorCode},
)
ErrorCodeEnum = strawberry.enum(_codes, description="What `extensions.code` of an error can be.")


def word(member: Any) -> Any:
    """What the database calls a member of one of these enums; nothing for nothing."""
    return None if member is None else member.value


@strawberry.enum(description="How an execution stands.")
class ExecutionStatus(Enum):
    PENDING = strawberry.enum_value("pending", description="It waits, or AMC is being asked.")
    RUNNING = strawberry.enum_value("running", description="AMC has it, or its result is fetched.")
    COMPLETED = strawberry.enum_value(
        "completed", description="Over; `outcome` says what it brought."
    )
    FAILED = strawberry.enum_value("failed", description="Over; `errorMessage` says why.")
    CANCELLED = strawberry.enum_value("cancelled", description="Over, as somebody wished.")


@strawberry.enum(description="What an execution is busy with.")
class ExecutionPhase(Enum):
    WAITING = strawberry.enum_value("waiting", description="In line for a slot at AMC.")
    SUBMITTING = strawberry.enum_value("submitting", description="AMC is being asked.")
    AT_AMC = strawberry.enum_value("at_amc", description="AMC queues or runs it.")
    INGESTING = strawberry.enum_value("ingesting", description="Its result is being fetched.")
    DONE = strawberry.enum_value("done", description="Over, one way or another.")


@strawberry.enum(description="What a completed execution brought.")
class Outcome(Enum):
    DATA = strawberry.enum_value("DATA", description="Rows.")
    EMPTY = strawberry.enum_value("EMPTY", description="Nothing happened in the window.")
    SUPPRESSED = strawberry.enum_value(
        "SUPPRESSED", description="Something happened, to too few people to be told."
    )
    DATA_GAP = strawberry.enum_value("DATA_GAP", description="AMC itself lacks data in the window.")


@strawberry.enum(description="What set an execution off.")
class Trigger(Enum):
    MANUAL = strawberry.enum_value("manual", description="A person.")
    SCHEDULE = strawberry.enum_value("schedule", description="A schedule of the report.")
    BACKFILL = strawberry.enum_value("backfill", description="A collection.")
    API = strawberry.enum_value("api", description="A run without a report.")


@strawberry.enum(description="What an execution waits for.")
class BlockReason(Enum):
    CONCURRENCY = strawberry.enum_value("CONCURRENCY", description="A slot of its instance.")
    QUOTA = strawberry.enum_value("QUOTA", description="Tomorrow: the day's quota is used up.")
    PAUSED = strawberry.enum_value("PAUSED", description="Operators, who paused the instance.")
    TOKEN = strawberry.enum_value("TOKEN", description="A new authorisation by Amazon.")
    DATA_NOT_SETTLED = strawberry.enum_value(
        "DATA_NOT_SETTLED", description="Amazon's data of the window's end."
    )
    THROTTLED = strawberry.enum_value("THROTTLED", description="AMC asked to slow down.")
    AMC_UNAVAILABLE = strawberry.enum_value(
        "AMC_UNAVAILABLE", description="AMC does not answer as it should."
    )


@strawberry.enum(description="What became of the wish to cancel.")
class CancelState(Enum):
    REQUESTED = strawberry.enum_value("REQUESTED", description="AMC is being told.")
    CONFIRMED = strawberry.enum_value("CONFIRMED", description="It does not run any more.")
    TOO_LATE = strawberry.enum_value("TOO_LATE", description="It was over already.")


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


@strawberry.enum(description="The form of a downloaded result.")
class ResultFormat(Enum):
    CSV = strawberry.enum_value("csv", description="As RFC 4180 has it.")
    PARQUET = strawberry.enum_value("parquet", description="With types.")


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


@strawberry.enum(description="How long the period of an aggregate is.")
class AggregateLevel(Enum):
    WEEKLY = strawberry.enum_value("weekly", description="A week.")
    MONTHLY = strawberry.enum_value("monthly", description="A calendar month.")
    QUARTERLY = strawberry.enum_value("quarterly", description="A calendar quarter.")


@strawberry.enum(description="What is known of a period.")
class AggregateState(Enum):
    DATA = strawberry.enum_value("DATA", description="There are results; zero is a result.")
    EMPTY = strawberry.enum_value("EMPTY", description="Nothing happened.")
    SUPPRESSED = strawberry.enum_value(
        "SUPPRESSED", description="Something happened, to too few people to be told."
    )
    MISSING = strawberry.enum_value("MISSING", description="No result was collected.")


@strawberry.enum(description="Whether a metric has a value, or why not.")
class MetricState(Enum):
    VALUE = strawberry.enum_value("VALUE", description="It has one; it may be zero.")
    NOT_ADDITIVE = strawberry.enum_value(
        "NOT_ADDITIVE",
        description="Such numbers cannot be added up; collect it in segments of this length.",
    )
    NO_DENOMINATOR = strawberry.enum_value("NO_DENOMINATOR", description="A ratio to zero.")
    NOTHING = strawberry.enum_value("NOTHING", description="All its values are NULL.")
    EMPTY = strawberry.enum_value("EMPTY", description="Nothing happened.")
    SUPPRESSED = strawberry.enum_value("SUPPRESSED", description="Privacy hides it.")
    MISSING = strawberry.enum_value("MISSING", description="No result has it.")


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


@strawberry.enum(description="A step of the report builder.")
class BuilderStep(Enum):
    PARAMETERS = strawberry.enum_value("parameters", description="What it asks, of which past.")
    SCHEDULE = strawberry.enum_value("schedule", description="When it runs by itself, if ever.")
    REVIEW = strawberry.enum_value("review", description="All of it is checked together.")
    SUBMIT = strawberry.enum_value("submit", description="It is made; see builderSubmit.")


@strawberry.enum(description="How somebody is told.")
class NoticeKind(Enum):
    EMAIL = strawberry.enum_value("email", description="By mail to an address.")
    WEBHOOK = strawberry.enum_value("webhook", description="By a signed POST to a URL.")


@strawberry.enum(description="What somebody is told of a schedule.")
class NoticeEvent(Enum):
    COMPLETED = strawberry.enum_value("COMPLETED", description="A run has a result.")
    FAILED = strawberry.enum_value("FAILED", description="A run failed.")
    PAUSED_BY_FAILURES = strawberry.enum_value("PAUSED_BY_FAILURES", description="Too many did.")
    MISSED = strawberry.enum_value("MISSED", description="A moment passed without a run.")


@strawberry.enum(description="What became of a notice.")
class NoticeState(Enum):
    PENDING = strawberry.enum_value("pending", description="It is sent soon, or tried again.")
    SENT = strawberry.enum_value("sent", description="The mail server or endpoint took it.")
    FAILED = strawberry.enum_value("failed", description="Given up; the last error says why.")
