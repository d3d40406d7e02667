"""GraphQL type of a widget's numbers and chart, and how they are resolved."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from operator import attrgetter
from typing import Annotated, Any

import strawberry

from domain import failures, pool
from domain.amc import dimensions
from domain.calendar.days import Days
from domain.charts import charts, datasets
from domain.charts.datasets import Dataset
from domain.charts.display import Display
from domain.dashboards.configs import MOST_PERIODS, MOST_SOURCES_OF_WIDGET
from domain.errors import DomainError
from domain.numbers import numbers
from domain.numbers.datasets import MOST_POINTS
from domain.numbers.numbers import WidgetRequest
from domain.snapshots import snapshots
from domain.templates.metrics import MOST_MEASURES
from graph.enums.aggregates import AggregateLevel
from graph.enums.charts import Theme
from graph.enums.numbers import Comparison
from graph.fields.arguments import number
from graph.fields.context import Info
from graph.fields.costs import ListSize, at_most, sliced, weighs
from graph.fields.edges import bounded
from graph.fields.enums import word
from graph.fields.scalars import JSON
from graph.inputs.numbers import Filtered, InRange, InTheme, OfLevel, reader_filters
from graph.types.aggregates import Coverage
from graph.types.numbers import Measure, Point, SeriesSpan, Totals, Unserved, ValueName, obstacle

MOST_SPANS = MOST_SOURCES_OF_WIDGET * MOST_PERIODS

# Points, measured by `python -m benchmarks.costs`.
NUMBERS = 2000  # a widget: its plan, its part of the statements, its dataset
CHART = 1000
ALT_TEXT = 100


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


def _of_dataset(
    name: str, description: str, empty: Any = None, size: ListSize | None = None
) -> Any:
    """A field that reads an attribute of the dataset, such as `days.start`. `empty` without one."""
    read = attrgetter(name)

    def resolve(root: ShownWidget) -> Any:
        return empty if root.dataset is None else read(root.dataset)

    price = [] if size is None else [size]
    return strawberry.field(resolver=resolve, description=description, directives=price)


HowManyPoints = Annotated[
    int | None,
    number("The number of points from the beginning", 1, MOST_POINTS, "All points by default."),
]


def _points(root: ShownWidget, first: HowManyPoints = None) -> Sequence[datasets.Point]:
    points = root.dataset.points if root.dataset else ()
    return points[:first]


_shown_points: Any = strawberry.field(
    resolver=_points,
    description="The points, at most 1,250. Periods come oldest first. Values of the dimension "
    "come in the widget's order, largest first by default, then withheld values, then all others "
    "together.",
    directives=[sliced("first", otherwise=MOST_POINTS)],
)


def _dimension_title(root: ShownWidget) -> str | None:
    named = root.dataset.dimension if root.dataset else None
    return None if named is None else dimensions.title(named)


def _value_names(root: ShownWidget) -> list[ValueName]:
    named = root.dataset.dimension if root.dataset else None
    return [ValueName(value=value, name=name) for value, name in dimensions.names(named).items()]


def _split_title(root: ShownWidget) -> str | None:
    named = root.dataset.split if root.dataset else None
    return None if named is None else dimensions.title(named)


def _split_names(root: ShownWidget) -> list[ValueName]:
    named = root.dataset.split if root.dataset else None
    return [ValueName(value=value, name=name) for value, name in dimensions.names(named).items()]


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
    dataset, before = root.dataset, root.dataset.previous_totals
    return [
        Totals(
            source=number,
            cells=cells,  # type: ignore[arg-type]
            previous=before[number] if before else None,  # type: ignore[arg-type]
            currency=dataset.currency_of(number),
            coverage=dataset.source_coverage[number],  # type: ignore[arg-type]
            previous_coverage=dataset.previous_source_coverage[number] if before else None,  # type: ignore[arg-type]
        )
        for number, cells in enumerate(dataset.totals)
    ]


def _currencies(root: ShownWidget) -> list[str | None]:
    dataset = root.dataset
    return [dataset.currency_of(one) for one in range(len(dataset.sources))] if dataset else []


def _previous_coverage(root: ShownWidget) -> Any:
    return None if root.dataset is None else root.dataset.previous_coverage


def _not_comparable(root: ShownWidget) -> str | None:
    return None if root.dataset is None else obstacle(root.dataset)


def _share(root: ShownWidget) -> str | None:
    share = root.dataset.suppressed_share if root.dataset else None
    return None if share is None else datasets.Cell(share).digits


async def _chart(root: ShownWidget) -> Any:
    if root.dataset is None or root.widget_type != "chart":
        return None
    display = Display.model_validate(root.display)
    return await pool.run(
        charts.draw, root.dataset, "chart", root.chart_type, root.title, display, word(root.theme)
    )


def _alt_text(root: ShownWidget) -> str | None:
    if root.dataset is None:
        return None
    return charts.alt_text(root.dataset, root.widget_type, root.chart_type, root.title)


def _made_of(root: ShownWidget) -> tuple[Dataset, Hashable] | None:
    """What frames of a widget's numbers are kept by. What `chart` reads is not in it."""
    if root.dataset is None:
        return None
    return root.dataset, (root.widget_type, root.chart_type, root.title)


@strawberry.type(description="The numbers of a widget. Values are exact and not rounded.")
class WidgetData:
    made_of = staticmethod(_made_of)

    measures: list[Measure] = _of_dataset(
        "measures", "The metrics, in the order of the cells.", (), at_most(MOST_MEASURES)
    )
    sources: list[str] = _of_dataset(
        "sources", "The names of the sources.", (), at_most(MOST_SOURCES_OF_WIDGET)
    )
    currencies: list[str | None] = bounded(
        MOST_SOURCES_OF_WIDGET,
        "The currency of each source as an ISO 4217 code, in the order of `sources`. "
        "Null for a source whose currency is not known. Amounts of different currencies are never "
        "added up, and charts give each currency an axis of its own.",
        _currencies,
    )
    level: AggregateLevel | None = strawberry.field(
        resolver=lambda root: AggregateLevel(root.dataset.level) if root.dataset else None,
        description="The length of the periods. Null if there are no numbers.",
    )
    start: date | None = _of_dataset(
        "days.start", "The first day that is shown. Null if there are no numbers."
    )
    end: date | None = _of_dataset(
        "days.end", "The day after the last day that is shown. Null if there are no numbers."
    )
    dimension: str | None = _of_dataset(
        "dimension", "The name of the dimension. Null if the numbers are over all values."
    )
    dimension_title: str | None = strawberry.field(
        resolver=_dimension_title,
        description="What people call the dimension. Null if the numbers are over all values.",
    )
    value_names: list[ValueName] = bounded(
        dimensions.MOST_NAMES,
        "What people call the values of the dimension that AMC writes as codes. Other values are "
        "called as they are.",
        _value_names,
    )
    split: str | None = _of_dataset(
        "split",
        "The name of the second dimension. Null without one, and if you may not read the results "
        "that it needs: only members of the instance may.",
    )
    split_title: str | None = strawberry.field(
        resolver=_split_title,
        description="What people call the second dimension. Null without one.",
    )
    split_names: list[ValueName] = bounded(
        dimensions.MOST_NAMES,
        "What people call the values of the second dimension that AMC writes as codes.",
        _split_names,
    )
    over_time: bool = _of_dataset(
        "over_time",
        "True if there is a point for each period, rather than one for the whole range.",
        False,
    )
    comparison: Comparison | None = strawberry.field(
        resolver=lambda root: (
            Comparison(root.dataset.comparison)
            if root.dataset and root.dataset.comparison
            else None
        ),
        description="Which earlier days the numbers are compared with. Null without a comparison.",
    )
    previous_start: date | None = strawberry.field(
        resolver=_previous_start,
        description="The first of the earlier days. Null without a comparison.",
    )
    previous_end: date | None = strawberry.field(
        resolver=_previous_end,
        description="The day after the last of the earlier days. Null without a comparison.",
    )
    points: list[Point] = _shown_points
    point_count: int = strawberry.field(
        resolver=lambda root: len(root.dataset.points) if root.dataset else 0,
        description="The number of points of the widget, however many are asked for.",
    )
    totals: list[Totals] = bounded(
        MOST_SOURCES_OF_WIDGET, "The numbers over all days, for each source.", _totals
    )
    coverage: Coverage | None = _of_dataset(
        "coverage", "How many of the days have results. Null if there are no numbers."
    )
    previous_coverage: Coverage | None = strawberry.field(
        resolver=_previous_coverage,
        description="How many of the earlier days have results. Null without a comparison.",
    )
    not_comparable: str | None = strawberry.field(
        resolver=_not_comparable,
        description="Why the numbers of all sources cannot be compared with those of the earlier "
        "days, for people. Null if they can, and without a comparison.",
    )
    is_provisional: bool = _of_dataset(
        "is_provisional",
        "True if part of the data was collected before it was settled, so that the "
        "numbers may still change.",
        False,
    )
    suppressed_share: str | None = strawberry.field(
        resolver=_share,
        description="The share of result rows whose dimensions AMC's privacy thresholds "
        "withhold, from 0 to 1, as a decimal number in text. Null if there are no "
        "rows.",
    )
    as_of: datetime | None = _of_dataset(
        "as_of", "When the newest result was collected. Null if there is none."
    )
    series: list[SeriesSpan] = _of_dataset(
        "series",
        "The series that the numbers come from, for each source oldest first. More than one of a "
        "source if its version, parameters or time zone have changed.",
        (),
        at_most(MOST_SPANS),
    )
    unserved: Unserved | None = strawberry.field(
        description="The reason why there are no numbers. Null if there are."
    )
    chart: JSON | None = strawberry.field(
        resolver=_chart,
        description="The chart as a Vega-Lite specification that includes its data. Null unless "
        "the widget is a CHART with numbers.",
        directives=[weighs(CHART)],
    )
    alt_text: str | None = strawberry.field(
        resolver=_alt_text,
        description="A description of the numbers in words, for screen readers. Null if there "
        "are no numbers.",
        directives=[weighs(ALT_TEXT)],
    )


async def load(info: Info, request: WidgetRequest, widget: ShownWidget) -> ShownWidget:
    """Load the numbers of a widget. Widgets that are asked for together share one read.

    A widget that fails says so itself, so that the others of its dashboard are shown.
    """
    try:
        answer = await info.context.load(numbers.load, numbers.load, request)
        found = await numbers.finish(answer)
    except Exception as error:
        is_said = isinstance(error, DomainError) or failures.lacking(error) is not None
        if is_said or snapshots.is_reading():  # it is read again in an ordinary transaction
            raise
        found = numbers.failed(error)
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
    """The numbers of a widget on a dashboard."""
    reader = reader_filters(range, level, filters)
    request = WidgetRequest(root.data_source, root.dashboard_id, reader)
    widget = ShownWidget(root.widget_type, root.chart_type, root.title, root.display_config, theme)
    return await load(info, request, widget)
