"""The enum of the report builder, with what each value means."""

from enum import Enum

import strawberry


@strawberry.enum(description="A step of the report builder.")
class BuilderStep(Enum):
    PARAMETERS = strawberry.enum_value("parameters", description="What it asks, of which past.")
    SCHEDULE = strawberry.enum_value("schedule", description="When it runs by itself, if ever.")
    REVIEW = strawberry.enum_value("review", description="All of it is checked together.")
    SUBMIT = strawberry.enum_value("submit", description="It is made; see builderSubmit.")
