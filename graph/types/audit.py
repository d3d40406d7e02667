"""GraphQL types of the audit."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import strawberry

from domain import models
from domain.audit import audit
from graph.enums.audit import AuditAct, AuditObjectType, AuditOrigin
from graph.fields.edges import bounded, column, key, of, one
from graph.fields.scalars import JSON
from graph.types.instances import Instance
from graph.types.node import Node
from graph.types.people import Person

MOST = 40  # columns that are told of one object


def _read(what: Callable[[models.AuditEntry], Any]) -> Callable[[Any], Any]:
    def resolve(root: Any) -> Any:
        return what(root)

    return resolve


@strawberry.type(description="A field of an object that was changed.")
class AuditChange:
    field: str = strawberry.field(description="The name of the field.")
    before: JSON | None = strawberry.field(
        description="What it was. Null if it was not set, or the object was not there. It is JSON "
        "because each field has its own type. Of a secret it is `secret`, and of a value of more "
        "than 8,192 characters their number."
    )
    after: JSON | None = strawberry.field(
        description="What it is now. Null if it is not set, or the object is gone."
    )


@strawberry.type(
    description="Who did what to which object, and when. Entries are written with the change, are "
    "never changed, and outlive the object. You see entries of your own objects and of what you "
    "did yourself, while you are a member of the instance, and all entries of instances that you "
    "administer."
)
class AuditEntry(Node):
    is_type_of = of(models.AuditEntry)

    id: strawberry.ID = key("aud")
    created_at: datetime = strawberry.field(description="When it was done.")
    origin: AuditOrigin = strawberry.field(description="Who acted.")
    by: Person | None = one(
        models.User,
        "actor_id",
        "The person who acted. Null for an operator, for the server, and for somebody with whom "
        "you share no instance any more.",
    )
    by_id: strawberry.ID | None = strawberry.field(
        resolver=_read(audit.actor_id), description="The id of that person."
    )
    operator: str | None = strawberry.field(
        description="The login of the operator who ran the command. Null for other origins."
    )
    operation: str | None = strawberry.field(
        description="The mutation, such as `reportChange`, or the command, such as `member add`."
    )
    act: AuditAct = strawberry.field(description="What was done.")
    type: AuditObjectType = column("object_type", "The type of the object.")
    object_id: strawberry.ID | None = strawberry.field(
        resolver=_read(audit.object_id),
        description="The id of the object; of a membership that of the person. Null if objects of "
        "this type have none.",
    )
    object_name: str | None = strawberry.field(
        description="The name of the object at that time; of a share and a membership the address."
    )
    part_of: strawberry.ID | None = strawberry.field(
        resolver=_read(audit.part_of),
        description="The id of what the object is part of, such as the report of a schedule.",
    )
    instance: Instance | None = one(
        models.Instance, "instance_id", "The instance of the object. Null if it has none."
    )
    changes: list[AuditChange] = bounded(
        MOST,
        "What was changed: of a new object all that was set, of a deleted one all that it was.",
        resolver=_read(audit.changes),
        weight=3,
    )
