"""Collections: planned, started, watched, paused, resumed, cancelled, changed, retried, deleted."""

from collections.abc import AsyncGenerator
from datetime import date
from typing import Annotated, Any

import strawberry

from domain import bus, ids, models
from domain.collections import collections, edges, plans
from domain.collections.edges import Retry
from domain.collections.plans import Wanted
from domain.collections.progress import OVER
from domain.db import transaction
from domain.pages import Asked, Page
from domain.people import access
from domain.problems import within
from graph.fields.arguments import REPLACED, Id
from graph.fields.connections import Connection, connection, paged
from graph.fields.context import Info
from graph.fields.enums import (
    CollectionStatus,
    LookbackType,
    LookbackUnit,
    RetryKind,
    SegmentType,
    WeekStart,
    word,
)
from graph.fields.idempotency import IdempotencyKey, once
from graph.types.collections import Collection, CollectionPlan


@strawberry.input(description="Which days. By default as many whole segments as make a year.")
class LookbackInput:
    type: LookbackType = strawberry.field(
        default=LookbackType.RELATIVE, description="How they are told."
    )
    value: int | None = strawberry.field(default=None, description="RELATIVE: how many units.")
    unit: LookbackUnit | None = strawberry.field(default=None, description="RELATIVE: of what.")
    start_date: date | None = strawberry.field(default=None, description="CUSTOM: the first day.")
    end_date: date | None = strawberry.field(
        default=None, description="CUSTOM: the last day, included."
    )

    def config(self) -> dict[str, Any]:
        """The same, as it is stored."""
        given = {
            "type": self.type.value,
            "value": self.value,
            "unit": word(self.unit),
            "startDate": self.start_date and self.start_date.isoformat(),
            "endDate": self.end_date and self.end_date.isoformat(),
        }
        return {name: value for name, value in given.items() if value is not None}


@strawberry.input(description="How the days are cut into segments, and how these are tried.")
class SegmentationInput:
    type: SegmentType = strawberry.field(
        default=SegmentType.WEEKLY, description="How long a segment is."
    )
    parallel_limit: int = strawberry.field(
        default=5, description="Segments at AMC at once, 1 to 10."
    )
    retry_failed: bool = strawberry.field(
        default=True, description="Whether a segment that failed is tried again by itself."
    )
    max_attempts: int = strawberry.field(
        default=3, description="How often it is tried, 1 to 10, where trying again can help."
    )
    week_start: WeekStart = strawberry.field(
        default=WeekStart.MONDAY, description="The day weeks begin with."
    )

    def config(self) -> dict[str, Any]:
        """The same, as the domain reads it."""
        return {
            "type": self.type.value,
            "parallelLimit": self.parallel_limit,
            "retryFailed": self.retry_failed,
            "maxAttempts": self.max_attempts,
            "weekStart": self.week_start.value,
        }


@strawberry.input(description="A report or a workflow, and which of its past to collect.")
class CollectionInput:
    report_id: strawberry.ID | None = strawberry.field(default=None, description="The report.")
    workflow_id: strawberry.ID | None = strawberry.field(
        default=None, description="Or the saved workflow.", deprecation_reason=REPLACED
    )
    lookback: LookbackInput | None = strawberry.field(default=None, description="Which days.")
    segmentation: SegmentationInput | None = strawberry.field(
        default=None, description="How they are cut; weekly by default."
    )
    target_weeks: int | None = strawberry.field(
        default=None, description="How many segments, instead of a lookback; 52 weeks by default."
    )
    allow_provisional: bool = strawberry.field(
        default=False,
        description="Take days whose data is not settled; they are collected again once it is.",
    )
    recollect: bool = strawberry.field(
        default=False, description="Ask AMC also for segments that were collected before."
    )

    def wanted(self) -> Wanted:
        """The same, as the domain has it."""
        return Wanted(
            report_id=self.report_id,
            workflow_id=self.workflow_id,
            lookback=self.lookback.config() if self.lookback else {},
            segmentation=self.segmentation.config() if self.segmentation else {},
            target_weeks=self.target_weeks,
            allow_provisional=self.allow_provisional,
            recollect=self.recollect,
        )


@strawberry.input(description="Which collections; what is left out does not matter.")
class CollectionFilter:
    report_id: strawberry.ID | None = strawberry.field(default=None, description="Of a report.")
    workflow_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of a workflow.", deprecation_reason=REPLACED
    )
    instance_id: strawberry.ID | None = strawberry.field(
        default=None, description="On an instance."
    )
    status: CollectionStatus | None = strawberry.field(default=None, description="Standing so.")
    is_open: bool | None = strawberry.field(
        default=None, description="Whether something is still to happen."
    )
    mine: bool | None = strawberry.field(default=None, description="Started by you, or by others.")


Collected = Annotated[CollectionInput, strawberry.argument(description="What to collect.")]
Limit = Annotated[
    int, strawberry.argument(description="Segments at AMC at once from now on, 1 to 10.")
]
Which = Annotated[RetryKind | None, strawberry.argument(description="All segments of a kind.")]
OneWeek = Annotated[strawberry.ID | None, strawberry.argument(description="Or this segment.")]
Chosen = Annotated[
    CollectionFilter | None, strawberry.argument(description="Which ones; all of them otherwise.")
]
HowMany = Annotated[int, strawberry.argument(description="How many at most, 1 to 100.")]


def _filter(given: CollectionFilter | None) -> collections.CollectionFilter:
    if given is None:
        return collections.CollectionFilter()
    return collections.CollectionFilter(
        report_id=given.report_id,
        workflow_id=given.workflow_id,
        instance_id=given.instance_id,
        status=word(given.status),
        is_open=given.is_open,
        mine=given.mine,
    )


@strawberry.type
class CollectionQuery:
    @strawberry.field(graphql_type=Collection, description="One collection.")
    async def collection(self, info: Info, id: Id) -> models.Collection:
        async with transaction(info.context.viewer) as session:
            return await access.get(session, "col", models.Collection, id, field="id")

    @paged(Collection, "Collections, newest first.")
    async def collections(
        self, info: Info, page: Asked, filter: Chosen = None
    ) -> Page[models.Collection]:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await collections.find(session, viewer, _filter(filter), page)

    @strawberry.field(
        graphql_type=CollectionPlan, description="What starting this collection would do."
    )
    async def collection_plan(self, info: Info, collection: Collected) -> plans.Plan:
        viewer, wanted = info.context.viewer, collection.wanted()
        async with transaction(viewer) as session:
            with within("collection"):
                return await plans.plan(session, viewer, wanted, rank="viewer")


@strawberry.type
class CollectionMutation:
    @strawberry.mutation(graphql_type=Collection, description="Collect the past of something.")
    async def collection_start(
        self, info: Info, collection: Collected, idempotency_key: IdempotencyKey = None
    ) -> models.Collection:
        viewer, wanted = info.context.viewer, collection.wanted()
        async with transaction(viewer) as session:

            async def start() -> models.Collection:
                with within("collection"):
                    return await collections.start(session, viewer, wanted)

            request = ("collectionStart", wanted)
            return await once(session, viewer, idempotency_key, request, "col", start)

    @strawberry.mutation(
        graphql_type=Collection,
        description="Start nothing more; what AMC has goes on to its end.",
    )
    async def collection_pause(self, info: Info, id: Id) -> models.Collection:
        async with transaction(info.context.viewer) as session:
            return await edges.pause(session, info.context.viewer, id)

    @strawberry.mutation(graphql_type=Collection, description="Go on with what is left.")
    async def collection_resume(self, info: Info, id: Id) -> models.Collection:
        async with transaction(info.context.viewer) as session:
            return await edges.resume(session, info.context.viewer, id)

    @strawberry.mutation(
        graphql_type=Collection,
        description="Stop it, at AMC too. It is over when AMC has confirmed that.",
    )
    async def collection_cancel(self, info: Info, id: Id) -> models.Collection:
        async with transaction(info.context.viewer) as session:
            return await edges.cancel(session, info.context.viewer, id)

    @strawberry.mutation(
        graphql_type=Collection, description="Change how many segments are at AMC at once."
    )
    async def collection_change(
        self, info: Info, id: Id, parallel_limit: Limit
    ) -> models.Collection:
        async with transaction(info.context.viewer) as session:
            return await edges.change(session, info.context.viewer, id, parallel_limit)

    @strawberry.mutation(
        graphql_type=Collection,
        description="Collect segments again; what they brought stays until there is newer.",
    )
    async def collection_retry(
        self, info: Info, id: Id, which: Which = None, week_id: OneWeek = None
    ) -> models.Collection:
        retry = Retry(kind=word(which), week_id=week_id)
        async with transaction(info.context.viewer) as session:
            return await edges.retry(session, info.context.viewer, id, retry)

    @strawberry.mutation(
        description="Delete a collection that is over, with its segments; its id.",
        graphql_type=strawberry.ID,
    )
    async def collection_delete(self, info: Info, id: Id) -> str:
        async with transaction(info.context.viewer) as session:
            return await edges.remove(session, info.context.viewer, id)


@strawberry.type
class CollectionSubscription:
    @strawberry.subscription(
        graphql_type=Collection,
        description="A collection: as it is now, after every change, and as it ended.",
    )
    async def collection(self, info: Info, id: Id) -> AsyncGenerator[models.Collection, None]:
        seen = 0
        async for _ in bus.hub.watch(ids.decode("col", id, field="id")):
            async with transaction(info.context.viewer) as session:
                row = await access.get(session, "col", models.Collection, id, field="id")
            if row.version > seen:
                seen = row.version
                yield row
            if row.status in OVER:
                return

    @strawberry.subscription(
        graphql_type=Connection[Collection],
        description="Your collections, newest first: as they are now, and after every change.",
    )
    async def collections(
        self, info: Info, filter: Chosen = None, first: HowMany = 20
    ) -> AsyncGenerator[Any, None]:
        viewer = info.context.viewer
        wanted, asked = _filter(filter), Asked(first=first)
        seen: list[tuple[Any, int]] | None = None
        async for _ in bus.hub.watch(viewer.user_id):
            async with transaction(viewer) as session:
                page = await collections.find(session, viewer, wanted, asked)
            shown = [(one.id, one.version) for one in page.rows]
            if shown != seen:
                seen = shown
                yield connection(page)
