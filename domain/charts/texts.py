"""The texts of a chart: the notes below its title, and the description of what it shows."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from domain.charts import comparisons, histories
from domain.charts.datasets import Dataset, Point
from domain.charts.formats import days_of, name_of, reason, title_of, value_of
from domain.charts.numerals import Numerals
from domain.charts.parts import Drawing
from domain.charts.shares import change_of, totals

LINE_LENGTH = 66  # characters of a line of notes
HUNDRED = Decimal(100)
MOST_SERIES = 20  # that a description names


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
        some = [row["y"] for row in drawing.shown]
        why = "negative" if any(one is not None and one < 0 for one in some) else "missing"
        return [f"Not stacked: some values are {why}."]
    return ["Not stacked: the values cannot be added up."]


def title(dataset: Dataset, given: str) -> str:
    """Return the title with the periods that are shown."""
    return title_of(given, dataset.level) if dataset.has_periods else given


def alt_text(dataset: Dataset, widget_type: str, kind: str, given: str) -> str:
    """Describe in a few sentences what a widget shows; `kind` is the chart type that is drawn."""
    shape = f"{kind} chart" if widget_type == "chart" else widget_type.replace("_", " ")
    opening = f"{title(dataset, given).rstrip('.')}: {shape}, {days_of(dataset.days)}."
    if not dataset.points:
        return f"{opening} No data yet."
    if kind == "funnel":
        summaries = [_stages(dataset)]
    else:
        describe = _trend if dataset.has_periods else _ranking
        every = [describe(dataset, *one) for one in _each_series(dataset)]
        summaries = every[:MOST_SERIES]
        if rest := len(every) - len(summaries):
            summaries.append(f"And {rest} more.")
    compared = comparisons.in_words(dataset)
    return " ".join([opening, *summaries, *([compared] if compared else []), *_caveats(dataset)])


def _each_series(dataset: Dataset) -> Iterator[tuple[int, list[Point]]]:
    """Yield each metric with the points of each source and, over time, of each value."""
    groups: dict[tuple[int, str | None, bool], list[Point]] = {}
    for one in dataset.points:
        splits = (one.value, one.is_other) if dataset.has_periods else (None, False)
        groups.setdefault((one.source, *splits), []).append(one)
    for points in groups.values():
        for number in range(len(dataset.measures)):
            yield number, points


def _stages(dataset: Dataset) -> str:
    cells = totals(dataset, 0)
    changes = ["", *(change_of(one, two, dataset.numerals) for one, two in pairwise(cells))]
    stages = [
        f"{measure.title} {value_of(cell, measure)}" + (f" ({change})" if change else "")
        for measure, cell, change in zip(dataset.measures, cells, changes, strict=True)
    ]
    whose = f"{dataset.sources[0]}: " if len(dataset.sources) > 1 else ""
    return f"{whose}{', then '.join(stages)}."


def _trend(dataset: Dataset, number: int, points: Sequence[Point]) -> str:
    """Describe a series over time: its latest, highest and lowest value, and its change."""
    first = points[0]
    measure = dataset.measure_of(first.source, number)
    name = f"{measure.title}{_whose(dataset, first)}"
    own = [(one, one.cells[number].value) for one in points]
    known = [(one, value) for one, value in own if value is not None]
    if not known:
        return f"{name} has no value: {reason(first.cells[number])}."

    def at(point: Point) -> str:
        return f"{value_of(point.cells[number], measure)} ({days_of(point.days)})"

    latest = f"{name}: latest {at(known[-1][0])}"
    if len(known) == 1:
        return f"{latest}."
    low, high = (pick(known, key=lambda one: one[1])[0] for pick in (min, max))
    extremes = f"highest {at(high)}, lowest {at(low)}"
    return f"{latest}, {extremes}; {_moved(known[0][1], known[-1][1], measure.numerals)}."


def _whose(dataset: Dataset, point: Point) -> str:
    parts = [name_of(point, dataset)] if dataset.dimension else []
    parts += [dataset.sources[point.source]] if len(dataset.sources) > 1 else []
    return f" of {', '.join(parts)}" if parts else ""


def _moved(first: Decimal, last: Decimal, numerals: Numerals) -> str:
    if first == last:
        return "unchanged since the first period"
    word = "up" if last > first else "down"
    if first <= 0:
        return f"{word} since the first period"
    share = numerals.percentage(abs(last - first) / first * HUNDRED, 1)
    return f"{word} {share} since the first period"


def _ranking(dataset: Dataset, number: int, points: Sequence[Point]) -> str:
    """Describe the highest and the lowest value of a metric of a source."""
    source = points[0].source
    measure = dataset.measure_of(source, number)
    whose = f" of {dataset.sources[source]}" if len(dataset.sources) > 1 else ""
    named = [one for one in points if not one.is_other and one.value is not None]
    own = [(one, one.cells[number].value) for one in named]
    known = [(one, value) for one, value in own if value is not None]
    if not known:
        return f"{measure.title}{whose} has no named values."

    def at(point: Point) -> str:
        return f"{value_of(point.cells[number], measure)} ({name_of(point, dataset)})"

    low, high = (pick(known, key=lambda one: one[1])[0] for pick in (min, max))
    best = f"{measure.title}{whose}: highest {at(high)}"
    return f"{best}." if low is high else f"{best}, lowest {at(low)}."


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
