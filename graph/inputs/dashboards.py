"""Inputs of dashboards and widgets."""

from typing import Annotated, Any

import strawberry

from domain.dashboards import lists
from domain.dashboards.dashboards import NO_CHANGE, DashboardChange, DashboardSpec
from domain.dashboards.specs import WidgetSpec
from domain.dashboards.widgets import Changed, Moved, WidgetsChange
from graph.enums.charts import ChartType
from graph.enums.dashboards import DashboardKind, SharePermission, WidgetType
from graph.fields.arguments import REPLACED, number
from graph.fields.enums import word
from graph.fields.scalars import JSON, or_empty

FILTERS = (
    "The settings of all widgets that have none of their own: level, range ({periods} or "
    "{startDate, endDate}), filters ([{dimension, values, exclude}])."
)
DATA_SOURCE = (
    "What the widget shows: sources ([{reportId}]) and metrics, and optionally dimension, "
    "overTime, level, range, filters, comparison, top, sortBy, ascending. Not allowed for a TEXT."
)
DISPLAY = (
    "How the widget is shown: text (required for a TEXT, and for no other type), xTitle, yTitle, "
    "stacked, showLegend, decimals."
)
POSITION = (
    "The position on a grid of 12 columns: x, y, width and height in cells, from the upper left "
    "corner."
)


@strawberry.input(description="Everything that you decide about a dashboard, except its widgets.")
class DashboardInput:
    name: str = strawberry.field(description="The name, 1 to 200 characters.")
    description: str | None = strawberry.field(
        default=None, description="What the dashboard is for."
    )
    filters: JSON | None = strawberry.field(default=None, description=FILTERS)
    is_public: bool = strawberry.field(
        default=False, description="True to show the dashboard to everybody who is signed in."
    )
    template_type: DashboardKind | None = strawberry.field(
        default=None, description="The purpose of the dashboard."
    )

    def spec(self) -> DashboardSpec:
        """Convert to the domain's spec."""
        return DashboardSpec(
            name=self.name,
            description=self.description,
            filters=or_empty(self.filters),
            is_public=self.is_public,
            template_type=word(self.template_type),
        )


@strawberry.input(
    description="What to change about a dashboard. A field that is left out stays as it is."
)
class DashboardChangeInput:
    name: str | None = strawberry.field(
        default=None, description="The new name, 1 to 200 characters."
    )
    description: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="What the dashboard is for. Null removes the description.",
    )
    filters: JSON | None = strawberry.field(
        default=None, description=f"{FILTERS} Replaces all of them."
    )
    is_public: bool | None = strawberry.field(
        default=None,
        description="True to show the dashboard to everybody who is signed in. FORBIDDEN for "
        "anybody but the owner.",
    )
    template_type: DashboardKind | None = strawberry.field(
        default=strawberry.UNSET, description="The purpose of the dashboard. Null removes it."
    )

    def wanted(self) -> DashboardChange:
        """Convert to the domain's change."""
        kind = self.template_type
        return DashboardChange(
            name=self.name,
            description=_or_stays(self.description),
            filters=self.filters,
            is_public=self.is_public,
            template_type=NO_CHANGE if kind is strawberry.UNSET else word(kind),
        )


def _or_stays(given: Any) -> Any:
    return NO_CHANGE if given is strawberry.UNSET else given


@strawberry.input(description="A widget to add.")
class WidgetInput:
    type: WidgetType = strawberry.field(description="The type of the widget.")
    title: str = strawberry.field(description="The title, 1 to 255 characters of plain text.")
    position: JSON = strawberry.field(description=POSITION)
    chart_type: ChartType | None = strawberry.field(
        default=None,
        description="The type of the chart. Required for a CHART, and for no other type.",
    )
    data_source: JSON | None = strawberry.field(default=None, description=DATA_SOURCE)
    display: JSON | None = strawberry.field(default=None, description=DISPLAY)

    def spec(self) -> WidgetSpec:
        """Convert to the domain's spec."""
        return WidgetSpec(
            kind=word(self.type),
            title=self.title,
            chart_type=word(self.chart_type),
            data_source=self.data_source,
            display=self.display,
            position=self.position,
        )


@strawberry.input(
    description="What to change about a widget. A field that is left out stays as it is."
)
class WidgetChangeInput:
    id: strawberry.ID = strawberry.field(description="The widget's id.")
    type: WidgetType | None = strawberry.field(
        default=None, description="The new type of the widget."
    )
    title: str | None = strawberry.field(
        default=None, description="The new title, 1 to 255 characters of plain text."
    )
    position: JSON | None = strawberry.field(default=None, description=POSITION)
    chart_type: ChartType | None = strawberry.field(
        default=strawberry.UNSET,
        description="The new type of the chart. Null removes it from a widget that is no longer "
        "a CHART.",
    )
    data_source: JSON | None = strawberry.field(
        default=strawberry.UNSET, description=f"{DATA_SOURCE} Replaces all of it."
    )
    display: JSON | None = strawberry.field(
        default=strawberry.UNSET, description=f"{DISPLAY} Replaces all of it."
    )

    def changed(self) -> Changed:
        """Convert to the domain's change."""
        given = {"kind": word(self.type), "title": self.title, "position": self.position}
        spec = {name: value for name, value in given.items() if value is not None}
        for name in ("chart_type", "data_source", "display"):
            value = getattr(self, name)
            if value is not strawberry.UNSET:
                spec[name] = word(value) if name == "chart_type" else value
        return Changed(self.id, spec)


@strawberry.input(description="A new position for a widget.")
class WidgetMoveInput:
    id: strawberry.ID = strawberry.field(description="The widget's id.")
    position: JSON = strawberry.field(description=POSITION)


@strawberry.input(description="Changes of a dashboard's widgets. All of them are made, or none.")
class WidgetsChangeInput:
    add: list[WidgetInput] = strawberry.field(
        default_factory=list, description="The widgets to add."
    )
    change: list[WidgetChangeInput] = strawberry.field(
        default_factory=list, description="The widgets to change."
    )
    move: list[WidgetMoveInput] = strawberry.field(
        default_factory=list, description="The widgets to move to another position."
    )
    remove: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="The ids of the widgets to remove."
    )

    def wanted(self) -> WidgetsChange:
        """Convert to the domain's change."""
        return WidgetsChange(
            add=[one.spec() for one in self.add],
            change=[one.changed() for one in self.change],
            move=[Moved(one.id, one.position) for one in self.move],
            remove=[str(one) for one in self.remove],
        )


@strawberry.input(description="A report or a workflow whose numbers are shown. Give exactly one.")
class SourceInput:
    report_id: strawberry.ID | None = strawberry.field(
        default=None, description="The report whose numbers are shown."
    )
    workflow_id: strawberry.ID | None = strawberry.field(
        default=None, description="The workflow.", deprecation_reason=REPLACED
    )

    def given(self) -> dict[str, Any]:
        """Convert to the stored form."""
        given = {"reportId": self.report_id, "workflowId": self.workflow_id}
        return {name: value for name, value in given.items() if value is not None}


@strawberry.input(
    description="Which dashboards to list. A field that is null or left out filters nothing."
)
class DashboardFilter:
    mine: bool | None = strawberry.field(
        default=None,
        description="True for dashboards that you own; false for those that others own.",
    )
    shared_with_me: bool | None = strawberry.field(
        default=None,
        description="True for dashboards that are shared with you by name; false for the others.",
    )
    is_public: bool | None = strawberry.field(
        default=None, description="True for public dashboards; false for the others."
    )
    is_favorite: bool | None = strawberry.field(
        default=None, description="True for dashboards among your favourites; false for the others."
    )
    template_type: DashboardKind | None = strawberry.field(
        default=None, description="Only dashboards with this purpose."
    )
    name: str | None = strawberry.field(
        default=None,
        description="Only dashboards whose name or description contains this text, in any case.",
    )

    def wanted(self) -> lists.DashboardFilter:
        """Convert to the domain's filter."""
        return lists.DashboardFilter(
            mine=self.mine,
            shared_with_me=self.shared_with_me,
            is_public=self.is_public,
            is_favorite=self.is_favorite,
            template_type=word(self.template_type),
            name=self.name,
        )


Decided = Annotated[
    DashboardInput,
    strawberry.argument(description="Everything that you decide about the dashboard."),
]
Different = Annotated[DashboardChangeInput, strawberry.argument(description="What to change.")]
Widgets = Annotated[
    WidgetsChangeInput,
    strawberry.argument(description="The widgets to add, change, move and remove."),
]
Version = Annotated[int, number("The version of the dashboard that your change is based on", 1)]
OfDashboard = Annotated[strawberry.ID, strawberry.argument(description="The dashboard's id.")]
Email = Annotated[str, strawberry.argument(description="The person's e-mail address.")]
Permission = Annotated[
    SharePermission, strawberry.argument(description="What the person may do with the dashboard.")
]
NewName = Annotated[
    str | None,
    strawberry.argument(
        description="The name of the new dashboard, 1 to 200 characters. Without it, the server "
        "makes one up."
    ),
]
OfKind = Annotated[
    DashboardFilter | None,
    strawberry.argument(description="Which dashboards to list. Without it, all of them."),
]
Slug = Annotated[
    str,
    strawberry.argument(description="The slug of a dashboard template, see dashboardTemplates."),
]
Sources = Annotated[
    list[SourceInput],
    strawberry.argument(
        description="The reports to show, at most as many as the template's `mostSources`."
    ),
]
Mark = Annotated[
    bool,
    strawberry.argument(
        description="True to add the dashboard to your favourites, false to remove it."
    ),
]
MaybeReport = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="A report. Each template then says in `missing` what the report lacks for it."
    ),
]
PreviewOf = Annotated[
    WidgetInput, strawberry.argument(description="The widget as it would be added.")
]
OnDashboard = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="The dashboard that the widget is for, whose filters and sources apply."
    ),
]
