"""Inputs of reports."""

from typing import Annotated

import strawberry

from domain.problems import within
from domain.reports.reports import NO_CHANGE, ReportChange, ReportSpec
from graph.enums.collections import SegmentType
from graph.enums.executions import ExecutionStatus
from graph.enums.reports import Frequency, ReportState
from graph.fields.arguments import number
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

    def change(self) -> ReportChange:
        """Convert to a change that replaces everything. Raises Invalid."""
        with within("report"):
            return ReportChange(
                name=self.name,
                template_id=self.template_id,
                instance_id=self.instance_id,
                parameters=or_empty(self.parameters),
                description=self.description,
                time_zone=self.time_zone,
                report_id=self.report_id,
                field="report",
            )


@strawberry.input(
    description="What to change about a report. A field that is left out stays as it is."
)
class ReportChangeInput:
    name: str | None = strawberry.field(
        default=None, description="The new name, 1 to 200 characters."
    )
    parameters: JSON | None = strawberry.field(
        default=None,
        description="Values for the template's parameters, by name. They replace all values of "
        "before. The definitions of the report's template version give their types.",
    )
    description: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="What the report is for, at most 5,000 characters. Null removes it.",
    )
    time_zone: str | None = strawberry.field(
        default=None, description="The IANA time zone of the report's days."
    )
    report_id: str | None = strawberry.field(
        default=None,
        description="An id of your own choice, 1 to 200 characters. CONFLICT if another report "
        "has it.",
    )

    def change(self) -> ReportChange:
        """Convert to the domain's change. Raises Invalid."""
        with within("change"):
            return ReportChange(
                name=self.name,
                parameters=self.parameters,
                description=NO_CHANGE if self.description is strawberry.UNSET else self.description,
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
    is_favorite: bool | None = strawberry.field(
        default=None, description="True for your favourites; false for the others."
    )
    text: str | None = strawberry.field(
        default=None,
        description="Only reports whose name, description or reportId contains this text, in "
        "any case.",
    )


ReportArgument = Annotated[
    ReportInput, strawberry.argument(description="Everything that you decide about the report.")
]
Replacement = Annotated[
    ReportInput | None,
    strawberry.argument(
        description="Everything that you decide about the report, to replace all of it.",
        deprecation_reason="Give `change`, in which you leave out what is to stay.",
    ),
]
ReportChangeArgument = Annotated[
    ReportChangeInput | None,
    strawberry.argument(description="What to change. What is left out stays as it is."),
]
ToVersion = Annotated[int, number("The number of a version of the report's template", 1)]
NewValues = Annotated[
    JSON | None,
    strawberry.argument(
        description="Values for the parameters of that version, by name, which replace all values "
        "of before. Without it, the report keeps its values of the parameters that the version "
        "has. The version's definitions give the types."
    ),
]
RecollectedAs = Annotated[
    SegmentType, strawberry.argument(description="Only results of segments of this length.")
]
CopyName = Annotated[
    str | None,
    strawberry.argument(
        description="The name of the copy, 1 to 200 characters. Without it, the server makes one "
        "up."
    ),
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
Mark = Annotated[
    bool,
    strawberry.argument(
        description="True to add the report to your favourites, false to remove it."
    ),
]
