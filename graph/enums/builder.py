"""The enum of the report builder."""

from enum import Enum

import strawberry


@strawberry.enum(description="A step of the report builder.")
class BuilderStep(Enum):
    PARAMETERS = strawberry.enum_value(
        "parameters",
        description="Which template runs on which instance with which parameters, and which "
        "past days to collect.",
    )
    SCHEDULE = strawberry.enum_value(
        "schedule", description="When the report runs by itself, or that it runs once."
    )
    REVIEW = strawberry.enum_value("review", description="All steps are checked together.")
    SUBMIT = strawberry.enum_value(
        "submit", description="The report has been created. Only builderSubmit sets this step."
    )
