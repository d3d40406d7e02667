"""The layers of scatter charts: a point for each value or period, by its first two metrics."""

from domain.charts.formats import category, label_expression
from domain.charts.parts import Drawing, Spec, legend, tooltip_of
from domain.charts.rows import Row, once, tints

TIPS = (
    *(("group", "Of"), ("days", "Days"), ("first", "Across"), ("second", "Up")),
    *(("coverage", "Days known"), ("status", "Status")),
)


def scatter(drawing: Drawing) -> tuple[list[Spec], list[Row]]:
    """Draw a point where both metrics have a value.

    It is hollow if one of them may still change.
    """
    rows = _pairs(drawing)
    encoding = {
        "x": _axis(drawing, 0),
        "y": _axis(drawing, 1),
        "color": _hue(drawing, rows),
        "tooltip": tooltip_of(TIPS),
    }
    full = {"type": "point", "filled": True, "opacity": 0.9, "size": 70}
    hollow = {"type": "point", "fill": drawing.colours.background, "opacity": 1, "size": 70}
    marks = {False: full, True: {**hollow, "strokeWidth": 2}}
    return [
        {
            "transform": [{"filter": {"field": "isOpen", "equal": is_open}}],
            "mark": mark,
            "encoding": encoding,
        }
        for is_open, mark in marks.items()
        if any(row["isOpen"] == is_open for row in rows)
    ], rows


def _pairs(drawing: Drawing) -> list[Row]:
    """Return a row for each point. In `shown`, the metrics of one point follow each other."""
    width = len(drawing.dataset.measures)
    names = _names(drawing)
    pairs = zip(drawing.shown[0::width], drawing.shown[1::width], strict=True)
    return [
        {
            **{key: one[key] for key in ("place", "days", "coverage", "status")},
            "group": names[one["series"]] if drawing.rows.has_periods else one["place"],
            "tone": one.get("tone", "own"),
            "across": one["y"],
            "up": two["y"],
            "first": _titled(drawing, 0, one),
            "second": _titled(drawing, 1, two),
            "isOpen": one["isOpen"] or two["isOpen"],
        }
        for one, two in pairs
        if one["y"] is not None and two["y"] is not None
    ]


def _titled(drawing: Drawing, number: int, row: Row) -> str:
    return f"{drawing.dataset.measures[number].title}: {row['value']}"


def _names(drawing: Drawing) -> dict[str, str]:
    """Return the name of the points of each series. It is the same for all metrics."""
    dataset = drawing.dataset
    taken: dict[str, int] = {}
    found: dict[tuple[int, tuple[str | None, bool]], str] = {}
    for one in drawing.every:
        parts = [category(*one.value, dataset.dimension)] if dataset.dimension is not None else []
        parts += [dataset.sources[one.source]] if len(dataset.sources) > 1 or not parts else []
        if (one.source, one.value) not in found:
            found[one.source, one.value] = once(" · ".join(parts), taken)
    return {one.name: found[one.source, one.value] for one in drawing.every}


def _hue(drawing: Drawing, rows: list[Row]) -> Spec:
    """Return a colour for each name if there are enough colours, or else one colour for all.

    Other values and withheld values are always grey.
    """
    colours = drawing.colours
    greys = {"other": colours.other, "withheld": colours.withheld}
    tones = {row["group"]: row["tone"] for row in rows}
    names = list(tones)
    own = [name for name in names if tones[name] == "own"]
    if len(own) > len(colours.series):
        tests = [{"test": {"field": "tone", "equal": k}, "value": v} for k, v in greys.items()]
        return {"condition": tests, "value": colours.series[0]}
    return {
        "field": "group",
        "type": "nominal",
        "sort": None,
        "scale": {"domain": names, "range": tints(names, list(tones.values()), colours)},
        "legend": legend(names, drawing.display),
    }


def _axis(drawing: Drawing, number: int) -> Spec:
    measure = drawing.dataset.measures[number]
    given = drawing.display.y_title if number else drawing.display.x_title
    axis = {"title": measure.title if given is None else given, "tickCount": 5}
    axis["labelExpr"] = label_expression(measure)
    place = "up" if number else "across"
    return {
        "field": place,
        "type": "quantitative",
        "scale": {"zero": False, "padding": 12},
        "axis": axis,
    }
