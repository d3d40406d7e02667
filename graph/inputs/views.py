"""Arguments of views and report configurations."""

from typing import Annotated

import strawberry

from graph.enums.views import DashboardType
from graph.fields.arguments import REPLACED
from graph.fields.scalars import JSON

OfReport = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The report. Give either this or a workflow."),
]
OfWorkflow = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The workflow.", deprecation_reason=REPLACED),
]
Meaning = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="With a workflow: the template that says what the columns of its results mean."
    ),
]
Enabled = Annotated[bool, strawberry.argument(description="True to draw new results as views.")]
WhichEnabled = Annotated[
    bool | None,
    strawberry.argument(
        description="True for enabled configurations, false for disabled ones, null for all."
    ),
]
Kind = Annotated[
    DashboardType | None,
    strawberry.argument(
        description="What views show. If left out, the present setting stays; a new "
        "configuration takes the template's, or STANDARD where the template says "
        "FUNNEL and not all four stages are declared."
    ),
]
Visualization = Annotated[
    JSON | None,
    strawberry.argument(
        description="Options: metrics, dimensions, funnelStages (four metrics), comparison "
        "(previous_period or previous_year), benchmarks (targets by metric), "
        "lowerIsBetter, top. If left out, the present options stay; a new "
        "configuration takes the template's."
    ),
]
