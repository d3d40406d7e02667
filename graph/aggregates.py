"""Root fields of aggregates: the metrics of weeks, months and quarters."""

import strawberry

from domain import models
from domain.aggregates import lists
from domain.db import transaction
from domain.pages.pages import Page, PageArgs
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.inputs import orders
from graph.inputs.aggregates import WhichAggregates
from graph.types.aggregates import Aggregate


@strawberry.type
class AggregateQuery:
    @paged(
        Aggregate,
        orders.AGGREGATES,
        "The aggregates of one report, workflow or collection, oldest period first. "
        "BAD_USER_INPUT unless the filter names exactly one of the three.",
    )
    async def aggregates(
        self, info: Info, page: PageArgs, filter: WhichAggregates
    ) -> Page[models.Aggregate]:
        wanted = filter.wanted()
        async with transaction(info.context.viewer) as session:
            return await lists.find(session, wanted, page)
