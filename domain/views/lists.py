"""Lists the views of a report or workflow, and reads their documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds
from domain.models import DashboardView, Report, ReportConfiguration
from domain.pages.feed import Live
from domain.pages.filters import with_id
from domain.pages.pages import KEPT, Orders, Page, PageArgs, by, page
from domain.queries import sources
from domain.viewer import Viewer
from domain.views import archives

ORDERS = Orders(
    DashboardView.id,
    {"days": by(DashboardView.data_end_date), "created_at": by(DashboardView.created_at)},
)
CONFIGURATION_ORDERS = Orders(
    ReportConfiguration.id,
    {
        "created_at": by(ReportConfiguration.created_at),
        "updated_at": by(ReportConfiguration.updated_at),
    },
)
MOST_EXECUTIONS = 366  # shown of those that a view was made of


async def find(
    session: AsyncSession, report_id: str | None, workflow_id: str | None, args: PageArgs
) -> Page[DashboardView]:
    """Return a page of the views of one report or workflow, newest days first.

    Raises Invalid unless exactly one is given, and NotFound.
    """
    kind, public_id = kinds.chosen(report_id, workflow_id)
    source = await sources.get(session, kind, public_id)
    of_source = getattr(DashboardView, kind.source.key) == source.id
    return await page(session, select(DashboardView).where(of_source), ORDERS, args)


@dataclass(frozen=True)
class ViewFilter:
    """Which views to watch. A field that is None matches all."""

    report_id: str | None = None
    workflow_id: str | None = None


@lru_cache(KEPT)
def rows(viewer: Viewer, filter: ViewFilter) -> Select[Any]:
    """Select the views that the viewer may see."""
    return select(DashboardView).where(
        *with_id(DashboardView.report_id, "rpt", filter.report_id, "reportId"),
        *with_id(DashboardView.workflow_id, "wf", filter.workflow_id, "workflowId"),
    )


async def newest(
    session: AsyncSession, viewer: Viewer, filter: ViewFilter, args: PageArgs
) -> Page[DashboardView]:
    """Return a page of the views that the viewer may see, newest days first."""
    return await page(session, rows(viewer, filter), ORDERS, args)


LIVE = Live("view", DashboardView, rows, newest, mark=attrgetter("last_updated", "archived_at"))


@dataclass(frozen=True)
class Contents:
    """The documents of a view that are too large for a list."""

    processed_data: dict[str, Any]
    charts: list[dict[str, Any]]


async def contents(session: AsyncSession, views: Sequence[DashboardView]) -> dict[UUID, Contents]:
    """Return the documents of these views, in one statement. Archived ones are in the store.

    Raises FileLost.
    """
    view = DashboardView
    columns = (view.id, view.archive_location, view.processed_data, view.charts_config)
    read = await session.execute(select(*columns).where(view.id.in_([one.id for one in views])))
    found = {row.id: row for row in read}
    archived = [row.archive_location for row in found.values() if row.archive_location is not None]
    stored = await archives.read(archived) if archived else {}
    return {
        key: _contents(stored[row.archive_location])
        if row.archive_location is not None
        else _contents({"processed_data": row.processed_data, "charts_config": row.charts_config})
        for key, row in found.items()
    }


def _contents(documents: Mapping[str, Any]) -> Contents:
    return Contents(documents["processed_data"], documents["charts_config"]["charts"])


def execution_ids(view: DashboardView) -> list[str]:
    """The public ids of the newest executions that a view was made of, oldest days first."""
    prefix = kinds.of(view).execution.prefix
    return [ids.encode(prefix, key) for key in view.execution_ids[-MOST_EXECUTIONS:]]


async def configurations(
    session: AsyncSession, enabled: bool | None, args: PageArgs
) -> Page[ReportConfiguration]:
    """Return a page of the configurations that the viewer may see, newest first."""
    statement = select(ReportConfiguration)
    if enabled is not None:
        statement = statement.where(ReportConfiguration.enabled == enabled)
    return await page(session, statement, CONFIGURATION_ORDERS, args)


async def configurations_of_reports(
    session: AsyncSession, reports: Sequence[Report]
) -> dict[UUID, ReportConfiguration]:
    """Return the configuration of each report that has one, in one statement."""
    found = await session.scalars(
        select(ReportConfiguration).where(
            ReportConfiguration.report_id.in_([one.id for one in reports])
        )
    )
    return {row.report_id: row for row in found if row.report_id is not None}
