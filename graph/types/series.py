"""The GraphQL type of a report's series."""

from datetime import date, datetime

import strawberry

from domain import models
from graph.enums.collections import WeekStart
from graph.fields.edges import column, one
from graph.fields.scalars import JSON
from graph.types.templates import TemplateVersion


@strawberry.type(
    description="Numbers of a report that answer the same question: of one version of its "
    "template, one set of parameters and one time zone. Only these are added up."
)
class ReportSeries:
    series: str = column(
        "series_hash", "The hash of the series, as collections and aggregates name it."
    )
    template_version: TemplateVersion | None = one(
        models.TemplateVersion,
        "template_version_id",
        "The version of the template. Null if the version is deleted.",
    )
    parameters: JSON | None = strawberry.field(
        description="The parameter values, by name. Their definitions give the types. Null if all "
        "collections of the series are deleted."
    )
    time_zone: str = strawberry.field(description="The IANA time zone of the days.")
    week_start: WeekStart = strawberry.field(description="The day on which weeks start.")
    first_day: date | None = strawberry.field(
        description="The first day of the first week with results. Null if there is none."
    )
    last_day: date | None = strawberry.field(
        description="The last day of the last week with results, included in it. Null if there is "
        "none."
    )
    weeks: int = strawberry.field(description="The number of weeks with results.")
    months: int = strawberry.field(description="The number of months with results.")
    quarters: int = strawberry.field(description="The number of quarters with results.")
    is_shown: bool = strawberry.field(
        description="True if `aggregates` of the report list it by default: for at least one "
        "period it is the newest series with a result."
    )
    started_at: datetime = strawberry.field(
        description="When a collection of the series was started last. The newest series comes "
        "first wherever several have a result."
    )
