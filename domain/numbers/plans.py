"""What a widget is to show, settled before anything is read: level, range, filters, sources. Pure.

The reader's word comes before the widget's, and that before the dashboard's; of filters for each
dimension by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pydantic import ValidationError

from domain.calendar.periods import Level, Period
from domain.charts.datasets import Frame, Unserved
from domain.charts.words import days_of as days_in_words
from domain.dashboards.configs import DataSource, Filter, Filters
from domain.dashboards.sources import Ref, Source, ref_of
from domain.errors import NotFound
from domain.numbers import sums
from domain.numbers import windows as widget_windows
from domain.numbers.frames import Part
from domain.numbers.slices import Cut
from domain.numbers.windows import NAMES, Need, Window, Wish
from domain.sentences import unknown
from domain.templates.metrics import Metric


class Unable(Exception):
    """A widget that cannot be served."""

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.unserved = Unserved(code, message, field)


@dataclass(frozen=True)
class Plan:
    """What a widget shows to this reader. Its sources have what it names."""

    shown: DataSource
    refs: tuple[Ref, ...]
    sources: Mapping[Ref, Source]
    wish: Wish
    filters: tuple[Filter, ...]
    # whole: of all values; cut: by one dimension; read: of results, by two.
    route: Literal["whole", "cut", "read"]

    @property
    def level(self) -> Level:
        """Weeks, months or quarters."""
        return self.wish.level

    @property
    def need(self) -> Need:
        """The periods that have to be read."""
        return widget_windows.need(self.wish)

    @property
    def by_period(self) -> bool:
        """Whether there is a point for each period."""
        return self.shown.over_time or self.shown.dimension is None

    def names(self, source: Source) -> list[str]:
        """The metrics that are summed for it."""
        declared = _declared(source)
        return sums.names_of([declared[one] for one in self.shown.metrics], declared)


def _declared(source: Source) -> dict[str, Metric]:
    return {one.name: one for one in source.config.metrics}


def parsed(stored: Any) -> DataSource | None:
    """A stored data source; None if it is not one, or not any more."""
    try:
        return DataSource.model_validate(stored)
    except ValidationError:
        return None


def refs_of(stored: Any) -> list[Ref]:
    """The sources that it names."""
    shown = parsed(stored)
    try:
        return [ref_of(one, "dataSource.sources") for one in shown.sources] if shown else []
    except NotFound:
        return []


def made(
    stored: Any, of_dashboard: Filters, reader: Filters, sources: Mapping[Ref, Source]
) -> Plan:
    """The plan of a widget. Raises Unable where it cannot be served to this viewer."""
    if not stored:
        raise Unable("NO_DATA", "A text has no numbers.")
    shown, refs = parsed(stored), refs_of(stored)
    if shown is None or not refs:
        raise Unable("INVALID", "What it is to show cannot be read; set it anew.", "dataSource")
    if any(ref not in sources for ref in refs):
        raise Unable(
            "NOT_SHARED",
            "What it shows is not there any more, or not shown to you.",
            "dataSource.sources",
        )
    wish = Wish(
        reader.level or shown.level or of_dashboard.level or "weekly",
        reader.range or shown.range or of_dashboard.range,
        shown.comparison,
    )
    filters = _filters(reader.filters, shown.filters, of_dashboard.filters)
    for source in {ref: sources[ref] for ref in refs}.values():
        _check(shown, filters, source)
    dimensions = {shown.dimension, *(one.dimension for one in filters)} - {None}
    route: Literal["whole", "cut", "read"] = "cut" if len(dimensions) == 1 else "read"
    return Plan(shown, tuple(refs), sources, wish, filters, route if dimensions else "whole")


def _filters(*layers: Sequence[Filter]) -> tuple[Filter, ...]:
    """Of each dimension those of the first layer that has any."""
    found: list[Filter] = []
    for layer in layers:
        said = {one.dimension for one in found}
        found += [one for one in layer if one.dimension not in said]
    return tuple(found)


def _check(shown: DataSource, filters: Sequence[Filter], source: Source) -> None:
    for number, name in enumerate(shown.metrics):
        if name not in source.metrics:
            raise Unable(
                "UNKNOWN_METRIC",
                unknown("metric", name, sorted(source.metrics), f"in {source.name!r}"),
                f"dataSource.metrics.{number}",
            )
    for place, dimension in _dimensions(shown, filters):
        if dimension not in source.config.dimensions:
            raise Unable(
                "UNKNOWN_DIMENSION",
                unknown("dimension", dimension, source.config.dimensions, f"in {source.name!r}"),
                place,
            )


def _dimensions(shown: DataSource, filters: Sequence[Filter]) -> list[tuple[str, str]]:
    named = [("dataSource.dimension", shown.dimension)] if shown.dimension else []
    return named + [("filters", one.dimension) for one in filters]


def windows(plan: Plan, there: Sequence[Sequence[Period]]) -> list[Window]:
    """The periods of each source: the same days for all. Raises Unable."""
    every = [one for rows in there for one in rows]
    found = []
    for rows in there:
        week_start = widget_windows.week_start_of(rows or every)
        try:
            window = widget_windows.window(plan.wish, every, week_start)
        except ValueError as many:
            raise Unable("TOO_LARGE", str(many), "range") from many
        if window is None:
            raise nothing_yet(plan, ())
        found.append(window)
    return found


def nothing_yet(plan: Plan, shown: Sequence[Period]) -> Unable:
    """Why there is nothing to show, and what to do."""
    names = " and ".join(repr(plan.sources[ref].name) for ref in dict.fromkeys(plan.refs))
    when = ""
    if shown and plan.wish.range is not None:
        days = days_in_words(min(one.start for one in shown), max(one.end for one in shown))
        when = f" for {days}"
    return Unable(
        "NO_DATA",
        f"Nothing of {names} has been collected{when} yet. Collect it with collectionStart"
        f"{', or choose other days' if when else ''}.",
        "range" if when else None,
    )


def not_yours(plan: Plan) -> Unable:
    """Why a widget is not read from results."""
    names = ", ".join(dict.fromkeys(repr(one.dimension) for one in plan.filters))
    by = repr(plan.shown.dimension) if plan.shown.dimension else "another one"
    return Unable(
        "NOT_SHARED",
        f"A filter on {names} together with {by} takes the results themselves, which only "
        "members of the instance see. Drop the filter.",
        "filters",
    )


def cut_of(plan: Plan, part: Part) -> Cut | None:
    """What is wanted by dimension; None where nothing of the source is there."""
    if not part.wholes:
        return None
    whole = next(iter(part.wholes.values()))
    shown, filters = plan.shown, plan.filters
    dimension = shown.dimension or filters[0].dimension
    own, parts = _order(plan, part)
    return Cut(
        series=whole.series,
        instance_id=whole.instance_id,
        dimension=dimension,
        window=part.window,
        names=tuple(plan.names(part.source)),
        by_period=plan.by_period,
        filters=filters,
        top=shown.top if shown.dimension else None,
        ascending=shown.ascending,
        own=own,
        parts=parts,
    )


def _order(plan: Plan, part: Part) -> tuple[str, tuple[str, ...]]:
    """The metric by which values are ordered; the first one that can be summed, if it is free."""
    declared, names = part.declared, plan.shown.metrics
    if plan.shown.sort_by is not None:
        names = [plan.shown.sort_by]
    elif len(part.window.periods) > 1:
        names = [one for one in names if sums.parts_of(declared[one], declared)] or names
    return names[0], sums.parts_of(declared[names[0]], declared)


def days_of(window: Window) -> tuple[date, date]:
    """The days `[start, end)` that are read for it."""
    every = [*window.periods, *window.before]
    return min(one.start for one in every), max(one.end for one in every)


def unserved(plan: Plan, frame: Frame) -> Unserved | None:
    """Why a frame is none: its dimension was never aggregated, or nothing may be added up."""
    if not frame.points:
        return Unserved(
            "NO_DATA",
            f"No rows have a {plan.shown.dimension!r} in these days, or that pass the filters.",
            "dataSource.dimension",
        )
    states = {cell.state for point in frame.points for cell in point.cells}
    states |= {cell.state for cells in frame.totals for cell in cells}
    if states != {"NOT_ADDITIVE"}:
        return None
    titles = ", ".join(one.title for one in frame.measures)
    return Unserved(
        "NOT_ADDITIVE",
        f"{titles} of {NAMES[plan.level]} cannot be added up. Choose one period, or collect it in "
        "segments as long as the period that is shown.",
        "dataSource.metrics",
    )
