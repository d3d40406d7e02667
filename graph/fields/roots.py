"""Fields at the root stand alone: an error of one takes nothing from those beside it.

GraphQL hands the null of a field that may not be null on to its parent, and the parent of a root
field is the whole answer. So root fields are nullable, whatever their resolvers promise.
"""

from typing import TypeVar

from strawberry.types.base import StrawberryOptional, get_object_definition

Root = TypeVar("Root", bound=type)
ALWAYS_THERE = {"viewer"}  # who asks is known before anything else


def standing_alone(root: Root) -> Root:
    """Make the fields of Query or of Mutation nullable."""
    for field in get_object_definition(root, strict=True).fields:
        if field.python_name not in ALWAYS_THERE and not isinstance(field.type, StrawberryOptional):
            field.type = StrawberryOptional(of_type=field.type)
    return root
