"""Arguments of the report builder."""

from typing import Annotated

import strawberry

from graph.enums.builder import BuilderStep
from graph.enums.collections import WeekStart
from graph.fields.scalars import JSON

InSession = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="The builder session to continue. Without it, a new session begins."
    ),
]
OfSession = Annotated[strawberry.ID, strawberry.argument(description="The builder session's id.")]
Step = Annotated[
    BuilderStep,
    strawberry.argument(description="The step to save: PARAMETERS, SCHEDULE or REVIEW."),
]
Configuration = Annotated[
    JSON,
    strawberry.argument(
        description="The step's fields. PARAMETERS: name, templateId, instanceId, and "
        "optionally description, parameters, timeZone, the lookback, segmentation "
        "and targetWeeks of a CollectionInput, and dashboardId or createDashboard. "
        "SCHEDULE: the fields of a ScheduleInput, or {once: true}. REVIEW: an empty "
        "object."
    ),
]
OfReport = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The report. Give either this, or a template and an instance."),
]
OfTemplate = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The template of a report that does not exist yet."),
]
OnInstance = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The instance on which the template is to run."),
]
InZone = Annotated[
    str,
    strawberry.argument(
        description="The IANA time zone of the days, with a template. A report has its own time "
        "zone."
    ),
]
Weeks = Annotated[WeekStart, strawberry.argument(description="The day on which weeks start.")]
