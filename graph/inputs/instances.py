"""Arguments of the lists of campaigns and ASINs."""

from typing import Annotated

import strawberry

from domain.instances.administration import NO_CHANGE, SETTLING_DAYS, InstanceChange
from domain.instances.instances import BOUNDS
from graph.enums.instances import MemberRole
from graph.fields.arguments import number_field


@strawberry.input(
    description="After how many days data are settled. A field that is left out stays as it is."
)
class SettlingLagInput:
    attributed: int | None = number_field(
        "Days of tables of attributed events and conversions", *SETTLING_DAYS, default=None
    )
    other: int | None = number_field("Days of all other tables", *SETTLING_DAYS, default=None)


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
    settling_lag: SettlingLagInput | None = strawberry.field(
        default=None,
        description="After how many days Amazon's data of a day do not change any more. Windows of "
        "schedules and collections end there.",
    )
    is_paused: bool | None = strawberry.field(
        default=None,
        description="True to send AMC nothing new; what waits goes on once it is false again.",
    )
    pause_note: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Why it is paused, for its members, 1 to 500 characters. Only while it is "
        "paused; it ends with the pause. Null removes it.",
    )

    def wanted(self) -> InstanceChange:
        """Convert to the domain's change. Raises Invalid."""
        quota, lag, note = self.daily_quota, self.settling_lag, self.pause_note
        days = {} if lag is None else {"attributed": lag.attributed, "other": lag.other}
        return InstanceChange(
            max_concurrent=self.max_concurrent,
            schedule_reserve=self.schedule_reserve,
            daily_quota=NO_CHANGE if quota is strawberry.UNSET else quota,
            settling_lag={name: one for name, one in days.items() if one is not None},
            is_paused=self.is_paused,
            pause_note=NO_CHANGE if note is strawberry.UNSET else note,
        )


InstanceChangeArgument = Annotated[
    InstanceChangeInput, strawberry.argument(description="What to change.")
]
RefreshToken = Annotated[
    str,
    strawberry.argument(
        description="The new refresh token of Login with Amazon, `Atzr|...`. It is stored "
        "encrypted, and never shown, logged or kept elsewhere."
    ),
]
MemberAddress = Annotated[str, strawberry.argument(description="The person's e-mail address.")]
InRole = Annotated[
    MemberRole, strawberry.argument(description="What the person may do on the instance.")
]
Text = Annotated[
    str | None, strawberry.argument(description="Only items that contain this text, in any case.")
]
