"""A frame as a picture: a Vega-Lite specification with its data inside.

The same frame gives the same bytes. Nothing is fetched, and nothing that people have written is
read as an expression: titles, names and values are text.
"""

import textwrap
from dataclasses import replace
from typing import Any

from domain import chart_rows
from domain.chart_marks import bars, lines
from domain.chart_pairs import scatter, scatter_refused
from domain.chart_parts import Drawing, Spec, nothing
from domain.chart_rows import Row
from domain.chart_shares import funnel, funnel_refused, pie, pie_refused
from domain.chart_texts import alt_text, notes
from domain.chart_themes import COLOURS, Theme, config
from domain.frames import Frame
from domain.widget_configs import Display

__all__ = ["alt_text", "draw"]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"  # names the form; nobody reads it
HEIGHT = 300  # of what is drawn, in pixels
PANEL = 120  # of one of several charts below each other
WIDTH = 560  # of these: Vega-Lite fits single charts only into their place
BAR = 26
LINE = 64  # letters of a title

REFUSED = {"pie": pie_refused, "funnel": funnel_refused, "scatter": scatter_refused}
DRAWN = {"pie": pie, "funnel": funnel, "scatter": scatter}


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
    kind, refusal = kind_of(drawing, chart_type)
    subtitle = notes(drawing, kind, refusal)
    return {
        "$schema": SCHEMA,
        "description": alt_text(frame, widget_type, chart_type, title),
        "title": {"text": _wrapped(title, LINE), **({"subtitle": subtitle} if subtitle else {})},
        "config": config(drawing.colours),
        **_view(drawing, kind),
    }


def kind_of(drawing: Drawing, chart_type: str | None) -> tuple[str, str]:
    """How it is drawn, and why not as asked for."""
    kind = chart_type or "bar"
    if kind in REFUSED and drawing.frame.points:
        refusal = REFUSED[kind](drawing)
        return ("bar", refusal) if refusal else (kind, "")
    if kind in ("line", "area") and not drawing.rows.is_timed:
        return "bar", f"{'a line' if kind == 'line' else 'an area'} needs periods"
    return kind, ""


def _view(drawing: Drawing, kind: str) -> Spec:
    if not drawing.rows.has_values:
        return _single(drawing.rows.rows, nothing(drawing), HEIGHT)
    if kind in DRAWN:
        layers, rows = DRAWN[kind](drawing)
        return _single(rows, layers, HEIGHT)
    panels = [drawing.of(one) for one in _units(drawing.frame)]
    if len(panels) == 1:
        return _single(drawing.rows.rows, _layers(drawing, kind), _height(drawing))
    if len(panels) == 2 and kind != "bar":
        return _single(drawing.rows.rows, _two_axes(panels, kind), HEIGHT, y="independent")
    return _panels(drawing, panels, kind)


def _units(frame: Frame) -> list[list[int]]:
    """The metrics by unit: those that share an axis."""
    units: dict[tuple[str, str | None], list[int]] = {}
    for number, one in enumerate(frame.measures):
        units.setdefault((one.unit, one.currency), []).append(number)
    return list(units.values())


def _layers(drawing: Drawing, kind: str) -> list[Spec]:
    return bars(drawing) if kind == "bar" else lines(drawing, is_area=kind == "area")


def _two_axes(panels: list[Drawing], kind: str) -> list[Spec]:
    left, right = panels
    right = replace(right, rows=right.rows.without_bands(), is_right=True)
    return [{"layer": _layers(left, kind)}, {"layer": _layers(right, kind)}]


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
    height = _height(drawing) if not drawing.rows.is_timed else PANEL
    views = [{"width": WIDTH, "height": height, "layer": _layers(one, kind)} for one in panels]
    return {"data": {"values": list(drawing.rows.rows)}, "vconcat": views, "spacing": 14}


def _height(drawing: Drawing) -> int:
    """Lying bars need room for each."""
    if drawing.rows.is_timed:
        return HEIGHT
    beside = 1 if drawing.is_stacked else len(drawing.every)
    return max(HEIGHT, 60 + BAR * len(drawing.rows.places) + 12 * len(drawing.shown) * (beside > 1))


def _wrapped(text: str, letters: int) -> str | list[str]:
    return text if len(text) <= letters else textwrap.wrap(text, letters)
