"""The root field of the signed-in person."""

import strawberry

from domain import ids
from graph.fields.context import Info
from graph.fields.costs import weighs
from graph.types.people import Viewer


@strawberry.type
class ViewerQuery:
    @strawberry.field(description="The person that this request acts for.", directives=[weighs(10)])
    async def viewer(self, info: Info) -> Viewer:
        viewer = info.context.viewer
        key = strawberry.ID(ids.encode("user", viewer.user_id))
        return Viewer(id=key, email=viewer.email, name=viewer.name)
