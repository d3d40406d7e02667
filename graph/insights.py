"""The root field of insights: everything that was found so far."""

from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from domain import models
from domain.db import transaction
from domain.errors import Invalid
from domain.insights import lists
from domain.pages.pages import Page, PageArgs
from domain.people import access
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.inputs import orders
from graph.inputs.insights import LeastConfidence, OfTypes, Since, insight_filter
from graph.types.insights.insights import Insight

KINDS: dict[str, tuple[Any, str]] = {  # by the prefix of the id
    "dash": (models.Dashboard, "dashboard_id"),
    "rpt": (models.Report, "report_id"),
    "view": (models.DashboardView, "dashboard_view_id"),
}
Of = Annotated[
    strawberry.ID, strawberry.argument(description="The id of a dashboard, a report or a view.")
]


async def _column_and_key(session: AsyncSession, public_id: str) -> tuple[str, UUID]:
    """Find what insights are asked of. Raises NotFound, and Invalid for another kind of id."""
    prefix = public_id.partition("_")[0]
    if prefix not in KINDS:
        raise Invalid("Give the id of a dashboard, a report or a view.", field="of")
    model, column = KINDS[prefix]
    found = await access.get(session, prefix, model, public_id, field="of")
    return column, found.id


@strawberry.type
class InsightQuery:
    @paged(
        Insight,
        orders.INSIGHTS,
        "Everything that was found in a dashboard, a report or a view so far, newest first, also "
        "what is not found any more. It is kept for 180 days after that.",
    )
    async def insights(
        self,
        info: Info,
        of: Of,
        page: PageArgs,
        types: OfTypes = None,
        least_confidence: LeastConfidence = None,
        since: Since = None,
    ) -> Page[models.DashboardInsight]:
        wanted = insight_filter(types, least_confidence, since)
        async with transaction(info.context.viewer) as session:
            column, key = await _column_and_key(session, of)
            return await lists.history(session, column, key, wanted, page)
