"""Which picture a frame is drawn as: what was asked for, or bars where that would mislead."""

from domain.charts.datasets import Frame

MOST_SLICES = 12
COUNTED = ("count", "users")


def kind_of(frame: Frame, chart_type: str | None) -> tuple[str, str]:
    """How it is drawn, and why not as asked for."""
    kind = chart_type or "bar"
    if not frame.points or kind == "bar":
        return kind, ""
    refusal = {"pie": _pie, "funnel": _funnel, "scatter": _scatter}.get(kind, _path)(frame)
    return ("bar", refusal) if refusal else (kind, "")


def is_timed(frame: Frame) -> bool:
    """Whether there is a point for each period."""
    return frame.over_time or frame.dimension is None


def _path(frame: Frame) -> str:
    return "" if is_timed(frame) else "a line has periods"


def _scatter(frame: Frame) -> str:
    return "" if len(frame.measures) > 1 else "a scatter has two metrics"


def _funnel(frame: Frame) -> str:
    if len(frame.measures) < 2:
        return "a funnel has two stages at least"
    if any(one.unit not in COUNTED for one in frame.measures):
        return "the stages of a funnel are counts"
    return ""


def _pie(frame: Frame) -> str:
    values = [cell.value for point in frame.points for cell in point.cells]
    if is_timed(frame):
        return "a pie has a dimension, and no periods"
    if len(frame.measures) > 1 or len(frame.sources) > 1:
        return "a pie shows one metric of one source"
    if frame.measures[0].kind != "additive":
        return "the values are not parts of a whole"
    if any(value is not None and value < 0 for value in values):
        return "a pie has no negative slices"
    if len(values) > MOST_SLICES:
        return f"a pie has {MOST_SLICES} slices at most"
    return "" if any(values) else "all values are zero"
