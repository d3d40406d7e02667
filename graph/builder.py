"""The report builder: its steps saved and gone on with, submitted, and what it offers."""

from typing import Any

import strawberry

from domain import idempotency, ids, models
from domain.builder import builder, lists
from domain.collections import backfills
from domain.collections.backfills import Chosen
from domain.db import transaction
from domain.pages import Asked, Page
from graph.enums.collections import WeekStart
from graph.fields.arguments import Id
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.enums import word
from graph.fields.idempotency import IdempotencyKey
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
    @strawberry.field(graphql_type=BuilderSession, description="A builder session of yours.")
    async def builder_session(self, info: Info, id: Id) -> models.BuilderAudit:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await builder.get(session, viewer, id)

    @paged(BuilderSession, "Your builder sessions, the one saved last first.")
    async def builder_sessions(self, info: Info, page: Asked) -> Page[models.BuilderAudit]:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await lists.find(session, viewer, page)

    @strawberry.field(
        graphql_type=LookbackOptions, description="Which of the past there is to choose from."
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
        description="Keep a step; refused is what could not be submitted so.",
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
        description="Make all of it at once, or nothing; a repeat gets what was made.",
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
