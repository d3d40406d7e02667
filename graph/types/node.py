"""What every type with an id of its own has."""

import strawberry


@strawberry.interface(description="Anything that has an id of its own.")
class Node:
    id: strawberry.ID = strawberry.field(description="Its prefix tells the type.")
