"""The numbers of widgets: of those that stand on a dashboard, and of one before it is kept."""

from typing import Any

import strawberry

from domain.dashboards import dashboards, specs
from domain.db import transaction
from domain.documents import kept
from domain.numbers.numbers import Asked
from domain.problems import Problems
from graph.enums.charts import Theme
from graph.fields.context import Info
from graph.inputs.dashboards import OnDashboard, PreviewOf
from graph.inputs.numbers import Filtered, InRange, InTheme, OfLevel, wanted
from graph.types.numbers import Shown, WidgetData, shown


@strawberry.type
class WidgetQuery:
    @strawberry.field(
        graphql_type=WidgetData,
        description="What a widget would show, before it is kept. Nothing is kept by it.",
    )
    async def widget_preview(
        self,
        info: Info,
        widget: PreviewOf,
        dashboard_id: OnDashboard = None,
        theme: InTheme = Theme.LIGHT,
        range: InRange = None,
        level: OfLevel = None,
        filters: Filtered = None,
    ) -> Shown:
        spec, reader = widget.spec(), wanted(range, level, filters)
        checked, problems = specs.check(spec, "widget")
        if checked is None:
            raise Problems(problems)
        async with transaction(info.context.viewer) as session:
            key = None
            if dashboard_id is not None:
                key = (await dashboards.get(session, dashboard_id)).id
        source: Any = kept(checked.data_source) if checked.data_source else None
        asked = Asked(source, key, reader, is_preview=True)
        look = Shown(
            None, None, spec.kind, spec.chart_type, checked.title, kept(checked.display), theme
        )
        return await shown(info, asked, look)
