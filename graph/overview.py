"""The root field of the overview."""

import strawberry

from domain.db import transaction
from domain.reports import activity
from graph.fields.context import Info
from graph.fields.costs import weighs
from graph.types.overview import Overview


@strawberry.type
class OverviewQuery:
    @strawberry.field(
        graphql_type=Overview,
        description="What runs, waits, has failed, comes next and came last, over all instances "
        "that you are a member of.",
        directives=[weighs(1500)],
    )
    async def overview(self, info: Info) -> activity.Overview:
        async with transaction(info.context.viewer) as session:
            return await activity.read(session)
