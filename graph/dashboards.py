"""Root fields of dashboards."""

from collections.abc import AsyncGenerator
from typing import Any

import strawberry

from domain import ids, models
from domain.bus import bus
from domain.dashboards import dashboards, lists, shares, templates, watching, widgets
from domain.db import transaction
from domain.pages.pages import Page, PageArgs
from graph.enums.dashboards import DashboardChange
from graph.fields.arguments import Id
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.costs import ROOT, at_most, weighs
from graph.fields.documents import given
from graph.fields.enums import word
from graph.fields.filters import wanted
from graph.fields.idempotency import IdempotencyKey, once
from graph.inputs import orders
from graph.inputs.dashboards import (
    Decided,
    Different,
    Email,
    Mark,
    MaybeReport,
    NewName,
    OfDashboard,
    OfKind,
    Permission,
    Slug,
    Sources,
    Version,
    Widgets,
)
from graph.types.dashboards import Dashboard, DashboardEvent, DashboardTemplate


@strawberry.type
class DashboardQuery:
    @strawberry.field(
        graphql_type=Dashboard,
        description="The dashboard with this id. NOT_FOUND if it does not exist or is not "
        "shared with you.",
    )
    async def dashboard(self, info: Info, id: Id) -> models.Dashboard:
        async with transaction(info.context.viewer) as session:
            return await dashboards.get(session, id)

    @paged(
        Dashboard,
        orders.DASHBOARDS,
        "Your own dashboards, those shared with you and public ones, newest first.",
    )
    async def dashboards(
        self, info: Info, page: PageArgs, filter: OfKind = None
    ) -> Page[models.Dashboard]:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await lists.find(session, viewer, wanted(filter, lists.DashboardFilter), page)

    @strawberry.field(
        graphql_type=list[DashboardTemplate],
        description="The built-in dashboard templates. With a report, the templates that fit it "
        "come first.",
        directives=[weighs(ROOT), at_most(templates.MOST_TEMPLATES)],
    )
    async def dashboard_templates(self, info: Info, report_id: MaybeReport = None) -> Any:
        async with transaction(info.context.viewer) as session:
            return await templates.find(session, report_id)


@strawberry.type
class DashboardMutation:
    @strawberry.mutation(
        graphql_type=Dashboard,
        description="Creates an empty dashboard. Add widgets with dashboardWidgetsChange.",
    )
    async def dashboard_create(
        self, info: Info, dashboard: Decided, idempotency_key: IdempotencyKey = None
    ) -> models.Dashboard:
        viewer, spec = info.context.viewer, dashboard.spec()
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("dashboardCreate", spec),
                "dash",
                lambda: dashboards.create(session, viewer, spec),
            )

    @strawberry.mutation(
        graphql_type=Dashboard,
        description="Creates a dashboard from a built-in template, showing the given sources. "
        "BAD_USER_INPUT if a source lacks a metric or dimension of the template.",
    )
    async def dashboard_create_from_template(
        self,
        info: Info,
        template: Slug,
        sources: Sources,
        name: NewName = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.Dashboard:
        viewer, shown = info.context.viewer, given(sources)
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("dashboardCreateFromTemplate", template, shown, name),
                "dash",
                lambda: templates.create(session, viewer, template, shown, name),
            )

    @strawberry.mutation(
        graphql_type=Dashboard,
        description="Creates a private copy of a dashboard, with all its widgets. You own the "
        "copy. FORBIDDEN if you may not see all sources of the dashboard yourself.",
    )
    async def dashboard_duplicate(
        self, info: Info, id: Id, name: NewName = None, idempotency_key: IdempotencyKey = None
    ) -> models.Dashboard:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("dashboardDuplicate", id, name),
                "dash",
                lambda: dashboards.duplicate(session, viewer, id, name),
            )

    @strawberry.mutation(
        graphql_type=Dashboard,
        description="Changes a dashboard's name, description, filters, type or visibility. "
        "CONFLICT if somebody has changed the dashboard since `version`: "
        "`extensions.current` holds the saved state and `extensions.yours` your "
        "input.",
    )
    async def dashboard_change(
        self, info: Info, id: Id, version: Version, change: Different
    ) -> models.Dashboard:
        viewer, wanted = info.context.viewer, change.wanted()
        async with transaction(viewer) as session:
            return await dashboards.change(session, viewer, id, version, wanted)

    @strawberry.mutation(
        graphql_type=Dashboard,
        description="Adds, changes, moves and removes widgets, all of it or nothing. CONFLICT "
        "if somebody has changed the dashboard since `version`: "
        "`extensions.current` holds the saved state and `extensions.yours` your "
        "input.",
    )
    async def dashboard_widgets_change(
        self,
        info: Info,
        id: Id,
        version: Version,
        change: Widgets,
        idempotency_key: IdempotencyKey = None,
    ) -> models.Dashboard:
        viewer, wanted = info.context.viewer, change.wanted()
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("dashboardWidgetsChange", id, version, wanted),
                "dash",
                lambda: widgets.change(session, viewer, id, version, wanted),
            )

    @strawberry.mutation(
        graphql_type=strawberry.ID,
        description="Deletes a dashboard with its widgets and shares. Aggregates are kept. "
        "Returns the dashboard's id. FORBIDDEN for anybody but the owner.",
    )
    async def dashboard_delete(self, info: Info, id: Id) -> str:
        async with transaction(info.context.viewer) as session:
            return await dashboards.remove(session, info.context.viewer, id)

    @strawberry.mutation(
        graphql_type=Dashboard,
        description="Shares a dashboard with one more person, or changes that person's "
        "permission. The answer does not tell whether anybody has the address: "
        "a person who gets it later gets the share. FORBIDDEN for anybody but the owner.",
    )
    async def dashboard_share(
        self, info: Info, dashboard_id: OfDashboard, email: Email, permission: Permission
    ) -> models.Dashboard:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await shares.share(session, viewer, dashboard_id, email, word(permission))

    @strawberry.mutation(
        graphql_type=Dashboard,
        description="Stops sharing a dashboard with a person. FORBIDDEN for anybody but the "
        "owner. Without a share, nothing changes.",
    )
    async def dashboard_unshare(
        self, info: Info, dashboard_id: OfDashboard, email: Email
    ) -> models.Dashboard:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await shares.unshare(session, viewer, dashboard_id, email)

    @strawberry.mutation(
        graphql_type=Dashboard,
        description="Makes a colleague the owner of your dashboard. Its shares stay, and you may "
        "still edit it. FORBIDDEN for anybody but the owner. NOT_FOUND if you share no instance "
        "with the person. CONFLICT if the person is no member of an instance that it shows.",
    )
    async def dashboard_transfer(
        self, info: Info, id: Id, email: Email, idempotency_key: IdempotencyKey = None
    ) -> models.Dashboard:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("dashboardTransfer", id, email),
                "dash",
                lambda: shares.transfer(session, viewer, id, email),
            )

    @strawberry.mutation(
        graphql_type=Dashboard,
        description="Adds a dashboard to your favourites, or removes it from them.",
    )
    async def dashboard_favorite(self, info: Info, id: Id, favorite: Mark) -> models.Dashboard:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await dashboards.favorite(session, viewer, id, favorite)


@strawberry.type
class DashboardSubscription:
    @strawberry.subscription(
        graphql_type=DashboardEvent,
        description="Watches a dashboard: sends its present state at once, then again after "
        "every change of its layout, its numbers, its insights or its sharing. Ends with "
        "NOT_FOUND when the dashboard is no longer shown to you, and with DELETED "
        "when you have deleted it.",
    )
    async def dashboard(self, info: Info, id: Id) -> AsyncGenerator[DashboardEvent, None]:
        viewer = info.context.viewer
        seen: watching.Snapshot | None = None
        async for _ in bus.hub.watch(ids.decode("dash", id, field="id")):
            async with transaction(viewer) as session:
                now = await watching.look(session, viewer, id, seen)
            if now is None:
                yield DashboardEvent(changed=[DashboardChange.DELETED], dashboard=None)
                return
            changed = [DashboardChange(one) for one in now.since(seen)]
            if changed or seen is None:
                row: Any = now.dashboard
                yield DashboardEvent(changed=changed, dashboard=row)
            seen = now
