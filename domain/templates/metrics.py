"""What a template says of its columns: which are metrics, how these add up, how to show them.

A number is only ever added up when it may be: the reach of a month is not the sum of its weeks.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from domain import documents
from domain.problems import Problem

FIELD = "reportConfig"
Column: TypeAlias = Annotated[str, Field(min_length=1, max_length=128)]
Title: TypeAlias = Annotated[str, Field(min_length=1, max_length=200)]


class Part(BaseModel):
    """Part of a configuration; a word that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Metric(Part):
    """A number of the result, or one made of two of them."""

    name: Column
    title: Title
    kind: Literal["additive", "ratio", "distinct", "none"]
    unit: Literal["count", "currency", "percent", "ratio", "users", "seconds"]
    description: str = ""
    numerator: Column | None = None
    denominator: Column | None = None

    @model_validator(mode="after")
    def _two_for_a_ratio(self) -> "Metric":
        two = (self.numerator is not None, self.denominator is not None)
        if two != (self.kind == "ratio",) * 2:
            raise ValueError("a ratio has a numerator and a denominator, nothing else has")
        return self


class Widget(Part):
    """One part of the dashboard that the template comes with."""

    widget_type: Literal["chart", "table", "metric_card", "text"]
    title: Title
    chart_type: Literal["line", "bar", "pie", "scatter", "area"] | None = None
    metrics: list[Column] = Field(default_factory=list, max_length=20)
    dimension: Column | None = None
    split: Column | None = None
    text: Annotated[str, Field(max_length=5000)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Widget":
        if (self.widget_type == "chart") != (self.chart_type is not None):
            raise ValueError("a chart has a chart_type, nothing else has")
        if (self.widget_type == "text") != (self.text is not None):
            raise ValueError("a text has text, nothing else has")
        if self.widget_type != "text" and not self.metrics:
            raise ValueError("it shows at least one metric")
        return self


class ReportConfig(Part):
    """Everything a template says of its result."""

    default_window_days: Annotated[int, Field(ge=1, le=365)] = 7
    date_column: Column | None = None
    dimensions: list[Column] = Field(default_factory=list, max_length=50)
    metrics: list[Metric] = Field(default_factory=list, max_length=100)
    widgets: list[Widget] = Field(default_factory=list, max_length=24)


def check(report_config: dict[str, Any], columns: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with a configuration for a result with these columns."""
    unkept = list(documents.check(FIELD, report_config))
    if unkept:
        yield from unkept
        return
    try:
        config = ReportConfig.model_validate(report_config)
    except ValidationError as invalid:
        for error in invalid.errors():
            path = ".".join([FIELD, *map(str, error["loc"])])
            yield Problem(path, f"{error['msg'].removeprefix('Value error, ').capitalize()}.")
        return
    yield from _of_columns(config, columns)
    yield from _of_widgets(config)


def _of_columns(config: ReportConfig, columns: Sequence[str]) -> Iterator[Problem]:
    """Every name that has to be one of the query's columns."""
    named: list[tuple[str, str | None]] = []
    if config.date_column:
        named.append(("date_column", config.date_column))
    named += [(f"dimensions.{number}", name) for number, name in enumerate(config.dimensions)]
    for number, metric in enumerate(config.metrics):
        if metric.kind == "ratio":
            named.append((f"metrics.{number}.numerator", metric.numerator))
            named.append((f"metrics.{number}.denominator", metric.denominator))
        else:
            named.append((f"metrics.{number}.name", metric.name))
    for place, name in named:
        if name not in columns:
            listed = ", ".join(columns)
            yield Problem(
                f"{FIELD}.{place}", f"{name!r} is no column of the query; it has {listed}."
            )
    names = [metric.name for metric in config.metrics] + config.dimensions
    for name in sorted({one for one in names if names.count(one) > 1}):
        yield Problem(f"{FIELD}.metrics", f"{name!r} is described more than once.")


def _of_widgets(config: ReportConfig) -> Iterator[Problem]:
    """Every name a widget shows that has to be described."""
    metrics = {metric.name for metric in config.metrics}
    dimensions = {*config.dimensions, config.date_column, None}
    for number, widget in enumerate(config.widgets):
        field = f"{FIELD}.widgets.{number}"
        for name in widget.metrics:
            if name not in metrics:
                yield Problem(f"{field}.metrics", f"{name!r} is none of the metrics.")
        for place in ("dimension", "split"):
            if getattr(widget, place) not in dimensions:
                shown = getattr(widget, place)
                yield Problem(f"{field}.{place}", f"{shown!r} is none of the dimensions.")
