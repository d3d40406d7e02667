"""The enum of views."""

from enum import Enum

import strawberry


@strawberry.enum(description="What a view shows besides the totals.")
class DashboardType(Enum):
    STANDARD = strawberry.enum_value(
        "standard", description="Trends over time, and the largest values of each dimension."
    )
    FUNNEL = strawberry.enum_value(
        "funnel", description="A funnel of four stages, with the drop-off between them."
    )
    COMPARISON = strawberry.enum_value(
        "comparison", description="The days of the view beside earlier days."
    )
    CUSTOM = strawberry.enum_value("custom", description="The widgets that the template declares.")
