"""The sources of dashboards: the reports and workflows whose numbers their widgets show.

The rows of `dashboard_sources` decide whose aggregates somebody sees who sees the dashboard. Only
`keep` and `copy` write them, in the transaction that changes the widgets. So the sources of a
dashboard are always exactly those of its widgets.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Uuid, bindparam, delete, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds
from domain.dashboards.configs import SourceRef
from domain.errors import Forbidden, NotFound
from domain.models import (
    Account,
    Dashboard,
    DashboardSource,
    Instance,
    Report,
    TemplateVersion,
    Widget,
    Workflow,
)
from domain.queries.sources import WORKFLOW_ZONE
from domain.templates.metrics import ReportConfig
from domain.viewer import Viewer

Ref: TypeAlias = tuple[str, UUID]  # the prefix of its public ids, rpt or wf, and its primary key


@dataclass(frozen=True)
class WidgetSource:
    """What anybody who sees a dashboard may know of one of its sources."""

    ref: Ref
    name: str
    config: ReportConfig
    time_zone: str
    instance_id: UUID
    marketplace_id: str | None = None
    is_readable: bool = True  # whether its metrics and dimensions could be read
    is_shown: bool = True  # to others: whoever put it on the dashboard may still see it

    @property
    def metrics(self) -> set[str]:
        """The names of its metrics."""
        return {one.name for one in self.config.metrics}

    @property
    def report_id(self) -> UUID | None:
        """The primary key of the report; None for a workflow."""
        return self.ref[1] if kinds.of_prefix(self.ref[0]) is kinds.REPORT else None


def ref_of(given: SourceRef, field: str) -> Ref:
    """Return the source with this public id. Raises NotFound for a malformed id."""
    kind, public_id = kinds.chosen(given.report_id, given.workflow_id)
    return kind.source.prefix, ids.decode(kind.source.prefix, public_id, field=field)


def refs_of(widgets: Iterable[Widget]) -> set[Ref]:
    """Return all sources of these widgets."""
    given = [one for widget in widgets for one in widget.data_source.get("sources", ())]
    return {ref_of(SourceRef.model_validate(one), "sources") for one in given}


SHOWN = text("SELECT * FROM sources_of(:ids) ORDER BY name, coalesce(report_id, workflow_id)")
SHOWN = SHOWN.bindparams(bindparam("ids", type_=ARRAY(Uuid())))


async def shown(
    session: AsyncSession, dashboards: list[Dashboard]
) -> dict[UUID, list[WidgetSource]]:
    """Return the sources of each dashboard that the viewer may see, by name, in one statement."""
    found: dict[UUID, list[WidgetSource]] = {one.id: [] for one in dashboards}
    for row in await session.execute(SHOWN, {"ids": list(found)}):
        ref = _ref(row)
        place = (row.time_zone, row.instance_id, row.marketplace_id)
        source = _source(ref, row.name, row.report_config, *place)
        found[row.dashboard_id].append(replace(source, is_shown=row.is_shown))
    return found


async def known(
    session: AsyncSession, dashboard: Dashboard, refs: set[Ref]
) -> dict[Ref, WidgetSource]:
    """Return those of the sources that are on the dashboard or that the viewer may see."""
    there = (await shown(session, [dashboard]))[dashboard.id] if refs else []
    found = {one.ref: one for one in there if one.ref in refs}
    missing = refs - set(found)
    if missing:
        found |= await visible(session, missing)
    return found


async def visible(session: AsyncSession, refs: set[Ref]) -> dict[Ref, WidgetSource]:
    """Return those of the sources that the viewer may see without any dashboard."""
    found: dict[Ref, WidgetSource] = {}
    reports, workflows = (
        [key for prefix, key in refs if prefix == kind.source.prefix] for kind in kinds.KINDS
    )
    statement = (
        select(Report, TemplateVersion.report_config, Account.marketplace_id)
        .join(TemplateVersion, TemplateVersion.id == Report.template_version_id)
        .join(Instance, Instance.id == Report.instance_id)
        .join(Account, Account.id == Instance.account_id)
        .where(Report.id.in_(reports))
    )
    for report, config, marketplace in await session.execute(statement) if reports else ():
        ref = _ref_to(report)
        place = (report.timezone, report.instance_id, marketplace)
        found[ref] = _source(ref, report.name, config, *place)
    if workflows:
        saved = (
            select(Workflow, Account.marketplace_id)
            .join(Instance, Instance.id == Workflow.instance_id)
            .join(Account, Account.id == Instance.account_id)
            .where(Workflow.id.in_(workflows))
        )
        for one, marketplace in await session.execute(saved):
            ref = _ref_to(one)
            place = (WORKFLOW_ZONE, one.instance_id, marketplace)
            found[ref] = _source(ref, one.name, one.report_config, *place)
    return found


def _source(
    ref: Ref, name: str, config: Any, time_zone: str, instance_id: UUID, marketplace: str | None
) -> WidgetSource:
    """Return a source. One whose configuration cannot be read has no metrics and spares others."""
    try:
        read = ReportConfig.model_validate(config)
    except ValidationError:
        nothing = ReportConfig()
        return WidgetSource(ref, name, nothing, time_zone, instance_id, marketplace, False)
    return WidgetSource(ref, name, read, time_zone, instance_id, marketplace)


def _ref_to(row: Report | Workflow) -> Ref:
    return kinds.of(row).source.prefix, row.id


def not_visible(ref: Ref, field: str) -> NotFound:
    """Return the error for a source that does not exist, or that the viewer may not see."""
    noun = kinds.of_prefix(ref[0]).noun
    return NotFound(f"There is no {noun} {ids.encode(*ref)!r}.", field=field)


async def keep(session: AsyncSession, viewer: Viewer, dashboard: Dashboard, new: set[Ref]) -> None:
    """Set the sources of a dashboard to those of its widgets. Only `new` sources may be added.

    A source whose right to be shown has ended becomes the viewer's, if the viewer may see it.
    """
    widgets = await session.scalars(select(Widget).where(Widget.dashboard_id == dashboard.id))
    wanted = refs_of(widgets)
    rows = await session.scalars(
        select(DashboardSource).where(DashboardSource.dashboard_id == dashboard.id)
    )
    there = {_ref(one): one.id for one in rows}
    shown = (await shown_to_others(session, dashboard)) if there else set()
    lost = await visible(session, (wanted & set(there)) - shown)
    gone = [key for ref, key in there.items() if ref not in wanted or ref in lost]
    if gone:
        await session.execute(delete(DashboardSource).where(DashboardSource.id.in_(gone)))
    added = ((wanted & new) - set(there)) | set(lost)
    session.add_all([_row(viewer, dashboard, ref) for ref in added])
    await session.flush()


async def shown_to_others(session: AsyncSession, dashboard: Dashboard) -> set[Ref]:
    """Return the sources of a dashboard that are shown by the right of whoever added them."""
    there = (await shown(session, [dashboard]))[dashboard.id]
    return {one.ref for one in there if one.is_shown}


async def copy(session: AsyncSession, viewer: Viewer, original: Dashboard, made: Dashboard) -> None:
    """Give a copy the sources of the original. Raises Forbidden unless the viewer sees them all."""
    rows = await session.scalars(
        select(DashboardSource).where(DashboardSource.dashboard_id == original.id)
    )
    wanted = {_ref(one) for one in rows}
    own = await visible(session, wanted)
    if wanted - set(own):
        there = (await shown(session, [original]))[original.id]
        names = ", ".join(repr(one.name) for one in there if one.ref not in own)
        raise Forbidden(
            f"You may see {names or 'its sources'} only on this dashboard. A dashboard of your own "
            "can only show sources of instances that you are a member of.",
            field="id",
        )
    session.add_all([_row(viewer, made, ref) for ref in wanted])
    await session.flush()


def _ref(row: Any) -> Ref:
    return kinds.of(row).source.prefix, kinds.source_key(row)


def _row(viewer: Viewer, dashboard: Dashboard, ref: Ref) -> DashboardSource:
    values: dict[str, Any] = {kinds.of_prefix(ref[0]).source.key: ref[1]}
    return DashboardSource(dashboard_id=dashboard.id, added_by=viewer.user_id, **values)
