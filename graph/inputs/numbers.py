"""The days, level and filters that a reader asks for, in place of those of a widget."""

from datetime import date
from typing import Annotated

import strawberry

from domain.dashboards.configs import WidgetFilters
from domain.documents import read
from graph.enums.aggregates import AggregateLevel
from graph.enums.charts import Theme
from graph.fields.documents import given


@strawberry.input(description="Which days: so many of the newest periods, or from day to day.")
class RangeInput:
    periods: int | None = strawberry.field(
        default=None, description="The newest so many weeks, months or quarters; at most 104."
    )
    start_date: date | None = strawberry.field(default=None, description="Or from this day on.")
    end_date: date | None = strawberry.field(
        default=None, description="To this day, included. Periods are shown whole."
    )


@strawberry.input(description="Only these values of a dimension, or all but these.")
class WidgetFilterInput:
    dimension: str = strawberry.field(description="A dimension of the sources.")
    values: list[str | None] = strawberry.field(
        description="1 to 100 values; null is what privacy took."
    )
    exclude: bool = strawberry.field(default=False, description="All but these.")


def reader_filters(
    range: RangeInput | None,
    level: AggregateLevel | None,
    filters: list[WidgetFilterInput] | None,
) -> WidgetFilters:
    """What the reader asks for, as the domain has it. Raises Problems."""
    asked = {"range": range, "level": level, "filters": filters}
    told = {name: given(one) for name, one in asked.items() if one is not None}
    return read(WidgetFilters, told, "")


InTheme = Annotated[Theme, strawberry.argument(description="What its chart is drawn for.")]
InRange = Annotated[
    RangeInput | None,
    strawberry.argument(description="Other days than the widget or its dashboard says."),
]
OfLevel = Annotated[
    AggregateLevel | None, strawberry.argument(description="Weeks, months or quarters instead.")
]
Filtered = Annotated[
    list[WidgetFilterInput] | None,
    strawberry.argument(description="Instead of other filters on the same dimensions."),
]
