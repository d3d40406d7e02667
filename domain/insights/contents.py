"""What a board holds of a source: what widgets show of it, or all that it declares, with bounds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from domain.dashboards.configs import DataSource
from domain.dashboards.sources import WidgetSource, ref_of
from domain.errors import NotFound
from domain.models import Widget
from domain.numbers.plans import addends, declared_of
from domain.views import visualization

MOST_SOURCES = 24  # of a dashboard
MOST_METRICS = 12  # of a source, the parts of ratios not counted
MOST_DIMENSIONS = 5  # of a source


@dataclass(frozen=True)
class Contents:
    """What of a source a board shows."""

    source: WidgetSource
    metrics: tuple[str, ...]
    dimensions: tuple[str, ...] = ()
    funnels: tuple[tuple[str, ...], ...] = ()

    @property
    def summed(self) -> tuple[str, ...]:
        """Its metrics with the parts of its ratios and the steps of its funnels."""
        declared = declared_of(self.source)
        names = [*self.metrics, *(name for steps in self.funnels for name in steps)]
        parts = [part for name in names for part in addends(declared[name], declared)]
        return tuple(dict.fromkeys([*names, *parts]))


def of_widgets(widgets: Iterable[Widget], known: Sequence[WidgetSource]) -> list[Contents]:
    """Return what the widgets show of each of these sources. A broken widget shows nothing."""
    asked = {one.ref: _OfWidgets(one) for one in known if one.is_readable}
    for widget in widgets:
        try:
            shown = DataSource.model_validate(widget.data_source)
            refs = [ref_of(one, "sources") for one in shown.sources]
        except (ValidationError, NotFound):
            continue  # a text, or a widget that is served with its own reason
        for ref in refs:
            if ref in asked:
                asked[ref].add(shown, is_funnel=widget.chart_type == "funnel")
    return [one.contents for one in asked.values() if one.metrics][:MOST_SOURCES]


@dataclass
class _OfWidgets:
    """What the widgets ask of a source, in their order."""

    source: WidgetSource
    metrics: dict[str, None] = field(default_factory=dict)
    dimensions: dict[str, None] = field(default_factory=dict)
    funnels: dict[tuple[str, ...], None] = field(default_factory=dict)

    def add(self, shown: DataSource, *, is_funnel: bool) -> None:
        declared = self.source.metrics
        metrics = [one for one in shown.metrics if one in declared]
        self.metrics |= dict.fromkeys(metrics)
        if shown.dimension in self.source.config.dimensions:
            self.dimensions |= {str(shown.dimension): None}
        if is_funnel and shown.dimension is None and len(metrics) > 1:
            self.funnels |= {tuple(metrics): None}

    @property
    def contents(self) -> Contents:
        return _bounded(self.source, self.metrics, self.dimensions, self.funnels)


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
