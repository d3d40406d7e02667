"""The enum of views, with what each value means."""

from enum import Enum

import strawberry


@strawberry.enum(description="What a view shows besides its totals.")
class DashboardType(Enum):
    STANDARD = strawberry.enum_value(
        "standard", description="Trends, and the largest values of each dimension."
    )
    FUNNEL = strawberry.enum_value("funnel", description="Four stages, with what drops off.")
    COMPARISON = strawberry.enum_value("comparison", description="The window beside one before it.")
    CUSTOM = strawberry.enum_value("custom", description="The widgets of the template.")
