"""Inputs of reports."""

from typing import Annotated

import strawberry

from domain.problems import within
from domain.reports import lists
from domain.reports.reports import ReportSpec
from graph.enums.reports import Frequency, ReportState
from graph.fields.enums import word
from graph.fields.scalars import JSON, or_empty


@strawberry.input(description="Everything that you decide about a report.")
class ReportInput:
    name: str = strawberry.field(description="The name, 1 to 200 characters.")
    template_id: strawberry.ID = strawberry.field(description="The template that the report runs.")
    instance_id: strawberry.ID = strawberry.field(
        description="The instance that the report runs on. It cannot be changed later."
    )
    parameters: JSON | None = strawberry.field(
        default=None, description="Values for the template's parameters, by name."
    )
    description: str | None = strawberry.field(
        default=None, description="What the report is for, at most 5,000 characters."
    )
    time_zone: str = strawberry.field(
        default="UTC",
        description="The IANA time zone of the report's days, such as America/New_York.",
    )
    report_id: str | None = strawberry.field(
        default=None,
        description="An id of your own choice, 1 to 200 characters. CONFLICT if another report "
        "has it.",
    )

    def spec(self) -> ReportSpec:
        """Convert to the domain's spec. Raises Invalid."""
        with within("report"):
            return ReportSpec(
                name=self.name,
                template_id=self.template_id,
                instance_id=self.instance_id,
                parameters=or_empty(self.parameters),
                description=self.description,
                time_zone=self.time_zone,
                report_id=self.report_id,
            )


@strawberry.input(
    description="Which reports to list. A field that is null or left out filters nothing."
)
class ReportFilter:
    state: ReportState | None = strawberry.field(
        default=None, description="Only reports in this state."
    )
    instance_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only reports on this instance."
    )
    frequency: Frequency | None = strawberry.field(
        default=None, description="Only reports that run this often."
    )
    text: str | None = strawberry.field(
        default=None,
        description="Only reports whose name, description or reportId contains this text, in "
        "any case.",
    )

    def wanted(self) -> lists.ReportFilter:
        """Convert to the domain's filter."""
        return lists.ReportFilter(
            state=word(self.state),
            instance_id=self.instance_id,
            frequency=word(self.frequency),
            text=self.text,
        )


ReportArgument = Annotated[
    ReportInput, strawberry.argument(description="Everything that you decide about the report.")
]
RunNow = Annotated[
    bool,
    strawberry.argument(
        description="True to run the report at once, over the newest settled days."
    ),
]
ReplacedValues = Annotated[
    JSON | None,
    strawberry.argument(
        description="Values that replace some of the report's parameters, for this execution only."
    ),
]
WhichReports = Annotated[
    ReportFilter | None,
    strawberry.argument(description="Which reports to list. Without it, all of them."),
]
TemplateValues = Annotated[
    JSON | None, strawberry.argument(description="Values for the template's parameters, by name.")
]
