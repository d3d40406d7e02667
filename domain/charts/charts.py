"""Draws a dataset as a Vega-Lite specification that contains its own data.

The same dataset gives the same bytes. A chart fetches nothing. Text that people wrote is never
evaluated as an expression: titles, names and values stay text.
"""

import textwrap
from dataclasses import replace
from typing import Any

from domain.charts import rows as chart_rows
from domain.charts import texts
from domain.charts.datasets import Dataset
from domain.charts.display import Display
from domain.charts.marks import bars, lines
from domain.charts.numerals import ENGLISH
from domain.charts.parts import Drawing, Spec, legend_height, nothing
from domain.charts.scatters import scatter
from domain.charts.shares import funnel, pie
from domain.charts.themes import COLOURS, Theme, config

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"  # a name; it is never fetched
HEIGHT = 300  # pixels of the plot
PANEL_HEIGHT = 120  # pixels of each of several charts below each other
PANEL_WIDTH = 560  # pixels; Vega-Lite fits only single charts to their container
BAR_HEIGHT = 16
AXIS_HEIGHT = 90  # pixels above and below horizontal bars
LINE_LENGTH = 46  # characters of a title
MOST_SLICES = 12
COUNT_UNITS = ("count", "users")

# The chart types with layers of their own, and the field that decides the colour of their marks.
SINGLE = {"pie": (pie, "place"), "funnel": (funnel, "source"), "scatter": (scatter, "group")}


def draw(
    dataset: Dataset,
    widget_type: str,
    chart_type: str | None,
    title: str,
    display: Display,
    theme: Theme = "light",
) -> dict[str, Any]:
    """Draw a chart as wide as its container.

    A chart type that would mislead is replaced by bars, and the subtitle says so.
    """
    assert widget_type == "chart", widget_type
    rows = chart_rows.made(dataset, display)
    drawing = Drawing(dataset, rows, display, COLOURS[theme], rows.series)
    kind, refusal = kind_of(dataset, chart_type)
    subtitle = texts.notes(drawing, kind, refusal)
    return {
        "$schema": SCHEMA,
        "description": texts.alt_text(dataset, widget_type, kind, title),
        "title": {
            "text": _wrapped(texts.title(dataset, title)),
            **({"subtitle": subtitle} if subtitle else {}),
        },
        "config": config(drawing.colours) | _locale(dataset),
        **_view(drawing, kind),
    }


def _locale(dataset: Dataset) -> Spec:
    """Return how the numbers on axes are written. English is what Vega writes by itself."""
    numerals = dataset.numerals
    if numerals == ENGLISH:
        return {}
    marks = {"decimal": numerals.decimal, "thousands": numerals.group, "grouping": [3]}
    return {"locale": {"number": marks | {"currency": ["", ""]}}}


def alt_text(dataset: Dataset, widget_type: str, chart_type: str | None, title: str) -> str:
    """Describe what the widget shows in a few sentences, for people who do not see it."""
    kind, _ = kind_of(dataset, chart_type)
    return texts.alt_text(dataset, widget_type, kind, title)


def kind_of(dataset: Dataset, chart_type: str | None) -> tuple[str, str]:
    """Return the chart type to draw, and why it is not the requested one, if it is not."""
    kind = chart_type or "bar"
    if not dataset.points or kind == "bar":
        return kind, ""
    checks = {"pie": _not_a_pie, "funnel": _not_a_funnel, "scatter": _not_a_scatter}
    refusal = checks.get(kind, _not_a_line)(dataset)
    return ("bar", refusal) if refusal else (kind, "")


def _not_a_line(dataset: Dataset) -> str:
    return "" if dataset.has_periods else "a line needs periods"


def _not_a_scatter(dataset: Dataset) -> str:
    if len(dataset.measures) < 2:
        return "a scatter chart needs two metrics"
    if dataset.has_currencies and any(one.unit == "currency" for one in dataset.measures[:2]):
        return "the sources have different currencies"
    return ""


def _not_a_funnel(dataset: Dataset) -> str:
    if len(dataset.measures) < 2:
        return "a funnel needs at least two stages"
    if any(one.unit not in COUNT_UNITS for one in dataset.measures):
        return "the stages of a funnel must be counts"
    return ""


def _not_a_pie(dataset: Dataset) -> str:
    values = [cell.value for point in dataset.points for cell in point.cells]
    if dataset.has_periods:
        return "a pie needs a dimension and no periods"
    if len(dataset.measures) > 1 or len(dataset.sources) > 1:
        return "a pie shows one metric of one source"
    if dataset.measures[0].kind != "additive":
        return "the values are not parts of a whole"
    if any(value is not None and value < 0 for value in values):
        return "a pie cannot show negative values"
    if len(values) > MOST_SLICES:
        return f"a pie shows at most {MOST_SLICES} slices"
    return "" if any(values) else "all values are zero"


def _view(drawing: Drawing, kind: str) -> Spec:
    every = drawing.rows.rows
    if not drawing.rows.has_values:
        return _single(every, nothing(drawing), HEIGHT)
    if kind in SINGLE:
        layers_of, colour_field = SINGLE[kind]
        layers, rows = layers_of(drawing)
        names = [row[colour_field] for row in rows]
        legend = legend_height(list(dict.fromkeys(names)), drawing.display)
        return _single(rows, layers, HEIGHT + legend)
    axes = range(len(chart_rows.axes(drawing.dataset)))
    if len(axes) == 1:
        return _single(every, _layers(drawing, kind), _height(drawing))
    if len(axes) == 2 and kind != "bar":
        left, right = replace(drawing, axis=0), replace(drawing, axis=1, is_right=True)
        layers = [{"layer": _layers(one, kind)} for one in (left, right)]
        return _single(every, layers, _height(drawing), y="independent")
    return _panels(drawing, [replace(drawing, axis=axis) for axis in axes], kind)


def _layers(drawing: Drawing, kind: str) -> list[Spec]:
    return bars(drawing) if kind == "bar" else lines(drawing, is_area=kind == "area")


def _single(rows: Any, layers: list[Spec], height: int, **scales: str) -> Spec:
    view = {
        "data": {"values": list(rows)},
        "width": "container",
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "layer": layers,
    }
    return {**view, "resolve": {"scale": scales}} if scales else view


def _panels(drawing: Drawing, panels: list[Drawing], kind: str) -> Spec:
    """Small charts below each other, one for each unit."""
    views = [
        {
            "width": PANEL_WIDTH,
            "height": PANEL_HEIGHT if drawing.rows.has_periods else _bars_height(one),
            "layer": _layers(one, kind),
        }
        for one in panels
    ]
    own = {"scale": {"xOffset": "independent", "yOffset": "independent"}}
    data = {"values": list(drawing.rows.rows)}
    return {"data": data, "vconcat": views, "spacing": 14, "resolve": own}


def _height(drawing: Drawing) -> int:
    legend = legend_height([one.name for one in drawing.every], drawing.display)
    if drawing.rows.has_periods:
        return HEIGHT + legend
    return max(HEIGHT, AXIS_HEIGHT + _bars_height(drawing)) + legend


def _bars_height(drawing: Drawing) -> int:
    """Return the height that horizontal bars need, including bars next to each other."""
    beside = 1 if drawing.is_stacked else len(drawing.series)
    return len(drawing.rows.places) * (10 + BAR_HEIGHT * beside * (2 if drawing.is_compared else 1))


def _wrapped(title: str) -> str | list[str]:
    return title if len(title) <= LINE_LENGTH else textwrap.wrap(title, LINE_LENGTH)
