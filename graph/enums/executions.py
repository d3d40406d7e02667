"""The enums of executions, with what each value means."""

from enum import Enum

import strawberry


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


@strawberry.enum(description="The form of a downloaded result.")
class ResultFormat(Enum):
    CSV = strawberry.enum_value("csv", description="As RFC 4180 has it.")
    PARQUET = strawberry.enum_value("parquet", description="With types.")
