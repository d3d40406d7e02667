"""Root fields of notices and their targets."""

from dataclasses import replace
from typing import Any

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds, models
from domain.db import transaction
from domain.notices import inbox, lists, notices
from domain.notices.notices import NO_CHANGE, NoticeTargetChange, NoticeTargetSpec
from domain.pages.pages import Page, PageArgs
from domain.people import access
from graph.fields.arguments import Id, Ids
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.enums import word
from graph.fields.filters import wanted
from graph.fields.live import HowMany, ListEvents, changes, watched
from graph.inputs import orders
from graph.inputs.notices import (
    Address,
    AsRead,
    Carried,
    Events,
    Kind,
    NoticeExportInput,
    OfSchedule,
    OfTarget,
    TargetChange,
    UpTo,
    WhichEntries,
    WhichNotices,
)
from graph.types.notices import (
    InboxEntry,
    InboxMarked,
    Notice,
    NoticeTarget,
    NoticeTargetAdded,
)


async def _schedule(session: AsyncSession, public_id: str | None) -> dict[str, Any]:
    """The key of the schedule by the name of its column. Raises NotFound."""
    if public_id is None:
        return {}
    table = kinds.of_id(public_id).schedule
    found = await access.get(session, table.prefix, table.model, public_id, field="scheduleId")
    return {table.key: found.id}


async def _export(
    session: AsyncSession, given: NoticeExportInput | None, inside: str = ""
) -> dict[str, Any]:
    """The export of a target by the names of its columns. Raises NotFound."""
    if given is None:
        return {}
    key, field = None, f"{inside}export.dashboardId"
    if given.dashboard_id is not None:
        found = await access.get(session, "dash", models.Dashboard, given.dashboard_id, field=field)
        key = found.id
    return {"export_format": word(given.format), "dashboard_id": key}


@strawberry.type
class NoticeQuery:
    @paged(
        NoticeTarget,
        orders.NOTICE_TARGETS,
        "The places where you receive notices, newest first.",
    )
    async def notice_targets(self, info: Info, page: PageArgs) -> Page[models.NoticeTarget]:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await lists.targets(session, viewer, page)

    @paged(InboxEntry, orders.INBOX, "What happened to what is yours, newest first.")
    async def inbox(
        self, info: Info, page: PageArgs, filter: WhichEntries = None
    ) -> Page[models.InboxEntry]:
        async with transaction(info.context.viewer) as session:
            return await inbox.find(session, wanted(filter, inbox.InboxFilter), page)

    @paged(
        Notice,
        orders.NOTICES,
        "The notices that were sent to you or are about to be, newest first.",
    )
    async def notices(
        self,
        info: Info,
        page: PageArgs,
        target_id: OfTarget = None,
        filter: WhichNotices = None,
    ) -> Page[models.Notice]:
        viewer, which = info.context.viewer, wanted(filter, lists.NoticeFilter)
        if target_id is not None:
            which = replace(which, target_id=target_id)
        async with transaction(viewer) as session:
            return await lists.find(session, viewer, which, page)


@strawberry.type
class NoticeMutation:
    @strawberry.mutation(
        graphql_type=InboxMarked,
        description="Marks entries of your inbox as read, or as not read. Ids that are not yours "
        "are left out.",
    )
    async def inbox_mark(self, info: Info, ids: Ids, is_read: AsRead = True) -> inbox.Marked:
        async with transaction(info.context.viewer) as session:
            return await inbox.mark(session, ids, is_read=is_read)

    @strawberry.mutation(
        graphql_type=InboxMarked, description="Marks all entries of your inbox as read."
    )
    async def inbox_mark_all(self, info: Info, until: UpTo = None) -> inbox.Marked:
        async with transaction(info.context.viewer) as session:
            return await inbox.mark_all(session, until)

    @strawberry.mutation(
        graphql_type=NoticeTargetAdded,
        description="Adds a place where you receive notices. A repeat is refused "
        "with CONFLICT and changes nothing. CONFLICT also if you have 50 targets "
        "already.",
    )
    async def notice_target_add(
        self,
        info: Info,
        kind: Kind,
        address: Address,
        events: Events,
        schedule_id: OfSchedule = None,
        export: Carried = None,
    ) -> Any:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            about = await _schedule(session, schedule_id) | await _export(session, export)
            spec = NoticeTargetSpec(word(kind), address, [word(one) for one in events], **about)
            return await notices.add(session, viewer, spec)

    @strawberry.mutation(
        graphql_type=NoticeTarget,
        description="Changes which events a target reports, what its notices carry, and whether "
        "they are sent. Its address and its schedule stay; add another target for another one.",
    )
    async def notice_target_change(
        self, info: Info, id: Id, change: TargetChange
    ) -> models.NoticeTarget:
        viewer = info.context.viewer
        key = ids.decode("ntg", id, field="id")
        async with transaction(viewer) as session:
            export: Any = change.export
            if export is strawberry.UNSET:
                export = NO_CHANGE
            elif export is not None:
                export = await _export(session, export, "change.")
            events = None if change.events is None else [word(one) for one in change.events]
            wanted = NoticeTargetChange(events, change.is_active, export)
            return await notices.change(session, viewer, key, wanted)

    @strawberry.mutation(
        graphql_type=strawberry.ID,
        description="Removes a place where you receive notices. Notices that were not delivered "
        "yet are not sent. Returns the target's id.",
    )
    async def notice_target_remove(self, info: Info, id: Id) -> str:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            await notices.remove(session, viewer, ids.decode("ntg", id, field="id"))
        return str(id)


@strawberry.type
class NoticeSubscription:
    @watched(Notice, "the notices that were sent to you or are about to be")
    def notices(self, info: Info, filter: WhichNotices = None, first: HowMany = 20) -> ListEvents:
        return changes(info, lists.LIVE, wanted(filter, lists.NoticeFilter), first)
