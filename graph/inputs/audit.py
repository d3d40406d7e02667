"""Arguments of the audit."""

from typing import Annotated

import strawberry

from graph.enums.audit import AuditAct, AuditObjectType, AuditOrigin
from graph.fields.filters import FILTERS, CreatedBetween, values


@strawberry.input(description=f"Which entries of the audit to list. {FILTERS}")
class AuditFilter(CreatedBetween):
    object_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Only entries of this object, and of what is part of it: of a report its "
        "schedules, collections and executions, of a dashboard its widgets and shares.",
    )
    types: list[AuditObjectType] | None = values("entries of objects of one of these types")
    acts: list[AuditAct] | None = values("entries of one of these acts")
    operations: list[str] | None = values(
        "entries of one of these mutations, such as `reportChange`, or commands"
    )
    origins: list[AuditOrigin] | None = values("entries of one of these origins")
    by_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only what this person did, by an id that begins with `user_`."
    )
    instance_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only entries of objects of this instance."
    )


WhichEntries = Annotated[
    AuditFilter | None,
    strawberry.argument(description="Which entries to list. Without it, all of them."),
]
