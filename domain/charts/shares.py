"""The layers of pie and funnel charts: the parts of a whole, and what remains at each stage."""

from collections.abc import Iterable
from decimal import Decimal

from domain.charts.datasets import Cell, Dataset
from domain.charts.formats import coverage_of, days_of, reason, value_of
from domain.charts.numerals import Numerals
from domain.charts.parts import Drawing, Spec, legend, slots_of, tooltip_of
from domain.charts.rows import Row, once, tints

HUNDRED = Decimal(100)
DETAILS = (("days", "Days"), ("coverage", "Days known"), ("status", "Status"))


def pie(drawing: Drawing) -> tuple[list[Spec], list[Row]]:
    """Slices clockwise from the top, labelled with their shares."""
    rows = _slices(drawing)
    shared: Spec = {
        "theta": {"field": "y", "type": "quantitative", "stack": True},
        "order": {"field": "number", "type": "quantitative"},
    }
    names = [row["place"] for row in rows]
    tones = [row["tone"] for row in rows]
    hue = {
        "field": "place",
        "type": "nominal",
        "sort": None,
        "scale": {"domain": names, "range": tints(names, tones, drawing.colours)},
        "legend": legend(names, drawing.display),
    }
    tips = tooltip_of([("place", "Of"), ("value", "Value"), ("share", "Share"), *DETAILS])
    arc: Spec = {"type": "arc", "outerRadius": {"expr": "min(width, height) / 2 - 28"}}
    arc |= {"stroke": drawing.colours.background, "strokeWidth": 1.5}
    words: Spec = {"type": "text", "radius": {"expr": "min(width, height) / 2 - 7"}}
    words |= {"fontSize": 12, "color": drawing.colours.text}
    label = {"field": "label", "type": "nominal"}
    return [
        {"mark": arc, "encoding": {**shared, "color": hue, "tooltip": tips}},
        {"mark": words, "encoding": {**shared, "detail": {"field": "place"}, "text": label}},
    ], rows


def _slices(drawing: Drawing) -> list[Row]:
    rows = [row for row in drawing.shown if row["part"] == "value"]
    whole = sum((Decimal(row["digits"]) for row in rows), Decimal(0))
    shares = [Decimal(row["digits"]) / whole * HUNDRED for row in rows]
    told = [drawing.dataset.numerals.percentage(share, 1) for share in shares]
    return [
        {**row, "number": number, "share": text, "label": text * (share >= 4)}
        for number, (row, share, text) in enumerate(zip(rows, shares, told, strict=True))
    ]


def funnel(drawing: Drawing) -> tuple[list[Spec], list[Row]]:
    """A bar for each metric in order, with its count and the change from the stage above."""
    sources = list(_unique(drawing.dataset.sources))
    rows = [row for number, one in enumerate(sources) for row in _stages(drawing, number, one)]
    longest = max((row["y"] or 0 for row in rows), default=0) or 1
    scale = {"domain": [0, longest * 1.5], "nice": False}  # room for the label of the longest bar
    tips = [("stage", "Stage"), ("source", "Source"), ("value", "Value"), ("change", "Change")]
    stages = list(dict.fromkeys(row["stage"] for row in rows))
    encoding: Spec = {
        "y": _stage_places(stages, drawing),
        "x": {"field": "y", "type": "quantitative", "scale": scale, "axis": None, "stack": None},
        "tooltip": tooltip_of([*tips, *DETAILS]),
    }
    hue: Spec = {"value": drawing.colours.series[0]}
    if len(sources) > 1:
        named = {"field": "source", "type": "nominal", "sort": None}
        encoding["yOffset"] = slots_of("slot", [f"slot {one}" for one in range(len(sources))])
        palette = {"domain": sources, "range": list(drawing.colours.series[: len(sources)])}
        hue = {**named, "scale": palette, "legend": legend(sources, drawing.display)}
    text = {"type": "text", "align": "left", "dx": 6, "fontSize": 12, "color": drawing.colours.text}
    label = {"field": "label", "type": "nominal"}
    return [
        {"mark": {"type": "bar"}, "encoding": {**encoding, "color": hue}},
        {"mark": text, "encoding": {**encoding, "text": label}},
    ], rows


def _stage_places(stages: list[str], drawing: Drawing) -> Spec:
    return {
        "field": "stage",
        "type": "nominal",
        "sort": None,
        "scale": {"type": "band", "domain": stages, "paddingInner": 0.25, "paddingOuter": 0.12},
        "axis": {"title": drawing.display.x_title, "domain": False},
    }


def _stages(drawing: Drawing, source: int, name: str) -> list[Row]:
    dataset = drawing.dataset
    titles = _unique([one.title for one in dataset.measures])
    cells = totals(dataset, source)
    before: Cell | None = None
    rows: list[Row] = []
    for stage, measure, cell in zip(titles, dataset.measures, cells, strict=True):
        value = value_of(cell, measure, drawing.display.decimals)
        change = change_of(before, cell, dataset.numerals)
        rows.append(
            {
                "stage": stage,
                "source": name,
                "slot": f"slot {source}",
                "y": 0.0 if cell.value is None else float(cell.value),
                "digits": None if cell.value is None else str(cell.value),
                "value": value,
                "change": change,
                "label": f"{value} · {change}" if change else value,
                "days": days_of(dataset.days),
                "coverage": coverage_of(dataset.coverage),
                "status": _status(dataset, cell),
            }
        )
        before = cell
    return rows


def totals(dataset: Dataset, source: int) -> tuple[Cell, ...]:
    """Return the cells of a source over the whole range.

    Values of several points are not summed.
    """
    if source < len(dataset.totals):
        return dataset.totals[source]
    own = [point for point in dataset.points if point.source == source]
    if len(own) == 1:
        return own[0].cells
    return (Cell(None, "NOT_ADDITIVE" if own else "MISSING"),) * len(dataset.measures)


def _status(dataset: Dataset, cell: Cell) -> str:
    if cell.value is None:
        return reason(cell)
    return "provisional" if dataset.is_provisional else "final"


def change_of(before: Cell | None, cell: Cell, numerals: Numerals) -> str:
    """Return the change between two stages in percent. It is empty if one of them has no value."""
    if before is None or not before.value or cell.value is None:
        return ""
    change = (cell.value - before.value) / before.value * HUNDRED
    is_whole = f"{abs(change):.1f}" == "100.0"
    text = numerals.percentage(abs(change), 3 if is_whole and cell.value else 1)
    return f"{'−' if change < 0 else '+'}{text}"


def _unique(names: Iterable[str]) -> list[str]:
    taken: dict[str, int] = {}
    return [once(name, taken) for name in names]
