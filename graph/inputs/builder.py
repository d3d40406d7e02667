"""What a client says of the report builder."""

from typing import Annotated

import strawberry

from graph.enums.builder import BuilderStep
from graph.enums.collections import WeekStart
from graph.fields.scalars import JSON

InSession = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The session to go on with; otherwise one is begun."),
]
OfSession = Annotated[strawberry.ID, strawberry.argument(description="The session.")]
Step = Annotated[BuilderStep, strawberry.argument(description="PARAMETERS, SCHEDULE or REVIEW.")]
Configuration = Annotated[
    JSON,
    strawberry.argument(
        description="PARAMETERS: name, templateId, instanceId, and if wanted description, "
        "parameters, timeZone; lookback, segmentation, targetWeeks as CollectionInput has them; "
        "dashboardId, or createDashboard. SCHEDULE: a ScheduleInput, or `once`. REVIEW: nothing."
    ),
]
OfReport = Annotated[strawberry.ID | None, strawberry.argument(description="Of a report;")]
OfTemplate = Annotated[strawberry.ID | None, strawberry.argument(description="or a template")]
OnInstance = Annotated[
    strawberry.ID | None, strawberry.argument(description="with the instance it is to run on")
]
InZone = Annotated[str, strawberry.argument(description="in this zone. A report has its own.")]
Weeks = Annotated[WeekStart, strawberry.argument(description="The day weeks begin with.")]
