"""The audit: what PostgreSQL takes for a page of it, and what its triggers add to a change.

    python -m benchmarks.audit [ENTRIES] [CHANGES]

Fills the audit with as many entries (1,000,000) on twenty instances of very different size. Reads
the newest page with each filter: as an administrator of all instances, as one of three, and as
somebody who has done little. Prints the time of each statement (the median of three), the rows
that it looked at, and the index that it went by. Then it changes a report as often (2,000) in one
statement, with the triggers and without, in turn, and prints the ratio.
"""

import asyncio
import statistics
import sys
import time

from sqlalchemy import text

from tests import servers  # first: it sets the environment

# isort: split
from benchmarks.lists import INSTANCES, PLACE, Found, explained
from domain import db, ids
from domain.audit import lists
from domain.audit.lists import AuditFilter
from domain.pages.pages import PageArgs
from domain.viewer import Viewer
from tests.people.people import join, new_instance, person

ENTRIES = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
CHANGES = int(sys.argv[2]) if len(sys.argv) > 2 else 2_000
ROUNDS = 5
# Everybody but the last person has done much.
FILL = f"""
    INSERT INTO audit_entries (created_at, origin, actor_id, operation, act, object_type, object_id,
        object_name, owner_id, instance_id, before, after)
    SELECT now() - n * interval '10 seconds', 'person', :actor, 'reportChange', 'change',
        (ARRAY['report', 'schedule', 'collection', 'execution'])[1 + n % 4],
        md5((n % 20000)::text)::uuid, 'Report ' || n % 20000, :actor, i.id,
        '{{"name": "Before"}}', '{{"name": "After"}}'
    FROM (SELECT n, {PLACE} AS place FROM generate_series(1, {ENTRIES}) n) made
    JOIN (SELECT id, row_number() OVER (ORDER BY instance_name) AS place FROM amc_instances) i
        USING (place)
"""
FEW = """
    UPDATE audit_entries SET actor_id = :person, owner_id = :person WHERE id IN (
        SELECT id FROM audit_entries WHERE instance_id = :instance ORDER BY created_at LIMIT 5
    )
"""
MADE = """
    INSERT INTO report_definitions
        (name, template_id, template_version_id, instance_id, owner_id)
    SELECT 'Report ' || n, t.id, t.current_version_id, :instance, :owner
    FROM generate_series(1, :many) n, query_templates t WHERE t.slug = 'campaign-performance'
"""


async def main() -> None:
    """Fill the audit, read it, change what it tells of, and print what they take."""
    await servers.copy(servers.OWN)
    viewers, first = await _fill()
    for name, viewer in viewers.items():
        print(f"\n{name}: filter, the newest page, rows looked at, the way to it")
        for what, which in _filters(viewer, first).items():
            found = await _page(viewer, which)
            ways = ", ".join(found.ways)
            print(f"  {what:12} {found.milliseconds:8.1f} ms {found.rows:9,} rows  {ways}")
    await _changes(viewers["admin of all"], first)
    await db.dispose()


async def _fill() -> tuple[dict[str, Viewer], str]:
    admin, some, little = [await person(one) for one in ("Admin", "Some", "Little")]
    instances = [await new_instance(f"Instance{number:02}") for number in range(INSTANCES)]
    for number, instance in enumerate(instances):
        await join(admin, instance.id, "admin")
        await join(little, instance.id, "viewer")
        if number in (1, 5, 12):
            await join(some, instance.id, "admin")
    async with db.owner_transaction() as session:
        await session.execute(text(FILL), {"actor": admin.user_id})
        await session.execute(text(FEW), {"person": little.user_id, "instance": instances[0].id})
    async with db.engine("owner").connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE audit_entries"))
    viewers = {"admin of all": admin, "admin of three": some, "little done": little}
    return viewers, ids.encode("inst", instances[1].id)


def _filters(viewer: Viewer, instance: str) -> dict[str, AuditFilter]:
    return {
        "everything": AuditFilter(),
        "an object": AuditFilter(object_id="rpt_" + "0" * 32),
        "an instance": AuditFilter(instance_id=instance),
        "a type": AuditFilter(types=["schedule"]),
        "a person": AuditFilter(by_id=ids.encode("user", viewer.user_id)),
        "a person of the server": AuditFilter(types=["user"]),
    }


async def _page(viewer: Viewer, which: AuditFilter) -> Found:
    async with db.transaction(viewer) as session:
        return await explained(
            session, lambda: lists.find(session, viewer, which, PageArgs(first=50))
        )


async def _changes(viewer: Viewer, instance: str) -> None:
    key = ids.decode("inst", instance)
    async with db.owner_transaction() as session:
        given = {"instance": key, "owner": viewer.user_id, "many": CHANGES}
        await session.execute(text(MADE), given)
    taken: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(ROUNDS):
        for audited in (True, False):
            taken[audited].append(await _changed(viewer, audited=audited))
    with_, without = (statistics.median(taken[one]) for one in (True, False))
    print(
        f"\n{CHANGES:,} changes of reports: {with_ / CHANGES * 1000:.3f} ms each with the audit, "
        f"{without / CHANGES * 1000:.3f} ms without, ratio {with_ / without:.2f}"
    )


async def _changed(viewer: Viewer, *, audited: bool) -> float:
    """The seconds that a change of every report takes. Without a person, no trigger runs."""
    async with db.owner_transaction() as session:
        who = str(viewer.user_id) if audited else ""
        await session.execute(text("SELECT set_config('app.user_id', :who, true)"), {"who": who})
        began = time.perf_counter()
        await session.execute(text("UPDATE report_definitions SET name = name || '.'"))
        return time.perf_counter() - began


if __name__ == "__main__":
    try:
        asyncio.run(main())
    finally:
        servers.SERVERS.stop()
