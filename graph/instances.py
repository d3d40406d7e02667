"""Root fields of instances, and of the campaigns and ASINs that a form can offer."""

import strawberry

from domain import models
from domain.db import transaction
from domain.instances import lists
from domain.pages import Page, PageArgs
from graph.fields.arguments import OfInstance
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.inputs import orders
from graph.inputs.instances import Text
from graph.types.instances import Asin, Campaign, Instance


@strawberry.type
class InstanceQuery:
    @paged(Instance, orders.INSTANCES, "The instances that you are a member of, by name.")
    async def instances(
        self,
        info: Info,
        page: PageArgs,
        text: Text = None,
    ) -> Page[models.Instance]:
        async with transaction(info.context.viewer) as session:
            return await lists.find(session, text, page)

    @paged(
        Campaign, orders.CAMPAIGNS, "The campaigns that results of an instance contain, by name."
    )
    async def campaigns(
        self,
        info: Info,
        page: PageArgs,
        instance_id: OfInstance,
        text: Text = None,
    ) -> Page[models.Campaign]:
        async with transaction(info.context.viewer) as session:
            return await lists.campaigns(session, instance_id, text, page)

    @paged(
        Asin, orders.ASINS, "The ASINs that results of an instance contain, in alphabetical order."
    )
    async def asins(
        self,
        info: Info,
        page: PageArgs,
        instance_id: OfInstance,
        text: Text = None,
    ) -> Page[models.Asin]:
        async with transaction(info.context.viewer) as session:
            return await lists.asins(session, instance_id, text, page)
