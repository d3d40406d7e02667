"""GraphQL types of people."""

import strawberry


@strawberry.type(description="The person that a request acts for.")
class Viewer:
    email: str = strawberry.field(description="The person's e-mail address.")
    name: str = strawberry.field(description="The person's name.")
    id: strawberry.ID = strawberry.field(description="The person's id. It begins with `user_`.")


@strawberry.type(description="A person with whom you share an instance or a dashboard.")
class Person:
    name: str = strawberry.field(description="The person's name.")
    email: str = strawberry.field(description="The person's e-mail address.")
