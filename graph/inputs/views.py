"""Arguments of views and report configurations."""

from decimal import Decimal
from typing import Annotated

import strawberry

from graph.enums.numbers import Comparison
from graph.enums.views import DashboardType
from graph.fields.arguments import REPLACED


@strawberry.input(description="The value that a metric should reach.")
class BenchmarkInput:
    metric: str = strawberry.field(description="The metric, by name.")
    target: Decimal = strawberry.field(description="The value.")


@strawberry.input(
    description="What views show. Without metrics or dimensions, all that is declared."
)
class VisualizationInput:
    metrics: list[str] | None = strawberry.field(
        default=None, description="At most 20 metrics, by name."
    )
    dimensions: list[str] | None = strawberry.field(
        default=None, description="At most 10 dimensions, by name."
    )
    funnel_stages: list[str] | None = strawberry.field(
        default=None, description="FUNNEL: the metrics of its four stages."
    )
    comparison: Comparison | None = strawberry.field(
        default=None,
        description="COMPARISON: the window that a view is compared with; PREVIOUS_PERIOD if "
        "left out.",
    )
    benchmarks: list[BenchmarkInput] | None = strawberry.field(
        default=None, description="At most 20 targets, each of another metric."
    )
    lower_is_better: list[str] | None = strawberry.field(
        default=None, description="Metrics with a target that is better not reached."
    )
    top: int | None = strawberry.field(
        default=None,
        description="How many values of a dimension are shown, 1 to 50; 10 if left out.",
    )


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
    VisualizationInput | None,
    strawberry.argument(
        description="What the views show. If left out, it stays, or is the template's."
    ),
]
