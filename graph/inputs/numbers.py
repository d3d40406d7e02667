"""Inputs by which a reader overrides the days, level and filters of a widget."""

from datetime import date
from typing import Annotated

import strawberry

from domain.dashboards.configs import MOST_PERIODS, WidgetFilters
from domain.documents import read
from graph.enums.aggregates import AggregateLevel
from graph.enums.charts import Theme
from graph.fields.arguments import number_field
from graph.fields.documents import given


@strawberry.input(
    description="Which days to show. Give either `periods`, or `startDate` and `endDate`."
)
class RangeInput:
    periods: int | None = number_field(
        "The number of newest weeks, months or quarters", 1, MOST_PERIODS, default=None
    )
    start_date: date | None = strawberry.field(default=None, description="The first day.")
    end_date: date | None = strawberry.field(
        default=None,
        description="The last day, included in the range. Periods are shown whole, even where "
        "the range covers only part of one.",
    )


@strawberry.input(description="Only certain values of a dimension, or all except certain values.")
class WidgetFilterInput:
    dimension: str = strawberry.field(description="The name of a dimension of the sources.")
    values: list[str | None] = strawberry.field(
        description="1 to 100 values. Null stands for values that AMC's privacy thresholds "
        "withhold."
    )
    exclude: bool = strawberry.field(
        default=False, description="True to show all values except these."
    )


def reader_filters(
    range: RangeInput | None,
    level: AggregateLevel | None,
    filters: list[WidgetFilterInput] | None,
) -> WidgetFilters:
    """Convert what a reader asks for to the domain's filters. Raises Problems."""
    asked = {"range": range, "level": level, "filters": filters}
    told = {name: given(one) for name, one in asked.items() if one is not None}
    return read(WidgetFilters, told, "")


InTheme = Annotated[
    Theme,
    strawberry.argument(description="The background that the chart's colours are chosen for."),
]
InRange = Annotated[
    RangeInput | None,
    strawberry.argument(
        description="The days to show, in place of those that the widget or its dashboard says."
    ),
]
OfLevel = Annotated[
    AggregateLevel | None,
    strawberry.argument(
        description="The length of the periods, in place of the one that the widget or its "
        "dashboard says."
    ),
]
Filtered = Annotated[
    list[WidgetFilterInput] | None,
    strawberry.argument(
        description="Filters that replace the widget's and dashboard's filters on the same "
        "dimensions."
    ),
]
