"""What the viewer may do with reports now."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.models import Report
from domain.people import acts
from domain.people.acts import Act
from domain.queries import sources
from domain.reports import lists, reports

ACTS = {
    "change": Act(),
    "duplicate": Act(),
    "archive": reports.ARCHIVE,
    "restore": reports.RESTORE,
    "run": Act(sources.archived, needs_active=True),
    "collect": sources.RUN,
    "schedule": sources.RUN,
}


async def viewer_can(session: AsyncSession, rows: list[Report]) -> dict[UUID, list[str]]:
    """Return the acts on each report. One that has an active schedule takes no other."""
    known = await acts.standings(session, [one.instance_id for one in rows])
    scheduled = await lists.schedules(session, rows)
    found = {one.id: acts.allowed(ACTS, one, known.get(one.instance_id)) for one in rows}
    return {
        key: [name for name in names if name != "schedule" or key not in scheduled]
        for key, names in found.items()
    }
