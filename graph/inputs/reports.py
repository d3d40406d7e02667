"""What a client says of reports."""

from typing import Annotated

import strawberry

from domain.problems import within
from domain.reports import lists
from domain.reports.reports import ReportSpec
from graph.enums.reports import Frequency, ReportState
from graph.fields.enums import word
from graph.fields.scalars import JSON, or_empty


@strawberry.input(description="All that you decide about a report.")
class ReportInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    template_id: strawberry.ID = strawberry.field(description="The template it is made from.")
    instance_id: strawberry.ID = strawberry.field(description="The instance it runs on.")
    parameters: JSON | None = strawberry.field(
        default=None, description="Values for the template's parameters."
    )
    description: str | None = strawberry.field(default=None, description="What it is for.")
    time_zone: str = strawberry.field(
        default="UTC", description="The zone of its windows, such as America/New_York."
    )
    report_id: str | None = strawberry.field(
        default=None, description="An id of your own choice; no other report may have it."
    )

    def spec(self) -> ReportSpec:
        """The same, as the domain has it. Raises Invalid."""
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


@strawberry.input(description="Which reports; what is left out does not matter.")
class ReportFilter:
    state: ReportState | None = strawberry.field(default=None, description="Standing so.")
    instance_id: strawberry.ID | None = strawberry.field(
        default=None, description="On an instance."
    )
    frequency: Frequency | None = strawberry.field(default=None, description="Running so often.")
    text: str | None = strawberry.field(
        default=None, description="Somewhere in the name, the description or the report id."
    )

    def wanted(self) -> lists.ReportFilter:
        """The same, as the domain has it."""
        return lists.ReportFilter(
            state=word(self.state),
            instance_id=self.instance_id,
            frequency=word(self.frequency),
            text=self.text,
        )


ReportArgument = Annotated[ReportInput, strawberry.argument(description="All that you decide.")]
RunNow = Annotated[
    bool, strawberry.argument(description="Run it at once over the newest settled window.")
]
ReplacedValues = Annotated[
    JSON | None, strawberry.argument(description="Values that replace the report's, this once.")
]
WhichReports = Annotated[
    ReportFilter | None, strawberry.argument(description="Which ones; all of them otherwise.")
]
TemplateValues = Annotated[
    JSON | None, strawberry.argument(description="Values for the template's parameters.")
]
