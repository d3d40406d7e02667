"""The colours and fonts of charts, for a light and for a dark page.

The colours of series are safe for people with colour blindness. They are Okabe and Ito's colours,
or one of Paul Tol's if theirs is too faint on white. Marks have a contrast of at least 3:1, and
text has one of at least 4.5:1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Theme: TypeAlias = Literal["light", "dark"]
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


@dataclass(frozen=True)
class Colours:
    """The colours of a theme. `grid` and `shade` lie behind the marks."""

    background: str
    text: str
    muted: str  # secondary text
    other: str  # the mark of all other values
    withheld: str  # the mark of values that were withheld for privacy
    grid: str
    shade: str
    series: tuple[str, ...]


COLOURS: Mapping[Theme, Colours] = {
    "light": Colours(
        background="#ffffff",
        text="#1f2328",
        muted="#59636e",
        other="#858c94",
        withheld="#59636e",
        grid="#e4e8ec",
        shade="#eceff2",
        series=(
            *("#0072b2", "#d55e00", "#009e73", "#aa3377", "#8a6d00", "#332288", "#cc79a7"),
            *("#117733", "#882255", "#3b8fd0"),
        ),
    ),
    "dark": Colours(
        background="#16191d",
        text="#e6eaee",
        muted="#a3acb6",
        other="#7d858e",
        withheld="#a3acb6",
        grid="#2b3138",
        shade="#242a31",
        series=(
            *("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00", "#0072b2"),
            *("#88ccee", "#999933", "#ee6677"),
        ),
    ),
}


def config(colours: Colours) -> dict[str, Any]:
    """The Vega-Lite configuration of all charts of a theme."""
    return {
        "background": colours.background,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            "domainColor": colours.muted,
            "gridColor": colours.grid,
            "labelColor": colours.muted,
            "labelFontSize": 12,
            "labelLimit": 170,
            "labelPadding": 6,
            "ticks": False,
            "titleColor": colours.text,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "titlePadding": 10,
        },
        "legend": {
            "labelColor": colours.text,
            "labelFontSize": 12,
            "labelLimit": 180,
            "orient": "bottom",
            "symbolStrokeWidth": 2,
            "title": None,
        },
        "title": {
            "anchor": "start",
            "color": colours.text,
            "fontSize": 14,
            "fontWeight": 600,
            "frame": "bounds",
            "offset": 14,
            "subtitleColor": colours.muted,
            "subtitleFontSize": 12,
            "subtitlePadding": 5,
        },
    }
