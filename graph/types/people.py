"""GraphQL types of people."""

from datetime import datetime
from typing import Any

import strawberry

from domain import ids, models
from domain.notices import inbox
from domain.users import users
from graph.enums.instances import MemberRole
from graph.enums.people import ThemePreference, WeekStartPreference
from graph.fields.edges import each, key, one


def _home(root: Any) -> strawberry.ID | None:
    return None if root.instance_id is None else strawberry.ID(ids.encode("inst", root.instance_id))


def _administers(root: Any) -> bool:
    return bool(root.role == "admin")


@strawberry.type(description="What a person prefers to see. A client decides what it makes of it.")
class Preferences:
    theme: ThemePreference = strawberry.field(description="The colours.")
    week_start: WeekStartPreference = strawberry.field(
        description="The first day of the week, in calendars."
    )
    home_instance_id: strawberry.ID | None = strawberry.field(
        resolver=_home, description="The id of the instance to show first. Null for none."
    )


@strawberry.type(description="The person that a request acts for.")
class Viewer:
    email: str = strawberry.field(description="The person's e-mail address.")
    name: str = strawberry.field(description="The person's name.")
    id: strawberry.ID = strawberry.field(description="The person's id. It begins with `user_`.")
    time_zone: str = each(users.settings_of, "The person's time zone.", "time_zone")
    preferences: Preferences = each(
        users.settings_of, "What the person prefers to see.", "preferences"
    )
    unread: int = each(
        inbox.unread_of, "The number of entries of the inbox that are not read, at most 1,000."
    )
    is_server_admin: bool = each(
        users.settings_of,
        "True if the person administers the server: decides who may sign in.",
        "is_server_admin",
    )


@strawberry.type(description="Somebody who may sign in, as an administrator of the server sees it.")
class User:
    id: strawberry.ID = key("user")
    email: str = strawberry.field(description="The person's e-mail address.")
    name: str = strawberry.field(description="The person's name.")
    is_active: bool = strawberry.field(description="True if the person may sign in.")
    is_server_admin: bool = strawberry.field(
        resolver=_administers, description="True if the person administers the server."
    )
    time_zone: str = strawberry.field(description="The person's time zone.")
    created_at: datetime = strawberry.field(description="When the person was added.")


@strawberry.type(description="A person with whom you share an instance or a dashboard.")
class Person:
    name: str = strawberry.field(description="The person's name.")
    email: str = strawberry.field(description="The person's e-mail address.")


@strawberry.type(description="A member of an instance.")
class Member:
    person: Person | None = one(models.User, "user_id", "The person.")
    role: MemberRole = strawberry.field(description="What the person may do on the instance.")
    created_at: datetime = strawberry.field(description="When the person became a member.")
