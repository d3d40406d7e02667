"""The root field of the overview."""

from collections.abc import AsyncGenerator

import strawberry

from domain.db import transaction
from domain.pages.feed import Watcher, words
from domain.reports import activity
from graph.fields.context import Info
from graph.fields.costs import weighs
from graph.types.overview import Overview


@strawberry.type
class OverviewQuery:
    @strawberry.field(
        graphql_type=Overview,
        description="What runs, waits, has failed, comes next and came last, over all instances "
        "that you are a member of.",
        directives=[weighs(1500)],
    )
    async def overview(self, info: Info) -> activity.Overview:
        async with transaction(info.context.viewer) as session:
            return await activity.read(session)


@strawberry.type
class OverviewSubscription:
    @strawberry.subscription(
        graphql_type=Overview,
        description="Watches the overview: sends it at once, then after changes, at most once a "
        "second.",
        directives=[weighs(1500)],
    )
    async def overview(self, info: Info) -> AsyncGenerator[activity.Overview, None]:
        shown = None
        watcher = Watcher(info.context.viewer, activity.KINDS)
        async for _ in words(watcher, activity.PAUSE):
            async with transaction(info.context.viewer) as session:
                found = await activity.read(session)
            if found.shown != shown:
                shown = found.shown
                yield found
