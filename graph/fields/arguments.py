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

# Descriptions of JSON, which say why it has no type.
DEFINITIONS = (
    "The parameters as a JSON Schema: an object with `properties`. It is JSON so that libraries "
    "that draw forms can read it."
)
UI_SCHEMA = (
    "Hints for a form, by the parameter's name. They are JSON because each form library has "
    "its own; the server only stores them."
)
