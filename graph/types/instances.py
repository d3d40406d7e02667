"""Instances, and the campaigns and ASINs of their results, as clients see them."""

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


@strawberry.type(description="An AMC instance: a clean room with its own data and limits.")
class Instance(Node):
    is_type_of = of(models.Instance)

    id: strawberry.ID = key("inst")
    amc_instance_id: str = column("instance_id", "Amazon's id of it.")
    name: str = column("instance_name", "Its name.")
    instance_type: InstanceType = strawberry.field(
        resolver=_instance_type, description="What data it has."
    )
    is_active: bool = strawberry.field(description="Whether executions can be started on it.")
    is_paused: bool = strawberry.field(description="Whether operators hold everything back.")
    max_concurrent: int = strawberry.field(description="How many executions run there at once.")
    daily_quota: int | None = strawberry.field(description="Executions a day, where limited.")
    throttled_until: datetime | None = strawberry.field(description="When AMC may be asked again.")


@strawberry.type(description="A campaign that results of an instance have named.")
class Campaign:
    campaign_id: str = strawberry.field(description="Amazon's id of it.")
    campaign: str = strawberry.field(description="Its newest name.")
    ad_product_type: str | None = strawberry.field(description="Its product, where results say.")
    first_seen: datetime = strawberry.field(description="When a result first named it.")
    last_seen: datetime = strawberry.field(description="When a result last named it.")


@strawberry.type(description="An ASIN that results of an instance have named.")
class Asin:
    asin: str = strawberry.field(description="Ten capitals and digits.")
    first_seen: datetime = strawberry.field(description="When a result first named it.")
    last_seen: datetime = strawberry.field(description="When a result last named it.")
