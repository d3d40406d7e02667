"""The visualization options of a configuration, as JSON: what its views show."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field

from domain import documents
from domain.calendar.units import Comparison
from domain.documents import Config, kept
from domain.problems import Problem, refuse
from domain.sentences import repeats, sentence, unknown
from domain.templates.metrics import Column, ReportConfig

FIELD = "visualizationConfig"
STAGES = 4  # of a funnel
USUAL_STAGES = ("impressions", "clicks", "detail_page_views", "purchases")
MOST_METRICS = 20
MOST_DIMENSIONS = 10
MOST_SHOWN = 30  # metrics of a view, with the stages of a funnel and those with a target
MOST_TOP = 50  # values of a dimension
MOST_GROUPS = MOST_TOP + 2  # with the withheld values, and all others together
Target: TypeAlias = Annotated[Decimal, Field(max_digits=28, decimal_places=10)]


class Benchmark(Config):
    """The value that a metric should reach."""

    metric: Column
    target: Target


def _listed(given: object) -> object:
    """Benchmarks as a list. Those stored before 2026-12 are digits by metric."""
    if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
        return given
    return [{"metric": name, "target": target} for name, target in given.items()]


class Visualization(Config):
    """What views show of results. By default they show all declared metrics and dimensions.

    `comparison` is the window that a view is compared with: the one just before it, or the same
    days a year earlier.
    """

    metrics: list[Column] = Field(default_factory=list, max_length=MOST_METRICS)
    dimensions: list[Column] | None = Field(default=None, max_length=MOST_DIMENSIONS)
    funnel_stages: list[Column] | None = Field(default=None, alias="funnelStages")
    comparison: Comparison = "previous_period"
    benchmarks: Annotated[
        list[Benchmark], Field(max_length=MOST_METRICS), BeforeValidator(_listed)
    ] = Field(default_factory=list)
    lower_is_better: list[Column] = Field(
        default_factory=list, max_length=MOST_METRICS, alias="lowerIsBetter"
    )
    top: Annotated[int, Field(ge=1, le=MOST_TOP, strict=True)] = 10

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Yield a problem for each list that repeats a name."""
        for place, named in (
            ("metrics", self.metrics),
            ("dimensions", self.dimensions or []),
            ("funnelStages", self.funnel_stages or []),
        ):
            if len(set(named)) < len(named):
                yield place, sentence([place], repeats(named))
        if len(self.targets) < len(self.benchmarks):
            twice = repeats(one.metric for one in self.benchmarks)
            yield "benchmarks", sentence(["benchmarks"], twice)

    @property
    def targets(self) -> dict[str, Decimal]:
        """The targets by metric."""
        return {one.metric: one.target for one in self.benchmarks}


def check(kind: str, given: dict[str, Any], config: ReportConfig) -> dict[str, Any]:
    """Check the options for a dashboard type, and return them as they are stored. Raises Problems.

    A funnel without stages gets the four usual stages stored, so that it does not change later.
    """
    visualization = documents.read(Visualization, given, FIELD)
    if kind == "funnel" and visualization.funnel_stages is None:
        visualization.funnel_stages = usual_stages(config)
    refuse(
        [
            *_undeclared(visualization, config),
            *_of_funnel(kind, visualization, config),
            *_too_many(kind, visualization, config),
        ]
    )
    return kept(visualization)


def metrics_shown(kind: str, visualization: Visualization, config: ReportConfig) -> dict[str, None]:
    """The names of the metrics of a view, each once, in display order."""
    shown = visualization.metrics or [one.name for one in config.metrics][:MOST_METRICS]
    if kind == "funnel":
        shown = [*(visualization.funnel_stages or []), *visualization.metrics]
    elif kind == "custom":
        shown = [name for widget in config.widgets for name in widget.metrics]
    return dict.fromkeys([*shown, *visualization.targets])


def usual_stages(config: ReportConfig) -> list[str] | None:
    """Return impressions, clicks, detail page views and purchases if all of them are declared."""
    declared = {metric.name for metric in config.metrics}
    return list(USUAL_STAGES) if declared >= set(USUAL_STAGES) else None


def _undeclared(visualization: Visualization, config: ReportConfig) -> Iterator[Problem]:
    """Yield a problem for each name that is not a declared metric or dimension."""
    metrics, dimensions = [metric.name for metric in config.metrics], config.dimensions
    benchmarks = list(visualization.targets)
    yield from _unknown("metrics", visualization.metrics, "metric", metrics)
    yield from _unknown("dimensions", visualization.dimensions or [], "dimension", dimensions)
    yield from _unknown("funnelStages", visualization.funnel_stages or [], "metric", metrics)
    yield from _unknown("lowerIsBetter", visualization.lower_is_better, "benchmark", benchmarks)
    for number, name in enumerate(benchmarks):
        if name not in metrics:
            field = f"{FIELD}.benchmarks.{number}.metric"
            yield Problem(field, unknown("metric", name, metrics))


def _unknown(
    place: str, names: Sequence[str], noun: str, known: Sequence[str]
) -> Iterator[Problem]:
    for number, name in enumerate(names):
        if name not in known:
            yield Problem(f"{FIELD}.{place}.{number}", unknown(noun, name, known))


def _too_many(kind: str, visualization: Visualization, config: ReportConfig) -> Iterator[Problem]:
    number = len(metrics_shown(kind, visualization, config))
    if number > MOST_SHOWN:
        yield Problem(
            f"{FIELD}.benchmarks" if visualization.benchmarks else FIELD,
            f"A view shows at most {MOST_SHOWN} metrics, those with a benchmark included; these "
            f"would be {number}.",
        )


def _of_funnel(kind: str, visualization: Visualization, config: ReportConfig) -> Iterator[Problem]:
    stages = visualization.funnel_stages
    field = f"{FIELD}.funnelStages"
    if stages is None:
        if kind == "funnel":
            names = ", ".join(one.name for one in config.metrics if one.kind != "ratio")
            yield Problem(field, f"Name the four stages of the funnel. The metrics are {names}.")
        return
    if len(stages) != STAGES:
        yield Problem(field, f"A funnel has {STAGES} stages, not {len(stages)}.")
    ratios = {metric.name for metric in config.metrics if metric.kind == "ratio"}
    for number, name in enumerate(stages):
        if name in ratios:
            yield Problem(
                f"{field}.{number}", f"{name!r} is a ratio and cannot be a stage of a funnel."
            )
