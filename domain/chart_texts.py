"""What is said below a title, and in place of the picture to those who do not see it."""

from collections.abc import Sequence
from decimal import Decimal

from domain.chart_parts import Drawing
from domain.chart_words import category, days_of, known, reason, value_of
from domain.frames import Frame, Measure, Point

BEFORE = {"previous_period": "the period before", "previous_year": "the year before"}
LINE = 84  # letters
HUNDRED = Decimal(100)


def notes(drawing: Drawing, kind: str, refusal: str) -> list[str]:
    """How to read the marks, in as few lines as they need; nothing where all is plain."""
    said = [f"Drawn as bars: {refusal}."] if refusal else []
    if drawing.rows.has_values:
        said += [*_open(drawing, kind), *_unknown(drawing, kind), *_compared(drawing, kind)]
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
    before = BEFORE.get(drawing.frame.comparison or "", "before")
    unstacked = drawing.display.stacked
    return [f"Dashed: {before}.", *(["Not stacked, to be compared."] if unstacked else [])]


def alt_text(frame: Frame, widget_type: str, chart_type: str | None, title: str) -> str:
    """What the picture shows, in a few plain sentences."""
    kind = (
        f"{chart_type or 'bar'} chart" if widget_type == "chart" else widget_type.replace("_", " ")
    )
    days = days_of(frame.start, frame.end)
    opening = f"{title.rstrip('.')}: {kind}, {days}."
    if not frame.points:
        return f"{opening} No data yet."
    said = _course(frame) if frame.over_time or frame.dimension is None else _ranking(frame)
    return " ".join([opening, *said, *_lacks(frame)])


def _course(frame: Frame) -> list[str]:
    """The first metric over time: newest, highest, lowest, and how it moved; of one series."""
    measure = frame.measures[0]
    first = frame.points[0]
    own = [
        one for one in frame.points if _key(one) == _key(first) and one.cells[0].value is not None
    ]
    if not own:
        return [f"{measure.title} has no value: {reason(first.cells[0])}."]
    newest = own[-1]
    low, high = (pick(own, key=_number) for pick in (min, max))
    whose = _whose(frame, first)
    said = f"{measure.title}{whose} is {_value(newest, measure)} in the newest period, {days_of(newest.start, newest.end)}"
    if len(own) == 1:
        return [f"{said}."]
    extremes = f"highest {_value(high, measure)} ({days_of(high.start, high.end)}), lowest {_value(low, measure)} ({days_of(low.start, low.end)})"
    return [f"{said}; {extremes}; {_moved(own)}."]


def _key(point: Point) -> tuple[int, str | None, bool]:
    return point.source, point.value, point.is_other


def _number(point: Point) -> Decimal:
    return point.cells[0].value or Decimal(0)


def _value(point: Point, measure: Measure) -> str:
    return value_of(point.cells[0], measure, None)


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


def _ranking(frame: Frame) -> list[str]:
    """The first metric by value: the highest and the lowest."""
    measure = frame.measures[0]
    own = [one for one in frame.points if one.cells[0].value is not None and not one.is_other]
    if not own:
        return [f"{measure.title} has no value: {reason(frame.points[0].cells[0])}."]
    low, high = (pick(own, key=_number) for pick in (min, max))
    said = f"{measure.title} is highest for {_named(frame, high)} with {_value(high, measure)}"
    if low is high:
        return [f"{said}."]
    return [f"{said} and lowest for {_named(frame, low)} with {_value(low, measure)}."]


def _named(frame: Frame, point: Point) -> str:
    name = category(point.value, point.is_other)
    return f"{name} ({frame.sources[point.source]})" if len(frame.sources) > 1 else name


def _lacks(frame: Frame) -> list[str]:
    """What is missing and what may still change."""
    said = []
    lost = frame.coverage.days - known(frame.coverage)
    if lost > 0:
        said.append(f"{lost} of {frame.coverage.days} days are not known.")
    if any(cell.value is None for point in frame.points for cell in point.cells):
        reasons = dict.fromkeys(
            reason(cell) for one in frame.points for cell in one.cells if cell.value is None
        )
        said.append(f"Some values are not there: {', '.join(reasons)}.")
    if frame.is_provisional or any(one.is_provisional for one in frame.points):
        said.append("Some values are provisional.")
    return said
