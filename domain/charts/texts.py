"""The texts of a chart: the notes below its title, and the description of what it shows."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from domain.charts import comparisons, histories
from domain.charts.datasets import Dataset, Measure, Point
from domain.charts.formats import category, days_of, reason, value_of
from domain.charts.parts import Drawing
from domain.charts.shares import change_of, totals

LINE_LENGTH = 66  # characters of a line of notes
HUNDRED = Decimal(100)


def notes(drawing: Drawing, kind: str, refusal: str) -> list[str]:
    """Return the lines that explain the marks, if they need an explanation."""
    sentences = [f"Drawn as bars: {refusal}."] if refusal else []
    if drawing.rows.has_values:
        sentences += [*_open(drawing, kind), *_missing(drawing, kind), *_compared(drawing, kind)]
        sentences += [*_unstacked(drawing, kind), *_money(drawing.dataset)]
    sentences += histories.in_words(drawing.dataset)
    lines: list[str] = []
    for one in sentences:
        if lines and len(lines[-1]) + len(one) < LINE_LENGTH:
            lines[-1] += f" {one}"
        else:
            lines.append(one)
    return lines


def _open(drawing: Drawing, kind: str) -> list[str]:
    """Explain how values that may still change are marked."""
    drawn = [row for row in drawing.shown if row["part"] == "value"]
    why = ["provisional"] if any(row["isProvisional"] for row in drawn) else []
    why += ["incomplete"] if any(row["isPartial"] for row in drawn) else []
    if not why:
        return []
    if kind in ("pie", "funnel") or drawing.is_stacked:
        return [f"Some values are {' or '.join(why)}."]
    return [f"{'Pale' if kind == 'bar' else 'Hollow'}: {' or '.join(why)}."]


def _missing(drawing: Drawing, kind: str) -> list[str]:
    """Explain how missing values are marked, or how many are not drawn."""
    if kind == "funnel":
        return ["Percentages: the change from the stage above."]
    gaps = sum(row["part"] == "gap" for row in drawing.shown)
    if kind in ("pie", "scatter"):
        return [f"Not drawn: {gaps} without a value."] if gaps else []
    shaded = ["Shaded: no data."] if drawing.has("band") else []
    return shaded if not gaps or not drawing.rows.has_periods else [*shaded, "×: no value."]


def _compared(drawing: Drawing, kind: str) -> list[str]:
    if not drawing.is_compared or kind not in ("line", "area", "bar"):
        return []
    dataset = drawing.dataset
    dashed = f"Dashed: {comparisons.THAN.get(dataset.comparison or '', 'before')}."
    pairs = [(dataset.coverage, dataset.previous_coverage)]
    pairs += [(one.coverage, one.previous_coverage) for one in dataset.points]
    found = (comparisons.obstacle(*one) for one in pairs)
    why_not = next((one for one in found if one is not None), None)
    return [dashed, f"Not comparable: {why_not}."] if why_not else [dashed]


def _money(dataset: Dataset) -> list[str]:
    """Say that the amounts are in several currencies."""
    codes = sorted({one or "unknown" for one in dataset.currencies})
    return [f"Different currencies: {', '.join(codes)}."] if _differ(dataset) else []


def _differ(dataset: Dataset) -> bool:
    """Whether the chart shows amounts of several currencies."""
    return dataset.has_currencies and any(one.unit == "currency" for one in dataset.measures)


def _currencies(dataset: Dataset) -> list[str]:
    """Say which source has which currency, if they differ."""
    if not _differ(dataset):
        return []
    pairs = zip(dataset.sources, dataset.currencies, strict=True)
    named = ", ".join(f"{name} in {code or 'an unknown currency'}" for name, code in pairs)
    return [f"Different currencies: {named}."]


def _unstacked(drawing: Drawing, kind: str) -> list[str]:
    asked = drawing.display.stacked and kind in ("area", "bar") and len(drawing.every) > 1
    if not asked or drawing.is_stacked:
        return []
    if drawing.is_compared:
        return ["Not stacked: the chart shows a comparison."]
    if all(one.kind == "additive" for one in drawing.measures):
        return ["Not stacked: values are missing or negative."]
    return ["Not stacked: the values cannot be added up."]


def alt_text(dataset: Dataset, widget_type: str, kind: str, title: str) -> str:
    """Describe in a few sentences what a widget shows; `kind` is the chart type that is drawn."""
    shape = f"{kind} chart" if widget_type == "chart" else widget_type.replace("_", " ")
    opening = f"{title.rstrip('.')}: {shape}, {days_of(dataset.days)}."
    if not dataset.points:
        return f"{opening} No data yet."
    if kind == "funnel":
        summary = _stages(dataset)
    else:
        summary = _trend(dataset) if dataset.has_periods else _ranking(dataset)
    compared = comparisons.in_words(dataset)
    return " ".join([opening, summary, *([compared] if compared else []), *_caveats(dataset)])


def _stages(dataset: Dataset) -> str:
    cells = totals(dataset, 0)
    changes = ["", *(change_of(one, two) for one, two in pairwise(cells))]
    stages = [
        f"{measure.title} {value_of(cell, measure)}" + (f" ({change})" if change else "")
        for measure, cell, change in zip(dataset.measures, cells, changes, strict=True)
    ]
    whose = f"{dataset.sources[0]}: " if len(dataset.sources) > 1 else ""
    return f"{whose}{', then '.join(stages)}."


def _trend(dataset: Dataset) -> str:
    """Describe the first series over time: its latest, highest and lowest value, and its change."""
    first = dataset.points[0]
    measure = dataset.measure_of(first.source, 0)
    own = [one for one in dataset.points if _key(one) == _key(first)]
    own = [one for one in own if one.cells[0].value is not None]
    if not own:
        return f"{measure.title} has no value: {reason(first.cells[0])}."
    latest = f"{measure.title}{_whose(dataset, first)}: latest {_at(own[-1], measure)}"
    if len(own) == 1:
        return f"{latest}."
    low, high = (pick(own, key=_number) for pick in (min, max))
    extremes = f"highest {_at(high, measure)}, lowest {_at(low, measure)}"
    return f"{latest}, {extremes}; {_moved(own)}."


def _at(point: Point, measure: Measure) -> str:
    return f"{value_of(point.cells[0], measure)} ({days_of(point.days)})"


def _key(point: Point) -> tuple[int, str | None, bool]:
    return point.source, point.value, point.is_other


def _number(point: Point) -> Decimal:
    return point.cells[0].value or Decimal(0)


def _whose(dataset: Dataset, point: Point) -> str:
    parts = [category(point.value, point.is_other)] if dataset.dimension else []
    parts += [dataset.sources[point.source]] if len(dataset.sources) > 1 else []
    return f" of {', '.join(parts)}" if parts else ""


def _moved(own: Sequence[Point]) -> str:
    first, last = _number(own[0]), _number(own[-1])
    if first == last:
        return "unchanged since the first period"
    word = "up" if last > first else "down"
    if first <= 0:
        return f"{word} since the first period"
    return f"{word} {abs(last - first) / first * HUNDRED:,.1f}% since the first period"


def _ranking(dataset: Dataset) -> str:
    """Describe the highest and the lowest value of the first metric."""
    source = dataset.points[0].source
    measure = dataset.measure_of(source, 0)
    named = [one for one in dataset.points if not one.is_other and one.value is not None]
    if (
        dataset.has_currencies and measure.unit == "currency"
    ):  # amounts of others are not comparable
        named = [one for one in named if dataset.currencies[one.source] == measure.currency]
    own = [one for one in named if one.cells[0].value is not None]
    if not own:
        return f"{measure.title} has no named values."
    low, high = (pick(own, key=_number) for pick in (min, max))
    best = f"{measure.title}: highest {value_of(high.cells[0], measure)} ({_named(dataset, high)})"
    if low is high:
        return f"{best}."
    return f"{best}, lowest {value_of(low.cells[0], measure)} ({_named(dataset, low)})."


def _named(dataset: Dataset, point: Point) -> str:
    name = category(point.value, point.is_other)
    return f"{name} ({dataset.sources[point.source]})" if len(dataset.sources) > 1 else name


def _caveats(dataset: Dataset) -> list[str]:
    """Describe what is missing, and what may still change."""
    caveats = [*histories.in_words(dataset), *_currencies(dataset)]
    unknown = dataset.coverage.days - dataset.coverage.known
    if unknown > 0:
        caveats.append(f"{unknown} of {dataset.coverage.days} days have no data.")
    cells = (cell for point in dataset.points for cell in point.cells)
    reasons = dict.fromkeys(reason(cell) for cell in cells if cell.value is None)
    if reasons:
        caveats.append(f"Some values are missing: {', '.join(reasons)}.")
    if dataset.is_provisional or any(one.is_provisional for one in dataset.points):
        caveats.append("Some values are provisional.")
    return caveats
