"""Root fields of exports."""

from collections.abc import AsyncGenerator

import strawberry

from domain import ids, models
from domain.bus import bus
from domain.db import transaction
from domain.exports import exports, lists
from domain.exports.exports import OPEN
from domain.exports.lists import Usage
from domain.pages.pages import Page, PageArgs
from domain.people import access
from graph.fields.arguments import Id
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.filters import wanted
from graph.fields.idempotency import IdempotencyKey, once
from graph.inputs import orders
from graph.inputs.exports import ExportArgument, WhichExports
from graph.types.exports import Export, ExportUsage


@strawberry.type
class ExportQuery:
    @strawberry.field(
        graphql_type=Export,
        description="The export with this id. NOT_FOUND if it does not exist, is not yours, or "
        "if you may no longer see what was exported.",
    )
    async def export(self, info: Info, id: Id) -> models.ReportExport:
        async with transaction(info.context.viewer) as session:
            return await access.get(session, "exp", models.ReportExport, id, field="id")

    @paged(Export, orders.EXPORTS, "Your exports, newest first.")
    async def exports(
        self, info: Info, page: PageArgs, filter: WhichExports = None
    ) -> Page[models.ReportExport]:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await lists.find(session, viewer, wanted(filter, lists.ExportFilter), page)

    @strawberry.field(
        graphql_type=ExportUsage, description="How many exports you have, and their size."
    )
    async def export_usage(self, info: Info) -> Usage:
        async with transaction(info.context.viewer) as session:
            return await lists.usage(session, info.context.viewer)


@strawberry.type
class ExportMutation:
    @strawberry.mutation(
        graphql_type=Export,
        description="Asks for an export, which a worker makes. If the same one is being made for "
        "you already, returns that. NOT_READY for an execution without a result. RATE_LIMITED if "
        "too many of your exports are not over.",
    )
    async def export_create(
        self, info: Info, export: ExportArgument, idempotency_key: IdempotencyKey = None
    ) -> models.ReportExport:
        viewer, spec = info.context.viewer, export.spec()
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("exportCreate", spec),
                "exp",
                lambda: exports.create(session, viewer, spec),
            )

    @strawberry.mutation(
        graphql_type=Export,
        description="Cancels an export. A repeat changes nothing. CONFLICT if it is over already.",
    )
    async def export_cancel(self, info: Info, id: Id) -> models.ReportExport:
        async with transaction(info.context.viewer) as session:
            return await exports.cancel(session, id)

    @strawberry.mutation(
        graphql_type=Export,
        description="Asks for the same export once more, of the present numbers. CONFLICT if it "
        "is not over.",
    )
    async def export_repeat(
        self, info: Info, id: Id, idempotency_key: IdempotencyKey = None
    ) -> models.ReportExport:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("exportRepeat", id),
                "exp",
                lambda: exports.repeat(session, viewer, id),
            )


@strawberry.type
class ExportSubscription:
    @strawberry.subscription(
        graphql_type=Export,
        description="Watches an export: sends its present state at once, then every change. "
        "Completes when the export is over.",
    )
    async def export(self, info: Info, id: Id) -> AsyncGenerator[models.ReportExport, None]:
        seen = 0
        async for _ in bus.hub.watch(ids.decode("exp", id, field="id")):
            async with transaction(info.context.viewer) as session:
                row = await access.get(session, "exp", models.ReportExport, id, field="id")
            if row.version > seen:
                seen = row.version
                yield row
            if row.state not in OPEN:
                return
