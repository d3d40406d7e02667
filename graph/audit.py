"""The root field of the audit."""

import strawberry

from domain import models
from domain.audit import lists
from domain.db import transaction
from domain.pages.pages import Page, PageArgs
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.filters import wanted
from graph.inputs import orders
from graph.inputs.audit import WhichEntries
from graph.types.audit import AuditEntry


@strawberry.type
class AuditQuery:
    @paged(
        AuditEntry,
        orders.AUDIT_ENTRIES,
        "Who did what to which object and when, newest first, as far as it concerns you.",
    )
    async def audit_entries(
        self, info: Info, page: PageArgs, filter: WhichEntries = None
    ) -> Page[models.AuditEntry]:
        viewer, which = info.context.viewer, wanted(filter, lists.AuditFilter)
        async with transaction(viewer) as session:
            return await lists.find(session, viewer, which, page)
