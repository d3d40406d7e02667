"""The parts that charts share: axes, colours, legends, tooltips, and marks for missing values.

Field names and expressions are constants of this package. Text that people wrote is only data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeAlias

from domain.charts.datasets import Dataset, Measure
from domain.charts.display import Display
from domain.charts.formats import label_expression
from domain.charts.rows import Row, Rows, Series, tints, turns
from domain.charts.themes import Colours

Spec: TypeAlias = dict[str, Any]
PERIOD_NAMES = {
    "daily": "Day",
    "weekly": "Week, by its first day",
    "monthly": "Month",
    "quarterly": "Quarter",
}
MOST_NAMES = 20  # in a legend
LEGEND_LINE = 20  # pixels of a line of a legend
PATTERNS = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3])  # dashes of lines
LABEL, LONG_LABEL = 190, 420  # pixels of a name before it is cut
SHOWN_LETTERS = 22  # of a name that is cut
OF_ALL_AXES = {"band", "turn"}  # parts of rows
CROSS = "M-1,-1L1,1M-1,1L1,-1"


@dataclass(frozen=True)
class Drawing:
    """Everything that a layer is drawn from.

    `every` holds all series of the chart, including those of other axes, because colours depend on
    all of them.
    """

    dataset: Dataset
    rows: Rows
    display: Display
    colours: Colours
    every: tuple[Series, ...]
    axis: int | None = None  # which value axis is drawn; None if there is only one
    is_right: bool = False  # whether that axis is on the right

    @property
    def measures(self) -> list[Measure]:
        """The metrics of this axis, in the order of the dataset and in the axis's currency."""
        found = {one.measure: one.source for one in self.series}
        return [self.dataset.measure_of(found[one], one) for one in sorted(found)]

    @property
    def series(self) -> list[Series]:
        """The series of this axis."""
        if self.axis is None:
            return list(self.every)
        names = {row["series"] for row in self.shown}
        return [one for one in self.every if one.name in names]

    @property
    def hues(self) -> tuple[list[str], list[str]]:
        """The values and the tones of all series, which decide their colours."""
        return [one.value[0] or "" for one in self.every], [one.tone for one in self.every]

    @property
    def shown(self) -> list[Row]:
        """The rows of this axis that have a mark, without those of all axes."""
        marks = (row for row in self.rows.rows if row["part"] not in OF_ALL_AXES)
        return [row for row in marks if self.axis is None or row["axis"] == self.axis]

    @property
    def is_compared(self) -> bool:
        """Whether there is a value to compare with."""
        return any(row["before"] is not None for row in self.shown)

    @property
    def is_stacked(self) -> bool:
        """Whether values are stacked: if requested, and if they can be summed.

        Over time, what is missing is left out and marked. Bars by value need all of their values.
        """
        adds = all(one.kind == "additive" for one in self.measures)
        values = [row["y"] for row in self.shown]
        is_whole = self.rows.has_periods or None not in values
        fits = adds and is_whole and all(one is None or one >= 0 for one in values)
        return self.display.stacked and fits and not self.is_compared

    def has(self, part: str) -> bool:
        """Whether a row of this part exists."""
        if part in OF_ALL_AXES:
            return any(row["part"] == part for row in self.rows.rows)
        return any(row["part"] == part for row in self.shown)

    def only(self, *parts: str, **also: bool) -> list[Spec]:
        """A Vega-Lite filter for the rows of this axis that are one of these parts."""
        tests: list[Spec] = [{"field": "part", "oneOf": list(parts)}]
        tests += [{"field": name, "equal": value} for name, value in also.items()]
        if self.axis is not None and not OF_ALL_AXES.issuperset(parts):
            tests.append({"field": "axis", "equal": self.axis})
        return [{"filter": {"and": tests}}]


def colour(drawing: Drawing) -> Spec:
    """The colour of each series, with a legend where there is more than one."""
    names = [one.name for one in drawing.every]
    return {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": names, "range": tints(*drawing.hues, drawing.colours)},
        "sort": None,
        "legend": legend(names, drawing.display),
    }


def dashes(drawing: Drawing) -> Spec:
    """Return line patterns that tell series of the same colour apart."""
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
    """Return neighbouring slots in an explicit order.

    Without one, Vega-Lite takes the order of the colours and writes the names of the series into an
    expression.
    """
    return {"field": field, "type": "nominal", "scale": {"domain": domain}, "sort": domain}


def legend(names: Sequence[str], display: Display) -> Spec | None:
    """A legend with as many columns as fit; None where none is shown."""
    if not display.show_legend or len(names) < 2:
        return None
    own: Spec = {"columns": columns(names), "symbolLimit": MOST_NAMES}
    return own | {"labelLimit": LONG_LABEL} if look_alike(names) else own


def look_alike(names: Sequence[str]) -> bool:
    """Whether two different names are the same once they are cut to the usual length."""
    return len({name[:SHOWN_LETTERS] for name in names}) < len(set(names))


def columns(names: Sequence[str]) -> int:
    """The number of columns of a legend that is half a page wide."""
    if look_alike(names):
        return 1
    longest = max(len(name) for name in names)
    return 2 if longest > 16 else 3 if longest > 9 else 4


def legend_height(names: Sequence[str], display: Display) -> int:
    """The height of a legend in pixels; 0 where none is shown."""
    if legend(names, display) is None:
        return 0
    return 26 + LEGEND_LINE * ceil(min(len(names), MOST_NAMES) / columns(names))


def tooltip(drawing: Drawing) -> list[Spec]:
    """Return the tooltip of a mark.

    Its keys are fixed, because some names have a meaning in Vega.
    """
    fields = [] if drawing.rows.has_periods else [("place", "Of")]
    fields += [("days", "Days")]
    fields += [("series", "Series")] if len(drawing.every) > 1 else []
    fields += [("value", "Value")]
    fields += [("was", "Before")] if any(row["was"] for row in drawing.shown) else []
    return tooltip_of([*fields, ("coverage", "Days known"), ("status", "Status")])


def tooltip_of(fields: Sequence[tuple[str, str]]) -> list[Spec]:
    """A tooltip of these fields, each with its title."""
    return [{"field": field, "type": "nominal", "title": title} for field, title in fields]


def value_axis(drawing: Drawing) -> Spec:
    """An axis of values from zero, in the unit of its metrics."""
    titles = list(dict.fromkeys(one.title for one in drawing.measures))
    title = drawing.display.y_title
    if title is None:
        title = ", ".join(titles[:3]) + (" …" if titles[3:] else "") + _money(drawing)
    axis = {"title": title, "tickCount": 5, "labelExpr": label_expression(drawing.measures[0])}
    if drawing.is_right:
        axis |= {"orient": "right", "grid": False}
    return {"field": "y", "type": "quantitative", "scale": {"zero": True}, "axis": axis}


def _money(drawing: Drawing) -> str:
    """Return the currency of the axis for its title, if the sources have different ones."""
    measure = drawing.measures[0]
    if measure.unit != "currency" or not drawing.dataset.has_currencies:
        return ""
    return f", {measure.currency or 'currency unknown'}"


def time_axis(drawing: Drawing, padding: float) -> Spec:
    """Return an axis of periods, in order. They are words, so that no time zone moves a day."""
    places = drawing.rows.places
    is_weekly = drawing.dataset.level == "weekly"
    has_years = is_weekly and any(place[-4:].isdigit() for place in places)
    title = drawing.display.x_title
    if title is None:
        title = PERIOD_NAMES[drawing.dataset.level]
        title += f", {drawing.dataset.days.start.year}" if is_weekly and not has_years else ""
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
    """An axis of a dimension's values from top to bottom, in the order of the dataset."""
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
        "axis": {
            "title": drawing.display.x_title,
            "labelLimit": LONG_LABEL if look_alike(drawing.rows.places) else LABEL,
        },
    }


def bands(drawing: Drawing, x: Spec) -> list[Spec]:
    """A shaded band and a cross at each period in which no series has a value."""
    if not drawing.has("band"):
        return []
    tips = tooltip_of([("days", "Days"), ("coverage", "Days known"), ("status", "Status")])
    shade = {"type": "rect", "color": drawing.colours.shade}
    return [
        {"transform": drawing.only("band"), "mark": shade, "encoding": {"x": x, "tooltip": tips}},
        {
            "transform": drawing.only("band"),
            "mark": cross(drawing),
            "encoding": {"x": x, "y": {"value": "height"}, "tooltip": tips},
        },
    ]


def turns_of_series(drawing: Drawing, x: Spec) -> list[Spec]:
    """A dotted line where another series of the report begins, with what is new above it."""
    if not drawing.has("turn"):
        return []
    tint = drawing.colours.muted
    place = {**x, "bandPosition": 0}
    tips = tooltip_of([("days", "Days"), ("status", "From here")])
    line = {"type": "rule", "strokeDash": [2, 3], "strokeWidth": 1.5, "color": tint}
    name = {"type": "text", "align": "center", "baseline": "bottom", "dy": -3, "color": tint}
    text = {"field": "label", "type": "nominal"}
    return [
        {
            "transform": drawing.only("turn"),
            "mark": line,
            "encoding": {"x": place, "tooltip": tips},
        },
        {
            "transform": drawing.only("turn"),
            "mark": name,
            "encoding": {"x": place, "y": {"value": 0}, "text": text, "tooltip": tips},
        },
    ]


def cross(drawing: Drawing) -> Spec:
    """A small cross above the bottom of the plot."""
    tint = drawing.colours.muted
    mark = {"type": "point", "shape": CROSS, "size": 24, "opacity": 1}
    return {**mark, "color": tint, "yOffset": -7}


def nothing(drawing: Drawing) -> list[Spec]:
    """Axes with a note in the middle that says there is nothing to draw."""
    text = "No values for these days" if drawing.dataset.points else "No data yet"
    y = {"datum": 0, "type": "quantitative", "scale": {"domain": [0, 1]}}
    y["axis"] = {"labels": False, "grid": False, "title": None}
    x: Spec = {"datum": 0, "type": "quantitative", "scale": {"domain": [0, 1]}, "axis": y["axis"]}
    if drawing.rows.has_periods and drawing.rows.places:
        x = time_axis(drawing, 0)
    held = {"values": [{"place": (*drawing.rows.places, "")[0]}]}
    mark = {"type": "text", "text": text, "fontSize": 14, "color": drawing.colours.muted}
    middle = {"x": {"value": {"expr": "width / 2"}}, "y": {"value": {"expr": "height / 2"}}}
    return [
        {"data": held, "mark": {"type": "point", "opacity": 0}, "encoding": {"x": x, "y": y}},
        *(bands(drawing, x) if drawing.dataset.points and drawing.rows.has_periods else []),
        {"data": {"values": [{}]}, "mark": mark, "encoding": middle},
    ]
