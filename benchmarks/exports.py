"""What exports cost beside the bare libraries: a document of charts, and large tables.

    python -m benchmarks.exports [ROWS]

Each round is a process of its own; times are of the processor, without imports, and of the wall.
The bare document draws the same specifications by vl-convert and sets them below each other by
typst. The bare tables are DuckDB's COPY, and the fast writer of workbooks.
"""

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

ROWS = 5_000_000
ROUNDS = 3
WIDGETS, WEEKS = 12, 52
TITLES = [f"Cost {number}" for number in range(WIDGETS)]

# The process that writes rows loads no more than it needs, and neither do the cases here.


def dataset(number: int) -> Any:
    """A year of weekly costs."""
    from domain.calendar.days import Days
    from domain.charts.datasets import Cell, Coverage, Dataset, Measure, Point

    start = date(2026, 1, 5)
    points = []
    for week in range(WEEKS):
        first = start + timedelta(days=7 * week)
        days = Days(first, first + timedelta(days=7))
        value = Cell(Decimal(1000 + (week * 37 + number * 11) % 500))
        points.append(Point(0, days, f"2026-W{week + 1:02}", (value,), Coverage(7, 7)))
    whole = Days.spanning(one.days for one in points)
    cost = Measure("cost", "Cost", "currency", "additive", "USD")
    return Dataset((cost,), ("Report",), "weekly", tuple(points), whole)


def content() -> Any:
    """A dashboard of charts, two in a row."""
    from domain.charts.display import Display
    from domain.dashboards.configs import Position
    from domain.exports.contents import Content, Part

    parts = [
        Part(
            title,
            "chart",
            "line",
            Display(),
            Position(x=number % 2 * 6, y=number // 2 * 5, width=6, height=5),
            dataset(number),
        )
        for number, title in enumerate(TITLES)
    ]
    return Content("Board", parts=parts)


def our_document(folder: Path) -> Callable[[], object]:
    """The document as the process that draws makes it."""
    from domain.exports import documents, pictures
    from domain.exports.options import Options

    pictures._converter()
    return lambda: documents.write(content(), Options(), folder / "ours.pdf")


def bare_document(folder: Path) -> Callable[[], object]:
    """The same specifications, drawn and set by the libraries alone."""
    import typst

    from domain.exports import pictures

    converter = pictures._converter()
    specs = [pictures.specification(one, "light", 500, with_title=False) for one in content().parts]

    def made() -> None:
        for number, spec in enumerate(specs):
            (folder / f"{number}.svg").write_text(converter.vegalite_to_svg(spec))
        images = "\n".join(f'#image("{number}.svg")' for number in range(len(specs)))
        (folder / "bare.typ").write_text(f'#set text(font: "Noto Sans")\n{images}')
        typst.compile(
            str(folder / "bare.typ"),
            output=str(folder / "bare.pdf"),
            root=str(folder),
            font_paths=list(pictures.font_folders()),
            ignore_system_fonts=True,
        )

    return made


def our_csv(folder: Path) -> Callable[[], object]:
    """A large result as a worker writes it."""
    from domain.exports import production
    from domain.exports.options import Options
    from domain.exports.scans import Table

    path = folder / "rows.parquet"
    table = Table(f"read_parquet('{path}')", path)
    return lambda: production._write(table, folder / "ours.csv", Options())


def bare_csv(folder: Path) -> Callable[[], object]:
    """The same by DuckDB alone, which leaves formulas in it."""
    from domain import duck

    def made() -> None:
        with duck.over(folder) as connection:
            connection.execute(
                f"COPY (FROM read_parquet('{folder}/rows.parquet')) TO '{folder}/bare.csv' "
                "(FORMAT csv, HEADER)"
            )

    return made


def our_workbook(folder: Path) -> Callable[[], object]:
    """A hundred thousand rows as the process that draws writes them."""
    from domain.exports import sheets
    from domain.exports.scans import Table

    path = folder / "rows.parquet"
    return lambda: sheets.write(Table(f"read_parquet('{path}')", path), folder / "ours.xlsx")


def bare_workbook(folder: Path) -> Callable[[], object]:
    """The same by DuckDB and the fast writer alone, with the time of day in it."""
    import rustpy_xlsxwriter

    from domain import duck

    def made() -> None:
        with duck.over(folder) as connection:
            found = connection.execute(f"FROM read_parquet('{folder}/rows.parquet')")
            names = [one[0] for one in found.description or ()]
            rows = (dict(zip(names, row, strict=True)) for row in found.fetchall())
            rustpy_xlsxwriter.write_worksheet(rows, str(folder / "bare.xlsx"))

    return made


CASES = {
    "document": (our_document, bare_document),
    "csv": (our_csv, bare_csv),
    "workbook": (our_workbook, bare_workbook),
}
SIZES = {"workbook": 100_000}  # rows, if not as many as were asked for


def measured(name: str, which: int, folder: Path) -> None:
    """Print what one case costs in this process, as JSON."""
    work = CASES[name][which](folder)
    began, used = time.perf_counter(), time.process_time()
    work()
    print(
        json.dumps(
            {
                "wall": time.perf_counter() - began,
                "cpu": time.process_time() - used,
                "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def compare(name: str, rows: int) -> None:
    """Measure a case and its bare counterpart in turns, and print the medians and their ratio."""
    found: list[list[dict[str, float]]] = [[], []]
    for _ in range(ROUNDS):
        for which in (0, 1):
            with tempfile.TemporaryDirectory() as place:
                if name != "document":
                    store(SIZES.get(name, rows), Path(place))
                command = [sys.executable, "-m", "benchmarks.exports", name, str(which), place]
                said = subprocess.run(command, check=True, capture_output=True, text=True)
                found[which].append(json.loads(said.stdout.splitlines()[-1]))
    told = [
        {key: statistics.median(one[key] for one in each) for key in ("wall", "cpu", "peak")}
        for each in found
    ]
    for label, one in zip(("ours", "bare"), told, strict=True):
        print(
            f"{name:9} {label}: {one['wall']:6.2f} s wall  {one['cpu']:6.2f} s CPU  "
            f"{one['peak']:5.0f} MB"
        )
    print(f"{name:9} CPU ratio {told[0]['cpu'] / told[1]['cpu']:.2f}")


def store(rows: int, folder: Path) -> None:
    """Store a result with text and numbers."""
    duckdb.sql(
        f"COPY (SELECT 'Campaign ' || i % 5000 AS campaign, i AS clicks, "
        f"(i * 0.37)::DECIMAL(38,10) AS cost, date '2026-01-01' + (i % 300)::INTEGER AS day "
        f"FROM range({rows}) t(i)) TO '{folder}/rows.parquet' (FORMAT parquet)"
    )


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in CASES:
        measured(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
    else:
        for case in CASES:
            compare(case, int(sys.argv[1]) if sys.argv[1:] else ROWS)
