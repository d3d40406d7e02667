"""GraphQL types of the answers to mutations of many objects."""

from typing import Generic, TypeVar

import strawberry

from graph.enums.errors import ErrorCodeEnum

Item = TypeVar("Item")


@strawberry.type(description="Why one of many objects was left as it is.")
class Refusal:
    code: ErrorCodeEnum = strawberry.field(  # type: ignore[valid-type]
        description="The code of the refusal, for programs."
    )
    message: str = strawberry.field(description="The reason, for people.")


@strawberry.type(description="What became of one of many objects.")
class Answer(Generic[Item]):
    id: strawberry.ID = strawberry.field(description="The id that was given.")
    object: Item | None = strawberry.field(
        description="The object that was changed or made. Null if the act was refused."
    )
    refusal: Refusal | None = strawberry.field(
        description="Why the act was refused. Null if it was not."
    )
