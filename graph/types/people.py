"""People as clients see them."""

import strawberry


@strawberry.type(description="The person a request acts for.")
class Viewer:
    email: str = strawberry.field(description="The e-mail address.")
    name: str = strawberry.field(description="The name.")
    id: strawberry.ID = strawberry.field(description="Begins with `user_`.")


@strawberry.type(description="Somebody you work with.")
class Person:
    name: str = strawberry.field(description="The name.")
    email: str = strawberry.field(description="The e-mail address.")
