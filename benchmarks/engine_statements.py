"""The most frequent statements of the engine, and pages, in small tables and in large ones.

    python -m benchmarks.engine_statements [SMALL] [LARGE]

Fills the tables of a running system with SMALL (10,000) executions and intents that are over, and a
fifth as many segments, on 100 instances. Then two collections of 52 weeks run, with an AMC that
answers at once, and a person reads pages. PostgreSQL explains every statement that it executes
meanwhile, as it is executed. The same again with LARGE (1,000,000). Prints for each of the twenty
most frequent statements of the engine its median time and the pages of 8 kB that it touched, small
and large, and the scans of large tables; then the same for all statements of a page.
"""

import asyncio
import re
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from benchmarks.collections import WEEKS, instances, start, until_over
from benchmarks.support.bulk import fill
from benchmarks.support.counters import set_up
from tests.local.running_system import RunningSystem, running_system

INSTANCES, REPORTS, COLLECTIONS, MOST, ROUNDS = 100, 1000, 2, 20, 5
EXPLAINED = {
    "shared_preload_libraries": "auto_explain",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_timing": "off",
    "auto_explain.log_buffers": "on",
    "compute_query_id": "on",
    "auto_explain.log_verbose": "on",
    "log_line_prefix": "'@%a '",
}
ENVIRONMENT = {
    "SANDBOX_INSTANCES": instances(INSTANCES),
    "SANDBOX_MIN_SECONDS": "0",
    "SANDBOX_MAX_SECONDS": "0",
    "SANDBOX_COMPUTED_ONCE": "true",
    "COLLECTIONS_PER_USER": "1000",
    "COLLECTIONS_PER_INSTANCE_AND_DAY": "1000",
}
OF_COLLECTION = 5 * WEEKS  # every fifth execution is one of a collection
# What is over, by number: $1 is the last number so far, $2 the last one now.
BETWEEN = "generate_series($1::int + 1, $2::int) n"
PLACES = """
JOIN (SELECT id AS instance, row_number() OVER (ORDER BY id) - 1 AS place FROM amc_instances) i
    ON place = n % (SELECT count(*) FROM amc_instances)
CROSS JOIN (SELECT id AS person FROM users ORDER BY created_at LIMIT 1) u
CROSS JOIN LATERAL (SELECT now() - interval '500 days' + n * interval '40 seconds' AS at) t
"""
LAST = f"({{}}::int + {OF_COLLECTION - 1}) / {OF_COLLECTION}"  # collection so far, or now
COLLECTED = f"generate_series({LAST.format('$1')} + 1, {LAST.format('$2')}) n"
REPORT = f"""
INSERT INTO report_definitions (
    id, report_id, name, template_id, template_version_id, instance_id, owner_id
)
SELECT md5('r' || n)::uuid, 'rpt_' || n, 'Old ' || n, template, version, instance, person
FROM {BETWEEN} {PLACES}
CROSS JOIN (
    SELECT id AS template, current_version_id AS version FROM query_templates
    WHERE slug = 'campaign-performance'
) q
"""
FILLED = {
    "report_data_collections": f"""
        INSERT INTO report_data_collections (
            id, collection_id, report_id, instance_id, user_id, collection_type, target_weeks,
            weeks_completed, progress_percentage, start_date, end_date, status, series_hash,
            created_at, started_at, completed_at, segmentation_config, dashboard_processed
        )
        SELECT md5('c' || n)::uuid, 'col_' || n, md5('r' || 1 + n % {REPORTS})::uuid, instance,
            person, 'backfill', {WEEKS}, {WEEKS}, 100, '2024-01-01', '2024-12-29', 'completed',
            md5('s' || n), at, at, at, '{{"type": "weekly"}}', true
        FROM {COLLECTED} {PLACES}""",
    "report_executions": f"""
        INSERT INTO report_executions (
            id, execution_id, report_id, instance_id, user_id, triggered_by, sql_text, sql_hash,
            status, phase, outcome, due_at, created_at, started_at, completed_at, checksum,
            amc_execution_id, output_location, row_count, size_bytes, dashboard_processed,
            collection_id, week_id
        )
        SELECT md5('e' || n)::uuid, 'exec_' || n, md5('r' || 1 + n % {REPORTS})::uuid, instance,
            person, CASE WHEN n % 5 = 0 THEN 'backfill' ELSE 'schedule' END,
            repeat('SELECT campaign, cost FROM table ', 20), md5(n::text), 'completed', 'done',
            'DATA', NULL, at, at, at, md5(n::text), 'amc-' || n,
            'results/' || md5(n::text) || '.parquet', 1000, 100000, true,
            CASE WHEN n % 5 = 0 THEN md5('c' || 1 + (n - 1) / {OF_COLLECTION})::uuid END,
            CASE WHEN n % 5 = 0 THEN md5('w' || n / 5)::uuid END
        FROM {BETWEEN} {PLACES}""",
    "report_data_weeks": f"""
        INSERT INTO report_data_weeks (
            id, collection_id, report_execution_id, week_start_date, week_end_date, status,
            outcome, row_count, data_checksum, revision, result_location, created_at, data
        )
        SELECT md5('w' || n / 5)::uuid, md5('c' || 1 + (n - 1) / {OF_COLLECTION})::uuid,
            md5('e' || n)::uuid, date '2024-01-01' + 7 * ((n / 5 - 1) % {WEEKS}),
            date '2024-01-07' + 7 * ((n / 5 - 1) % {WEEKS}), 'completed',
            'DATA', 1000, md5(n::text), 1, 'results/' || md5(n::text) || '.parquet', at,
            '{{"totals": {{}}}}'
        FROM {BETWEEN} {PLACES} WHERE n % 5 = 0""",
    "amc_intents": f"""
        INSERT INTO amc_intents (
            instance_id, report_execution_id, amc_workflow_id, requested_at, amc_execution_id,
            workflow_removed_at, released_at, created_at
        )
        SELECT instance, md5('e' || n)::uuid, 'old-' || n, at, 'amc-' || n, at, at, at
        FROM {BETWEEN} {PLACES}""",
}
PAGES = {
    "overview": """{ overview {
        running waiting waitingBy { reason count } failedSinceYesterday openCollections
        nextRuns { id } newestResults { id status }
    } }""",
    "executions": "{ executions(first: 20) { nodes { id status createdAt report { name } } } }",
    "reports": """{ reports(first: 20) {
        nodes { id name newestStatus executionCount instance { name } }
    } }""",
    "collections": """{ collections(first: 20) {
        nodes { id status weeksCompleted report { name } }
    } }""",
    "how many executions": "{ executions(first: 1) { totalCount } }",
}
LARGE_TABLES = re.compile(r"report_executions|amc_intents|report_data_(?:weeks|collections)")
SCAN = re.compile(r"((?:Seq|Index|Index Only|Bitmap Heap) Scan(?: using \w+)? on (?:\w+\.)?\w+)")


@dataclass(frozen=True)
class Ran:
    """A statement that was executed: whose, which, and what it took."""

    role: str  # api or worker
    key: str
    text: str
    ms: float
    pages: int
    scans: frozenset[str]


class Log:
    """What PostgreSQL explains, from a moment on."""

    def __init__(self, system: RunningSystem) -> None:
        self._path = system.folder / "postgres" / "postgres.log"
        self._begins = self._path.stat().st_size

    def read(self) -> list[Ran]:
        """All statements of our processes since then."""
        with self._path.open("rb") as file:
            file.seek(self._begins)
            entries = file.read().decode(errors="replace").split("\n@")
        return [ran for entry in entries if (ran := _ran(entry)) is not None]


def _ran(entry: str) -> Ran | None:
    who = re.match(r"@?amc-reports (api|worker) .*?duration: ([\d.]+) ms  plan:", entry)
    known = re.search(r"Query Identifier: (-?\d+)", entry)
    if who is None or known is None:
        return None
    text = re.split(r"\s+Query Parameters|  \(cost=", entry.partition("Query Text: ")[2])[0]
    buffers = re.search(r"Buffers: (.*)", entry)
    pages = re.findall(r"(?:hit|read)=(\d+)", buffers[1]) if buffers else []
    scans = frozenset(one for one in SCAN.findall(entry) if LARGE_TABLES.search(one))
    return Ran(who[1], known[1], text, float(who[2]), sum(map(int, pages)), scans)


@dataclass(frozen=True)
class Took:
    """What a statement or a page took: how often it ran, ms, and pages of 8 kB."""

    times: float
    ms: float
    pages: float


NEVER = Took(0, 0, 0)


@dataclass(frozen=True)
class Measured:
    """What was measured at one size."""

    statements: dict[str, Took]
    texts: dict[str, str]
    scans: dict[str, Counter[str]]
    pages: dict[str, tuple[Took, float]]  # and the time of the answer


async def measured(system: RunningSystem) -> Measured:
    """Run collections and read pages, and return what the statements took."""
    log = Log(system)
    await start(system, COLLECTIONS, COLLECTIONS)
    await until_over(system)
    by_key: dict[str, list[Ran]] = defaultdict(list)
    for ran in log.read():
        if ran.role == "worker":
            by_key[ran.key].append(ran)
    units = WEEKS * COLLECTIONS
    return Measured(
        {key: _median(ran, units) for key, ran in by_key.items()},
        {key: ran[0].text for key, ran in by_key.items()},
        {key: Counter(scan for one in ran for scan in one.scans) for key, ran in by_key.items()},
        {name: await page(system, query) for name, query in PAGES.items()},
    )


def _median(ran: Sequence[Ran], units: float) -> Took:
    """The medians: a few executions wait for the lock of another one."""
    ms = statistics.median(one.ms for one in ran)
    return Took(len(ran) / units, ms, statistics.median(one.pages for one in ran))


async def page(system: RunningSystem, query: str) -> tuple[Took, float]:
    """What the statements of a page took in all, and the median time until it was answered."""
    await system.ask(query)
    log, times = Log(system), []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await system.ask(query)
        times.append(1000 * (time.perf_counter() - began))
    ran = [one for one in log.read() if one.role == "api"]
    ms, pages = sum(one.ms for one in ran), sum(one.pages for one in ran)
    return Took(len(ran) / ROUNDS, ms / ROUNDS, pages / ROUNDS), statistics.median(times)


def show(small: Measured, large: Measured) -> None:
    """Print both side by side."""
    print(f"{'a segment':>9} {'ms':>15} {'pages':>15}")
    frequent = sorted(large.statements, key=lambda key: -large.statements[key].times)[:MOST]
    for key in frequent:
        before, now = small.statements.get(key, NEVER), large.statements[key]
        text = " ".join(large.texts[key].split())[:110]
        print(
            f"{now.times:7.2f} x {before.ms:6.2f} -> {now.ms:5.2f} "
            f"{before.pages:6.0f} -> {now.pages:5.0f}  {text}"
        )
        if scans := ", ".join(scan for scan, _ in large.scans[key].most_common(4)):
            print(f"{'':45}{scans}")
    print("pages of a person: statements, their ms, pages of 8 kB, ms until the answer")
    for name, (now, answered) in large.pages.items():
        before, earlier = small.pages[name]
        print(
            f"  {name:<22} {now.times:3.0f} x {before.ms:6.2f} -> {now.ms:6.2f} "
            f"{before.pages:6.0f} -> {now.pages:6.0f} {earlier:6.1f} -> {answered:6.1f}"
        )


async def main() -> None:
    """Measure at both sizes, and print the table."""
    sizes = [int(one) for one in sys.argv[1:]] or [10_000, 1_000_000]
    found, so_far = [], 0
    with running_system(**ENVIRONMENT) as system:
        await set_up(system, EXPLAINED)
        url = system.running.settings["DATABASE_URL"]
        for size in sizes:
            connection = await asyncpg.connect(url)
            await connection.execute("SET session_replication_role = replica")
            await connection.execute("SET auto_explain.log_min_duration = -1")
            if not so_far:
                await connection.execute(REPORT, 0, REPORTS)
            for table, statement in FILLED.items():
                await fill(connection, table, statement, so_far, size)
            await connection.close()
            so_far = size
            found.append(await measured(system))
    show(found[0], found[-1])


if __name__ == "__main__":
    asyncio.run(main())
