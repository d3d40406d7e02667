"""Inputs by which a reader overrides the days, level and filters of a widget."""

from datetime import date
from typing import Annotated, Any

import strawberry

from domain.dashboards.configs import MOST_PERIODS, WidgetFilters
from domain.documents import read
from graph.enums.aggregates import AggregateLevel
from graph.enums.charts import Theme
from graph.fields.arguments import number_field
from graph.fields.enums import word


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

    def given(self) -> dict[str, Any]:
        """Convert to the stored form."""
        days = {"startDate": self.start_date, "endDate": self.end_date}
        told = {name: day.isoformat() for name, day in days.items() if day is not None}
        return told if self.periods is None else {"periods": self.periods, **told}


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

    def given(self) -> dict[str, Any]:
        """Convert to the stored form."""
        return {"dimension": self.dimension, "values": self.values, "exclude": self.exclude}


def reader_filters(
    range: RangeInput | None,
    level: AggregateLevel | None,
    filters: list[WidgetFilterInput] | None,
) -> WidgetFilters:
    """Convert what a reader asks for to the domain's filters. Raises Problems."""
    given: dict[str, Any] = {"filters": [one.given() for one in filters or ()]}
    if range is not None:
        given["range"] = range.given()
    if level is not None:
        given["level"] = word(level)
    return read(WidgetFilters, given, "")


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
