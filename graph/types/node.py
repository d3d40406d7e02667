"""The interface of every type that has an id."""

import strawberry


@strawberry.interface(description="An object that has an id and can be read by `node`.")
class Node:
    id: strawberry.ID = strawberry.field(description="The object's id. Its prefix says the type.")
