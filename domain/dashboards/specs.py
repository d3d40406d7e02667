"""Reads the widgets that people submit, and checks their content and their place on the grid."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain import kinds
from domain.charts.display import Display
from domain.dashboards.configs import DataSource, Position
from domain.dashboards.sources import Ref, WidgetSource, not_visible, ref_of
from domain.documents import tried
from domain.problems import Problem, check_name
from domain.sentences import unknown
from domain.templates.metrics import ReportConfig

LONGEST_TITLE = 255


@dataclass(frozen=True)
class WidgetSpec:
    """A widget as a person submits it."""

    kind: str
    title: str
    chart_type: str | None = None
    data_source: Any = None
    display: Any = None
    position: Any = None


@dataclass(frozen=True)
class Checked:
    """A widget that can be drawn, and its place in the input."""

    field: str
    spec: WidgetSpec
    title: str
    data_source: DataSource | None
    display: Display
    position: Position

    def refs(self) -> Iterator[tuple[Ref, str]]:
        """Yield its sources, each with its place in the input.

        Raises NotFound for a malformed id.
        """
        for number, one in enumerate(self.data_source.sources if self.data_source else ()):
            kind, _ = kinds.chosen(one.report_id, one.workflow_id)
            field = f"{self.field}.dataSource.sources.{number}.{kind.argument}"
            yield ref_of(one, field), field


def check(spec: WidgetSpec, field: str) -> tuple[Checked | None, list[Problem]]:
    """Return the widget, or every problem that the widget has on its own."""
    problems = list(_of_kind(spec, field))
    title = spec.title.strip()
    problems += check_name(f"{field}.title", title, LONGEST_TITLE)
    given = {} if spec.display is None else spec.display
    display, wrong = tried(Display, given, f"{field}.display")
    problems += wrong
    position, wrong = tried(Position, spec.position, f"{field}.position")
    problems += wrong
    data_source = None
    if spec.kind != "text" and spec.data_source is not None:
        data_source, wrong = tried(DataSource, spec.data_source, f"{field}.dataSource")
        problems += wrong
    if display is not None and (display.text is None) == (spec.kind == "text"):
        says = (
            "A text widget needs a text."
            if spec.kind == "text"
            else "Only a text widget has a text."
        )
        problems.append(Problem(f"{field}.display.text", says))
    if data_source is not None:
        problems += _of_chart(spec, data_source, f"{field}.dataSource")
    if problems or display is None or position is None:
        return None, problems
    return Checked(field, spec, title, data_source, display, position), []


def _of_kind(spec: WidgetSpec, field: str) -> Iterator[Problem]:
    if (spec.kind == "chart") != (spec.chart_type is not None):
        says = (
            "A chart needs a chart type."
            if spec.kind == "chart"
            else "Only a chart has a chart type."
        )
        yield Problem(f"{field}.chartType", says)
    if (spec.kind == "text") != (spec.data_source is None):
        says = (
            "A text widget shows no data."
            if spec.kind == "text"
            else "The widget needs a data source."
        )
        yield Problem(f"{field}.dataSource", says)


def _of_chart(spec: WidgetSpec, shown: DataSource, field: str) -> Iterator[Problem]:
    """Yield what this kind of chart cannot show, whatever the numbers are."""
    if spec.chart_type == "pie" and (shown.dimension is None or shown.over_time):
        yield Problem(
            f"{field}.dimension", "A pie shows the parts of a whole, so it needs a dimension."
        )
    if spec.chart_type == "pie" and len(shown.metrics) != 1:
        yield Problem(f"{field}.metrics", "A pie shows one metric.")
    if spec.chart_type == "scatter" and len(shown.metrics) != 2:
        yield Problem(f"{field}.metrics", "A scatter shows two metrics, one on each axis.")
    if shown.split is not None and spec.chart_type not in (None, "bar"):
        yield Problem(f"{field}.split", f"A {spec.chart_type} takes no split; bars and tables do.")
    if spec.kind == "metric_card" and shown.dimension is not None:
        yield Problem(
            f"{field}.dimension", "A metric card shows the whole, so it takes no dimension."
        )


def undeclared(widgets: Iterable[Checked], known: Mapping[Ref, WidgetSource]) -> Iterator[Problem]:
    """Yield what widgets show that their sources lack. Raises NotFound for an unknown source."""
    for widget in widgets:
        seen: set[Ref] = set()
        for ref, field in widget.refs():
            if ref not in known:
                raise not_visible(ref, field)
            if ref in seen:
                yield Problem(field, f"{known[ref].name!r} is named twice.")
            seen.add(ref)
        if widget.data_source is not None:
            sources = list({ref: known[ref] for ref, _ in widget.refs()}.values())
            yield from _undeclared(widget.data_source, sources, f"{widget.field}.dataSource")


def _undeclared(shown: DataSource, sources: list[WidgetSource], field: str) -> Iterator[Problem]:
    named = {"dimension": shown.dimension, "split": shown.split}
    dimensions = [(f"{field}.{name}", one) for name, one in named.items() if one]
    dimensions += [
        (f"{field}.filters.{number}.dimension", one.dimension)
        for number, one in enumerate(shown.filters)
    ]
    for source in sources:
        for number, name in enumerate(shown.metrics):
            if name not in source.metrics:
                says = unknown("metric", name, sorted(source.metrics), f"in {source.name!r}")
                yield Problem(f"{field}.metrics.{number}", says)
        for place, dimension in dimensions:
            if dimension not in source.config.dimensions:
                yield Problem(place, _no_dimension(source.name, source.config, str(dimension)))


def _no_dimension(name: str, config: ReportConfig, dimension: str) -> str:
    if dimension == config.date_column:
        return f"{dimension!r} is the date column of {name!r}: omit it, or set overTime."
    return unknown("dimension", dimension, config.dimensions, f"in {name!r}")


@dataclass(frozen=True)
class Placed:
    """A widget on the grid. `field` is its position in the input, if the input gives one."""

    title: str
    position: Position
    field: str | None = None


def overlaps(placed: list[Placed]) -> Iterator[Problem]:
    """Yield a problem for every widget of the input that would overlap another one."""
    for number, one in enumerate(placed):
        if one.field is None:
            continue
        others = (*placed[:number], *(other for other in placed[number:] if other.field is None))
        over = [other for other in others if one.position.overlaps(other.position)]
        if over:
            names = ", ".join(repr(other.title) for other in over)
            yield Problem(one.field, f"{one.title!r} would overlap {names}.")
