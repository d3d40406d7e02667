"""Enums of exports."""

from enum import Enum

import strawberry


@strawberry.enum(description="The file format of an export.")
class ExportFormat(Enum):
    PDF = strawberry.enum_value(
        "pdf",
        description="A document with the charts, tables and numbers of the page, and where the "
        "numbers come from.",
    )
    PNG = strawberry.enum_value("png", description="A picture of a dashboard, view or widget.")
    SVG = strawberry.enum_value("svg", description="A drawing of a widget.")
    XLSX = strawberry.enum_value(
        "xlsx",
        description="An Excel workbook: a sheet for each widget, with a native chart and numbers "
        "in the format of their unit, or one sheet with all rows.",
    )
    CSV = strawberry.enum_value(
        "csv",
        description="Comma-separated values: the rows of an execution, or one row for each number.",
    )
    PARQUET = strawberry.enum_value("parquet", description="The same table as a Parquet file.")


@strawberry.enum(description="The size of the pages of a PDF.")
class PageSize(Enum):
    A4 = strawberry.enum_value("a4", description="A4, 210 by 297 mm.")
    LETTER = strawberry.enum_value("letter", description="US Letter, 8.5 by 11 inches.")


@strawberry.enum(description="The orientation of the pages of a PDF.")
class Orientation(Enum):
    LANDSCAPE = strawberry.enum_value("landscape", description="Wider than high.")
    PORTRAIT = strawberry.enum_value("portrait", description="Higher than wide.")


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
