"""What charts are put together from: axes, colours, tooltips, and marks of what is not known.

Fields and expressions are ours and constant; all that people have written is data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeAlias

from domain.charts.datasets import Frame, Measure
from domain.charts.display import Display
from domain.charts.rows import Row, Rows, Series, tints, turns
from domain.charts.themes import Colours
from domain.charts.words import label_expression

Spec: TypeAlias = dict[str, Any]
NAMES = {
    "daily": "Day",
    "weekly": "Week, by its first day",
    "monthly": "Month",
    "quarterly": "Quarter",
}
MOST_NAMES = 20  # of a legend
LINE = 20  # pixels of a line of it
PATTERNS = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3])  # of lines
CROSS = "M-1,-1L1,1M-1,1L1,-1"


@dataclass(frozen=True)
class Drawing:
    """All that a layer is drawn from; `every` series has a colour, also those of other layers."""

    frame: Frame
    rows: Rows
    display: Display
    colours: Colours
    every: tuple[Series, ...]
    axis: int | None = None  # which of several axes of values is drawn; None: there is one
    is_right: bool = False  # whether it is the right one

    @property
    def measures(self) -> list[Measure]:
        """The metrics that are drawn, in the order of the frame."""
        return [self.frame.measures[one] for one in sorted({one.measure for one in self.series})]

    @property
    def series(self) -> list[Series]:
        """Those of this axis."""
        if self.axis is None:
            return list(self.every)
        names = {row["series"] for row in self.shown}
        return [one for one in self.every if one.name in names]

    @property
    def hues(self) -> tuple[list[str], list[str]]:
        """By what every series has its colour: the value it is of, and its tone."""
        return [one.value[0] or "" for one in self.every], [one.tone for one in self.every]

    @property
    def shown(self) -> list[Row]:
        """The rows of marks of this axis, without bands."""
        marks = (row for row in self.rows.rows if row["part"] != "band")
        return [row for row in marks if self.axis is None or row["axis"] == self.axis]

    @property
    def is_compared(self) -> bool:
        """Whether there is a value of the period before."""
        return any(row["before"] is not None for row in self.shown)

    @property
    def is_stacked(self) -> bool:
        """Whether values are stacked: it is asked for, all are there, and they add up."""
        adds = all(one.kind == "additive" for one in self.measures)
        whole = all(row["y"] is not None and row["y"] >= 0 for row in self.shown)
        return self.display.stacked and adds and whole and not self.is_compared

    def has(self, part: str) -> bool:
        """Whether there is such a row."""
        if part == "band":
            return any(row["part"] == part for row in self.rows.rows)
        return any(row["part"] == part for row in self.shown)

    def only(self, *parts: str, **also: bool) -> list[Spec]:
        """A filter for some parts of the rows of this axis."""
        tests: list[Spec] = [{"field": "part", "oneOf": list(parts)}]
        tests += [{"field": name, "equal": value} for name, value in also.items()]
        if self.axis is not None and parts != ("band",):
            tests.append({"field": "axis", "equal": self.axis})
        return [{"filter": {"and": tests}}]


def colour(drawing: Drawing) -> Spec:
    """Series by colour; a legend where there is more than one."""
    names = [one.name for one in drawing.every]
    return {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": names, "range": tints(*drawing.hues, drawing.colours)},
        "sort": None,
        "legend": legend(names, drawing.display),
    }


def dashes(drawing: Drawing) -> Spec:
    """When colours are used again, lines of another pattern."""
    names = [one.name for one in drawing.every]
    rounds = [max(0, one) // len(drawing.colours.series) for one in turns(*drawing.hues)]
    if not any(rounds) or drawing.is_compared:
        return {}
    patterns = [PATTERNS[one % len(PATTERNS)] for one in rounds]
    scale = {"domain": names, "range": patterns}
    shown = legend(names, drawing.display)
    own = {"field": "series", "type": "nominal", "scale": scale, "sort": None, "legend": shown}
    return {"strokeDash": own}


def slots_of(field: str, domain: list[str]) -> Spec:
    """Places beside each other, in an order of their own: without one Vega-Lite takes that of the
    colours, and writes the names of the series into an expression.
    """
    return {"field": field, "type": "nominal", "scale": {"domain": domain}, "sort": domain}


def legend(names: Sequence[str], display: Display) -> Spec | None:
    """As many columns as their names leave room for."""
    if not display.show_legend or len(names) < 2:
        return None
    return {"columns": columns(names), "symbolLimit": MOST_NAMES}


def columns(names: Sequence[str]) -> int:
    """Columns of a legend in a place of half a page."""
    longest = max(len(name) for name in names)
    return 2 if longest > 16 else 3 if longest > 9 else 4


def legend_height(names: Sequence[str], display: Display) -> int:
    """The pixels that a legend takes."""
    if legend(names, display) is None:
        return 0
    return 26 + LINE * ceil(min(len(names), MOST_NAMES) / columns(names))


def tooltip(drawing: Drawing) -> list[Spec]:
    """Texts under fixed words: no name that somebody gave is a key, where some have a meaning."""
    fields = [] if drawing.rows.is_timed else [("place", "Of")]
    fields += [("days", "Days")]
    fields += [("series", "Series")] if len(drawing.every) > 1 else []
    fields += [("value", "Value")]
    fields += [("was", "Before")] if any(row["was"] for row in drawing.shown) else []
    return told([*fields, ("coverage", "Days known"), ("status", "Status")])


def told(fields: Sequence[tuple[str, str]]) -> list[Spec]:
    """A tooltip of these fields."""
    return [{"field": field, "type": "nominal", "title": title} for field, title in fields]


def value_axis(drawing: Drawing) -> Spec:
    """A quantitative axis from zero, in the unit of its metrics."""
    titles = list(dict.fromkeys(one.title for one in drawing.measures))
    title = drawing.display.y_title
    if title is None:
        title = ", ".join(titles[:3]) + (" …" if titles[3:] else "")
    axis = {"title": title, "tickCount": 5, "labelExpr": label_expression(drawing.measures[0])}
    if drawing.is_right:
        axis |= {"orient": "right", "grid": False}
    return {"field": "y", "type": "quantitative", "scale": {"zero": True}, "axis": axis}


def time_axis(drawing: Drawing, padding: float) -> Spec:
    """Periods as words in their order: a calendar day has no time zone that could move it."""
    places = drawing.rows.places
    is_weekly = drawing.frame.level == "weekly"
    has_years = is_weekly and any(place[-4:].isdigit() for place in places)
    title = drawing.display.x_title
    if title is None:
        title = NAMES[drawing.frame.level]
        title += f", {drawing.frame.start.year}" if is_weekly and not has_years else ""
    scale = {"type": "band", "domain": list(places), "paddingInner": padding}
    axis: Spec = {
        "title": title,
        "labelAngle": 0,
        "labelOverlap": "parity",
        "labelSeparation": 6,
        "grid": False,
    }
    if has_years:
        axis["labelExpr"] = "[slice(datum.label, 0, -5), slice(datum.label, -4)]"
    return {
        "field": "place",
        "type": "ordinal",
        "sort": None,
        "scale": {**scale, "paddingOuter": padding / 2},
        "axis": axis,
    }


def value_places(drawing: Drawing) -> Spec:
    """A dimension's values from top to bottom, in the order of the frame."""
    return {
        "field": "place",
        "type": "nominal",
        "sort": None,
        "scale": {
            "type": "band",
            "domain": list(drawing.rows.places),
            "paddingInner": 0.25,
            "paddingOuter": 0.12,
        },
        "axis": {"title": drawing.display.x_title, "labelLimit": 190},
    }


def bands(drawing: Drawing, x: Spec) -> list[Spec]:
    """A light band and a cross wherever nothing is known of a period."""
    if not drawing.has("band"):
        return []
    tips = told([("days", "Days"), ("coverage", "Days known"), ("status", "Status")])
    shade = {"type": "rect", "color": drawing.colours.shade}
    return [
        {"transform": drawing.only("band"), "mark": shade, "encoding": {"x": x, "tooltip": tips}},
        {
            "transform": drawing.only("band"),
            "mark": cross(drawing),
            "encoding": {"x": x, "y": {"value": "height"}, "tooltip": tips},
        },
    ]


def cross(drawing: Drawing) -> Spec:
    """A small cross above the foot of the chart."""
    tint = drawing.colours.muted
    mark = {"type": "point", "shape": CROSS, "size": 24, "opacity": 1}
    return {**mark, "color": tint, "yOffset": -7}


def nothing(drawing: Drawing) -> list[Spec]:
    """Axes, and in their middle the word that there is nothing to draw yet."""
    text = "No values in these days" if drawing.frame.points else "No data yet"
    y = {"datum": 0, "type": "quantitative", "scale": {"domain": [0, 1]}}
    y["axis"] = {"labels": False, "grid": False, "title": None}
    x: Spec = {"datum": 0, "type": "quantitative", "scale": {"domain": [0, 1]}, "axis": y["axis"]}
    if drawing.rows.is_timed and drawing.rows.places:
        x = time_axis(drawing, 0)
    held = {"values": [{"place": (*drawing.rows.places, "")[0]}]}
    mark = {"type": "text", "text": text, "fontSize": 14, "color": drawing.colours.muted}
    middle = {"x": {"value": {"expr": "width / 2"}}, "y": {"value": {"expr": "height / 2"}}}
    return [
        {"data": held, "mark": {"type": "point", "opacity": 0}, "encoding": {"x": x, "y": y}},
        *(bands(drawing, x) if drawing.frame.points and drawing.rows.is_timed else []),
        {"data": {"values": [{}]}, "mark": mark, "encoding": middle},
    ]
