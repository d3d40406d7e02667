"""What is said about dashboards and widgets when they are made, changed or looked for."""

from typing import Annotated, Any

import strawberry

from domain.dashboards import lists
from domain.dashboards.dashboards import NO_CHANGE, DashboardChange, DashboardSpec
from domain.dashboards.specs import WidgetSpec
from domain.dashboards.widgets import Changed, Moved, WidgetsChange
from graph.enums.charts import ChartType
from graph.enums.dashboards import DashboardKind, SharePermission, WidgetType
from graph.fields.documents import given
from graph.fields.enums import word
from graph.inputs.widgets import (
    DashboardFiltersInput,
    DataSourceInput,
    DisplayInput,
    PositionInput,
    SourceInput,
)


@strawberry.input(description="All that you decide about a dashboard, besides its widgets.")
class DashboardInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    description: str | None = strawberry.field(default=None, description="What it is for.")
    filters: DashboardFiltersInput | None = strawberry.field(
        default=None,
        description="Level, range and filters of the widgets that do not have their own.",
    )
    is_public: bool = strawberry.field(
        default=False, description="Whether everybody who is signed in is shown it."
    )
    template_type: DashboardKind | None = strawberry.field(
        default=None, description="What kind of dashboard it is."
    )

    def spec(self) -> DashboardSpec:
        """The same, as the domain has it."""
        return DashboardSpec(
            name=self.name,
            description=self.description,
            filters=given(self.filters) or {},
            is_public=self.is_public,
            template_type=word(self.template_type),
        )


@strawberry.input(description="What is to be different about a dashboard; the rest stays.")
class DashboardChangeInput:
    name: str | None = strawberry.field(default=None, description="1 to 200 characters.")
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="What it is for; null takes it away."
    )
    filters: DashboardFiltersInput | None = strawberry.field(
        default=None,
        description="Level, range and filters of the widgets that do not have their own, "
        "all of them anew.",
    )
    is_public: bool | None = strawberry.field(
        default=None,
        description="Whether everybody who is signed in is shown it; for the owner to say.",
    )
    template_type: DashboardKind | None = strawberry.field(
        default=strawberry.UNSET, description="What kind it is; null takes it away."
    )

    def wanted(self) -> DashboardChange:
        """The same, as the domain has it."""
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


@strawberry.input(description="A new widget.")
class WidgetInput:
    type: WidgetType = strawberry.field(description="What it is.")
    title: str = strawberry.field(description="1 to 255 characters, shown as they are.")
    position: PositionInput = strawberry.field(description="Where it stands on the grid.")
    chart_type: ChartType | None = strawberry.field(
        default=None, description="Which chart, if it is one."
    )
    data_source: DataSourceInput | None = strawberry.field(
        default=None, description="What it shows. A text has none."
    )
    display: DisplayInput | None = strawberry.field(default=None, description="How it looks.")

    def spec(self) -> WidgetSpec:
        """The same, as the domain has it."""
        return WidgetSpec(
            kind=word(self.type),
            title=self.title,
            chart_type=word(self.chart_type),
            data_source=given(self.data_source),
            display=given(self.display),
            position=given(self.position),
        )


@strawberry.input(description="What is to be different about a widget; the rest stays.")
class WidgetChangeInput:
    id: strawberry.ID = strawberry.field(description="The widget's id.")
    type: WidgetType | None = strawberry.field(default=None, description="What it is.")
    title: str | None = strawberry.field(
        default=None, description="1 to 255 characters, shown as they are."
    )
    position: PositionInput | None = strawberry.field(
        default=None, description="Where it stands on the grid."
    )
    chart_type: ChartType | None = strawberry.field(
        default=strawberry.UNSET, description="Which chart; null if it is to be none."
    )
    data_source: DataSourceInput | None = strawberry.field(
        default=strawberry.UNSET, description="What it shows, all of it anew; null for a text."
    )
    display: DisplayInput | None = strawberry.field(
        default=strawberry.UNSET, description="How it looks, all of it anew; null for the defaults."
    )

    def changed(self) -> Changed:
        """The same, as the domain has it."""
        told = {"kind": word(self.type), "title": self.title, "position": given(self.position)}
        spec = {name: value for name, value in told.items() if value is not None}
        for name in ("chart_type", "data_source", "display"):
            value = getattr(self, name)
            if value is not strawberry.UNSET:
                spec[name] = given(value)
        return Changed(self.id, spec)


@strawberry.input(description="Where a widget is to stand.")
class WidgetMoveInput:
    id: strawberry.ID = strawberry.field(description="The widget's id.")
    position: PositionInput = strawberry.field(description="Where it is to stand.")


@strawberry.input(description="All that is to happen to the widgets at once: all of it or nothing.")
class WidgetsChangeInput:
    add: list[WidgetInput] = strawberry.field(default_factory=list, description="New ones.")
    change: list[WidgetChangeInput] = strawberry.field(
        default_factory=list, description="Those that are to be different."
    )
    move: list[WidgetMoveInput] = strawberry.field(
        default_factory=list, description="Those that are to stand elsewhere, and only that."
    )
    remove: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Ids of those that are to go."
    )

    def wanted(self) -> WidgetsChange:
        """The same, as the domain has it."""
        return WidgetsChange(
            add=[one.spec() for one in self.add],
            change=[one.changed() for one in self.change],
            move=[Moved(one.id, given(one.position)) for one in self.move],
            remove=[str(one) for one in self.remove],
        )


@strawberry.input(description="Which dashboards; what is left out does not matter.")
class DashboardFilter:
    mine: bool | None = strawberry.field(default=None, description="Your own, or those of others.")
    shared_with_me: bool | None = strawberry.field(
        default=None, description="Shared with you by name, or not."
    )
    is_public: bool | None = strawberry.field(default=None, description="Public or not.")
    is_favorite: bool | None = strawberry.field(
        default=None, description="Among your favourites, or not."
    )
    template_type: DashboardKind | None = strawberry.field(
        default=None, description="Of this kind."
    )
    name: str | None = strawberry.field(
        default=None, description="Somewhere in the name or the description."
    )

    def wanted(self) -> lists.DashboardFilter:
        """The same, as the domain has it."""
        return lists.DashboardFilter(
            mine=self.mine,
            shared_with_me=self.shared_with_me,
            is_public=self.is_public,
            is_favorite=self.is_favorite,
            template_type=word(self.template_type),
            name=self.name,
        )


Decided = Annotated[DashboardInput, strawberry.argument(description="All that you decide.")]
Different = Annotated[
    DashboardChangeInput, strawberry.argument(description="What is to be different.")
]
Widgets = Annotated[
    WidgetsChangeInput, strawberry.argument(description="All that is to happen at once.")
]
Version = Annotated[
    int, strawberry.argument(description="The dashboard's version that you have looked at.")
]
OfDashboard = Annotated[strawberry.ID, strawberry.argument(description="The dashboard's id.")]
Email = Annotated[str, strawberry.argument(description="The person's e-mail address.")]
Permission = Annotated[
    SharePermission, strawberry.argument(description="What the person may do with it.")
]
NewName = Annotated[
    str | None, strawberry.argument(description="Its name; one is made up if nothing is said.")
]
OfKind = Annotated[
    DashboardFilter | None, strawberry.argument(description="Which ones; all of them otherwise.")
]
Slug = Annotated[str, strawberry.argument(description="The slug of a dashboard template.")]
Sources = Annotated[
    list[SourceInput],
    strawberry.argument(description="What it is to show; most templates show one report."),
]
Mark = Annotated[
    bool, strawberry.argument(description="Whether it is to be among your favourites.")
]
MaybeReport = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="A report, to be told what it lacks for each."),
]
PreviewOf = Annotated[WidgetInput, strawberry.argument(description="As it would be added.")]
OnDashboard = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The dashboard it is for, with its filters and sources."),
]
