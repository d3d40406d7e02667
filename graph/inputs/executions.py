"""Inputs of executions and their windows."""

from datetime import date
from typing import Annotated

import strawberry

from domain.calendar.days import Days
from domain.executions.executions import WindowSpec
from graph.enums.executions import ExecutionStatus, Outcome, Trigger
from graph.fields.filters import FILTERS, CreatedBetween, replaced, values


@strawberry.input(
    description="A range of days in the report's time zone, from `start` up to but not "
    "including `end`. At most 365 days."
)
class WindowInput:
    start: date = strawberry.field(description="The first day.")
    end: date = strawberry.field(description="The day after the last day.")
    allow_provisional: bool = strawberry.field(
        default=False,
        description="True to accept days whose data is not settled yet. Otherwise such a window "
        "is refused with BAD_USER_INPUT.",
    )

    def spec(self) -> WindowSpec:
        """Convert to the domain's spec."""
        return WindowSpec(Days(self.start, self.end), self.allow_provisional)


@strawberry.input(description=f"Which executions to list. {FILTERS}")
class ExecutionFilter(CreatedBetween):
    report_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only executions of this report."
    )
    report_ids: list[strawberry.ID] | None = values("executions of one of these reports")
    instance_id: strawberry.ID | None = replaced("executions on this instance", "instanceIds")
    instance_ids: list[strawberry.ID] | None = values("executions on one of these instances")
    template_ids: list[strawberry.ID] | None = values("executions of one of these templates")
    status: ExecutionStatus | None = replaced("executions with this status", "statuses")
    statuses: list[ExecutionStatus] | None = values("executions with one of these statuses")
    triggered_by: Trigger | None = replaced("executions that were started by this", "triggers")
    triggers: list[Trigger] | None = values("executions that one of these started")
    outcomes: list[Outcome] | None = values("executions with one of these outcomes")
    mine: bool | None = strawberry.field(
        default=None,
        description="True for executions that were started in your name; false for the others.",
    )
    text: str | None = strawberry.field(
        default=None,
        description="Only executions whose report's name or reportId contains this text, in any "
        "case.",
    )


WhichExecutions = Annotated[
    ExecutionFilter | None,
    strawberry.argument(description="Which executions to list. Without it, all of them."),
]
WindowArgument = Annotated[
    WindowInput | None,
    strawberry.argument(
        description="The days to query. Defaults to the newest settled days, as many as the "
        "template says."
    ),
]
NewWindow = Annotated[
    WindowInput | None,
    strawberry.argument(description="The days to query. Defaults to those of the execution."),
]
WindowZone = Annotated[
    str,
    strawberry.argument(
        description="The IANA time zone of the window's days, such as America/New_York."
    ),
]
