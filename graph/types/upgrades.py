"""GraphQL types of what moving a report to another template version means."""

from datetime import date, datetime

import strawberry

from domain.collections import plans
from domain.problems import MOST_TOLD
from domain.queries import definitions
from domain.templates.metrics import MOST_METRICS
from graph.fields.edges import bounded
from graph.fields.scalars import JSON
from graph.types.collections import DayShare
from graph.types.templates import Problem, TemplateVersion


@strawberry.type(description="The metrics of two template versions, by what becomes of them.")
class MetricChanges:
    kept: list[str] = bounded(
        MOST_METRICS,
        "Metrics with the same definition in both versions. Dashboards show their old and new "
        "numbers as one series, with a mark where the version changes.",
    )
    changed: list[str] = bounded(
        MOST_METRICS,
        "Metrics of both versions whose kind, unit, numerator or denominator differs. Their old "
        "and new numbers are never shown as one series.",
    )
    gained: list[str] = bounded(MOST_METRICS, "Metrics of the new version only.")
    lost: list[str] = bounded(
        MOST_METRICS, "Metrics of the old version only. Widgets that show one show no numbers."
    )


@strawberry.type(description="What it takes to collect the past of a report anew.")
class Recollection:
    segments: int = strawberry.field(
        description="The number of segments that have a settled result now and none of the "
        "version, parameters and time zone in question. Each takes one execution."
    )
    first_day: date | None = strawberry.field(
        description="The first day of these segments. Null if there are none."
    )
    last_day: date | None = strawberry.field(
        description="The last day of these segments, included in them. Null if there are none."
    )
    day_shares: list[DayShare] = bounded(
        plans.MOST_SEGMENTS, "The executions by day, as the daily quota lets them through."
    )
    eta_earliest: datetime = strawberry.field(
        description="The earliest time at which a collection that starts now may be over."
    )
    eta_latest: datetime = strawberry.field(
        description="The time by which a collection that starts now is likely to be over."
    )


@strawberry.type(description="What reportUpgrade with the same arguments would do.")
class ReportUpgradePreview:
    before: TemplateVersion = strawberry.field(
        description="The version that the report is pinned to."
    )
    after: TemplateVersion = strawberry.field(description="The version that it would be pinned to.")
    sql_difference: str = strawberry.field(
        description="The difference of the two queries as a unified diff. Empty if they are equal."
    )
    parameters: JSON = strawberry.field(
        description="The parameter values after the upgrade, by name. Their definitions give the "
        "types."
    )
    parameters_gained: list[str] = bounded(
        definitions.MOST, "Parameters that only the new version has."
    )
    parameters_lost: list[str] = bounded(
        definitions.MOST, "Parameters that only the old version has. Their values are dropped."
    )
    metrics: MetricChanges = strawberry.field(
        description="The metrics of both versions, by what becomes of them."
    )
    problems: list[Problem] = bounded(
        MOST_TOLD, "Why reportUpgrade would be refused. Empty if it would not be."
    )
    recollection: Recollection = strawberry.field(
        description="What it would take to collect the past anew. reportUpgrade collects nothing; "
        "reportRecollect does."
    )
