"""Instances, and what their results have named: what a form offers to choose from."""

from typing import Annotated

import strawberry

from domain import instances, models
from domain.db import transaction
from graph.arguments import OfInstance
from graph.connections import After, Before, Connection, First, Last, asked, connection
from graph.context import Info
from graph.types import Asin, Campaign, Instance

Text = Annotated[str | None, strawberry.argument(description="Only those with this in them.")]


@strawberry.type
class InstanceQuery:
    @strawberry.field(
        graphql_type=Connection[Instance],
        description="The instances you are a member of, by name.",
    )
    async def instances(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[models.Instance]:
        page = asked(first, after, last, before)
        async with transaction(info.context.viewer) as session:
            return connection(await instances.find(session, page))

    @strawberry.field(
        graphql_type=Connection[Campaign],
        description="Campaigns that results of the instance have named, by name.",
    )
    async def campaigns(
        self,
        info: Info,
        instance_id: OfInstance,
        text: Text = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[models.Campaign]:
        page = asked(first, after, last, before)
        async with transaction(info.context.viewer) as session:
            return connection(await instances.campaigns(session, instance_id, text, page))

    @strawberry.field(
        graphql_type=Connection[Asin],
        description="ASINs that results of the instance have named, in order.",
    )
    async def asins(
        self,
        info: Info,
        instance_id: OfInstance,
        text: Text = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[models.Asin]:
        page = asked(first, after, last, before)
        async with transaction(info.context.viewer) as session:
            return connection(await instances.asins(session, instance_id, text, page))
