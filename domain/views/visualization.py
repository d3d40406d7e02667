"""What a view shows, as people decide it: the JSON of a report's configuration."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

from pydantic import Field

from domain import documents
from domain.calendar.periods import Comparison
from domain.documents import Config, kept
from domain.problems import Problem, refuse
from domain.sentences import repeats, sentence, unknown
from domain.templates.metrics import Column, ReportConfig

FIELD = "visualizationConfig"
STAGES = 4  # of a funnel
USUAL_STAGES = ("impressions", "clicks", "detail_page_views", "purchases")
MOST_METRICS = 20
MOST_DIMENSIONS = 10
Target: TypeAlias = Annotated[Decimal, Field(max_digits=28, decimal_places=10)]


class Visual(Config):
    """What is shown of a result. Nothing said of metrics or dimensions means those declared.

    `comparison` is the window it is compared with: that just before it, or a year earlier.
    """

    metrics: list[Column] = Field(default_factory=list, max_length=MOST_METRICS)
    dimensions: list[Column] | None = Field(default=None, max_length=MOST_DIMENSIONS)
    funnel_stages: list[Column] | None = Field(default=None, alias="funnelStages")
    comparison: Comparison = "previous_period"
    benchmarks: dict[Column, Target] = Field(default_factory=dict, max_length=MOST_METRICS)
    lower_is_better: list[Column] = Field(
        default_factory=list, max_length=MOST_METRICS, alias="lowerIsBetter"
    )
    top: Annotated[int, Field(ge=1, le=50, strict=True)] = 10

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Each name is given once."""
        for place, named in (
            ("metrics", self.metrics),
            ("dimensions", self.dimensions or []),
            ("funnelStages", self.funnel_stages or []),
        ):
            if len(set(named)) < len(named):
                yield place, sentence([place], repeats(named))


def check(kind: str, given: dict[str, Any], config: ReportConfig) -> dict[str, Any]:
    """The configuration as it is kept, for a dashboard of this kind. Raises Problems.

    A funnel has its four stages written down, so that it stays what it was.
    """
    visual = documents.read(Visual, given, FIELD)
    if kind == "funnel" and visual.funnel_stages is None:
        visual.funnel_stages = usual_stages(config)
    refuse([*_undeclared(visual, config), *_of_funnel(kind, visual, config)])
    return kept(visual)


def usual_stages(config: ReportConfig) -> list[str] | None:
    """Impressions, clicks, detail page views and purchases, where all of them are declared."""
    declared = {metric.name for metric in config.metrics}
    return list(USUAL_STAGES) if declared >= set(USUAL_STAGES) else None


def _undeclared(visual: Visual, config: ReportConfig) -> Iterator[Problem]:
    """Every name that has to be one of the metrics or dimensions, and is not."""
    metrics = [metric.name for metric in config.metrics]
    benchmarks = list(visual.benchmarks)
    yield from _unknown("metrics", visual.metrics, "metric", metrics)
    yield from _unknown("dimensions", visual.dimensions or [], "dimension", config.dimensions)
    yield from _unknown("funnelStages", visual.funnel_stages or [], "metric", metrics)
    yield from _unknown("lowerIsBetter", visual.lower_is_better, "benchmark", benchmarks)
    for name in benchmarks:
        if name not in metrics:
            yield Problem(f"{FIELD}.benchmarks.{name}", unknown("metric", name, metrics))


def _unknown(
    place: str, names: Sequence[str], noun: str, known: Sequence[str]
) -> Iterator[Problem]:
    for number, name in enumerate(names):
        if name not in known:
            yield Problem(f"{FIELD}.{place}.{number}", unknown(noun, name, known))


def _of_funnel(kind: str, visual: Visual, config: ReportConfig) -> Iterator[Problem]:
    stages = visual.funnel_stages
    field = f"{FIELD}.funnelStages"
    if stages is None:
        if kind == "funnel":
            names = ", ".join(one.name for one in config.metrics if one.kind != "ratio")
            yield Problem(field, f"Name the four stages of the funnel; there are {names}.")
        return
    if len(stages) != STAGES:
        yield Problem(field, f"A funnel has {STAGES} stages; these are {len(stages)}.")
    ratios = {metric.name for metric in config.metrics if metric.kind == "ratio"}
    for number, name in enumerate(stages):
        if name in ratios:
            yield Problem(f"{field}.{number}", f"{name!r} is a ratio, and no stage of a funnel.")
