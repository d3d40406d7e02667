"""Inputs of exports."""

from typing import Annotated, Any

import strawberry

from domain.exports.exports import SOURCES, ExportSpec
from graph.enums.aggregates import AggregateLevel
from graph.enums.charts import Theme
from graph.enums.exports import ExportFormat, ExportState, NumberLanguage, Orientation, PageSize
from graph.fields.arguments import REPLACED, number_field
from graph.fields.documents import given
from graph.fields.enums import word
from graph.fields.filters import FILTERS, CreatedBetween, values
from graph.inputs.numbers import RangeInput, WidgetFilterInput

COLUMN_OF = {argument: column for column, (_, _, argument) in SOURCES.items()}


@strawberry.input(description="What to export. Give exactly one.", one_of=True)
class ExportSourceInput:
    dashboard_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A dashboard with all its widgets."
    )
    widget_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A widget of a dashboard."
    )
    view_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="A view: its totals, periods and dimensions."
    )
    execution_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="All rows of the result of a report's execution."
    )
    workflow_execution_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="All rows of the result of a workflow's execution.",
        deprecation_reason=REPLACED,
    )
    report_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The aggregates of a report."
    )
    collection_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET, description="The aggregates of a collection."
    )

    def chosen(self) -> tuple[str, str]:
        """The column of the source and its public id."""
        ((argument, public_id),) = given(self).items()
        return COLUMN_OF[argument], public_id


@strawberry.input(description="How an export is made. Each option has a default.")
class ExportOptionsInput:
    page_size: PageSize | None = strawberry.field(
        default=None, description="The size of the pages of a PDF. A4 by default."
    )
    orientation: Orientation | None = strawberry.field(
        default=None, description="The orientation of the pages of a PDF. LANDSCAPE by default."
    )
    scale: int | None = number_field(
        "How many pixels of a PNG stand for one of the page", 1, 2, "1 by default.", default=None
    )
    theme: Theme | None = strawberry.field(
        default=None, description="The background of pictures and pages. LIGHT by default."
    )
    with_insights: bool | None = strawberry.field(
        default=None,
        description="False for a PDF, PNG or XLSX without the insights of the dashboard or view. "
        "True by default.",
    )
    time_zone: str | None = strawberry.field(
        default=None,
        description="The IANA time zone of moments, such as Europe/Berlin. UTC by default. Days "
        "are always those of the sources.",
    )
    number_language: NumberLanguage | None = strawberry.field(
        default=None,
        description="The language that numbers are written in, in a PDF, PNG, SVG or XLSX. EN_US "
        "by default. Words and dates are English, and so are insights with their numbers. In XLSX "
        "it places units; decimal marks are those of the program that opens the file.",
    )
    raw: bool | None = strawberry.field(
        default=None,
        description="True to write text as it is, for programs. By default text that a "
        "spreadsheet would run as a formula begins with an apostrophe in CSV.",
    )
    byte_order_mark: bool | None = strawberry.field(
        default=None,
        description="True for a CSV file that begins with a byte order mark, by which Excel knows "
        "that it is UTF-8.",
    )
    level: AggregateLevel | None = strawberry.field(
        default=None,
        description="The length of the periods. By default as the widget says; WEEKLY for the "
        "aggregates of a report or collection.",
    )
    range: RangeInput | None = strawberry.field(
        default=None,
        description="The days, in place of those that a widget or its dashboard says. For "
        "aggregates give days, not a number of periods.",
    )
    filters: list[WidgetFilterInput] | None = strawberry.field(
        default=None, description="Filters of a reader of the dashboard or widget."
    )
    dimension: str | None = strawberry.field(
        default=None,
        description="The dimension of the aggregates. Without it, they are over all values.",
    )


@strawberry.input(description="An export to make.")
class ExportInput:
    source: ExportSourceInput = strawberry.field(description="What to export.")
    format: ExportFormat = strawberry.field(description="The file format.")
    options: ExportOptionsInput | None = strawberry.field(
        default=None, description="How the export is made."
    )

    def spec(self) -> ExportSpec:
        """Convert it to the domain's."""
        options: Any = given(self.options) if self.options is not None else {}
        return ExportSpec(self.source.chosen(), word(self.format), options)


@strawberry.input(description=f"Which exports to list. {FILTERS}")
class ExportFilter(CreatedBetween):
    states: list[ExportState] | None = values("exports in one of these states")
    formats: list[ExportFormat] | None = values("exports of one of these formats")


ExportArgument = Annotated[ExportInput, strawberry.argument(description="The export to make.")]
WhichExports = Annotated[
    ExportFilter | None,
    strawberry.argument(description="Which exports to list. Without it, all of yours."),
]
