"""The root field that previews a widget before it is added to a dashboard."""

from typing import Any

import strawberry

from domain.dashboards import dashboards, specs
from domain.db import transaction
from domain.documents import kept
from domain.numbers.numbers import WidgetRequest
from domain.problems import Gathered
from graph.enums.charts import Theme
from graph.fields.context import Info
from graph.fields.costs import weighs
from graph.inputs.dashboards import OnDashboard, PreviewOf
from graph.inputs.numbers import Filtered, InRange, InTheme, OfLevel, reader_filters
from graph.types.widget_data import ShownWidget, WidgetData, load


@strawberry.type
class WidgetQuery:
    @strawberry.field(
        graphql_type=WidgetData,
        description="The numbers and chart of a widget before it is added. Nothing is saved.",
        directives=[weighs(1000)],
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
    ) -> ShownWidget:
        spec = widget.spec()
        checked, problems = specs.check(spec, "widget")
        wrong = Gathered(problems)
        with wrong.also():
            reader = reader_filters(range, level, filters)
        wrong.refuse()
        assert checked is not None
        async with transaction(info.context.viewer) as session:
            key = None
            if dashboard_id is not None:
                key = (await dashboards.get(session, dashboard_id)).id
        data_source: Any = kept(checked.data_source) if checked.data_source else None
        request = WidgetRequest(data_source, key, reader, is_preview=True)
        shown = ShownWidget(spec.kind, spec.chart_type, checked.title, kept(checked.display), theme)
        return await load(info, request, shown)
