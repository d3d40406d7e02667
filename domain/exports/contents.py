"""What an export shows: the widgets of a dashboard with their numbers, as its person sees them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain import failures
from domain.calendar.days import Days
from domain.charts.datasets import Dataset, Unserved
from domain.charts.display import Display
from domain.charts.numerals import Numerals
from domain.dashboards import widgets
from domain.dashboards.configs import Position, WidgetFilters
from domain.db import transaction
from domain.errors import DomainError
from domain.exports import lineage
from domain.exports.lineage import Lineage
from domain.exports.options import Options
from domain.insights import lists as insights
from domain.insights.lists import InsightFilter
from domain.models import Dashboard, ReportExport, Widget
from domain.numbers import numbers
from domain.numbers.numbers import Answer, WidgetRequest
from domain.viewer import Viewer


@dataclass(frozen=True)
class Part:
    """A widget with its dataset, or with the reason why it has none."""

    title: str
    widget_type: str
    chart_type: str | None
    display: Display
    position: Position
    dataset: Dataset | None = None
    unserved: Unserved | None = None

    @property
    def is_chart(self) -> bool:
        """Whether it is a chart that can be drawn."""
        return self.widget_type == "chart" and self.dataset is not None


@dataclass(frozen=True)
class Content:
    """The parts of an export in reading order, and what its reader has to know of all of them."""

    title: str
    description: str = ""
    parts: Sequence[Part] = ()
    filters: WidgetFilters = field(default_factory=WidgetFilters)
    lineage: Lineage = field(default_factory=Lineage)
    insights: Sequence[str] = ()  # what statistics find, in words, most worth first
    is_whole: bool = True  # False for a single widget

    @property
    def datasets(self) -> list[Dataset]:
        """The datasets of all parts that have one."""
        return [one.dataset for one in self.parts if one.dataset is not None]

    def written_in(self, numerals: Numerals) -> "Content":
        """Return the same content, whose numbers are written in another way."""
        parts = [
            one if one.dataset is None else replace(one, dataset=one.dataset.written_in(numerals))
            for one in self.parts
        ]
        return replace(self, parts=parts)

    @property
    def days(self) -> Days | None:
        """The days that the parts show, from the first to the last one."""
        return Days.spanning(one.days for one in self.datasets) if self.datasets else None

    @property
    def as_of(self) -> datetime | None:
        """The moment that all parts are at least as new as."""
        known = [one.as_of for one in self.datasets if one.as_of is not None]
        return min(known, default=None)

    @property
    def missing_parts(self) -> list[str]:
        """The titles of the parts that show no numbers, each with the reason."""
        return [
            f"{one.title}: {one.unserved.message}" for one in self.parts if one.unserved is not None
        ]


async def insights_of(session: AsyncSession, column: str, key: UUID, options: Options) -> list[str]:
    """Return the insights of a dashboard or view, unless the export goes without them."""
    if not options.with_insights:
        return []
    found = await insights.find(session, column, [key], InsightFilter())
    return [one.insight_text for one in found[key]]


async def of_widgets(viewer: Viewer, export: ReportExport, options: Options) -> Content:
    """Read the widgets of a dashboard, or a single one, as the viewer sees them now."""
    filters = options.reader
    async with transaction(viewer) as session:
        only = None
        if export.widget_id is not None:
            only = await session.get_one(Widget, export.widget_id)
        key = only.dashboard_id if only is not None else export.dashboard_id
        dashboard = await session.get_one(Dashboard, key)
        shown = [only] if only is not None else list(await widgets.of(session, dashboard))
        answers = await _answers(session, shown, filters)
    content = Content(
        title=only.title if only is not None else dashboard.name,
        description="" if only is not None else dashboard.description or "",
        parts=[await _part(widget, answers.get(widget.id)) for widget in shown],
        filters=filters,
        is_whole=only is None,
    )
    async with transaction(viewer) as session:
        found = await lineage.of_dashboard(session, dashboard, content.datasets)
        told = []
        if only is None:
            told = await insights_of(session, "dashboard_id", dashboard.id, options)
    return replace(content, lineage=found, insights=told)


async def _answers(
    session: AsyncSession, shown: Sequence[Widget], filters: WidgetFilters
) -> dict[Any, Answer]:
    requests = {
        one.id: WidgetRequest(one.data_source, one.dashboard_id, filters)
        for one in shown
        if one.widget_type != "text"
    }
    found = await numbers.load(session, list(requests.values()))
    return {key: found[request.id] for key, request in requests.items()}


async def _part(widget: Widget, answer: Answer | None) -> Part:
    found: Dataset | Unserved | None = None
    try:
        found = None if answer is None else await numbers.finish(answer)
    except Exception as error:
        if isinstance(error, DomainError) or failures.lacking(error) is not None:
            raise
        found = numbers.failed(error)
    return Part(
        title=widget.title,
        widget_type=widget.widget_type,
        chart_type=widget.chart_type,
        display=Display.model_validate(widget.display_config),
        position=Position.model_validate(widget.position_config),
        dataset=found if isinstance(found, Dataset) else None,
        unserved=found if isinstance(found, Unserved) else None,
    )
