"""Arguments of people."""

from typing import Annotated

import strawberry

from domain.users.users import NO_CHANGE, ViewerChange
from graph.enums.people import ThemePreference, WeekStartPreference
from graph.fields.enums import word


@strawberry.input(
    description="What to change about yourself. A field that is left out stays as it is."
)
class ViewerChangeInput:
    name: str | None = strawberry.field(
        default=None, description="The name that others see, 1 to 320 characters."
    )
    time_zone: str | None = strawberry.field(
        default=None, description="The name of a time zone of the IANA database: Europe/Berlin."
    )
    theme: ThemePreference | None = strawberry.field(
        default=None, description="The colours that you prefer."
    )
    week_start: WeekStartPreference | None = strawberry.field(
        default=None, description="The first day of your week, in calendars."
    )
    home_instance_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The instance that a client shows first. Null for none.",
    )

    def wanted(self) -> ViewerChange:
        """Convert to the domain's change. Raises Invalid."""
        home = self.home_instance_id
        return ViewerChange(
            name=self.name,
            time_zone=self.time_zone,
            theme=None if self.theme is None else word(self.theme),
            week_start=None if self.week_start is None else word(self.week_start),
            instance_id=NO_CHANGE if home is strawberry.UNSET else home,
        )


ViewerChangeArgument = Annotated[
    ViewerChangeInput, strawberry.argument(description="What to change.")
]
Text = Annotated[
    str | None,
    strawberry.argument(description="Only people whose name or address contains this text."),
]
OnlyActive = Annotated[
    bool | None,
    strawberry.argument(description="Only people who may sign in, or if false who may not."),
]
