"""A frame as a picture: a Vega-Lite specification with its data inside.

The same frame gives the same bytes. Nothing is fetched, and nothing that people have written is
read as an expression: titles, names and values are text.
"""

import textwrap
from dataclasses import replace
from typing import Any

from domain.charts import rows as chart_rows
from domain.charts.datasets import Frame
from domain.charts.display import Display
from domain.charts.kinds import kind_of
from domain.charts.marks import bars, lines
from domain.charts.pairs import scatter
from domain.charts.parts import Drawing, Spec, legend_height, nothing
from domain.charts.shares import funnel, pie
from domain.charts.texts import alt_text, notes
from domain.charts.themes import COLOURS, Theme, config

__all__ = ["alt_text", "draw"]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"  # names the form; nobody reads it
HEIGHT = 300  # of what is drawn, in pixels
PANEL = 120  # of one of several charts below each other
WIDTH = 560  # of these: Vega-Lite fits single charts only into their place
BAR = 16
AXIS = 90  # above and below lying bars
LINE = 46  # letters of a title

DRAWN = {"pie": pie, "funnel": funnel, "scatter": scatter}
NAMED = {"pie": "place", "funnel": "source", "scatter": "group"}  # what their colours mean


def draw(
    frame: Frame,
    widget_type: str,
    chart_type: str | None,
    title: str,
    display: Display,
    theme: Theme = "light",
) -> dict[str, Any]:
    """A chart of the frame, as wide as its place; bars where the type asked for would mislead."""
    assert widget_type == "chart", widget_type
    rows = chart_rows.made(frame, display)
    drawing = Drawing(frame, rows, display, COLOURS[theme], rows.series)
    kind, refusal = kind_of(frame, chart_type)
    subtitle = notes(drawing, kind, refusal)
    return {
        "$schema": SCHEMA,
        "description": alt_text(frame, widget_type, chart_type, title),
        "title": {"text": _wrapped(title, LINE), **({"subtitle": subtitle} if subtitle else {})},
        "config": config(drawing.colours),
        **_view(drawing, kind),
    }


def _view(drawing: Drawing, kind: str) -> Spec:
    every = drawing.rows.rows
    if not drawing.rows.has_values:
        return _single(every, nothing(drawing), HEIGHT)
    if kind in DRAWN:
        layers, rows = DRAWN[kind](drawing)
        names = [row[NAMED[kind]] for row in rows]
        legend = legend_height(list(dict.fromkeys(names)), drawing.display)
        return _single(rows, layers, HEIGHT + legend)
    axes = range(len(chart_rows.axes(drawing.frame)))
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
            "width": WIDTH,
            "height": PANEL if drawing.rows.is_timed else _bars_height(one),
            "layer": _layers(one, kind),
        }
        for one in panels
    ]
    own = {"scale": {"xOffset": "independent", "yOffset": "independent"}}
    data = {"values": list(drawing.rows.rows)}
    return {"data": data, "vconcat": views, "spacing": 14, "resolve": own}


def _height(drawing: Drawing) -> int:
    legend = legend_height([one.name for one in drawing.every], drawing.display)
    if drawing.rows.is_timed:
        return HEIGHT + legend
    return max(HEIGHT, AXIS + _bars_height(drawing)) + legend


def _bars_height(drawing: Drawing) -> int:
    """Lying bars have room, also those beside each other."""
    beside = 1 if drawing.is_stacked else len(drawing.series)
    return len(drawing.rows.places) * (10 + BAR * beside * (2 if drawing.is_compared else 1))


def _wrapped(text: str, letters: int) -> str | list[str]:
    return text if len(text) <= letters else textwrap.wrap(text, letters)
