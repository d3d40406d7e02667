"""How long a step of retention takes in a table of so many rows, and which plan finds them.

`python -m benchmarks.retention --rows 10000000` fills `schedule_ticks` on a server of its own and
prints the plan of a step that finds nothing, of one that finds 500 rows, and of pages that people
read, with the BRIN index of the migrations, without it, and with a B-tree in its place.
"""

import argparse
import asyncio
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg

from domain.retention.rules import RULES
from local import postgres
from migrations.run import migrate

SCHEDULES = 1000
FILL = """
    INSERT INTO schedule_ticks (report_schedule_id, nominal_at, outcome, is_followed, created_at)
    SELECT md5(s::text)::uuid, at, 'ran', true, at
    FROM generate_series($2::int, 1, -1) AS n, generate_series(1, $1::int) AS s,
        LATERAL (SELECT now() - n * interval '1 hour' AS at) AS moments
"""
LISTED = """
    SELECT * FROM schedule_ticks WHERE report_schedule_id = md5('7')::uuid
    ORDER BY nominal_at DESC, id DESC LIMIT 21
"""
INDEXES = {
    "the BRIN index of the migrations": (),
    "no index": ("DROP INDEX schedule_ticks_age_idx",),
    "a B-tree": ("CREATE INDEX schedule_ticks_age_idx ON schedule_ticks (created_at)",),
}


async def explained(connection: asyncpg.Connection, sql: str, *given: object) -> str:
    """Run a statement in a transaction that is rolled back. Returns its time and its scans."""
    transaction = connection.transaction()
    await transaction.start()
    began = time.perf_counter()
    rows = await connection.fetch(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {sql}", *given)
    took = (time.perf_counter() - began) * 1000
    await transaction.rollback()
    scans = [row[0].strip(" ->") for row in rows if "Scan" in row[0]]
    return f"{took:9.1f} ms  {'; '.join(scans[:3])}"


async def measure(url: str, rows: int) -> None:
    """Fill the table and print the figures."""
    connection = await asyncpg.connect(url, command_timeout=3600)
    each = rows // SCHEDULES
    await connection.execute("SET session_replication_role = replica")  # no schedules are needed
    began = time.perf_counter()
    await connection.execute(FILL, SCHEDULES, each)
    await connection.execute("VACUUM ANALYZE schedule_ticks")
    print(f"{rows} ticks in {time.perf_counter() - began:.0f} s")
    remove = RULES["ticks"].remove.replace(":before", "$1").replace(":most", "$2")
    oldest: datetime = await connection.fetchval("SELECT min(created_at) FROM schedule_ticks")
    for name, statements in INDEXES.items():
        for statement in statements:
            await connection.execute(statement)
        size = await connection.fetchval(
            "SELECT pg_size_pretty(pg_relation_size(to_regclass('schedule_ticks_age_idx')))"
        )
        print(f"\nWith {name} ({size or 'nothing'}):")
        for what, before in (
            ("a step that finds nothing", oldest - timedelta(days=1)),
            ("a step of 500 rows", oldest + timedelta(days=30)),
        ):
            print(f"{what:28} {await explained(connection, remove, before, 500)}")
        print(f"{'a page of ticks':28} {await explained(connection, LISTED)}")
    await connection.close()


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = postgres.start(Path(folder), durable=False)
        try:
            asyncio.run(migrate(server.url))
            asyncio.run(measure(server.url, rows))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
