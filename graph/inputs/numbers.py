"""The days, level and filters that a reader asks for, in place of those of a widget."""

from datetime import date
from typing import Annotated, Any

import strawberry

from domain.dashboards.configs import MOST_PERIODS, WidgetFilters
from domain.documents import read
from graph.enums.aggregates import AggregateLevel
from graph.enums.charts import Theme
from graph.fields.arguments import number_field
from graph.fields.enums import word


@strawberry.input(description="Which days: so many of the newest periods, or from day to day.")
class RangeInput:
    periods: int | None = number_field(
        "The newest so many weeks, months or quarters", 1, MOST_PERIODS, default=None
    )
    start_date: date | None = strawberry.field(default=None, description="Or from this day on.")
    end_date: date | None = strawberry.field(
        default=None, description="To this day, included. Periods are shown whole."
    )

    def given(self) -> dict[str, Any]:
        """The same in the form in which it is stored."""
        days = {"startDate": self.start_date, "endDate": self.end_date}
        told = {name: day.isoformat() for name, day in days.items() if day is not None}
        return told if self.periods is None else {"periods": self.periods, **told}


@strawberry.input(description="Only these values of a dimension, or all but these.")
class WidgetFilterInput:
    dimension: str = strawberry.field(description="A dimension of the sources.")
    values: list[str | None] = strawberry.field(
        description="1 to 100 values; null is what privacy took."
    )
    exclude: bool = strawberry.field(default=False, description="All but these.")

    def given(self) -> dict[str, Any]:
        """The same in the form in which it is stored."""
        return {"dimension": self.dimension, "values": self.values, "exclude": self.exclude}


def reader_filters(
    range: RangeInput | None,
    level: AggregateLevel | None,
    filters: list[WidgetFilterInput] | None,
) -> WidgetFilters:
    """What the reader asks for, as the domain has it. Raises Problems."""
    given: dict[str, Any] = {"filters": [one.given() for one in filters or ()]}
    if range is not None:
        given["range"] = range.given()
    if level is not None:
        given["level"] = word(level)
    return read(WidgetFilters, given, "")


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
