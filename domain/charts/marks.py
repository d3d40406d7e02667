"""The layers of line, area and bar charts: over time, or by the values of a dimension."""

from typing import Any

from domain.charts.parts import (
    Drawing,
    Spec,
    bands,
    colour,
    cross,
    dashes,
    slots_of,
    time_axis,
    tooltip,
    turns_of_series,
    value_axis,
    value_places,
)

DASHED = {"strokeDash": [5, 4], "strokeWidth": 1.5, "opacity": 0.7}
PATH: dict[str, Any] = {"strokeWidth": 2, "invalid": "break-paths-show-path-domains"}
# Without an explicit order, Vega-Lite writes the names of the series into an expression.
ORDER = {"field": "number", "type": "quantitative", "sort": "descending"}
MARKS = ("value", "gap", "hole")
MANY = 120  # rows; above this number points are drawn small


def lines(drawing: Drawing, is_area: bool = False) -> list[Spec]:
    """Lines, broken where a value is missing. A point whose value may still change is hollow."""
    x, y, hue = time_axis(drawing, 0), value_axis(drawing), colour(drawing)
    stack = "zero" if is_area and drawing.is_stacked else None
    encoding = {"x": x, "y": {**y, "stack": stack} if is_area else y, "color": hue}
    layers = [] if drawing.is_right else [*bands(drawing, x), *turns_of_series(drawing, x)]
    if drawing.is_compared:
        past = {"x": x, "y": {**y, "field": "before"}, "color": hue}
        layers.append(_path(drawing, {"type": "line", **PATH, **DASHED}, past))
    if stack:
        stacked = {**encoding, "order": ORDER, "tooltip": tooltip(drawing)}
        areas = [_path(drawing, _area(0.85), stacked), *_lone(drawing, stacked)]
        return [*layers, *areas, *_gaps(drawing, x)]
    if is_area:
        layers.append(_path(drawing, _area(0.2), encoding))
    layers.append(_path(drawing, {"type": "line", **PATH}, {**encoding, **dashes(drawing)}))
    return [*layers, *_points(drawing, encoding), *_gaps(drawing, x)]


def _path(drawing: Drawing, mark: Spec, encoding: Spec) -> Spec:
    return {"transform": drawing.only(*MARKS), "mark": mark, "encoding": encoding}


def _area(opacity: float) -> Spec:
    return {"type": "area", **PATH, "strokeWidth": 0, "fillOpacity": opacity}


def _lone(drawing: Drawing, encoding: Spec) -> list[Spec]:
    """Points of values between two gaps, on top of the stack that the others make."""
    if not any(row.get("isAlone") for row in drawing.shown):
        return []
    test = {"field": "isAlone", "equal": True}
    seen = {"condition": {"test": test, "value": 1}, "value": 0}
    mark = {"type": "point", "filled": True, "size": 36}
    return [_path(drawing, mark, {**encoding, "opacity": seen})]


def _points(drawing: Drawing, encoding: Spec) -> list[Spec]:
    size = 36 if len(drawing.shown) <= MANY else 14
    full = {"type": "point", "filled": True, "opacity": 1, "size": size}
    hollow = {"type": "point", "fill": drawing.colours.background, "opacity": 1, "strokeWidth": 2}
    kinds = {False: full, True: {**hollow, "size": size + 12}}
    there = {row["isOpen"] for row in drawing.shown if row["part"] == "value"}
    return [
        {
            "transform": drawing.only("value", isOpen=is_open),
            "mark": mark,
            "encoding": {**encoding, "tooltip": tooltip(drawing)},
        }
        for is_open, mark in kinds.items()
        if is_open in there
    ]


def _gaps(drawing: Drawing, place: Spec) -> list[Spec]:
    """A cross on the time axis where a series has no value, with the reason as its tooltip."""
    if not drawing.has("gap"):
        return []
    encoding = {"x": place, "y": {"value": "height"}, "tooltip": tooltip(drawing)}
    if len(drawing.every) > 1:
        encoding["color"] = colour(drawing)
    return [{"transform": drawing.only("gap"), "mark": cross(drawing), "encoding": encoding}]


def bars(drawing: Drawing) -> list[Spec]:
    """Bars beside each other: vertical over time, horizontal by the values of a dimension."""
    has_periods = drawing.rows.has_periods
    along, across = ("x", "y") if has_periods else ("y", "x")
    place = time_axis(drawing, 0.25) if has_periods else value_places(drawing)
    length = {**value_axis(drawing), "stack": "zero" if drawing.is_stacked else None}
    encoding: Spec = {along: place, across: length}
    if drawing.is_stacked:
        encoding["order"] = ORDER
    beside = f"{along}Offset"
    layers = [*bands(drawing, place), *turns_of_series(drawing, place)] if has_periods else []
    if drawing.is_compared:
        past = {**encoding, across: {**length, "field": "before"}, beside: _slots(drawing, "past")}
        layers.append(_past(drawing, past))
    if drawing.is_compared or (len(drawing.series) > 1 and not drawing.is_stacked):
        encoding[beside] = _slots(drawing, "slot")
    layers.append(_bar(drawing, encoding))
    if has_periods:
        return [*layers, *_gaps(drawing, place)]
    return [*layers, *_reasons(drawing, along, across, encoding)]


def _slots(drawing: Drawing, field: str) -> Spec:
    """Return the slots of neighbouring bars: per series the previous value, if any, and its own."""
    order = ("past", "slot") if drawing.is_compared else ("slot",)
    domain = [f"{name} {one.number}" for one in drawing.series for name in order]
    return slots_of(field, domain)


def _past(drawing: Drawing, encoding: Spec) -> Spec:
    mark = {"type": "bar", "fillOpacity": 0.15, "strokeDash": [3, 2], "strokeWidth": 1}
    tips = tooltip(drawing)
    hues = {"color": _hue(drawing), "stroke": _hue(drawing), "tooltip": tips}
    return {
        "transform": drawing.only(*MARKS),
        "mark": mark,
        "encoding": {**encoding, **hues},
    }


def _bar(drawing: Drawing, encoding: Spec) -> Spec:
    test = {"field": "isOpen", "equal": True}
    own = {
        "color": _hue(drawing),
        "stroke": _hue(drawing),
        "fillOpacity": {"condition": {"test": test, "value": 0.3}, "value": 1},
        "tooltip": tooltip(drawing),
    }
    mark = {"type": "bar", "strokeWidth": 1.5}
    return {"transform": drawing.only("value"), "mark": mark, "encoding": {**encoding, **own}}


def _hue(drawing: Drawing) -> Spec:
    """Return the colour of the series. Other values and withheld values are grey."""
    if drawing.rows.has_periods:
        return colour(drawing)
    greys = {"other": drawing.colours.other, "withheld": drawing.colours.withheld}
    tests = [
        {"test": {"field": "tone", "equal": tone}, "value": grey} for tone, grey in greys.items()
    ]
    return {**colour(drawing), "condition": tests}


def _reasons(drawing: Drawing, along: str, across: str, encoding: Spec) -> list[Spec]:
    """Write the reason for a missing value where its bar would be."""
    if not drawing.has("gap"):
        return []
    own = {key: value for key, value in encoding.items() if key.startswith(along)}
    own |= {across: {"value": 0}, "tooltip": tooltip(drawing)}
    own["text"] = {"field": "status", "type": "nominal"}
    mark = {"type": "text", "align": "left", "dx": 5, "color": drawing.colours.muted}
    return [{"transform": drawing.only("gap"), "mark": mark, "encoding": own}]
