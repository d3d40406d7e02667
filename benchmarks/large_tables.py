"""What the product asks of tables that only grow, at so many rows: plans, pages read and times.

    python -m benchmarks.large_tables [ROWS]

Fills `report_executions`, `audit_entries` and `notices` of a server of its own with ROWS rows each,
without triggers and foreign keys; indexes are made afterwards. Then it asks what people, the clock,
the engine and retention ask, as their roles and with row-level security, and prints for each
statement the time that PostgreSQL took, the pages of 8 kB that it touched, and how it found rows.
"""

import asyncio
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

from benchmarks.support.bulk import fill

Asks: TypeAlias = Callable[[Any], Awaitable[Any]]
INSTANCES, REPORTS, TARGETS, DAYS = 20, 1000, 1000, 500
PERSON = "00000000-0000-4000-8000-000000000001"  # a member of half of the instances
OTHER = "00000000-0000-4000-8000-000000000002"
PEOPLE = f"""
INSERT INTO users (id, email, name, issuer, subject)
VALUES ('{PERSON}', 'ann@example.com', 'Ann', 'i', 'ann'),
    ('{OTHER}', 'bob@example.com', 'Bob', 'i', 'bob');
INSERT INTO amc_accounts (id, amc_account_id, name, region, marketplace_id, refresh_token)
VALUES (md5('a')::uuid, 'ENTITY', 'Account', 'NA', 'ATVPDKIKX0DER', '');
INSERT INTO amc_instances (id, instance_id, instance_name, account_id, region)
SELECT md5('i' || n)::uuid, 'amc' || n, 'Instance ' || n, md5('a')::uuid, 'NA'
FROM generate_series(0, {INSTANCES - 1}) n;
INSERT INTO instance_members (user_id, instance_id, role)
SELECT '{PERSON}', md5('i' || n)::uuid, 'admin' FROM generate_series(0, {INSTANCES // 2 - 1}) n;
INSERT INTO report_definitions (
    id, report_id, name, template_id, template_version_id, instance_id, owner_id
)
SELECT md5('r' || n)::uuid, 'rpt_' || n, 'Report ' || n, gen_random_uuid(), gen_random_uuid(),
    md5('i' || n % {INSTANCES})::uuid, '{PERSON}' FROM generate_series(0, {REPORTS - 1}) n;
INSERT INTO notice_targets (id, user_id, kind, address, events)
SELECT md5('t' || n)::uuid, CASE WHEN n < 10 THEN '{PERSON}' ELSE '{OTHER}' END::uuid,
    'email', n || '@example.com', '{{COMPLETED}}' FROM generate_series(0, {TARGETS - 1}) n;
"""
# The oldest row comes first, as rows do. The newest ones are open.
ROWS = f"""
FROM generate_series(1, $1::int) n, LATERAL (
    SELECT now() - ($1 - n) * interval '{DAYS} days' / $1 AS at, n > $1 - 200 AS is_open
) AS moments
"""
FILLED = {
    "report_executions": f"""
        INSERT INTO report_executions (
            execution_id, report_id, instance_id, user_id, triggered_by, sql_text, sql_hash,
            status, phase, outcome, due_at, created_at, started_at, completed_at,
            amc_execution_id, output_location, row_count, size_bytes, dashboard_processed
        )
        SELECT 'exec_' || n, md5('r' || n % {REPORTS})::uuid, md5('i' || n % {INSTANCES})::uuid,
            '{PERSON}', 'schedule', repeat('SELECT campaign, cost FROM table ', 20), md5(n::text),
            CASE WHEN is_open THEN 'pending' ELSE 'completed' END,
            CASE WHEN is_open THEN 'waiting' ELSE 'done' END,
            CASE WHEN NOT is_open THEN 'DATA' END,
            CASE WHEN is_open THEN at END, at, at, CASE WHEN NOT is_open THEN at END,
            'amc-' || n, 'results/' || md5(n::text) || '.parquet', 1000, 100000, true {ROWS}""",
    "audit_entries": f"""
        INSERT INTO audit_entries (
            created_at, origin, actor_id, operation, act, object_type, object_id, object_name,
            instance_id, owner_id, before, after
        )
        SELECT at, 'person', '{PERSON}', 'reportChange', 'change', 'report',
            md5('r' || n % {REPORTS})::uuid, 'Report', md5('i' || n % {INSTANCES})::uuid,
            '{PERSON}', '{{"name": "Old"}}', '{{"name": "New"}}' {ROWS}""",
    "notices": f"""
        INSERT INTO notices (
            target_id, event, dedupe_key, payload, state, due_at, sent_at, created_at
        )
        SELECT md5('t' || n % {TARGETS})::uuid, 'COMPLETED', n::text, '{{}}',
            CASE WHEN is_open THEN 'pending' ELSE 'sent' END,
            CASE WHEN is_open THEN at END, CASE WHEN NOT is_open THEN at END, at {ROWS}""",
}
SHORT = 40  # characters of a statement such as SET, which is not explained
SCAN = re.compile(r"(\w+ (?:\w+ )?Scan(?: using \w+)? on (?!gone|due|brought)\w+)")


async def filled(url: str, rows: int) -> None:
    """Fill the tables, without their indexes, and make these afterwards."""
    import asyncpg

    connection = await asyncpg.connect(url)
    await connection.execute("SET session_replication_role = replica")
    await connection.execute(PEOPLE)
    for table, statement in FILLED.items():
        await fill(connection, table, statement, rows)
    await connection.close()


async def measure() -> None:
    """Ask what the product asks, and print how PostgreSQL answered."""
    from domain import db

    for what, ask in pages().items():
        await explain(what, db.transaction(_ann()), ask)
    for what, ask in {**steps(), **retention()}.items():
        await explain(what, db.worker_transaction(), ask)
    await db.dispose()


def _ann() -> Any:
    from domain.viewer import Viewer

    return Viewer(UUID(PERSON), "ann@example.com", "Ann")


def pages() -> dict[str, Asks]:
    """The pages that a person asks for."""
    from domain import ids
    from domain.audit.lists import AuditFilter
    from domain.audit.lists import find as audit
    from domain.executions.lists import ExecutionFilter
    from domain.executions.lists import find as executions
    from domain.notices.lists import NoticeFilter
    from domain.notices.lists import find as notices
    from domain.pages.pages import PageArgs

    ann, page = _ann(), PageArgs(first=20)
    report = ids.encode("rpt", UUID(bytes=hashlib.md5(b"r4").digest()))
    nothing = ids.encode("rpt", UUID(int=1))
    of_report, failed = ExecutionFilter(report_id=report), ExecutionFilter(status="failed")
    return {
        "a page of executions": lambda s: executions(s, ann, ExecutionFilter(), page),
        "a page of those of a report": lambda s: executions(s, ann, of_report, page),
        "a page of failed ones": lambda s: executions(s, ann, failed, page),
        "a page of the audit": lambda s: audit(s, ann, AuditFilter(), page),
        "the audit of a report": lambda s: audit(s, ann, AuditFilter(object_id=report), page),
        "the audit of what has no entry": lambda s: audit(
            s, ann, AuditFilter(object_id=nothing), page
        ),
        "a page of notices": lambda s: notices(s, ann, NoticeFilter(), page),
    }


def steps() -> dict[str, Asks]:
    """What the clock and the workers ask."""
    from domain.executions import files
    from jobs import due

    named = {"keys": ["results/none.parquet"]}
    return {
        "the clock": due.find,
        "whether a row names a file": lambda s: s.execute(files.JUDGED, named),
    }


def retention() -> dict[str, Asks]:
    """Steps of retention: one that finds nothing, and one that removes 500 rows."""
    from sqlalchemy import text

    from domain.retention.rules import RULES

    def step(name: str, before: datetime) -> Asks:
        given = {"before": before, "most": 500}
        return lambda session: session.execute(text(RULES[name].remove), given)

    old = datetime.now(UTC) - timedelta(days=DAYS + 1)
    asked: dict[str, Asks] = {}
    for name in ("results", "audit", "notices"):
        asked[f"{name}: a step that finds nothing"] = step(name, old)
        asked[f"{name}: a step of 500"] = step(name, old + timedelta(days=31))
    return asked


async def explain(what: str, transaction: Any, ask: Asks) -> None:
    """Let the product ask once, and explain its longest statement in the same transaction."""
    from sqlalchemy import event

    sent: list[tuple[str, Any]] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        sent.append((statement, parameters))

    async with transaction as session:
        connection = await session.connection()
        before = await session.begin_nested()
        event.listen(connection.sync_connection, "before_cursor_execute", note)
        await ask(session)
        event.remove(connection.sync_connection, "before_cursor_execute", note)
        await before.rollback()  # what a step of retention removed is there again
        before = await session.begin_nested()
        asked = [one for one in sent if len(one[0]) > SHORT]
        told = [await _plan(connection, *one) for one in asked]
        await before.rollback()
    print(f"{what}:")
    for line in told:
        print(f"    {line}")


async def _plan(connection: Any, statement: str, given: Any) -> str:
    asked = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {statement}"
    lines = [row[0] for row in await connection.exec_driver_sql(asked, given)]
    took = next(line for line in reversed(lines) if line.startswith("Execution Time"))
    buffers = next((line for line in lines if "Buffers: shared" in line), "")
    pages = sum(int(number) for number in re.findall(r"(?:hit|read)=(\d+)", buffers))
    scans = dict.fromkeys(SCAN.findall("\n".join(lines)))
    return f"{took.split(': ')[1]:>12}  {pages:7} pages  {'; '.join(list(scans)[:5])}"


def main() -> None:
    """Start a server, fill it, and measure in a process that knows it."""
    if sys.argv[1:2] == ["ask"]:
        asyncio.run(measure())
        return
    from local import postgres
    from migrations.run import migrate

    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = postgres.start(Path(folder), durable=False)
        try:
            asyncio.run(migrate(server.url))
            asyncio.run(filled(server.url, rows))
            command = [sys.executable, "-m", "benchmarks.large_tables", "ask"]
            subprocess.run(command, env=os.environ | {"DATABASE_URL": server.url}, check=True)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
