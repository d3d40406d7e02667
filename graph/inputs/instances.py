"""Arguments of the lists of campaigns and ASINs."""

from typing import Annotated

import strawberry

from domain.instances.administration import NO_CHANGE, InstanceChange
from domain.instances.instances import BOUNDS
from graph.enums.instances import MemberRole
from graph.fields.arguments import number_field


@strawberry.input(
    description="What to change about an instance. A field that is left out stays as it is."
)
class InstanceChangeInput:
    max_concurrent: int | None = number_field(
        "The number of executions that may be at AMC at the same time",
        *BOUNDS["max_concurrent"],
        default=None,
    )
    schedule_reserve: int | None = number_field(
        "The number of these that only schedules may use", *BOUNDS["schedule_reserve"], default=None
    )
    daily_quota: int | None = number_field(
        "The number of executions that may be started per day in UTC",
        *BOUNDS["daily_quota"],
        "Null removes the limit.",
        default=strawberry.UNSET,
    )
    is_paused: bool | None = strawberry.field(
        default=None,
        description="True to send AMC nothing new; what waits goes on once it is false again.",
    )

    def wanted(self) -> InstanceChange:
        """Convert to the domain's change. Raises Invalid."""
        quota = self.daily_quota
        return InstanceChange(
            max_concurrent=self.max_concurrent,
            schedule_reserve=self.schedule_reserve,
            daily_quota=NO_CHANGE if quota is strawberry.UNSET else quota,
            is_paused=self.is_paused,
        )


InstanceChangeArgument = Annotated[
    InstanceChangeInput, strawberry.argument(description="What to change.")
]
MemberAddress = Annotated[str, strawberry.argument(description="The person's e-mail address.")]
InRole = Annotated[
    MemberRole, strawberry.argument(description="What the person may do on the instance.")
]
Text = Annotated[
    str | None, strawberry.argument(description="Only items that contain this text, in any case.")
]
