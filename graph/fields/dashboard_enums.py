"""The enums of dashboards, widgets and views, with what each word means."""

from enum import Enum

import strawberry


@strawberry.enum(description="What a widget is.")
class WidgetType(Enum):
    CHART = strawberry.enum_value("chart", description="A picture of numbers.")
    TABLE = strawberry.enum_value("table", description="Numbers in rows.")
    METRIC_CARD = strawberry.enum_value("metric_card", description="One number, large.")
    TEXT = strawberry.enum_value("text", description="Words, shown as they are.")


@strawberry.enum(description="Which picture.")
class ChartType(Enum):
    LINE = strawberry.enum_value("line", description="A line for each metric or value.")
    BAR = strawberry.enum_value("bar", description="A bar for each period or value.")
    PIE = strawberry.enum_value("pie", description="Parts of a whole.")
    SCATTER = strawberry.enum_value("scatter", description="One metric against another.")
    AREA = strawberry.enum_value("area", description="Lines that are filled, or stacked.")
    FUNNEL = strawberry.enum_value("funnel", description="Steps, each with what is left.")


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


@strawberry.enum(description="What a view shows besides its totals.")
class DashboardType(Enum):
    STANDARD = strawberry.enum_value(
        "standard", description="Trends, and the largest values of each dimension."
    )
    FUNNEL = strawberry.enum_value("funnel", description="Four stages, with what drops off.")
    COMPARISON = strawberry.enum_value("comparison", description="The window beside one before it.")
    CUSTOM = strawberry.enum_value("custom", description="The widgets of the template.")


@strawberry.enum(description="What a chart is drawn for.")
class Theme(Enum):
    LIGHT = strawberry.enum_value("light", description="A light page.")
    DARK = strawberry.enum_value("dark", description="A dark page.")


@strawberry.enum(description="What numbers are compared with.")
class Comparison(Enum):
    PREVIOUS_PERIOD = strawberry.enum_value(
        "previous_period", description="As many periods right before."
    )
    PREVIOUS_YEAR = strawberry.enum_value(
        "previous_year",
        description="The same weeks by number, months or quarters of the year before.",
    )


@strawberry.enum(description="Why a widget shows no numbers.")
class WidgetProblem(Enum):
    NO_DATA = strawberry.enum_value("NO_DATA", description="Nothing has been collected.")
    NOT_ADDITIVE = strawberry.enum_value(
        "NOT_ADDITIVE", description="None of it may be added up over these periods."
    )
    UNKNOWN_METRIC = strawberry.enum_value(
        "UNKNOWN_METRIC", description="The source does not count it, or not any more."
    )
    UNKNOWN_DIMENSION = strawberry.enum_value(
        "UNKNOWN_DIMENSION", description="The source is not told by it, or not any more."
    )
    NOT_SHARED = strawberry.enum_value("NOT_SHARED", description="It is not shown to you.")
    TOO_LARGE = strawberry.enum_value("TOO_LARGE", description="It takes too much to compute.")
    INVALID = strawberry.enum_value("INVALID", description="What it is to show cannot be read.")
