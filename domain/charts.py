"""A frame as a picture: a Vega-Lite specification with its data inside.

The same frame gives the same bytes. Nothing is fetched, and nothing that people have written is
read as an expression: titles, names and values are text.
"""

import textwrap
from collections.abc import Sequence
from typing import Any

from domain import chart_rows
from domain.chart_marks import Drawing, Spec, bars, lines
from domain.chart_rows import Rows, Series
from domain.chart_themes import COLOURS, Theme, config
from domain.frames import Frame
from domain.widget_configs import Display

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"  # names the form; nobody reads it
HEIGHT = 300  # of what is drawn, in pixels
MOST_SLICES = 12


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
    colours = COLOURS[theme]
    drawing = Drawing(frame, chart_rows.made(frame, display), display, colours)
    return {
        "$schema": SCHEMA,
        "title": {"text": _lines(title)},
        "data": {"values": list(drawing.rows.rows)},
        "width": "container",
        "height": HEIGHT,
        "autosize": {"type": "fit", "contains": "padding"},
        "config": config(colours),
        "layer": lines(drawing, drawing.rows.series, False)
        if chart_type == "line"
        else bars(drawing, drawing.rows.series),
    }


def _lines(text: str) -> str | list[str]:
    return text if len(text) <= 64 else textwrap.wrap(text, 64)
