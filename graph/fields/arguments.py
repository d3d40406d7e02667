"""Arguments that several fields share, and how a number gets its limits."""

from typing import Annotated, Any

import strawberry

# The key of the metadata that has the least and the greatest number.
LIMITS = "limits"
LARGEST_INT = 2**31 - 1  # of GraphQL's Int

Id = Annotated[strawberry.ID, strawberry.argument(description="The id of the object.")]
Ids = Annotated[
    list[strawberry.ID], strawberry.argument(description="The ids of the objects, at most 100.")
]
OfInstance = Annotated[strawberry.ID, strawberry.argument(description="The instance's id.")]
OfTemplate = Annotated[strawberry.ID, strawberry.argument(description="The template's id.")]

# The deprecation reason of everything about workflows.
REPLACED = "Reports replace workflows. Use workflowConvertToReport."


def number(what: str, least: int, most: int = LARGEST_INT, note: str = "") -> Any:
    """Declare an argument as a number from `least` to `most`; graph/fields/checked.py checks it.

    The description consists of `what` the number is, its limits, and the `note`, a sentence.
    """
    return strawberry.argument(**_limited(what, least, most, note))


def number_field(
    what: str, least: int, most: int = LARGEST_INT, note: str = "", **more: Any
) -> Any:
    """Declare a field of an input as a number from `least` to `most`, as `number` does."""
    return strawberry.field(**_limited(what, least, most, note), **more)


def _limited(what: str, least: int, most: int, note: str) -> dict[str, Any]:
    limits = f"{least} or more" if most == LARGEST_INT else f"{least:,} to {most:,}"
    return {
        "description": f"{what}, {limits}.{note and f' {note}'}",
        "metadata": {LIMITS: (least, most)},
    }
