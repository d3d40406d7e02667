"""Arguments that many fields share, with their descriptions."""

from typing import Annotated

import strawberry

Id = Annotated[strawberry.ID, strawberry.argument(description="Its id.")]
Ids = Annotated[list[strawberry.ID], strawberry.argument(description="At most 100 ids.")]
OfInstance = Annotated[strawberry.ID, strawberry.argument(description="The instance's id.")]
OfTemplate = Annotated[strawberry.ID, strawberry.argument(description="The template's id.")]

# Whatever of the schema is about workflows says so.
REPLACED = "Reports replace workflows; see workflowConvertToReport."
