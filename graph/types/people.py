"""GraphQL types of people."""

from datetime import datetime

import strawberry

from domain import models
from graph.enums.instances import MemberRole
from graph.fields.edges import one


@strawberry.type(description="The person that a request acts for.")
class Viewer:
    email: str = strawberry.field(description="The person's e-mail address.")
    name: str = strawberry.field(description="The person's name.")
    id: strawberry.ID = strawberry.field(description="The person's id. It begins with `user_`.")


@strawberry.type(description="A person with whom you share an instance or a dashboard.")
class Person:
    name: str = strawberry.field(description="The person's name.")
    email: str = strawberry.field(description="The person's e-mail address.")


@strawberry.type(description="A member of an instance.")
class Member:
    person: Person | None = one(models.User, "user_id", "The person.")
    role: MemberRole = strawberry.field(description="What the person may do on the instance.")
    created_at: datetime = strawberry.field(description="When the person became a member.")
