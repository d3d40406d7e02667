"""The numbers of a widget as clients see them: points with cells, totals, and a chart of them."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import strawberry

from domain.aggregates import lineage
from domain.calendar.days import Days
from domain.charts import charts, datasets
from domain.charts.datasets import Dataset
from domain.charts.display import Display
from domain.numbers import numbers
from domain.numbers.numbers import WidgetRequest
from graph.enums.aggregates import AggregateLevel, MetricState
from graph.enums.charts import Theme
from graph.enums.metrics import MetricKind, MetricUnit
from graph.enums.numbers import Comparison, WidgetProblem
from graph.fields.context import Info
from graph.fields.edges import column
from graph.fields.enums import word
from graph.fields.scalars import JSON
from graph.inputs.numbers import Filtered, InRange, InTheme, OfLevel, reader_filters
from graph.types.aggregates import Coverage
from graph.types.collections import Week


@strawberry.type(description="A metric as it is shown.")
class Measure:
    name: str = strawberry.field(description="As the template has it.")
    title: str = strawberry.field(description="As people read it.")
    unit: MetricUnit = strawberry.field(description="What it is measured in.")
    kind: MetricKind = strawberry.field(description="How its values add up.")
    currency: str | None = strawberry.field(
        description="ISO 4217, of money; null where the sources differ, or it is not known."
    )


@strawberry.type(description="A value, or why there is none.")
class Cell:
    value: str | None = column("digits", "All its digits.")
    state: MetricState = strawberry.field(description="VALUE, or why there is none.")


async def _lineage(root: datasets.Point, info: Info) -> list[Any]:
    found = await asyncio.gather(
        *(
            info.context.load(lineage.of_numbers, lineage.of_numbers, UUID(one))
            for one in root.aggregate_ids
        )
    )
    weeks = {week.id: week for one in found for week in one or ()}
    return list(weeks.values())


@strawberry.type(description="A row of a table, or a mark of a chart.")
class Point:
    source: int = strawberry.field(description="The place of its source among `sources`.")
    key: str | None = strawberry.field(description="The period, as 2026-W10; null for all of them.")
    start: date = strawberry.field(description="The first day.")
    end: date = strawberry.field(description="The day after the last one.")
    value: str | None = strawberry.field(
        description="Of the dimension, if there is one; null is what privacy took."
    )
    is_other: bool = strawberry.field(description="Whether it is all other values together.")
    cells: list[Cell] = strawberry.field(description="In the order of the measures.")
    previous: list[Cell] | None = strawberry.field(
        description="Of the period that it is compared with."
    )
    coverage: Coverage = strawberry.field(description="Its days, by what is known of them.")
    is_provisional: bool = strawberry.field(
        description="Whether some of it was collected before it was settled."
    )
    by_utc_day: bool = strawberry.field(
        description="Whether a segment was split by days of UTC, in a report of another zone."
    )
    lineage: list[Week] = strawberry.field(
        resolver=_lineage,
        description="The segments it was made of, oldest first, each with its executions; none "
        "for whom only the dashboard is shown.",
    )


@strawberry.type(description="What a source comes to over all the days.")
class Totals:
    source: int = strawberry.field(description="The place of the source among `sources`.")
    cells: list[Cell] = strawberry.field(description="In the order of the measures.")
    previous: list[Cell] | None = strawberry.field(description="Of the days it is compared with.")


@strawberry.type(description="Why a widget shows no numbers. The others are served.")
class Unserved:
    code: WidgetProblem = strawberry.field(description="For machines.")
    message: str = strawberry.field(description="For people, with what can be done.")
    field: str | None = strawberry.field(description="What of the widget it is about.")


@dataclass(frozen=True)
class ShownWidget:
    """A widget with its dataset, or the reason why it has none, and how it is drawn."""

    widget_type: str
    chart_type: str | None
    title: str
    display: dict[str, Any] = field(default_factory=dict)
    theme: Theme = Theme.LIGHT
    dataset: Dataset | None = None
    unserved: datasets.Unserved | None = None


def _of_dataset(name: str, description: str, empty: Any = None) -> Any:
    """A field that is an attribute of the dataset, such as `days.start`; `empty` without one."""
    read = attrgetter(name)

    def resolve(root: ShownWidget) -> Any:
        return empty if root.dataset is None else read(root.dataset)

    return strawberry.field(resolver=resolve, description=description)


def _previous_days(root: ShownWidget) -> Days | None:
    return None if root.dataset is None else root.dataset.previous_days


def _previous_start(root: ShownWidget) -> date | None:
    days = _previous_days(root)
    return None if days is None else days.start


def _previous_end(root: ShownWidget) -> date | None:
    days = _previous_days(root)
    return None if days is None else days.end


def _totals(root: ShownWidget) -> list[Totals]:
    if root.dataset is None:
        return []
    before = root.dataset.previous_totals
    return [
        Totals(source=number, cells=cells, previous=before[number] if before else None)  # type: ignore[arg-type]
        for number, cells in enumerate(root.dataset.totals)
    ]


def _share(root: ShownWidget) -> str | None:
    share = root.dataset.suppressed_share if root.dataset else None
    return None if share is None else datasets.Cell(share).digits


def _chart(root: ShownWidget) -> Any:
    if root.dataset is None or root.widget_type != "chart":
        return None
    display = Display.model_validate(root.display)
    return charts.draw(
        root.dataset, "chart", root.chart_type, root.title, display, word(root.theme)
    )


def _alt_text(root: ShownWidget) -> str | None:
    if root.dataset is None:
        return None
    return charts.alt_text(root.dataset, root.widget_type, root.chart_type, root.title)


@strawberry.type(description="The numbers of a widget. Nothing is rounded; days end half-open.")
class WidgetData:
    measures: list[Measure] = _of_dataset("measures", "The metrics, in the order of the cells.", ())
    sources: list[str] = _of_dataset("sources", "What its sources are called.", ())
    level: AggregateLevel | None = strawberry.field(
        resolver=lambda root: AggregateLevel(root.dataset.level) if root.dataset else None,
        description="How long the periods are.",
    )
    start: date | None = _of_dataset("days.start", "The first day that is shown.")
    end: date | None = _of_dataset("days.end", "The day after the last one.")
    dimension: str | None = _of_dataset("dimension", "What it is shown by.")
    over_time: bool = _of_dataset("over_time", "Whether there is a point for each period.", False)
    comparison: Comparison | None = strawberry.field(
        resolver=lambda root: (
            Comparison(root.dataset.comparison)
            if root.dataset and root.dataset.comparison
            else None
        ),
        description="What it is compared with.",
    )
    previous_start: date | None = strawberry.field(
        resolver=_previous_start, description="The first day of the comparison."
    )
    previous_end: date | None = strawberry.field(
        resolver=_previous_end, description="The day after its last one."
    )
    points: list[Point] = _of_dataset(
        "points",
        "Periods oldest first; values largest first, then what privacy took, then the others.",
        (),
    )
    totals: list[Totals] = strawberry.field(
        resolver=_totals, description="One for each source, over all the days."
    )
    coverage: Coverage | None = _of_dataset("coverage", "The days, by what is known of them.")
    is_provisional: bool = _of_dataset(
        "is_provisional", "Whether some of it was collected before it was settled.", False
    )
    suppressed_share: str | None = strawberry.field(
        resolver=_share, description="Of the rows, those that privacy took dimensions from: 0 to 1."
    )
    as_of: datetime | None = _of_dataset("as_of", "When its newest result was collected.")
    unserved: Unserved | None = strawberry.field(description="Why there are no numbers, if so.")
    chart: JSON | None = strawberry.field(
        resolver=_chart, description="A Vega-Lite specification with its data, of a chart."
    )
    alt_text: str | None = strawberry.field(
        resolver=_alt_text, description="What it shows, in words."
    )


async def load(info: Info, request: WidgetRequest, widget: ShownWidget) -> ShownWidget:
    """Load the numbers of a widget. All widgets asked for in the same moment are read at once."""
    answer = await info.context.load(numbers.load, numbers.load, request)
    found = await numbers.finish(answer)
    if isinstance(found, Dataset):
        return replace(widget, dataset=found)
    return replace(widget, unserved=found)


async def of_widget(
    root: Any,
    info: Info,
    theme: InTheme = Theme.LIGHT,
    range: InRange = None,
    level: OfLevel = None,
    filters: Filtered = None,
) -> ShownWidget:
    """The numbers of a widget that stands on a dashboard."""
    reader = reader_filters(range, level, filters)
    request = WidgetRequest(root.data_source, root.dashboard_id, reader)
    widget = ShownWidget(root.widget_type, root.chart_type, root.title, root.display_config, theme)
    return await load(info, request, widget)
