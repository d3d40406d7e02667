"""GraphQL types of instances, campaigns and ASINs."""

from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from domain import models
from domain.instances import accounts, administration, usage
from graph.enums.acts import AccountAct, InstanceAct
from graph.enums.instances import (
    AccountRegion,
    InstanceType,
    MemberRole,
    TableKind,
    TokenState,
)
from graph.fields.connections import Connection, children
from graph.fields.edges import column, each, key, of, one
from graph.fields.enums import word
from graph.inputs import orders
from graph.types.node import Node
from graph.types.people import Member, Person


def _instance_type(root: Any) -> InstanceType:
    known = {one.value for one in InstanceType}
    word = root.instance_type.upper()
    return InstanceType(word) if word in known else InstanceType.OTHER


def _settled_until(
    root: Any,
    tables: Annotated[
        TableKind, strawberry.argument(description="The kind of tables to ask about.")
    ] = TableKind.OTHER,
) -> date:
    return usage.settled_until(root, word(tables))


@strawberry.type(description="An account at Amazon. Its token signs the requests of its instances.")
class Account(Node):
    is_type_of = of(models.Account)

    id: strawberry.ID = key("acc")
    name: str = strawberry.field(description="The account's name.")
    amc_account_id: str = strawberry.field(description="The account's id at Amazon.")
    marketplace_id: str = strawberry.field(description="The id of its marketplace at Amazon.")
    region: AccountRegion = strawberry.field(description="The region of Amazon's API.")
    token_state: TokenState = strawberry.field(
        description="Whether Amazon accepts the account's authorisation."
    )
    token_error: str | None = strawberry.field(
        description="What Amazon said when it refused it. Null if it accepts it."
    )
    token_checked_at: datetime | None = strawberry.field(
        description="When Amazon last refused it. Null if it has not."
    )
    token_renewed_at: datetime = strawberry.field(description="When the token was last replaced.")
    viewer_can: list[AccountAct] = each(
        accounts.viewer_can,
        "What you may do with it. An admin of all its active instances may renew its token.",
        empty=[],
        at_most=len(AccountAct),
    )


@strawberry.type(description="After how many days Amazon's data of a day do not change any more.")
class SettlingLag:
    attributed: int | None = strawberry.field(
        description="Days of tables of attributed events and conversions. Null for the default."
    )
    other: int | None = strawberry.field(
        description="Days of all other tables. Null for the default."
    )


@strawberry.type(
    description="An AMC instance: an advertiser's clean room at Amazon, with its own data "
    "and limits."
)
class Instance(Node):
    is_type_of = of(models.Instance)

    id: strawberry.ID = key("inst")
    amc_instance_id: str = column("instance_id", "The instance's id at Amazon.")
    name: str = column("instance_name", "The instance's name.")
    instance_type: InstanceType = strawberry.field(
        resolver=_instance_type, description="The kind of data that the instance has."
    )
    is_active: bool = strawberry.field(
        description="True if executions can be started on the instance."
    )
    is_paused: bool = strawberry.field(
        description="True if an admin or an operator has paused the instance. Its executions wait "
        "meanwhile."
    )
    pause_note: str | None = strawberry.field(
        description="Why it is paused. Null if nobody has said, or it is not paused."
    )
    paused_at: datetime | None = strawberry.field(
        description="Since when it is paused. Null if it is not."
    )
    paused_by: Person | None = one(
        models.User, "paused_by", "The admin who paused it. Null for an operator."
    )
    viewer_can: list[InstanceAct] = each(
        administration.viewer_can,
        "What you may do with it now, each to some effect.",
        empty=[],
        at_most=len(InstanceAct),
    )
    max_concurrent: int = strawberry.field(
        description="The number of executions that may run on the instance at the same time."
    )
    schedule_reserve: int = strawberry.field(
        description="The number of these that only schedules may use."
    )
    settling_lag: SettlingLag = strawberry.field(
        resolver=lambda root: root.settling_lag_days,
        description="After how many days Amazon's data of a day do not change any more.",
    )
    daily_quota: int | None = strawberry.field(
        description="The number of executions that may be started per day in UTC. Null if there "
        "is no limit."
    )
    viewer_role: MemberRole | None = each(
        usage.of, "Your role on the instance. Null if you are no member of it.", "role"
    )
    slots_taken: int | None = each(
        usage.of, "The executions that are being submitted or are at AMC.", "slots_taken"
    )
    slots_free: int | None = each(
        usage.of, "How many more executions may be at AMC at the same time.", "slots_free"
    )
    waiting: int | None = each(usage.of, "The executions that wait in line.", "waiting")
    quota_used: int | None = each(
        usage.of, "The executions that were started since midnight in UTC.", "quota_used"
    )
    quota_left: int | None = each(
        usage.of,
        "How many more executions may be started until midnight in UTC. Null if there is no limit.",
        "quota_left",
    )
    account: Account | None = one(
        models.Account, "account_id", "The account at Amazon that the instance belongs to."
    )
    account_name: str | None = each(
        usage.of, "The name of the account at Amazon that the instance belongs to.", "account"
    )
    token_state: TokenState | None = each(
        usage.of, "Whether Amazon accepts the account's authorisation.", "token_state"
    )
    token_checked_at: datetime | None = each(
        usage.of, "When Amazon was last asked with it. Null if it never was.", "token_checked_at"
    )
    members: Connection[Member] = children(
        Member,
        models.Member.instance_id,
        orders.MEMBERS,
        "The members of the instance, the longest first.",
    )
    settled_until: date = strawberry.field(
        resolver=_settled_until,
        description="The first day in UTC whose data is not settled yet, in the given kind of "
        "tables.",
    )
    throttled_until: datetime | None = strawberry.field(
        description="Until when the server sends no requests for this instance, because AMC has "
        "asked it to slow down. Null if AMC has not."
    )


@strawberry.type(description="A campaign that results of an instance contain.")
class Campaign:
    campaign_id: str = strawberry.field(description="The campaign's id at Amazon.")
    campaign: str = strawberry.field(description="The campaign's newest name.")
    ad_product_type: str | None = strawberry.field(
        description="The ad product, such as sponsored_products. Null if no result says it."
    )
    first_seen: datetime = strawberry.field(
        description="When a result first contained the campaign."
    )
    last_seen: datetime = strawberry.field(description="When a result last contained the campaign.")


@strawberry.type(
    description="An ASIN, Amazon's product number, that results of an instance contain."
)
class Asin:
    asin: str = strawberry.field(description="The ASIN: ten capital letters and digits.")
    first_seen: datetime = strawberry.field(description="When a result first contained the ASIN.")
    last_seen: datetime = strawberry.field(description="When a result last contained the ASIN.")
