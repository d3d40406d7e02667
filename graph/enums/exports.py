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


@strawberry.enum(description="A language by the way it writes numbers.")
class NumberLanguage(Enum):
    EN_US = strawberry.enum_value("en-US", description="American English: $1,234.50 and 12.3%.")
    EN_GB = strawberry.enum_value("en-GB", description="British English: £1,234.50 and 12.3%.")
    EN_CA = strawberry.enum_value("en-CA", description="Canadian English: CA$1,234.50 and 12.3%.")
    EN_AU = strawberry.enum_value("en-AU", description="Australian English: A$1,234.50 and 12.3%.")
    EN_IN = strawberry.enum_value("en-IN", description="Indian English: ₹12,34,567.50 and 12.3%.")
    DE_DE = strawberry.enum_value("de-DE", description="German: 1.234,50 € and 12,3 %.")
    FR_FR = strawberry.enum_value("fr-FR", description="French: 1 234,50 € and 12,3 %.")
    FR_CA = strawberry.enum_value("fr-CA", description="Canadian French: 1 234,50 CA$ and 12,3 %.")
    ES_ES = strawberry.enum_value("es-ES", description="Spanish: 1234,50 €, 12.345 € and 12,3 %.")
    ES_MX = strawberry.enum_value("es-MX", description="Mexican Spanish: MX$1,234.50 and 12.3%.")
    IT_IT = strawberry.enum_value("it-IT", description="Italian: 1234,50 €, 12.345 € and 12,3%.")
    PT_BR = strawberry.enum_value("pt-BR", description="Brazilian Portuguese: R$ 1.234,50, 12,3%.")
    NL_NL = strawberry.enum_value("nl-NL", description="Dutch: € 1.234,50 and 12,3%.")
    SV_SE = strawberry.enum_value("sv-SE", description="Swedish: 1 234,50 SEK and 12,3 %.")
    PL_PL = strawberry.enum_value("pl-PL", description="Polish: 1234,50 PLN, 12 345 PLN, 12,3%.")
    TR_TR = strawberry.enum_value("tr-TR", description="Turkish: ₺1.234,50 and %12,3.")
    JA_JP = strawberry.enum_value("ja-JP", description="Japanese: ¥1,235 and 12.3%.")


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
