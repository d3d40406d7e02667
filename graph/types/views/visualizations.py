"""What the views of a report or workflow show, as clients see it."""

from decimal import Decimal

import strawberry

from domain.views import visualization
from domain.views.visualization import MOST_DIMENSIONS, MOST_METRICS, STAGES
from graph.enums.numbers import Comparison
from graph.fields.documents import document
from graph.fields.edges import bounded


@strawberry.type(description="The value that a metric should reach.")
class Benchmark:
    metric: str = strawberry.field(description="The name of the metric.")
    target: Decimal = strawberry.field(description="The value to reach.")


@strawberry.type(description="Which metrics and dimensions views show, and how.")
class Visualization:
    metrics: list[str] = bounded(
        MOST_METRICS,
        "The names of the metrics. At most 20. Empty for the first 20 that the template declares.",
    )
    dimensions: list[str] | None = bounded(
        MOST_DIMENSIONS,
        "The names of the dimensions. At most 10. Null for the first 10 that the template "
        "declares.",
    )
    funnel_stages: list[str] | None = bounded(
        STAGES,
        "For FUNNEL: the names of the metrics of its four stages. Null otherwise.",
    )
    comparison: Comparison = strawberry.field(
        description="For COMPARISON: which earlier days a view is compared with."
    )
    benchmarks: list[Benchmark] = bounded(
        MOST_METRICS, "The values that metrics should reach. At most 20."
    )
    lower_is_better: list[str] = bounded(
        MOST_METRICS, "The names of the metrics with a benchmark for which lower values are better."
    )
    top: int = strawberry.field(
        description="The number of values of a dimension that are shown, 1 to 50."
    )


CONFIGURED = document(
    visualization.Visualization,
    "visualization_config",
    "Which metrics and dimensions the views show, and how.",
    empty=visualization.Visualization(),
)
