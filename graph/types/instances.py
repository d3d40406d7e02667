"""GraphQL types of instances, campaigns and ASINs."""

from datetime import datetime
from typing import Any

import strawberry

from domain import models
from graph.enums.instances import InstanceType
from graph.fields.edges import column, key, of
from graph.types.node import Node


def _instance_type(root: Any) -> InstanceType:
    known = {one.value for one in InstanceType}
    word = root.instance_type.upper()
    return InstanceType(word) if word in known else InstanceType.OTHER


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
        description="True if operators have paused the instance. Its executions wait meanwhile."
    )
    max_concurrent: int = strawberry.field(
        description="The number of executions that may run on the instance at the same time."
    )
    daily_quota: int | None = strawberry.field(
        description="The number of executions that may be started per day in UTC. Null if there "
        "is no limit."
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
