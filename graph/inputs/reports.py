"""Inputs of reports."""

from typing import Annotated

import strawberry

from domain.problems import within
from domain.reports.reports import ReportSpec
from graph.enums.executions import ExecutionStatus
from graph.enums.reports import Frequency, ReportState
from graph.fields.filters import FILTERS, CreatedBetween, replaced, values
from graph.fields.scalars import JSON, or_empty


@strawberry.input(description="Everything that you decide about a report.")
class ReportInput:
    name: str = strawberry.field(description="The name, 1 to 200 characters.")
    template_id: strawberry.ID = strawberry.field(description="The template that the report runs.")
    instance_id: strawberry.ID = strawberry.field(
        description="The instance that the report runs on. It cannot be changed later."
    )
    parameters: JSON | None = strawberry.field(
        default=None,
        description="Values for the template's parameters, by name. "
        "Their definitions give the types.",
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


@strawberry.input(description=f"Which reports to list. {FILTERS}")
class ReportFilter(CreatedBetween):
    state: ReportState | None = replaced("reports in this state", "states")
    states: list[ReportState] | None = values("reports in one of these states")
    newest_statuses: list[ExecutionStatus] | None = values(
        "reports whose newest execution has one of these statuses"
    )
    instance_id: strawberry.ID | None = replaced("reports on this instance", "instanceIds")
    instance_ids: list[strawberry.ID] | None = values("reports on one of these instances")
    template_ids: list[strawberry.ID] | None = values("reports of one of these templates")
    frequency: Frequency | None = replaced("reports that run this often", "frequencies")
    frequencies: list[Frequency] | None = values("reports that run as often as one of these")
    mine: bool | None = strawberry.field(
        default=None,
        description="True for reports that you own; false for those that others own.",
    )
    text: str | None = strawberry.field(
        default=None,
        description="Only reports whose name, description or reportId contains this text, in "
        "any case.",
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
        description="Values that replace some of the report's parameters, for this execution only. "
        "Their definitions give the types."
    ),
]
WhichReports = Annotated[
    ReportFilter | None,
    strawberry.argument(description="Which reports to list. Without it, all of them."),
]
TemplateValues = Annotated[
    JSON | None,
    strawberry.argument(
        description="Values for the template's parameters, by name. "
        "Their definitions give the types."
    ),
]
