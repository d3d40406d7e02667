"""Pages of long lists, in every order: what PostgreSQL takes, and by which way.

    python -m benchmarks.lists [EXECUTIONS] [REPORTS]

Fills a database with as many executions and reports, on twenty instances of very different size.
Reads the first page and one from the middle in every order and both directions, as somebody who is
a member of three of the instances, and as a member of all. Prints the time of each statement
(the median of three), the rows that it looked at, and the index that it went by.
"""

import asyncio
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, text

from tests import servers  # first: it sets the environment

# isort: split
from domain import db
from domain.executions import lists as executions
from domain.pages.pages import Order, OrderBy, PageArgs, _cursor, _limited, _marks, count
from domain.reports import lists as reports
from domain.viewer import Viewer
from tests.people.people import join, new_instance, person

EXECUTIONS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
REPORTS = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
INSTANCES = 20

# Half of everything is on the first instance, a quarter on the second, and so on.
PLACE = f"least({INSTANCES}, 1 + floor(-ln(1 - random()) / ln(2))::int)"
FILL = (
    f"""
    INSERT INTO report_definitions
        (name, template_id, template_version_id, instance_id, owner_id, created_at)
    SELECT 'Report ' || md5(n::text), t.id, t.current_version_id, i.id, :owner,
        now() - n * interval '1 minute'
    FROM (SELECT n, {PLACE} AS place FROM generate_series(1, {REPORTS}) n) made
    JOIN (SELECT id, row_number() OVER (ORDER BY instance_name) AS place FROM amc_instances) i
        USING (place),
        (SELECT id, current_version_id FROM query_templates WHERE slug = 'campaign-performance') t
    """,
    "ALTER TABLE report_executions DISABLE TRIGGER USER",
    f"""
    INSERT INTO report_executions (execution_id, report_id, instance_id, user_id, triggered_by,
        sql_text, sql_hash, status, phase, due_at, outcome, created_at, started_at, completed_at)
    SELECT 'e' || n, r.id, r.instance_id, :owner, 'schedule', 'SELECT 1', '0', 'completed', 'done',
        NULL, 'DATA', now() - n * interval '1 second', now() - n * interval '1 second',
        now() - (n - 100 * random()) * interval '1 second'
    FROM generate_series(1, {EXECUTIONS}) n
    JOIN (SELECT id, instance_id, row_number() OVER () AS place FROM report_definitions) r
        ON r.place = 1 + n % {REPORTS}
    """,
    "ALTER TABLE report_executions ENABLE TRIGGER USER",
)


@dataclass
class Found:
    """What EXPLAIN says of a statement."""

    milliseconds: float
    rows: int  # that its scans looked at
    ways: list[str]


async def main() -> None:
    """Fill the database, read the lists and print what they take."""
    await servers.copy(servers.OWN)
    everywhere, somewhere = await _fill()
    for name, viewer in (("three instances", somewhere), ("all instances", everywhere)):
        print(f"\n{name}: order, first page, middle, and the way to the first page")
        for noun, module in (("executions", executions), ("reports", reports)):
            await _orders(noun, module, viewer)
        found = await _counted(viewer)
        print(f"  executions, totalCount: {found.milliseconds:8.1f} ms, {found.rows:,} rows")
    await db.dispose()


async def _fill() -> tuple[Viewer, Viewer]:
    owner, member = await person("Owner"), await person("Member")
    for number in range(INSTANCES):
        instance = await new_instance(f"Instance{number:02}")
        await join(owner, instance.id, "editor")
        if number in (1, 5, 12):
            await join(member, instance.id, "viewer")
    async with db.owner_transaction() as session:
        for statement in FILL:
            await session.execute(
                text(statement), {"owner": owner.user_id} if ":owner" in statement else {}
            )
    async with db.engine("owner").connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE report_executions, report_definitions"))
    return owner, member


async def _orders(noun: str, module: Any, viewer: Viewer) -> None:
    for name in module.ORDERS.named:
        for descending in (True, False):
            order = OrderBy(name, descending)
            first = await _page(module, viewer, PageArgs(order_by=order))
            middle = await _page(
                module, viewer, PageArgs(order_by=order, after=await _middle(module, viewer, order))
            )
            direction = "DESC" if descending else "ASC"
            print(
                f"  {noun:10} {name:12} {direction:4} {first.milliseconds:8.1f} ms "
                f"{middle.milliseconds:8.1f} ms {first.rows:9,} {middle.rows:9,} rows  "
                f"{', '.join(first.ways)}"
            )


async def _middle(module: Any, viewer: Viewer, order: OrderBy) -> str:
    """The cursor of an item in the middle of the list."""
    async with db.transaction(viewer) as session:
        page = await module.find(session, viewer, _all(module), PageArgs(first=1))
        args = PageArgs(order_by=order)
        of = Order.of(module.ORDERS, args)
        place = await count(session, page.all) // 2
        limited = _limited(page.all, of, args, _marks(of, args)).limit(1).offset(place)
        return _cursor((await session.execute(limited)).one(), of)


def _all(module: Any) -> Any:
    return module.ExecutionFilter() if module is executions else module.ReportFilter()


async def _page(module: Any, viewer: Viewer, args: PageArgs) -> Found:
    async with db.transaction(viewer) as session:
        return await explained(session, lambda: module.find(session, viewer, _all(module), args))


async def _counted(viewer: Viewer) -> Found:
    async with db.transaction(viewer) as session:
        page = await executions.find(
            session, viewer, executions.ExecutionFilter(), PageArgs(first=1)
        )
        assert page.all is not None
        return await explained(session, lambda: count(session, page.all))


async def explained(session: Any, ask: Any) -> Found:
    """What the last statement of a call takes: the median of three, without its first time."""
    seen: list[tuple[str, Any]] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        seen.append((statement, parameters))

    engine = db.engine("api").sync_engine
    event.listen(engine, "before_cursor_execute", note)
    await ask()
    event.remove(engine, "before_cursor_execute", note)
    statement, parameters = seen[-1]
    connection = await (await session.connection()).get_raw_connection()
    plans = [
        (
            await connection.driver_connection.fetchval(
                f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *parameters
            )
        )[0]
        for _ in range(3)
    ]
    nodes = list(_nodes(plans[-1]["Plan"]))
    return Found(
        milliseconds=statistics.median(
            one["Execution Time"] + one["Planning Time"] for one in plans
        ),
        rows=int(
            sum(
                (one["Actual Rows"] + one.get("Rows Removed by Filter", 0)) * one["Actual Loops"]
                for one in nodes
                if "Relation Name" in one
            )
        ),
        ways=sorted(
            {
                one.get("Index Name") or one["Node Type"]
                for one in nodes
                if one["Node Type"] == "Sort" or "Relation Name" in one
            }
        ),
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    finally:
        servers.SERVERS.stop()
