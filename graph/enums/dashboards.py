"""Enums of dashboards and their widgets."""

from enum import Enum

import strawberry


@strawberry.enum(description="The type of a widget.")
class WidgetType(Enum):
    CHART = strawberry.enum_value("chart", description="A chart of `chartType`.")
    TABLE = strawberry.enum_value("table", description="A table of numbers.")
    METRIC_CARD = strawberry.enum_value("metric_card", description="A single large number.")
    TEXT = strawberry.enum_value("text", description="Plain text. It has no data source.")


@strawberry.enum(description="The purpose of a dashboard.")
class DashboardKind(Enum):
    PERFORMANCE = strawberry.enum_value(
        "performance", description="Costs and results of campaigns."
    )
    ATTRIBUTION = strawberry.enum_value(
        "attribution", description="Which ads the conversions are attributed to."
    )
    AUDIENCE = strawberry.enum_value("audience", description="Who was reached, and who bought.")
    FUNNEL = strawberry.enum_value(
        "funnel", description="The stages from an impression to a purchase."
    )
    COMPARISON = strawberry.enum_value("comparison", description="Several sources side by side.")
    CUSTOM = strawberry.enum_value("custom", description="Any other purpose.")


@strawberry.enum(description="What a person may do with a dashboard.")
class DashboardAccess(Enum):
    OWNER = strawberry.enum_value(
        "OWNER", description="The person owns the dashboard and may do everything."
    )
    EDIT = strawberry.enum_value(
        "EDIT",
        description="The person may change widgets, name and filters, but not share or delete "
        "the dashboard.",
    )
    VIEW = strawberry.enum_value(
        "VIEW", description="The dashboard is shared with the person, who may look at it."
    )
    PUBLIC = strawberry.enum_value(
        "PUBLIC", description="The dashboard is public and the person may look at it."
    )


@strawberry.enum(description="What a person may do with a shared dashboard.")
class SharePermission(Enum):
    VIEW = strawberry.enum_value("view", description="Look at the dashboard.")
    EDIT = strawberry.enum_value(
        "edit", description="Look at the dashboard and change its widgets, name and filters."
    )


@strawberry.enum(description="What has changed on a watched dashboard.")
class DashboardChange(Enum):
    LAYOUT = strawberry.enum_value(
        "LAYOUT", description="The dashboard or its widgets. `version` has grown."
    )
    DATA = strawberry.enum_value(
        "DATA", description="The numbers of its sources. `dataVersion` has grown."
    )
    INSIGHTS = strawberry.enum_value("INSIGHTS", description="Its insights were made again.")
    SHARING = strawberry.enum_value(
        "SHARING", description="Whom the dashboard is shared with, or your access to it."
    )
    DELETED = strawberry.enum_value(
        "DELETED", description="The dashboard was deleted. No further events follow."
    )
