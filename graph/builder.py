"""Root fields of the report builder."""

from typing import Any

import strawberry

from domain import idempotency, ids, models
from domain.builder import builder, lists
from domain.collections import backfills
from domain.collections.backfills import Chosen
from domain.db import transaction
from domain.pages.pages import Page, PageArgs
from graph.enums.collections import WeekStart
from graph.fields.arguments import Id
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.costs import weighs
from graph.fields.enums import word
from graph.fields.idempotency import IdempotencyKey
from graph.inputs import orders
from graph.inputs.builder import (
    Configuration,
    InSession,
    InZone,
    OfReport,
    OfSession,
    OfTemplate,
    OnInstance,
    Weeks,
)
from graph.types.builder import BuilderResult, BuilderSession, LookbackOptions


@strawberry.type
class BuilderQuery:
    @strawberry.field(
        graphql_type=BuilderSession,
        description="One of your builder sessions. NOT_FOUND if it does not exist or belongs to "
        "somebody else.",
    )
    async def builder_session(self, info: Info, id: Id) -> models.BuilderAudit:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await builder.get(session, viewer, id)

    @paged(
        BuilderSession,
        orders.BUILDER_SESSIONS,
        "Your builder sessions, the most recently saved first.",
    )
    async def builder_sessions(self, info: Info, page: PageArgs) -> Page[models.BuilderAudit]:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await lists.find(session, viewer, page)

    @strawberry.field(
        graphql_type=LookbackOptions,
        description="The ranges of past days that a collection can cover now. Give either a "
        "report, or a template and an instance.",
        directives=[weighs(7000)],
    )
    async def lookback_options(
        self,
        info: Info,
        report_id: OfReport = None,
        template_id: OfTemplate = None,
        instance_id: OnInstance = None,
        time_zone: InZone = "UTC",
        week_start: Weeks = WeekStart.MONDAY,
    ) -> backfills.Options:
        viewer = info.context.viewer
        chosen = Chosen(report_id, template_id, instance_id, time_zone)
        async with transaction(viewer) as session:
            return await backfills.options(session, viewer, chosen, word(week_start))


@strawberry.type
class BuilderMutation:
    @strawberry.mutation(
        graphql_type=BuilderSession,
        description="Saves a step of the report builder. The step is checked as builderSubmit "
        "would check it, and saved only if it is valid. CONFLICT if an earlier step "
        "is missing or the session was submitted.",
    )
    async def builder_save(
        self,
        info: Info,
        configuration: Configuration,
        session_id: InSession = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.BuilderAudit:
        viewer = info.context.viewer
        name, told = configuration.saved()
        async with transaction(viewer) as session:

            async def make() -> str:
                row = await builder.save(session, viewer, session_id, name, told)
                assert row.session_id is not None
                return ids.encode("bld", row.session_id)

            request = ("builderSave", session_id, name, told)
            saved = await idempotency.once(session, viewer, idempotency_key, request, make)
            return await builder.get(session, viewer, saved)

    @strawberry.mutation(
        graphql_type=BuilderResult,
        description="Creates the report with its schedule, collection and dashboard, in one "
        "transaction: all of them or none. A repeat returns the objects that were "
        "created. CONFLICT if a step is missing.",
    )
    async def builder_submit(
        self, info: Info, session_id: OfSession, idempotency_key: IdempotencyKey = None
    ) -> Any:
        viewer = info.context.viewer
        async with transaction(viewer) as session:

            async def make() -> str:
                await builder.submit(session, viewer, session_id)
                return str(session_id)

            request = ("builderSubmit", session_id)
            await idempotency.once(session, viewer, idempotency_key, request, make)
            return await builder.submit(session, viewer, session_id)
