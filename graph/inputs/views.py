"""Arguments of views and report configurations."""

from decimal import Decimal
from typing import Annotated

import strawberry

from domain.views.visualization import MOST_TOP
from graph.enums.numbers import Comparison
from graph.enums.views import DashboardType
from graph.fields.arguments import REPLACED, number_field


@strawberry.input(description="The value that a metric should reach.")
class BenchmarkInput:
    metric: str = strawberry.field(description="The name of the metric.")
    target: Decimal = strawberry.field(description="The value to reach.")


@strawberry.input(description="Which metrics and dimensions views show, and how.")
class VisualizationInput:
    metrics: list[str] | None = strawberry.field(
        default=None,
        description="The names of the metrics, at most 20. By default the first 20 that the "
        "template declares.",
    )
    dimensions: list[str] | None = strawberry.field(
        default=None,
        description="The names of the dimensions, at most 10. By default the first 10 that the "
        "template declares.",
    )
    funnel_stages: list[str] | None = strawberry.field(
        default=None,
        description="For FUNNEL: the names of the metrics of its four stages. By default "
        "impressions, clicks, detail_page_views and purchases, if all are declared.",
    )
    comparison: Comparison | None = strawberry.field(
        default=None,
        description="For COMPARISON: which earlier days to compare a view with. Defaults to "
        "PREVIOUS_PERIOD.",
    )
    benchmarks: list[BenchmarkInput] | None = strawberry.field(
        default=None,
        description="The values that metrics should reach, at most 20. A view shows at most 30 "
        "metrics, those with a benchmark included.",
    )
    lower_is_better: list[str] | None = strawberry.field(
        default=None,
        description="The names of the metrics with a benchmark for which lower values are better.",
    )
    top: int | None = number_field(
        "The number of values of a dimension to show", 1, MOST_TOP, "Defaults to 10.", default=None
    )


WatchedReport = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only views of this report.")
]
WatchedWorkflow = Annotated[
    strawberry.ID | None, strawberry.argument(description="Only views of this workflow.")
]
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
        description="Which metrics and dimensions the views show, and how. If left out, the "
        "present setting stays; a new configuration takes the defaults."
    ),
]
