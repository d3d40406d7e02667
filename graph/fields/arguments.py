"""Arguments that several root fields share."""

from typing import Annotated

import strawberry

Id = Annotated[strawberry.ID, strawberry.argument(description="The id of the object.")]
Ids = Annotated[
    list[strawberry.ID], strawberry.argument(description="The ids of the objects, at most 100.")
]
OfInstance = Annotated[strawberry.ID, strawberry.argument(description="The instance's id.")]
OfTemplate = Annotated[strawberry.ID, strawberry.argument(description="The template's id.")]

# The deprecation reason of everything about workflows.
REPLACED = "Reports replace workflows. Use workflowConvertToReport."
