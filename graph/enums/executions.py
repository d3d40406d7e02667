"""Enums of executions."""

from enum import Enum

import strawberry


@strawberry.enum(description="The status of an execution.")
class ExecutionStatus(Enum):
    PENDING = strawberry.enum_value(
        "pending", description="The execution waits, or the server is submitting it to AMC."
    )
    RUNNING = strawberry.enum_value(
        "running", description="AMC queues or runs the query, or the server is fetching the result."
    )
    COMPLETED = strawberry.enum_value(
        "completed", description="The result is stored. `outcome` says what it contains."
    )
    FAILED = strawberry.enum_value(
        "failed", description="The execution failed. `errorMessage` says why."
    )
    CANCELLED = strawberry.enum_value("cancelled", description="The execution was cancelled.")


@strawberry.enum(description="What the server is doing with an execution.")
class ExecutionPhase(Enum):
    WAITING = strawberry.enum_value(
        "waiting", description="The execution waits for a slot at AMC. `blockedBy` says why."
    )
    SUBMITTING = strawberry.enum_value(
        "submitting", description="The server is submitting the query to AMC."
    )
    AT_AMC = strawberry.enum_value("at_amc", description="AMC queues or runs the query.")
    INGESTING = strawberry.enum_value(
        "ingesting", description="The server is fetching and storing the result."
    )
    DONE = strawberry.enum_value(
        "done", description="The execution is over. `status` says how it ended."
    )


@strawberry.enum(description="What the result of a completed execution contains.")
class Outcome(Enum):
    DATA = strawberry.enum_value("DATA", description="The result has rows.")
    EMPTY = strawberry.enum_value(
        "EMPTY", description="The result has no rows: nothing happened in the window."
    )
    SUPPRESSED = strawberry.enum_value(
        "SUPPRESSED",
        description="There were events, but AMC's privacy thresholds withhold all of them.",
    )
    DATA_GAP = strawberry.enum_value(
        "DATA_GAP",
        description="AMC itself lacks data of some days in the window, so the result is "
        "incomplete.",
    )


@strawberry.enum(description="What started an execution.")
class Trigger(Enum):
    MANUAL = strawberry.enum_value("manual", description="A person ran the report or workflow.")
    SCHEDULE = strawberry.enum_value("schedule", description="A schedule.")
    BACKFILL = strawberry.enum_value(
        "backfill", description="A collection, to bring one of its segments."
    )
    API = strawberry.enum_value(
        "api", description="A person ran a template without a report, by templateRun."
    )


@strawberry.enum(description="What an execution waits for.")
class BlockReason(Enum):
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
    DATA_NOT_SETTLED = strawberry.enum_value(
        "DATA_NOT_SETTLED", description="Amazon's data of the last days of the window to settle."
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


@strawberry.enum(description="How far the cancellation of an execution is.")
class CancelState(Enum):
    REQUESTED = strawberry.enum_value(
        "REQUESTED", description="The server is telling AMC to cancel the execution."
    )
    CONFIRMED = strawberry.enum_value(
        "CONFIRMED", description="The execution is cancelled and no longer runs."
    )
    TOO_LATE = strawberry.enum_value(
        "TOO_LATE",
        description="AMC had finished before the cancellation. The result is fetched and kept.",
    )


@strawberry.enum(description="The file format of a downloaded result.")
class ResultFormat(Enum):
    CSV = strawberry.enum_value(
        "csv",
        description="CSV in UTF-8 with a header, as in RFC 4180. Text that a spreadsheet would "
        "run as a formula begins with an apostrophe.",
    )
    PARQUET = strawberry.enum_value(
        "parquet", description="Apache Parquet, which keeps the types of the columns."
    )
