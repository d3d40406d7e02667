"""What a client says of executions and of the days they read."""

from datetime import date, datetime
from typing import Annotated

import strawberry

from domain.calendar.days import Days
from domain.executions import lists
from domain.executions.executions import WindowSpec
from graph.enums.executions import ExecutionStatus, Trigger
from graph.fields.enums import word


@strawberry.input(description="Days from `start` up to, not including, `end`.")
class WindowInput:
    start: date = strawberry.field(description="The first day.")
    end: date = strawberry.field(description="The first day left out.")
    allow_provisional: bool = strawberry.field(
        default=False, description="Take days whose data is not settled yet."
    )

    def spec(self) -> WindowSpec:
        """The same, as the domain has it."""
        return WindowSpec(Days(self.start, self.end), self.allow_provisional)


@strawberry.input(description="Which executions; what is left out does not matter.")
class ExecutionFilter:
    report_id: strawberry.ID | None = strawberry.field(default=None, description="Of a report.")
    instance_id: strawberry.ID | None = strawberry.field(
        default=None, description="On an instance."
    )
    status: ExecutionStatus | None = strawberry.field(default=None, description="Standing so.")
    triggered_by: Trigger | None = strawberry.field(default=None, description="Set off by.")
    created_from: datetime | None = strawberry.field(
        default=None, description="Asked for at this moment or later."
    )
    created_before: datetime | None = strawberry.field(
        default=None, description="Asked for before this moment."
    )

    def wanted(self) -> lists.ExecutionFilter:
        """The same, as the domain has it."""
        return lists.ExecutionFilter(
            report_id=self.report_id,
            instance_id=self.instance_id,
            status=word(self.status),
            triggered_by=word(self.triggered_by),
            created_from=self.created_from,
            created_before=self.created_before,
        )


WhichExecutions = Annotated[
    ExecutionFilter | None, strawberry.argument(description="Which ones; all of them otherwise.")
]
WindowArgument = Annotated[
    WindowInput | None,
    strawberry.argument(description="The days; the newest settled ones otherwise."),
]
WindowZone = Annotated[str, strawberry.argument(description="The zone of the window's days.")]
