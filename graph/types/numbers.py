"""GraphQL types of numbers: measures, cells, points, totals, and why there are none."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import strawberry

from domain.aggregates import lineage
from domain.charts import comparisons, datasets
from domain.templates.metrics import MOST_MEASURES
from graph.enums.aggregates import MetricState
from graph.enums.metrics import MetricKind, MetricUnit
from graph.enums.numbers import SeriesChange, WidgetProblem
from graph.fields.context import Info
from graph.fields.costs import at_most, weighs
from graph.fields.edges import bounded, column
from graph.types.aggregates import Coverage
from graph.types.collections import Week

MOST_LINEAGE = 366  # segments that are shown of a point
LINEAGE = 30  # points, measured by `python -m benchmarks.costs`


@strawberry.type(description="What people call a value of a dimension.")
class ValueName:
    value: str = strawberry.field(description="The value, as it is in results and filters.")
    name: str = strawberry.field(description="The name, for people.")


@strawberry.type(description="A metric that a widget shows.")
class Measure:
    name: str = strawberry.field(description="The metric's name, as the template declares it.")
    title: str = strawberry.field(description="The metric's title, for people.")
    unit: MetricUnit = strawberry.field(description="The unit of the values.")
    kind: MetricKind = strawberry.field(
        description="How values combine. Only additive metrics, and ratios of them, can be "
        "added up."
    )
    currency: str | None = strawberry.field(
        description="The currency as an ISO 4217 code, for the unit currency. Null if it is not "
        "known or differs between the sources; `currencies` then has that of each source."
    )


@strawberry.type(description="A value, or the reason why there is none.")
class Cell:
    value: str | None = column(
        "digits",
        "The exact value as a decimal number in text. Null if there is none; "
        "`state` then says why.",
    )
    state: MetricState = strawberry.field(description="VALUE, or the reason why there is no value.")


CHANGES = (
    "The change of each metric from `previous`, as a share of the earlier value: 0.25 is 25 % "
    "more. The state is NOT_COMPARABLE if another share of the earlier days is known. Null "
    "without a comparison."
)
NOT_COMPARABLE = (
    "Why `cells` and `previous` cannot be compared, for people. Null if they can, and without a "
    "comparison."
)


def _changes(now: Any, before: Any, why_not: str | None) -> list[Any] | None:
    if before is None:
        return None
    pairs = zip(now, before, strict=True)
    return [comparisons.change(one, earlier, why_not) for one, earlier in pairs]


def obstacle(root: Any) -> str | None:
    """Why the numbers cannot be compared with those before, or None if they can."""
    return comparisons.obstacle(root.coverage, root.previous_coverage)


async def _lineage(root: datasets.Point, info: Info) -> list[Any]:
    found = await asyncio.gather(
        *(
            info.context.load(lineage.of_numbers, lineage.of_numbers, UUID(one))
            for one in root.aggregate_ids
        )
    )
    weeks = {week.id: week for one in found for week in one or ()}
    return list(weeks.values())[-MOST_LINEAGE:]


@strawberry.type(description="A row of a table or a mark of a chart.")
class Point:
    source: int = strawberry.field(
        description="The index of the point's source in `sources`, counted from 0."
    )
    key: str | None = strawberry.field(
        description="The name of the period, such as 2026-W10. Null if the point covers the "
        "whole range."
    )
    start: date = strawberry.field(description="The first day of the point.")
    end: date = strawberry.field(description="The day after the last day of the point.")
    value: str | None = strawberry.field(
        description="The value of the dimension. Null if AMC's privacy thresholds withhold it, "
        "or if there is no dimension."
    )
    split_value: str | None = strawberry.field(
        description="The value of the split. Null if there is none, and if the point stands for "
        "other or withheld values."
    )
    is_other: bool = strawberry.field(
        description="True if the point stands for all values that have no point of their own."
    )
    cells: list[Cell] = bounded(
        MOST_MEASURES, "A cell for each metric, in the order of `measures`."
    )
    previous: list[Cell] | None = bounded(
        MOST_MEASURES,
        "The cells of the days that the point is compared with. Null without a comparison.",
    )
    changes: list[Cell] | None = bounded(
        MOST_MEASURES,
        CHANGES,
        lambda root: _changes(root.cells, root.previous, obstacle(root)),
    )
    not_comparable: str | None = strawberry.field(resolver=obstacle, description=NOT_COMPARABLE)
    coverage: Coverage = strawberry.field(description="How many days of the point have results.")
    previous_coverage: Coverage | None = strawberry.field(
        description="How many of the days that the point is compared with have results. Null "
        "without a comparison."
    )
    is_provisional: bool = strawberry.field(
        description="True if part of the data was collected before it was settled, so that the "
        "numbers may still change."
    )
    by_utc_day: bool = strawberry.field(
        description="True if a segment was split by days in UTC although the report has another "
        "time zone. Numbers near the edges of the period are then approximate."
    )
    lineage: list[Week] = strawberry.field(
        resolver=_lineage,
        description="The newest segments that the point was computed from, at most 366, oldest "
        "first, each with its executions. Empty if you may see only the dashboard.",
        directives=[weighs(LINEAGE), at_most(MOST_LINEAGE)],
    )


@strawberry.type(description="The numbers of a source over all days that are shown.")
class Totals:
    source: int = strawberry.field(
        description="The index of the source in `sources`, counted from 0."
    )
    cells: list[Cell] = bounded(
        MOST_MEASURES, "A cell for each metric, in the order of `measures`."
    )
    previous: list[Cell] | None = bounded(
        MOST_MEASURES,
        "The cells of the days that the range is compared with. Null without a comparison.",
    )
    currency: str | None = strawberry.field(
        description="The currency of the source as an ISO 4217 code. Null if it is not known."
    )
    changes: list[Cell] | None = bounded(
        MOST_MEASURES,
        CHANGES,
        lambda root: _changes(root.cells, root.previous, obstacle(root)),
    )
    not_comparable: str | None = strawberry.field(resolver=obstacle, description=NOT_COMPARABLE)
    coverage: Coverage = strawberry.field(description="How many days of the range have results.")
    previous_coverage: Coverage | None = strawberry.field(
        description="How many of the days that the range is compared with have results. Null "
        "without a comparison."
    )


@strawberry.type(
    description="Days whose numbers come from one series of a source: a version of its template, "
    "parameters and a time zone."
)
class SeriesSpan:
    source: int = strawberry.field(
        description="The index of the source in `sources`, counted from 0."
    )
    series: str = strawberry.field(description="The hash of the series.")
    start: date = column("start", "The first day of these numbers.")
    end: date = column("end", "The day after the last day of these numbers.")
    version: int | None = strawberry.field(
        description="The number of the template version. Null for a workflow."
    )
    changes: list[SeriesChange] = bounded(
        len(SeriesChange),
        "What differs from the series before it. Empty for the first span of a source.",
        lambda root: [SeriesChange(one) for one in root.changes],
    )
    is_added_up: bool = strawberry.field(
        description="True if `totals` count these numbers. Numbers of other parameters or of "
        "another time zone are shown beside each other and never added up."
    )


@strawberry.type(
    description="The reason why a widget shows no numbers. Other widgets are not affected."
)
class Unserved:
    code: WidgetProblem = strawberry.field(description="The reason, for programs.")
    message: str = strawberry.field(
        description="The reason, for people, with what can be done about it."
    )
    field: str | None = strawberry.field(
        description="The path of the widget's field that the reason is about. Null if it is "
        "about no field."
    )
