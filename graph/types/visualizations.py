"""What the views of a report or workflow show, as clients see it."""

from decimal import Decimal

import strawberry

from domain.views import visualization
from graph.enums.numbers import Comparison
from graph.fields.documents import document


@strawberry.type(description="The value that a metric should reach.")
class Benchmark:
    metric: str = strawberry.field(description="The metric, by name.")
    target: Decimal = strawberry.field(description="The value.")


@strawberry.type(
    description="What views show. Without metrics or dimensions, all that is declared."
)
class Visualization:
    metrics: list[str] = strawberry.field(description="At most 20 metrics, by name.")
    dimensions: list[str] | None = strawberry.field(
        description="At most 10 dimensions; null for those that are declared."
    )
    funnel_stages: list[str] | None = strawberry.field(
        description="FUNNEL: the metrics of its four stages."
    )
    comparison: Comparison = strawberry.field(
        description="COMPARISON: the window that a view is compared with."
    )
    benchmarks: list[Benchmark] = strawberry.field(description="At most 20 targets.")
    lower_is_better: list[str] = strawberry.field(
        description="Metrics with a target that is better not reached."
    )
    top: int = strawberry.field(description="How many values of a dimension are shown, 1 to 50.")


CONFIGURED = document(
    visualization.Visualization,
    "visualization_config",
    "What the views show.",
    empty=visualization.Visualization(),
)
