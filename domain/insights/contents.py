"""What a board holds of a source: what widgets show of it, or all that it declares, with bounds.

Widgets with different filters show different numbers, so each set of filters has a board.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from pydantic import ValidationError

from domain.calendar.units import Level
from domain.dashboards.configs import DataSource, DimensionFilter
from domain.dashboards.sources import WidgetSource, ref_of
from domain.errors import NotFound
from domain.models import Widget
from domain.numbers import plans
from domain.numbers.plans import Plan, addends, declared_of
from domain.views import visualization

MOST_SOURCES = 24  # of a dashboard
MOST_METRICS = 12  # of a source, the parts of ratios not counted
MOST_DIMENSIONS = 5  # of a source


@dataclass(frozen=True)
class Contents:
    """What of a source a board shows, and which values of dimensions are let through."""

    source: WidgetSource
    metrics: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    funnels: tuple[tuple[str, ...], ...] = ()
    filters: tuple[DimensionFilter, ...] = ()  # of one dimension, if any

    @property
    def summed(self) -> tuple[str, ...]:
        """Its metrics with the parts of its ratios and the steps of its funnels."""
        declared = declared_of(self.source)
        names = [*self.metrics, *(name for steps in self.funnels for name in steps)]
        parts = [part for name in names for part in addends(declared[name], declared)]
        return tuple(dict.fromkeys([*names, *parts]))

    def plan(self, level: Level) -> Plan:
        """Return how a widget of all its metrics is read."""
        shown = DataSource.model_construct(metrics=list(self.summed), sources=[])
        return Plan(shown, (self.source,), level, None, self.filters)


def of_widgets(
    widgets: Iterable[Widget],
    known: Sequence[WidgetSource],
    everywhere: Sequence[DimensionFilter] = (),
) -> list[Contents]:
    """Return what the widgets show of each of these sources, by what their filters let through.

    `everywhere` are the filters of the dashboard. A broken widget shows nothing, and what needs
    several dimensions at once is left out: no aggregate has it.
    """
    readable = {one.ref: one for one in known if one.is_readable}
    asked: dict[Hashable, _OfWidgets] = {(ref, ()): _OfWidgets(readable[ref]) for ref in readable}
    for widget in widgets:
        try:
            shown = DataSource.model_validate(widget.data_source)
            refs = [ref_of(one, "sources") for one in shown.sources]
        except (ValidationError, NotFound):
            continue  # a text, or a widget that is served with its own reason
        filters = plans.merged(shown.filters, everywhere)
        if len({one.dimension for one in filters}) > 1:
            continue
        for source in (readable[ref] for ref in refs if ref in readable):
            if any(one.dimension not in source.config.dimensions for one in filters):
                continue
            place = source.ref, filters_key(filters)
            mine = asked.setdefault(place, _OfWidgets(source, filters))
            mine.add(shown, is_funnel=widget.chart_type == "funnel")
    found = [one.contents for one in asked.values()]
    return [one for one in found if one.metrics][:MOST_SOURCES]


def only_value(filters: Sequence[DimensionFilter]) -> tuple[str, str] | None:
    """Return the dimension and the value that wholes are of, where only one is let through."""
    if len(filters) != 1 or filters[0].exclude:
        return None
    value, *others = set(filters[0].values)
    return None if others or value is None else (filters[0].dimension, value)


def filters_key(filters: Iterable[DimensionFilter]) -> tuple[Hashable, ...]:
    """Return what filters have in common that let the same through."""
    return tuple(
        sorted(
            (
                one.dimension,
                one.exclude,
                tuple(sorted({(value is None, value or "") for value in one.values})),
            )
            for one in filters
        )
    )


@dataclass
class _OfWidgets:
    """What the widgets ask of a source, in their order."""

    source: WidgetSource
    filters: tuple[DimensionFilter, ...] = ()
    metrics: dict[str, None] = field(default_factory=dict)
    dimensions: dict[str, None] = field(default_factory=dict)
    funnels: dict[tuple[str, ...], None] = field(default_factory=dict)

    def add(self, shown: DataSource, *, is_funnel: bool) -> None:
        declared = self.source.metrics
        metrics = [one for one in shown.metrics if one in declared]
        self.metrics |= dict.fromkeys(metrics)
        if shown.dimension in self.source.config.dimensions and self._has(str(shown.dimension)):
            self.dimensions |= {str(shown.dimension): None}
        if is_funnel and shown.dimension is None and len(metrics) > 1:
            self.funnels |= {tuple(metrics): None}

    def _has(self, dimension: str) -> bool:
        """Whether there are aggregates of its values behind the filters."""
        return not self.filters or dimension == self.filters[0].dimension

    @property
    def contents(self) -> Contents:
        found = _bounded(self.source, self.metrics, self.dimensions, self.funnels)
        found = replace(found, filters=self.filters)
        # Of a single value, the whole is all there is.
        return found if only_value(self.filters) is None else replace(found, dimensions=())


def of_source(source: WidgetSource) -> Contents:
    """Return everything that a source declares, up to the most that a board holds."""
    config = source.config
    stages = visualization.usual_stages(config)
    funnels = [tuple(stages)] if stages else []
    return _bounded(source, [one.name for one in config.metrics], config.dimensions, funnels)


def _bounded(
    source: WidgetSource,
    metrics: Iterable[str],
    dimensions: Iterable[str],
    funnels: Iterable[tuple[str, ...]],
) -> Contents:
    shown = tuple(metrics)[:MOST_METRICS]
    return Contents(
        source,
        shown,
        tuple(dimensions)[:MOST_DIMENSIONS],
        tuple(one for one in funnels if set(one) <= set(shown)),
    )
