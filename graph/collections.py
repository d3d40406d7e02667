"""Root fields of collections."""

from collections.abc import AsyncGenerator

import strawberry

from domain import ids, models
from domain.bus import bus
from domain.collections import collections, edges, lists, plans
from domain.collections.edges import Retry
from domain.collections.progress import OVER
from domain.db import transaction
from domain.pages.pages import Page, PageArgs
from domain.people import access
from domain.problems import within
from graph.fields.arguments import Id
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.costs import weighs
from graph.fields.enums import word
from graph.fields.filters import wanted
from graph.fields.idempotency import IdempotencyKey, once
from graph.fields.live import HowMany, ListEvents, changes, watched
from graph.inputs import orders
from graph.inputs.collections import (
    CollectionArgument,
    ParallelLimit,
    RetryWeek,
    RetryWhich,
    WhichCollections,
)
from graph.types.collections import Collection, CollectionPlan


@strawberry.type
class CollectionQuery:
    @strawberry.field(
        graphql_type=Collection,
        description="The collection with this id. NOT_FOUND if it does not exist or is not "
        "yours to see.",
    )
    async def collection(self, info: Info, id: Id) -> models.Collection:
        async with transaction(info.context.viewer) as session:
            return await access.get(session, "col", models.Collection, id, field="id")

    @paged(Collection, orders.COLLECTIONS, "The collections that you may see, newest first.")
    async def collections(
        self, info: Info, page: PageArgs, filter: WhichCollections = None
    ) -> Page[models.Collection]:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await lists.find(session, viewer, wanted(filter, lists.CollectionFilter), page)

    @strawberry.field(
        graphql_type=CollectionPlan,
        description="Shows what collectionStart would do with the same input. Nothing is saved "
        "and AMC is not called.",
        directives=[weighs(4000)],
    )
    async def collection_plan(self, info: Info, collection: CollectionArgument) -> plans.Plan:
        viewer, spec = info.context.viewer, collection.spec()
        async with transaction(viewer) as session:
            with within("collection"):
                return await plans.plan(session, viewer, spec, rank="viewer")


@strawberry.type
class CollectionMutation:
    @strawberry.mutation(
        graphql_type=Collection,
        description="Starts a collection of past results. CONFLICT if an open collection of the "
        "same report covers some of these days. RATE_LIMITED, with `retryAfter`, "
        "if you have too many open collections or too many were started on the "
        "instance today.",
    )
    async def collection_start(
        self, info: Info, collection: CollectionArgument, idempotency_key: IdempotencyKey = None
    ) -> models.Collection:
        viewer, spec = info.context.viewer, collection.spec()
        async with transaction(viewer) as session:

            async def start() -> models.Collection:
                with within("collection"):
                    return await collections.start(session, viewer, spec)

            request = ("collectionStart", spec)
            return await once(session, viewer, idempotency_key, request, "col", start)

    @strawberry.mutation(
        graphql_type=Collection,
        description="Pauses a collection: no further segments are started. Executions that AMC "
        "already runs go on, those that wait are withdrawn. CONFLICT if the "
        "collection is over or is being cancelled.",
    )
    async def collection_pause(self, info: Info, id: Id) -> models.Collection:
        async with transaction(info.context.viewer) as session:
            return await edges.pause(session, info.context.viewer, id)

    @strawberry.mutation(
        graphql_type=Collection,
        description="Resumes a paused collection with its remaining segments. CONFLICT if the "
        "collection is over.",
    )
    async def collection_resume(self, info: Info, id: Id) -> models.Collection:
        async with transaction(info.context.viewer) as session:
            return await edges.resume(session, info.context.viewer, id)

    @strawberry.mutation(
        graphql_type=Collection,
        description="Cancels a collection, including its executions at AMC. The status becomes "
        "CANCELLED once AMC has confirmed. CONFLICT if the collection is over.",
    )
    async def collection_cancel(self, info: Info, id: Id) -> models.Collection:
        async with transaction(info.context.viewer) as session:
            return await edges.cancel(session, info.context.viewer, id)

    @strawberry.mutation(
        graphql_type=Collection,
        description="Changes how many segments of a collection may be at AMC at the same time. "
        "CONFLICT if the collection is over.",
    )
    async def collection_change(
        self, info: Info, id: Id, parallel_limit: ParallelLimit
    ) -> models.Collection:
        async with transaction(info.context.viewer) as session:
            return await edges.change(session, info.context.viewer, id, parallel_limit)

    @strawberry.mutation(
        graphql_type=Collection,
        description="Collects segments again. Their present results stay until newer ones "
        "replace them. Give either `which` or `weekId`. CONFLICT if no segment "
        "matches or the segment is being collected.",
    )
    async def collection_retry(
        self, info: Info, id: Id, which: RetryWhich = None, week_id: RetryWeek = None
    ) -> models.Collection:
        retry = Retry(kind=word(which), week_id=week_id)
        async with transaction(info.context.viewer) as session:
            return await edges.retry(session, info.context.viewer, id, retry)

    @strawberry.mutation(
        description="Deletes a collection that is over, with its segments and their share of "
        "the aggregates. Returns the collection's id. CONFLICT if the collection is "
        "not over.",
        graphql_type=strawberry.ID,
    )
    async def collection_delete(self, info: Info, id: Id) -> str:
        async with transaction(info.context.viewer) as session:
            return await edges.remove(session, info.context.viewer, id)


@strawberry.type
class CollectionSubscription:
    @strawberry.subscription(
        graphql_type=Collection,
        description="Watches a collection: sends its present state at once, then every change. "
        "Completes after the final state.",
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

    @watched(Collection, "the collections that you may see")
    def collections(
        self, info: Info, filter: WhichCollections = None, first: HowMany = 20
    ) -> ListEvents:
        return changes(info, lists.LIVE, wanted(filter, lists.CollectionFilter), first)
