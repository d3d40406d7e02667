"""Views that retention has moved to the object store."""

from sqlalchemy import text

from domain import db, storage
from tests.retention.retention import noted, run, take_steps
from tests.views.views import CONFIGURE, RUN, the_view

ARCHIVED = "SELECT processed_data, charts_config, archive_location FROM dashboard_views"


async def test_an_archived_view_reads_as_before_and_is_drawn_again(ask, report, draw):
    await ask(CONFIGURE, report=report["id"])
    await ask(RUN, id=report["id"])
    await draw()
    before = await the_view(ask, report=report["id"])

    await run("UPDATE dashboard_views SET last_updated = last_updated - interval '91 days'")
    await take_steps("views")

    async with db.owner_transaction() as session:
        row = (await session.execute(text(ARCHIVED))).one()
    assert (row.processed_data, row.charts_config) == ({}, {})
    assert await storage.exists(row.archive_location)
    after = await the_view(ask, report=report["id"])
    assert after | {"lastUpdated": None} == before | {"lastUpdated": None}

    # Drawn again, it has its documents back, and its file is noted for removal.
    await run("UPDATE report_configurations SET redraw_at = now()")
    await draw()
    again = await the_view(ask, report=report["id"])
    assert again | {"lastUpdated": None} == before | {"lastUpdated": None}
    async with db.owner_transaction() as session:
        assert (await session.execute(text(ARCHIVED))).one().archive_location is None
    assert row.archive_location in await noted()
