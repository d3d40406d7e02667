"""The enums of dashboards and their widgets, with what each value means."""

from enum import Enum

import strawberry


@strawberry.enum(description="What a widget is.")
class WidgetType(Enum):
    CHART = strawberry.enum_value("chart", description="A picture of numbers.")
    TABLE = strawberry.enum_value("table", description="Numbers in rows.")
    METRIC_CARD = strawberry.enum_value("metric_card", description="One number, large.")
    TEXT = strawberry.enum_value("text", description="Words, shown as they are.")


@strawberry.enum(description="What kind of dashboard it is.")
class DashboardKind(Enum):
    PERFORMANCE = strawberry.enum_value("performance", description="What it cost and brought.")
    ATTRIBUTION = strawberry.enum_value("attribution", description="What is to be thanked.")
    AUDIENCE = strawberry.enum_value("audience", description="Who was met, and who bought.")
    FUNNEL = strawberry.enum_value("funnel", description="The way to a purchase.")
    COMPARISON = strawberry.enum_value("comparison", description="One beside the other.")
    CUSTOM = strawberry.enum_value("custom", description="None of these.")


@strawberry.enum(description="What a dashboard is to a person.")
class DashboardAccess(Enum):
    OWNER = strawberry.enum_value("OWNER", description="One's own: everything.")
    EDIT = strawberry.enum_value(
        "EDIT", description="Shared to edit: widgets and words, not sharing or deleting."
    )
    VIEW = strawberry.enum_value("VIEW", description="Shared to look at.")
    PUBLIC = strawberry.enum_value("PUBLIC", description="Public: to look at.")


@strawberry.enum(description="What a person may do with a dashboard that is shared.")
class SharePermission(Enum):
    VIEW = strawberry.enum_value("view", description="Look at it.")
    EDIT = strawberry.enum_value("edit", description="Change its widgets and words too.")


@strawberry.enum(description="What has happened to a watched dashboard.")
class DashboardChange(Enum):
    LAYOUT = strawberry.enum_value("LAYOUT", description="It or its widgets: a new `version`.")
    DATA = strawberry.enum_value("DATA", description="Its numbers: a new `dataVersion`.")
    SHARING = strawberry.enum_value("SHARING", description="Whom it is shown to, or your access.")
    DELETED = strawberry.enum_value("DELETED", description="It is no more; nothing follows.")
