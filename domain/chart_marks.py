"""Lines, areas and bars over time, and bars of a dimension's values, as Vega-Lite layers.

Fields and expressions are ours and constant; all that people have written is data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from domain.chart_rows import Rows, Series, colours_of
from domain.chart_themes import Colours
from domain.chart_words import label_expression
from domain.frames import Frame, Measure
from domain.widget_configs import Display

Spec: TypeAlias = dict[str, Any]
NAMES = {"weekly": "Week, by its first day", "monthly": "Month", "quarterly": "Quarter"}
KNOWN = {"not": {"field": "part", "equal": "band"}}


@dataclass(frozen=True)
class Drawing:
    """All that a layer is drawn from."""

    frame: Frame
    rows: Rows
    display: Display
    colours: Colours

    @property
    def measures(self) -> list[Measure]:
        """The metrics that are drawn, each once, in the order of the frame."""
        return [self.frame.measures[one] for one in sorted({s.measure for s in self.rows.series})]


def colour(drawing: Drawing, every: Sequence[Series]) -> Spec:
    """Series by colour; a legend where there is more than one."""
    names = [one.name for one in every]
    shown = drawing.display.show_legend and len(names) > 1
    longest = max((len(name) for name in names), default=0)
    legend = {"columns": 1 if longest > 30 else 2 if longest > 14 else 4} if shown else None
    return {
        "field": "series",
        "type": "nominal",
        "scale": {"domain": names, "range": colours_of(every, drawing.colours)},
        "sort": None,
        "legend": legend,
    }


def tooltip(drawing: Drawing) -> list[Spec]:
    """Fixed words and texts; never a name that somebody gave as a key, nor a number."""
    rows = drawing.rows.rows
    shown = [("place", drawing.frame.dimension)] if not drawing.rows.is_timed else []
    fields = [("place", "Of")] if shown else []
    fields += [("days", "Days")]
    fields += [("series", "Series")] if len(drawing.rows.series) > 1 else []
    fields += [("value", "Value")]
    fields += [("was", "Before")] if any(row["was"] for row in rows) else []
    fields += [("coverage", "Days known"), ("status", "Status")]
    return [{"field": field, "type": "nominal", "title": title} for field, title in fields]


def value_axis(drawing: Drawing, channel: str = "y") -> Spec:
    """A quantitative axis from zero, in the unit of its metrics."""
    measures = drawing.measures
    titles = list(dict.fromkeys(one.title for one in measures))
    given = drawing.display.y_title
    title = given if given is not None else ", ".join(titles[:3]) + (" …" if titles[3:] else "")
    axis = {"title": title, "tickCount": 5, "labelExpr": label_expression(measures[0])}
    if channel == "x":
        axis |= {"labelFlush": False}
    return {"field": "y", "type": "quantitative", "scale": {"zero": True}, "axis": axis}


def time_axis(drawing: Drawing, padding: float) -> Spec:
    """Periods as words in their order: a calendar day has no time zone that could move it."""
    frame, display = drawing.frame, drawing.display
    title = NAMES[frame.level] if display.x_title is None else display.x_title
    if frame.level == "weekly" and display.x_title is None and drawing.rows.places:
        one_year = not drawing.rows.places[0][-4:].isdigit()
        title += f", {frame.start.year}" if one_year else ""
    scale = {
        "type": "band",
        "domain": list(drawing.rows.places),
        "paddingInner": padding,
        "paddingOuter": padding / 2,
    }
    axis = {
        "title": title,
        "labelAngle": 0,
        "labelOverlap": "greedy",
        "labelSeparation": 10,
        "grid": False,
    }
    return {"field": "place", "type": "ordinal", "sort": None, "scale": scale, "axis": axis}


def bands(drawing: Drawing, x: Spec) -> list[Spec]:
    """A light band and a cross wherever nothing is known of a period."""
    only = [{"filter": {"field": "part", "equal": "band"}}]
    if not any(row["part"] == "band" for row in drawing.rows.rows):
        return []
    tips = [{**one} for one in tooltip(drawing) if one["field"] not in ("series", "was")]
    shade = {"type": "rect", "color": drawing.colours.shade}
    return [
        {"transform": only, "mark": shade, "encoding": {"x": x, "tooltip": tips}},
        {
            "transform": only,
            "mark": _cross(drawing.colours.muted),
            "encoding": {"x": x, "y": {"value": "height"}, "tooltip": tips},
        },
    ]


def gaps(drawing: Drawing, x: Spec, hue: Spec) -> list[Spec]:
    """A cross at the foot where one series has no value, and a reason for it."""
    if not any(row["part"] == "gap" for row in drawing.rows.rows):
        return []
    return [
        {
            "transform": [{"filter": {"field": "part", "equal": "gap"}}],
            "mark": _cross(drawing.colours.muted),
            "encoding": {
                "x": x,
                "y": {"value": "height"},
                "color": hue,
                "tooltip": tooltip(drawing),
            },
        }
    ]


def _cross(tint: str) -> Spec:
    return {
        "type": "point",
        "shape": "M-1,-1L1,1M-1,1L1,-1",
        "size": 24,
        "color": tint,
        "yOffset": -7,
    }


def lines(drawing: Drawing, every: Sequence[Series], is_area: bool) -> list[Spec]:
    """Lines that break where there is no value; what may still change is a hollow point."""
    x, y, hue = time_axis(drawing, 0), value_axis(drawing), colour(drawing, every)
    held = {"transform": [{"filter": KNOWN}]}
    path = {"strokeWidth": 2, "invalid": "break-paths-show-path-domains"}
    layers = [*bands(drawing, x), *gaps(drawing, x, hue)]
    if _is_compared(drawing):
        mark = {"type": "line", **path, "strokeDash": [5, 4], "strokeWidth": 1.5, "opacity": 0.65}
        layers.append({**held, "mark": mark, "encoding": {"x": x, "y": _before(y), "color": hue}})
    if is_area and drawing.display.stacked and is_whole(drawing):
        stacked = {**y, "stack": "zero"}
        mark = {"type": "area", "fillOpacity": 0.85, "strokeWidth": 0}
        tips = tooltip(drawing)
        layers.append(
            {
                **held,
                "mark": mark,
                "encoding": {"x": x, "y": stacked, "color": hue, "tooltip": tips},
            }
        )
        return layers
    encoding = {"x": x, "y": {**y, "stack": None} if is_area else y, "color": hue}
    if is_area:
        layers.append(
            {
                **held,
                "mark": {"type": "area", **path, "strokeWidth": 0, "fillOpacity": 0.2},
                "encoding": encoding,
            }
        )
    layers.append({**held, "mark": {"type": "line", **path}, "encoding": encoding})
    return [*layers, *points(drawing, encoding)]


def points(drawing: Drawing, encoding: Spec) -> list[Spec]:
    """A point for each value: full, or hollow where it is provisional or not of all days."""
    size = 36 if len(drawing.rows.rows) <= 120 else 12
    tips = {**encoding, "tooltip": tooltip(drawing)}
    kinds = {
        False: {"type": "point", "filled": True, "opacity": 1, "size": size},
        True: {
            "type": "point",
            "fill": drawing.colours.background,
            "opacity": 1,
            "size": size + 14,
            "strokeWidth": 2,
        },
    }
    return [
        {
            "transform": [
                {
                    "filter": {
                        "and": [
                            {"field": "part", "equal": "value"},
                            {"field": "isOpen", "equal": is_open},
                        ]
                    }
                }
            ],
            "mark": mark,
            "encoding": tips,
        }
        for is_open, mark in kinds.items()
        if any(row["isOpen"] == is_open and row["part"] == "value" for row in drawing.rows.rows)
    ]


def is_whole(drawing: Drawing) -> bool:
    """Whether values may be stacked: all are there, and they add up."""
    adds = all(one.kind == "additive" for one in drawing.measures)
    shown = [row["y"] for row in drawing.rows.rows if row["part"] != "band"]
    return adds and all(y is not None and y >= 0 for y in shown)


def _is_compared(drawing: Drawing) -> bool:
    return any(row["before"] is not None for row in drawing.rows.rows)


def _before(y: Spec) -> Spec:
    return {**y, "field": "before"}


def bars(drawing: Drawing, every: Sequence[Series]) -> list[Spec]:
    """Bars beside each other, upright over time and lying for a dimension's values."""
    rows, hue = drawing.rows, colour(drawing, every)
    along, across = ("x", "y") if rows.is_timed else ("y", "x")
    place = time_axis(drawing, 0.25) if rows.is_timed else value_places(drawing)
    length = value_axis(drawing, across)
    stacked = drawing.display.stacked and is_whole(drawing) and not _is_compared(drawing)
    encoding: Spec = {along: place, across: {**length, "stack": "zero" if stacked else None}}
    if not stacked and len(every) > 1:
        domain = [one.name for one in every]
        encoding[f"{along}Offset"] = {
            "field": "series",
            "type": "nominal",
            "scale": {"domain": domain},
            "sort": None,
        }
    layers = bands(drawing, place) if rows.is_timed else []
    thick = {"height" if along == "y" else "width": {"band": 0.55}} if _is_compared(drawing) else {}
    if _is_compared(drawing):
        mark = {
            "type": "bar",
            "fillOpacity": 0.12,
            "strokeDash": [4, 3],
            "strokeWidth": 1,
            "strokeOpacity": 0.8,
        }
        layers.append(
            {
                "transform": [{"filter": KNOWN}],
                "mark": mark,
                "encoding": {
                    **encoding,
                    across: _before(encoding[across]),
                    "color": hue,
                    "stroke": {**hue, "legend": None},
                },
            }
        )
    layers.append(
        {
            "transform": [{"filter": {"field": "part", "equal": "value"}}],
            "mark": {"type": "bar", "strokeWidth": 1.5, **thick},
            "encoding": {
                **encoding,
                "color": _toned(drawing, hue),
                "stroke": {**_toned(drawing, hue), "legend": None}
                if not rows.is_timed
                else {**hue, "legend": None},
                "fillOpacity": {
                    "condition": {"test": {"field": "isOpen", "equal": True}, "value": 0.35},
                    "value": 1,
                },
                "tooltip": tooltip(drawing),
            },
        }
    )
    return [*layers, *_reasons(drawing, encoding, along, across)]


def _toned(drawing: Drawing, hue: Spec) -> Spec:
    if drawing.rows.is_timed:
        return hue
    greys = [("other", drawing.colours.other), ("withheld", drawing.colours.withheld)]
    tests = [{"test": {"field": "tone", "equal": tone}, "value": grey} for tone, grey in greys]
    return {**hue, "condition": tests}


def value_places(drawing: Drawing) -> Spec:
    """A dimension's values from top to bottom, in the order of the frame."""
    scale = {
        "type": "band",
        "domain": list(drawing.rows.places),
        "paddingInner": 0.25,
        "paddingOuter": 0.12,
    }
    axis = {"title": drawing.display.x_title, "labelLimit": 190}
    return {"field": "place", "type": "nominal", "sort": None, "scale": scale, "axis": axis}


def _reasons(drawing: Drawing, encoding: Spec, along: str, across: str) -> list[Spec]:
    """In place of a bar that cannot be drawn: a word or a cross."""
    if not any(row["part"] == "gap" for row in drawing.rows.rows):
        return []
    own = {key: value for key, value in encoding.items() if key.startswith(along)}
    only = [{"filter": {"field": "part", "equal": "gap"}}]
    tips = tooltip(drawing)
    if drawing.rows.is_timed:
        end: Spec = {"y": {"value": "height"}, "tooltip": tips}
        return [
            {"transform": only, "mark": _cross(drawing.colours.muted), "encoding": {**own, **end}}
        ]
    mark = {"type": "text", "align": "left", "dx": 4, "color": drawing.colours.muted}
    words = {across: {"value": 0}, "text": {"field": "status", "type": "nominal"}, "tooltip": tips}
    return [{"transform": only, "mark": mark, "encoding": {**own, **words}}]
