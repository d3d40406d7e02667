"""What a client says of views and of how results are drawn."""

from typing import Annotated

import strawberry

from graph.enums.views import DashboardType
from graph.fields.arguments import REPLACED
from graph.fields.scalars import JSON

OfReport = Annotated[strawberry.ID | None, strawberry.argument(description="Of a report.")]
OfWorkflow = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Or of a workflow.", deprecation_reason=REPLACED),
]
Meaning = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Of a workflow: the template that says what its columns mean."),
]
Enabled = Annotated[bool, strawberry.argument(description="Whether new results become views.")]
WhichEnabled = Annotated[
    bool | None, strawberry.argument(description="Those that are, or are not; null for all.")
]
Kind = Annotated[
    DashboardType | None,
    strawberry.argument(
        description="What a view shows. Nothing said, it stays, or is the template's; STANDARD "
        "where that is FUNNEL and its four stages are not declared."
    ),
]
Visualization = Annotated[
    JSON | None,
    strawberry.argument(
        description="metrics, dimensions, funnelStages (four), comparison (previous_period or "
        "previous_year), benchmarks (targets by metric), lowerIsBetter, top. Nothing said, it "
        "stays, or is the template's."
    ),
]
