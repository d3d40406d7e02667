"""Arguments that many fields share, with their descriptions and the limits of numbers."""

from typing import Annotated, Any

import strawberry

# Where an argument or a field of an input keeps the least and the most that its number may be.
LIMITS = "limits"
LARGEST_INT = 2**31 - 1  # of GraphQL's Int

Id = Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
Ids = Annotated[list[strawberry.ID], strawberry.argument(description="At most 100 ids.")]
OfInstance = Annotated[strawberry.ID, strawberry.argument(description="The instance's id.")]
OfTemplate = Annotated[strawberry.ID, strawberry.argument(description="The template's id.")]

# Whatever of the schema is about workflows says so.
REPLACED = "Reports replace workflows; see workflowConvertToReport."


def number(what: str, least: int, most: int = LARGEST_INT, note: str = "") -> Any:
    """An argument that is a number from `least` to `most`; graph/fields/checked.py sees to it.

    Its description is made of `what` it is, the limits, and a `note`.
    """
    return strawberry.argument(**_limited(what, least, most, note))


def number_field(
    what: str, least: int, most: int = LARGEST_INT, note: str = "", **more: Any
) -> Any:
    """A field of an input that is a number from `least` to `most`, described as an argument is."""
    return strawberry.field(**_limited(what, least, most, note), **more)


def _limited(what: str, least: int, most: int, note: str) -> dict[str, Any]:
    limits = f"{least} or more" if most == LARGEST_INT else f"{least} to {most}"
    return {
        "description": f"{what}, {limits}{note and f'; {note}'}.",
        "metadata": {LIMITS: (least, most)},
    }
