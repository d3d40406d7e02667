"""What a template says of its columns: which are metrics, how to sum them, how to show them.

A number is summed only if that is valid: the reach of a month is not the sum of its weeks.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from domain import documents
from domain.amc import currencies
from domain.amc.currencies import Amounts
from domain.documents import Config
from domain.problems import Problem, check_name
from domain.sentences import unknown

FIELD = "reportConfig"
LONGEST_WINDOW = 365  # days
MOST_METRICS = 100
MOST_MEASURES = 20  # metrics of a widget
MOST_WIDGETS = 24  # of a dashboard, and of the one that a template comes with
MOST_DIMENSIONS = 50
Column: TypeAlias = Annotated[str, Field(min_length=1, max_length=128)]
LONGEST_TITLE = 200
Title: TypeAlias = Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]


ONCE = ("distinct", "none")  # kinds of metrics that cannot be summed over periods


class Part(Config):
    """Part of a configuration. Its values are never converted.

    Clients write `dateColumn`; what is stored, and what comes with the product, has `date_column`.
    """

    model_config = ConfigDict(strict=True, alias_generator=to_camel)


class Metric(Part):
    """A number of the result, or a ratio of two."""

    name: Column
    title: Title
    kind: Literal["additive", "ratio", "distinct", "none"]
    unit: Literal["count", "currency", "percent", "ratio", "users", "seconds"]
    description: str = ""
    numerator: Column | None = None
    denominator: Column | None = None
    # Dimensions over whose values a metric of kind distinct or none may be added up: nobody is
    # counted under two of them, as long as all other dimensions and the period are the same.
    over: list[Column] = Field(default_factory=list, max_length=MOST_DIMENSIONS)

    @property
    def definition(self) -> tuple[Any, ...]:
        """What decides its numbers. Titles and descriptions may change; numbers stay comparable."""
        return self.kind, self.unit, self.numerator, self.denominator

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Yield a problem unless a ratio, and only a ratio, has a numerator and a denominator."""
        for name in ("numerator", "denominator"):
            is_given = getattr(self, name) is not None
            if self.kind == "ratio" and not is_given:
                yield name, f"A metric of kind 'ratio' needs a {name}."
            if self.kind != "ratio" and is_given:
                yield name, f"A metric of kind {self.kind!r} takes no {name}."
        if self.over and self.kind not in ONCE:
            yield "over", f"A metric of kind {self.kind!r} takes no over: it is added up anyway."


class Widget(Part):
    """One part of the dashboard that the template comes with."""

    widget_type: Literal["chart", "table", "metric_card", "text"]
    title: Title
    chart_type: Literal["line", "bar", "pie", "scatter", "area"] | None = None
    metrics: list[Column] = Field(default_factory=list, max_length=MOST_MEASURES)
    dimension: Column | None = None
    split: Column | None = None
    text: Annotated[str, Field(max_length=5000)] | None = None

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Yield a problem for each field that this type needs and lacks, or does not take."""
        named = f"A widget of type {self.widget_type!r}"
        for name, of, given in (
            ("chartType", "chart", self.chart_type),
            ("text", "text", self.text),
        ):
            if self.widget_type == of and given is None:
                yield name, f"{named} needs a {name}."
            if self.widget_type != of and given is not None:
                yield name, f"{named} takes no {name}."
        if self.widget_type != "text" and not self.metrics:
            yield "metrics", f"{named} needs at least one metric."


class Whole(Part):
    """The rows that count everybody once, over all dimensions but those of `Metric.over`.

    They have this value in this column. Metrics that cannot be added up are read from them, and
    nothing else is. The column is a constant of the query, so that privacy never withholds it.
    """

    column: Column
    value: Annotated[str, Field(min_length=1, max_length=1000)]


class ReportConfig(Part):
    """Everything that a template says of its result."""

    default_window_days: Annotated[int, Field(ge=1, le=LONGEST_WINDOW)] = 7
    date_column: Column | None = None
    dimensions: list[Column] = Field(default_factory=list, max_length=MOST_DIMENSIONS)
    metrics: list[Metric] = Field(default_factory=list, max_length=MOST_METRICS)
    widgets: list[Widget] = Field(default_factory=list, max_length=MOST_WIDGETS)
    whole: Whole | None = None

    def amounts(self, marketplace: str | None) -> Amounts:
        """Return which columns hold amounts, for an instance of this marketplace."""
        declared = ((one.name, one.unit, one.numerator) for one in self.metrics)
        return currencies.amounts(declared, marketplace)

    @property
    def once(self) -> list[Metric]:
        """The metrics that cannot be added up over everything."""
        return [one for one in self.metrics if one.kind in ONCE]


def kept(report_config: Any) -> dict[str, Any]:
    """A configuration that `check` has passed, as it is stored: only what was given."""
    config = ReportConfig.model_validate(report_config)
    return config.model_dump(mode="json", by_alias=False, exclude_unset=True)


def check(report_config: Any, columns: Sequence[str] | None) -> Iterator[Problem]:
    """Yield the problems of a configuration.

    `columns` are those of the query, if they are known.
    """
    config, problems = documents.tried(ReportConfig, report_config, FIELD)
    if config is None:
        yield from problems
        return
    if columns is not None:
        yield from _of_columns(config, columns)
    yield from _of_dimensions(config)
    yield from _of_widgets(config)
    yield from _of_titles(config)


def _of_titles(config: ReportConfig) -> Iterator[Problem]:
    """Titles that nobody sees. Not a rule of the model, which also reads what is stored."""
    titles = [(f"metrics.{number}", one.title) for number, one in enumerate(config.metrics)]
    titles += [(f"widgets.{number}", one.title) for number, one in enumerate(config.widgets)]
    for place, title in titles:
        yield from check_name(f"{FIELD}.{place}.title", title, LONGEST_TITLE)


def _of_columns(config: ReportConfig, columns: Sequence[str]) -> Iterator[Problem]:
    """Yield a problem for each name that is not one of the query's columns."""
    named: list[tuple[str, str | None]] = []
    if config.date_column:
        named.append(("dateColumn", config.date_column))
    if config.whole is not None:
        named.append(("whole.column", config.whole.column))
    named += [(f"dimensions.{number}", name) for number, name in enumerate(config.dimensions)]
    for number, metric in enumerate(config.metrics):
        if metric.kind == "ratio":
            named.append((f"metrics.{number}.numerator", metric.numerator))
            named.append((f"metrics.{number}.denominator", metric.denominator))
        else:
            named.append((f"metrics.{number}.name", metric.name))
    for place, name in named:
        if name not in columns:
            says = unknown("column", str(name), columns, "in the query")
            yield Problem(f"{FIELD}.{place}", says)
    names = [metric.name for metric in config.metrics] + config.dimensions
    for name in sorted({one for one in names if names.count(one) > 1}):
        yield Problem(f"{FIELD}.metrics", f"{name!r} is described more than once.")


def _of_dimensions(config: ReportConfig) -> Iterator[Problem]:
    """Yield a problem for each name that must be a dimension and is none."""
    named = [
        (f"metrics.{number}.over.{place}", name)
        for number, metric in enumerate(config.metrics)
        for place, name in enumerate(metric.over)
    ]
    for place_, name in named:
        if name not in config.dimensions:
            yield Problem(f"{FIELD}.{place_}", unknown("dimension", name, config.dimensions))


def _of_widgets(config: ReportConfig) -> Iterator[Problem]:
    """Yield a problem for each name that a widget shows and the configuration lacks."""
    metrics = [metric.name for metric in config.metrics]
    dimensions = [*config.dimensions, *([config.date_column] if config.date_column else [])]
    for number, widget in enumerate(config.widgets):
        field = f"{FIELD}.widgets.{number}"
        for place, name in enumerate(widget.metrics):
            if name not in metrics:
                yield Problem(f"{field}.metrics.{place}", unknown("metric", name, metrics))
        for side, by in (("dimension", widget.dimension), ("split", widget.split)):
            if by is not None and by not in dimensions:
                yield Problem(f"{field}.{side}", unknown("dimension", by, dimensions))
