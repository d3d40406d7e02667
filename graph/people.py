"""Root fields of people: the one who asks, and all of them for administrators of the server."""

import strawberry

from domain import ids, models
from domain.db import transaction
from domain.pages.pages import Page, PageArgs
from domain.users import users
from domain.viewer import Viewer as Asking
from graph.fields.arguments import Id
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.costs import weighs
from graph.inputs import orders
from graph.inputs.people import OnlyActive, ViewerChangeArgument
from graph.inputs.people import Text as TextOfPeople
from graph.types.people import User, Viewer


def _viewer(viewer: Asking) -> Viewer:
    key = strawberry.ID(ids.encode("user", viewer.user_id))
    return Viewer(id=key, email=viewer.email, name=viewer.name)


@strawberry.type
class PeopleQuery:
    @strawberry.field(description="The person that this request acts for.", directives=[weighs(10)])
    async def viewer(self, info: Info) -> Viewer:
        return _viewer(info.context.viewer)

    @paged(
        User,
        orders.USERS,
        "All people who may sign in, or might once, by name. FORBIDDEN unless you administer the "
        "server.",
    )
    async def users(
        self, info: Info, page: PageArgs, text: TextOfPeople = None, is_active: OnlyActive = None
    ) -> Page[models.User]:
        async with transaction(info.context.viewer) as session:
            return await users.find(session, text, is_active, page)


@strawberry.type
class PeopleMutation:
    @strawberry.mutation(
        description="Changes your name, your time zone and your preferences. A field that is left "
        "out stays as it is."
    )
    async def viewer_change(self, info: Info, change: ViewerChangeArgument) -> Viewer:
        viewer, wanted = info.context.viewer, change.wanted()
        async with transaction(viewer) as session:
            return _viewer(await users.change(session, viewer, wanted))

    @strawberry.mutation(
        graphql_type=User,
        description="Lets somebody no longer sign in. Their open connections end, and so does what "
        "runs in their name. FORBIDDEN unless you administer the server.",
    )
    async def user_deactivate(self, info: Info, id: Id) -> models.User:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await users.set_active(session, viewer, id, active=False)

    @strawberry.mutation(
        graphql_type=User,
        description="Lets somebody sign in again. What ended goes on when an editor resumes it. "
        "FORBIDDEN unless you administer the server.",
    )
    async def user_activate(self, info: Info, id: Id) -> models.User:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await users.set_active(session, viewer, id, active=True)
