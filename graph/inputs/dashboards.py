"""What is said about dashboards and widgets when they are made, changed or looked for."""

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
    "For all widgets that do not say otherwise: level, range ({periods} or {startDate, endDate}), "
    "filters ([{dimension, values, exclude}])."
)
DATA_SOURCE = (
    "What it shows: sources ([{reportId}]), metrics, and if wanted dimension, overTime, level, "
    "range, filters, comparison, top, sortBy, ascending. A text has none."
)
DISPLAY = "How: text (of a text), xTitle, yTitle, stacked, showLegend, decimals."
POSITION = "Where on the grid of 12 columns: x, y, width, height, in cells from its upper left."


@strawberry.input(description="All that you decide about a dashboard, besides its widgets.")
class DashboardInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    description: str | None = strawberry.field(default=None, description="What it is for.")
    filters: JSON | None = strawberry.field(default=None, description=FILTERS)
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
            filters=or_empty(self.filters),
            is_public=self.is_public,
            template_type=word(self.template_type),
        )


@strawberry.input(description="What is to be different about a dashboard; the rest stays.")
class DashboardChangeInput:
    name: str | None = strawberry.field(default=None, description="1 to 200 characters.")
    description: str | None = strawberry.field(
        default=strawberry.UNSET, description="What it is for; null takes it away."
    )
    filters: JSON | None = strawberry.field(
        default=None, description=f"All of them anew. {FILTERS}"
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
            filters=self.filters,
            is_public=self.is_public,
            template_type=NO_CHANGE if kind is strawberry.UNSET else word(kind),
        )


def _or_stays(given: Any) -> Any:
    return NO_CHANGE if given is strawberry.UNSET else given


@strawberry.input(description="A new widget.")
class WidgetInput:
    type: WidgetType = strawberry.field(description="What it is.")
    title: str = strawberry.field(description="1 to 255 characters, shown as they are.")
    position: JSON = strawberry.field(description=POSITION)
    chart_type: ChartType | None = strawberry.field(
        default=None, description="Which chart, if it is one."
    )
    data_source: JSON | None = strawberry.field(default=None, description=DATA_SOURCE)
    display: JSON | None = strawberry.field(default=None, description=DISPLAY)

    def spec(self) -> WidgetSpec:
        """The same, as the domain has it."""
        return WidgetSpec(
            kind=word(self.type),
            title=self.title,
            chart_type=word(self.chart_type),
            data_source=self.data_source,
            display=self.display,
            position=self.position,
        )


@strawberry.input(description="What is to be different about a widget; the rest stays.")
class WidgetChangeInput:
    id: strawberry.ID = strawberry.field(description="The widget's id.")
    type: WidgetType | None = strawberry.field(default=None, description="What it is.")
    title: str | None = strawberry.field(
        default=None, description="1 to 255 characters, shown as they are."
    )
    position: JSON | None = strawberry.field(default=None, description=POSITION)
    chart_type: ChartType | None = strawberry.field(
        default=strawberry.UNSET, description="Which chart; null if it is to be none."
    )
    data_source: JSON | None = strawberry.field(
        default=strawberry.UNSET, description=f"All of it anew. {DATA_SOURCE}"
    )
    display: JSON | None = strawberry.field(
        default=strawberry.UNSET, description=f"All of it anew. {DISPLAY}"
    )

    def changed(self) -> Changed:
        """The same, as the domain has it."""
        given = {"kind": word(self.type), "title": self.title, "position": self.position}
        spec = {name: value for name, value in given.items() if value is not None}
        for name in ("chart_type", "data_source", "display"):
            value = getattr(self, name)
            if value is not strawberry.UNSET:
                spec[name] = word(value) if name == "chart_type" else value
        return Changed(self.id, spec)


@strawberry.input(description="Where a widget is to stand.")
class WidgetMoveInput:
    id: strawberry.ID = strawberry.field(description="The widget's id.")
    position: JSON = strawberry.field(description=POSITION)


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
            move=[Moved(one.id, one.position) for one in self.move],
            remove=[str(one) for one in self.remove],
        )


@strawberry.input(description="A report or a workflow, one of the two.")
class SourceInput:
    report_id: strawberry.ID | None = strawberry.field(default=None, description="The report.")
    workflow_id: strawberry.ID | None = strawberry.field(
        default=None, description="Or the saved workflow.", deprecation_reason=REPLACED
    )

    def given(self) -> dict[str, Any]:
        """The same, as it is stored."""
        given = {"reportId": self.report_id, "workflowId": self.workflow_id}
        return {name: value for name, value in given.items() if value is not None}


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
Version = Annotated[int, number("The dashboard's version that you have looked at", 1)]
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
