"""Root fields of instances, and of the campaigns and ASINs that a form can offer."""

import strawberry

from domain import models
from domain.db import transaction
from domain.instances import accounts, administration, lists
from domain.pages.pages import Page, PageArgs
from graph.fields.arguments import Id, OfInstance
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.enums import word
from graph.inputs import orders
from graph.inputs.instances import (
    InRole,
    InstanceChangeArgument,
    MemberAddress,
    RefreshToken,
    Text,
)
from graph.types.instances import Account, Asin, Campaign, Instance
from graph.types.people import Member


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

    @paged(Account, orders.ACCOUNTS, "The accounts at Amazon of your instances, by name.")
    async def accounts(
        self,
        info: Info,
        page: PageArgs,
        text: Text = None,
    ) -> Page[models.Account]:
        async with transaction(info.context.viewer) as session:
            return await accounts.find(session, text, page)

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


@strawberry.type
class InstanceMutation:
    @strawberry.mutation(
        graphql_type=Instance,
        description="Changes the limits of an instance, pauses it or lets it go on. FORBIDDEN "
        "unless you are an admin of it.",
    )
    async def instance_change(
        self, info: Info, id: Id, change: InstanceChangeArgument
    ) -> models.Instance:
        wanted = change.wanted()
        async with transaction(info.context.viewer) as session:
            return await administration.change(session, info.context.viewer, id, wanted)

    @strawberry.mutation(
        graphql_type=Account,
        description="Replaces the token of an account at Amazon, such as one that Amazon refuses. "
        "What waits for it goes on at once. FORBIDDEN unless you are an admin of all active "
        "instances of the account.",
    )
    async def account_token_renew(
        self, info: Info, id: Id, refresh_token: RefreshToken
    ) -> models.Account:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await accounts.renew(session, viewer, id, refresh_token)

    @strawberry.mutation(
        graphql_type=Member,
        description="Makes somebody a member of an instance, or gives a member another role. What "
        "runs in the name of somebody who is no editor any more ends. FORBIDDEN unless you are "
        "an admin of the instance. CONFLICT for its last admin.",
    )
    async def instance_member_set(
        self, info: Info, instance_id: OfInstance, email: MemberAddress, role: InRole
    ) -> models.Member:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await administration.member_set(session, viewer, instance_id, email, word(role))

    @strawberry.mutation(
        graphql_type=Instance,
        description="Takes the membership of an instance from somebody else. What runs in their "
        "name ends. FORBIDDEN unless you are an admin of the instance. CONFLICT for its last "
        "admin.",
    )
    async def instance_member_remove(
        self, info: Info, instance_id: OfInstance, email: MemberAddress
    ) -> models.Instance:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await administration.member_remove(session, viewer, instance_id, email)
