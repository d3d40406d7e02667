"""What is said below a title, and in place of the picture to those who do not see it."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from domain.charts.datasets import Frame, Measure, Point
from domain.charts.kinds import is_timed, kind_of
from domain.charts.parts import Drawing
from domain.charts.shares import change_of, totals
from domain.charts.words import category, days_of, known, reason, value_of

BEFORE = {"previous_period": "the period before", "previous_year": "the year before"}
LINE = 66  # letters
HUNDRED = Decimal(100)


def notes(drawing: Drawing, kind: str, refusal: str) -> list[str]:
    """How to read the marks, in as few lines as they need; nothing where all is plain."""
    said = [f"Drawn as bars: {refusal}."] if refusal else []
    if drawing.rows.has_values:
        said += [*_open(drawing, kind), *_unknown(drawing, kind), *_compared(drawing, kind)]
        said += _unstacked(drawing, kind)
    lines: list[str] = []
    for one in said:
        if lines and len(lines[-1]) + len(one) < LINE:
            lines[-1] += f" {one}"
        else:
            lines.append(one)
    return lines


def _open(drawing: Drawing, kind: str) -> list[str]:
    drawn = [row for row in drawing.shown if row["part"] == "value"]
    why = ["provisional"] if any(row["isProvisional"] for row in drawn) else []
    why += ["not of all days"] if any(row["isPartial"] for row in drawn) else []
    if not why:
        return []
    if kind in ("pie", "funnel") or drawing.is_stacked:
        return [f"Some values are {' or '.join(why)}."]
    return [f"{'Pale' if kind == 'bar' else 'Hollow'}: {' or '.join(why)}."]


def _unknown(drawing: Drawing, kind: str) -> list[str]:
    if kind == "funnel":
        return ["Percentages: the change from the stage above."]
    lost = sum(row["part"] == "gap" for row in drawing.shown)
    if kind in ("pie", "scatter"):
        return [f"Not drawn: {lost} without a value."] if lost else []
    said = ["Shaded: nothing is known."] if drawing.has("band") else []
    return said if not lost or not drawing.rows.is_timed else [*said, "×: no value."]


def _compared(drawing: Drawing, kind: str) -> list[str]:
    if not drawing.is_compared or kind not in ("line", "area", "bar"):
        return []
    return [f"Dashed: {BEFORE.get(drawing.frame.comparison or '', 'before')}."]


def _unstacked(drawing: Drawing, kind: str) -> list[str]:
    asked = drawing.display.stacked and kind in ("area", "bar") and len(drawing.every) > 1
    if not asked or drawing.is_stacked:
        return []
    if drawing.is_compared:
        return ["Not stacked: it is compared."]
    adds = all(one.kind == "additive" for one in drawing.measures)
    return [f"Not stacked: {'values are missing or negative' if adds else 'they do not add up'}."]


def alt_text(frame: Frame, widget_type: str, chart_type: str | None, title: str) -> str:
    """What the picture shows, in a few plain sentences."""
    kind, _ = kind_of(frame, chart_type)
    shape = f"{kind} chart" if widget_type == "chart" else widget_type.replace("_", " ")
    opening = f"{title.rstrip('.')}: {shape}, {days_of(frame.start, frame.end)}."
    if not frame.points:
        return f"{opening} No data yet."
    if kind == "funnel":
        said = _stages(frame)
    else:
        said = _course(frame) if is_timed(frame) else _ranking(frame)
    return " ".join([opening, said, *_lacks(frame)])


def _stages(frame: Frame) -> str:
    cells = totals(frame, 0)
    changes = ["", *(change_of(one, two) for one, two in pairwise(cells))]
    stages = [
        f"{measure.title} {value_of(cell, measure)}" + (f" ({change})" if change else "")
        for measure, cell, change in zip(frame.measures, cells, changes, strict=True)
    ]
    whose = f"{frame.sources[0]}: " if len(frame.sources) > 1 else ""
    return f"{whose}{', then '.join(stages)}."


def _course(frame: Frame) -> str:
    """The first series over time: newest, highest, lowest, and how it moved."""
    measure, first = frame.measures[0], frame.points[0]
    own = [one for one in frame.points if _key(one) == _key(first)]
    own = [one for one in own if one.cells[0].value is not None]
    if not own:
        return f"{measure.title} has no value: {reason(first.cells[0])}."
    said = f"{measure.title}{_whose(frame, first)}: {_at(own[-1], measure)} at last"
    if len(own) == 1:
        return f"{said}."
    low, high = (pick(own, key=_number) for pick in (min, max))
    extremes = f"highest {_at(high, measure)}, lowest {_at(low, measure)}"
    return f"{said}, {extremes}; {_moved(own)}."


def _at(point: Point, measure: Measure) -> str:
    return f"{value_of(point.cells[0], measure)} ({days_of(point.start, point.end)})"


def _key(point: Point) -> tuple[int, str | None, bool]:
    return point.source, point.value, point.is_other


def _number(point: Point) -> Decimal:
    return point.cells[0].value or Decimal(0)


def _whose(frame: Frame, point: Point) -> str:
    parts = [category(point.value, point.is_other)] if frame.dimension else []
    parts += [frame.sources[point.source]] if len(frame.sources) > 1 else []
    return f" of {', '.join(parts)}" if parts else ""


def _moved(own: Sequence[Point]) -> str:
    first, last = _number(own[0]), _number(own[-1])
    if first == last:
        return "unchanged since the first"
    word = "up" if last > first else "down"
    if first <= 0:
        return f"{word} since the first"
    return f"{word} {abs(last - first) / first * HUNDRED:,.1f}% since the first"


def _ranking(frame: Frame) -> str:
    """The first metric by value: the highest and the lowest."""
    measure = frame.measures[0]
    named = [one for one in frame.points if not one.is_other and one.value is not None]
    own = [one for one in named if one.cells[0].value is not None]
    if not own:
        return f"No named value of {measure.title}."
    low, high = (pick(own, key=_number) for pick in (min, max))
    best = f"{measure.title}: highest {value_of(high.cells[0], measure)} ({_named(frame, high)})"
    if low is high:
        return f"{best}."
    return f"{best}, lowest {value_of(low.cells[0], measure)} ({_named(frame, low)})."


def _named(frame: Frame, point: Point) -> str:
    name = category(point.value, point.is_other)
    return f"{name} ({frame.sources[point.source]})" if len(frame.sources) > 1 else name


def _lacks(frame: Frame) -> list[str]:
    """What is missing and what may still change."""
    said = []
    lost = frame.coverage.days - known(frame.coverage)
    if lost > 0:
        said.append(f"{lost} of {frame.coverage.days} days are not known.")
    cells = (cell for point in frame.points for cell in point.cells)
    reasons = dict.fromkeys(reason(cell) for cell in cells if cell.value is None)
    if reasons:
        said.append(f"Some values are not there: {', '.join(reasons)}.")
    if frame.is_provisional or any(one.is_provisional for one in frame.points):
        said.append("Some values are provisional.")
    return said
