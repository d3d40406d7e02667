"""Inputs of dashboards and widgets."""

from typing import Annotated, Any

import strawberry

from domain.dashboards.dashboards import NO_CHANGE, DashboardChange, DashboardSpec
from domain.dashboards.specs import WidgetSpec
from domain.dashboards.widgets import Changed, Moved, WidgetsChange
from graph.enums.charts import ChartType
from graph.enums.dashboards import DashboardKind, SharePermission, WidgetType
from graph.fields.arguments import number
from graph.fields.documents import given
from graph.fields.enums import word
from graph.fields.filters import FILTERS, CreatedBetween, replaced, values
from graph.inputs.widgets import (
    DashboardFiltersInput,
    DataSourceInput,
    DisplayInput,
    PositionInput,
    SourceInput,
)


@strawberry.input(description="Everything that you decide about a dashboard, except its widgets.")
class DashboardInput:
    name: str = strawberry.field(description="The name, 1 to 200 characters.")
    description: str | None = strawberry.field(
        default=None, description="What the dashboard is for."
    )
    filters: DashboardFiltersInput | None = strawberry.field(
        default=None,
        description="The level, range and filters of the widgets that have none of their own.",
    )
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
            filters=given(self.filters) or {},
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
    filters: DashboardFiltersInput | None = strawberry.field(
        default=None,
        description="The level, range and filters of the widgets that have none of their own. "
        "Replaces all of them.",
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
            filters=given(self.filters),
            is_public=self.is_public,
            template_type=NO_CHANGE if kind is strawberry.UNSET else word(kind),
        )


def _or_stays(given: Any) -> Any:
    return NO_CHANGE if given is strawberry.UNSET else given


@strawberry.input(description="A widget to add.")
class WidgetInput:
    type: WidgetType = strawberry.field(description="The type of the widget.")
    title: str = strawberry.field(description="The title, 1 to 255 characters of plain text.")
    position: PositionInput = strawberry.field(description="The position on the grid.")
    chart_type: ChartType | None = strawberry.field(
        default=None,
        description="The type of the chart. Required for a CHART, and for no other type.",
    )
    data_source: DataSourceInput | None = strawberry.field(
        default=None, description="What the widget shows. Required unless the widget is a TEXT."
    )
    display: DisplayInput | None = strawberry.field(
        default=None, description="How the widget is displayed."
    )

    def spec(self) -> WidgetSpec:
        """Convert to the domain's spec."""
        return WidgetSpec(
            kind=word(self.type),
            title=self.title,
            chart_type=word(self.chart_type),
            data_source=given(self.data_source),
            display=given(self.display),
            position=given(self.position),
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
    position: PositionInput | None = strawberry.field(
        default=None, description="The position on the grid."
    )
    chart_type: ChartType | None = strawberry.field(
        default=strawberry.UNSET,
        description="The new type of the chart. Null removes it from a widget that is no longer "
        "a CHART.",
    )
    data_source: DataSourceInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="What the widget shows. Replaces all of it. Null for a TEXT.",
    )
    display: DisplayInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="How the widget is displayed. Replaces all of it. Null for the defaults.",
    )

    def changed(self) -> Changed:
        """Convert to the domain's change."""
        told = {"kind": word(self.type), "title": self.title, "position": given(self.position)}
        spec = {name: value for name, value in told.items() if value is not None}
        for name in ("chart_type", "data_source", "display"):
            value = getattr(self, name)
            if value is not strawberry.UNSET:
                spec[name] = given(value)
        return Changed(self.id, spec)


@strawberry.input(description="A new position for a widget.")
class WidgetMoveInput:
    id: strawberry.ID = strawberry.field(description="The widget's id.")
    position: PositionInput = strawberry.field(description="The new position on the grid.")


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
            move=[Moved(one.id, given(one.position)) for one in self.move],
            remove=[str(one) for one in self.remove],
        )


@strawberry.input(description=f"Which dashboards to list. {FILTERS}")
class DashboardFilter(CreatedBetween):
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
    template_type: DashboardKind | None = replaced("dashboards with this purpose", "templateTypes")
    template_types: list[DashboardKind] | None = values("dashboards with one of these purposes")
    name: str | None = replaced(
        "dashboards whose name or description contains this text, in any case", "text"
    )
    text: str | None = strawberry.field(
        default=None,
        description="Only dashboards whose name or description contains this text, in any case.",
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
