"""Enums of exports."""

from enum import Enum

import strawberry


@strawberry.enum(description="The file format of an export.")
class ExportFormat(Enum):
    CSV = strawberry.enum_value(
        "csv",
        description="Comma-separated values: the rows of an execution, or one row for each number.",
    )
    PARQUET = strawberry.enum_value("parquet", description="The same table as a Parquet file.")


@strawberry.enum(description="The state of an export.")
class ExportState(Enum):
    PENDING = strawberry.enum_value("pending", description="The export waits for its turn.")
    RUNNING = strawberry.enum_value("running", description="The file is being made.")
    COMPLETED = strawberry.enum_value("completed", description="The file can be downloaded.")
    FAILED = strawberry.enum_value("failed", description="There is no file. `error` says why.")
    CANCELLED = strawberry.enum_value("cancelled", description="Its person cancelled it.")
    EXPIRED = strawberry.enum_value(
        "expired", description="The file was kept for 30 days and is removed. Repeat the export."
    )
