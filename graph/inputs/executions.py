"""Inputs of executions and their windows."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from domain.calendar.days import Days
from domain.executions import lists
from domain.executions.executions import WindowSpec
from graph.enums.executions import ExecutionStatus, Trigger
from graph.fields.enums import word


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


@strawberry.input(
    description="Which executions to list. A field that is null or left out filters nothing."
)
class ExecutionFilter:
    report_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only executions of this report."
    )
    instance_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only executions on this instance."
    )
    status: ExecutionStatus | None = strawberry.field(
        default=None, description="Only executions with this status."
    )
    triggered_by: Trigger | None = strawberry.field(
        default=None, description="Only executions that were started by this."
    )
    created_from: datetime | None = strawberry.field(
        default=None, description="Only executions created at this moment or later."
    )
    created_before: datetime | None = strawberry.field(
        default=None, description="Only executions created before this moment."
    )

    def wanted(self) -> lists.ExecutionFilter:
        """Convert to the domain's filter."""
        return lists.ExecutionFilter(
            report_id=self.report_id,
            instance_id=self.instance_id,
            status=word(self.status),
            triggered_by=word(self.triggered_by),
            created_from=self.created_from,
            created_before=self.created_before,
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
WindowZone = Annotated[
    str,
    strawberry.argument(
        description="The IANA time zone of the window's days, such as America/New_York."
    ),
]
