"""What it costs to make a result of AMC ours: processor time and memory, beside bare DuckDB.

    python -m benchmarks.ingest [ROWS]

Both make typed Parquet out of the same CSV, an order-free hash of all rows, and a few numbers; each
round is a process of its own. The bare script is the plainest there is: `read_csv` with the types
given, `hash()`, which promises nothing over versions, and a `GROUP BY` by day and each dimension.
`shapes` is ours where AMC declares no types. Times without imports; peaks of the whole process.
"""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

ROWS = 1_000_000
ROUNDS = 5
SIZES = (100_000, 1_000_000, 3_000_000)
DIMENSIONS = {
    "event_date": ("DATE", "date '2026-01-01' + (i % 365)::INTEGER"),
    "ad_product_type": ("STRING", "['dsp', 'sponsored_products', 'sponsored_brands'][1 + i % 3]"),
    "campaign_id_string": ("STRING", "500000000000000000 + (i // 365) % 4000 * 7919"),
    "campaign": ("STRING", "'Spring sale, no. ' || (i // 365) % 4000"),
}
METRICS = {
    "impressions": ("LONG", "hash(i) % 100000"),
    "clicks": ("LONG", "hash(i, 1) % 1000"),
    "cost": ("DECIMAL", "((hash(i, 2) % 10000000) / 100)::DECIMAL(18,2)"),
    "detail_page_views": ("LONG", "hash(i, 3) % 500"),
    "add_to_carts": ("LONG", "hash(i, 4) % 100"),
    "purchases": ("LONG", "hash(i, 5) % 50"),
    "units_sold": ("LONG", "hash(i, 6) % 60"),
    "sales": ("DECIMAL", "((hash(i, 7) % 100000000) / 100)::DECIMAL(18,2)"),
    "new_to_brand_purchases": ("LONG", "hash(i, 8) % 20"),
    "new_to_brand_sales": ("LONG", "hash(i, 9) % 20"),
}
COLUMNS = DIMENSIONS | METRICS
TYPES = {"DATE": "DATE", "STRING": "VARCHAR", "LONG": "BIGINT", "DECIMAL": "DECIMAL(38,10)"}


def make(rows: int, target: Path) -> None:
    """A result of campaign performance as AMC writes it, with a few thousand campaigns."""
    columns = ", ".join(f"{value} AS {name}" for name, (_, value) in COLUMNS.items())
    duckdb.sql(
        f"COPY (SELECT {columns}, false AS filtered FROM range({rows}) AS t(i)) TO '{target}' "
        "(FORMAT csv, HEADER, QUOTE '\"', ESCAPE '\\')"
    )


def ours(part: Path, folder: Path) -> Callable[[], object]:
    """Ingest the parts as a worker does, with the types that AMC declares."""
    from domain.executions import ingest

    told = {
        "amc_columns": [{"name": one, "dataType": type_} for one, (type_, _) in COLUMNS.items()]
    }
    return lambda: ingest.convert([part], folder, list(COLUMNS), told, list(METRICS))


def shapes(part: Path, folder: Path) -> Callable[[], object]:
    """The same if AMC declares no types."""
    from domain.executions import ingest

    return lambda: ingest.convert([part], folder, list(COLUMNS), {}, list(METRICS))


def bare(part: Path, folder: Path) -> Callable[[], object]:
    """The same job in plain DuckDB."""
    types = {one: TYPES[type_] for one, (type_, _) in COLUMNS.items()} | {"filtered": "BOOLEAN"}
    result = folder / "bare.parquet"
    sums = ", ".join(f"sum({one})" for one in METRICS)
    connection = duckdb.connect()
    connection.execute("SET threads = 2")

    def run() -> None:
        connection.execute(
            f"COPY (SELECT * FROM read_csv('{part}', columns = {types}, header = true, "
            "auto_detect = false, delim = ',', quote = '\"', escape = '\\')) "
            f"TO '{result}' (FORMAT parquet, COMPRESSION zstd)"
        )
        connection.execute(f"SELECT count(*), sum(hash(t)) FROM '{result}' AS t").fetchall()
        for one in DIMENSIONS:
            connection.execute(f"SELECT {one}, {sums} FROM '{result}' GROUP BY 1").fetchall()

    return run


KINDS = {one.__name__: one for one in (ours, shapes, bare)}


def child(kind: str, part: str) -> None:
    """Do the job once, and print CPU seconds, seconds and the peak of memory in megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        link = Path(folder, "part-0000.csv")  # our DuckDB may read only its own folder
        link.hardlink_to(part)
        run = KINDS[kind](link, Path(folder))
        cpu, began = time.process_time(), time.perf_counter()
        run()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(cpu, wall, peak / (1024 if sys.platform == "linux" else 1024 * 1024))


def measured(kind: str, part: Path) -> tuple[float, float, float]:
    """Run the job in a process of its own, and return what it prints."""
    command = [sys.executable, "-m", "benchmarks.ingest", kind, str(part)]
    told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    cpu, wall, peak = map(float, told.split()[:3])
    return cpu, wall, peak


def main(rows: int) -> None:
    """Measure all jobs in turn, so that a busy machine slows all of them, and then by size."""
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder, "result.csv")
        make(rows, part)
        print(f"{rows:,} rows, {part.stat().st_size / 1e6:.0f} MB of CSV, {ROUNDS} rounds, medians")
        rounds = [{kind: measured(kind, part) for kind in KINDS} for _ in range(ROUNDS)]
        for kind in KINDS:
            cpu, wall, peak = (
                statistics.median(one[kind][at] for one in rounds) for at in range(3)
            )
            ratio = statistics.median(one[kind][0] / one["bare"][0] for one in rounds)
            print(
                f"{kind:<8} processor {cpu:6.2f} s   wall {wall:6.2f} s   "
                f"peak {peak:4.0f} MB   processor / bare {ratio:.2f}"
            )
        for size in SIZES:
            make(size, part)
            peaks = "   ".join(f"{kind} {measured(kind, part)[2]:4.0f} MB" for kind in KINDS)
            print(f"{size:>9,} rows: peak {peaks}")


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in KINDS:
        child(*sys.argv[1:3])
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
