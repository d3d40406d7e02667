"""Ingest turns AMC's result into a Parquet file named by its checksum.

1. Ask AMC for the links and download all parts.
2. Check that the parts have the header that the query asks for.
3. Choose a type for each column, and let DuckDB write one Parquet file.
4. Summarise it: checksum, row count, totals, first rows, campaigns and ASINs.
5. Reserve its key (see `files`) and put the file into storage.
6. `store` records it on the execution, if the key may still be named.

AMC's CSV is UTF-8 with one header per part, backslash as escape, and NULL as an empty unquoted
field. DuckDB reads and writes files directly: memory does not grow with the number of rows.
"""

import csv
import gzip
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy.ext.asyncio import AsyncSession

from domain import bus, duck, kinds, pool, storage
from domain.amc.client import Amc, LinkExpired
from domain.db import worker_transaction
from domain.executions import files, results, states
from domain.executions.claims import Claim
from domain.instances import campaigns
from domain.kinds import Execution

FILTERED = "filtered"  # AMC's column that marks the rows whose dimensions were removed for privacy
FIRST_ROWS = 20
# Results of up to this many rows are sorted, because people page through them by day and name.
# Larger results are mostly exported. They keep AMC's order: sorting a million rows takes as long as
# reading and writing them, and several times their memory. Files never change, so pages are stable.
SORTED = 100_000
LONGEST_HEADER = 1 << 20
GZIP = b"\x1f\x8b"
TYPES = {
    "STRING": "VARCHAR",
    "LONG": "BIGINT",
    "INTEGER": "BIGINT",
    "SHORT": "BIGINT",
    "BYTE": "BIGINT",
    "DECIMAL": "DECIMAL(38,10)",
    "DOUBLE": "DECIMAL(38,10)",  # floats arrive as text, and money must not turn into a float again
    "FLOAT": "DECIMAL(38,10)",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP",
}
# The type of a column whose values all match the pattern, if AMC declares none. Whole numbers are
# decimals, too, so that a column's type does not change from week to week.
SHAPES = (
    ("DECIMAL(38,10)", r"-?(0|[1-9][0-9]{0,26})(\.[0-9]+)?([eE]-?[0-9]{1,2})?"),
    ("BOOLEAN", r"(?i)true|false"),
    ("DATE", r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    ("TIMESTAMP", r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"),
)
# These columns stay text. `id` has to be a whole word: `bid` and `amount_paid` are numbers.
IDS = re.compile(r"(.*_)?(id|ids|id_string)|.*(asin|asins|code|name)")
CAMEL_CASE_IDS = re.compile(r".*[a-z0-9]I[dD]s?")


# DuckDB must not guess types: a column's type may not depend on which rows come first.
CSV_FILES = """read_csv(
    $parts, columns = $columns, header = true, auto_detect = false,
    delim = ',', quote = '"', escape = '\\', allow_quoted_nulls = false
)"""


@dataclass(frozen=True)
class Ingested:
    """A stored result, and what the execution's row keeps of it."""

    location: str
    checksum: str
    row_count: int
    size_bytes: int
    outcome: str
    summary: dict[str, Any]
    campaigns: list[dict[str, str | None]]
    asins: list[str]


@dataclass(frozen=True)
class Unreadable:
    """The result is not what the query asks for. Fetching it again would not help."""

    code: str
    message: str


async def ingest(claim: Claim, amc: Amc) -> Ingested | Unreadable:
    """Fetch, check and store the result. Raises AmcError if a later try may succeed."""
    with tempfile.TemporaryDirectory(prefix="amc-reports-") as name:
        folder = Path(name)
        parts = await _download(claim, amc, folder)
        try:
            made = await pool.run(
                convert,
                parts,
                folder,
                claim.execution.expected_columns or [],
                claim.execution.result_summary or {},
                claim.additive,
            )
        except duckdb.Error as broken:
            message = f"AMC's result cannot be read as CSV: {str(broken).splitlines()[0]}"
            return Unreadable("RESULT_UNREADABLE", message.replace(name, ""))
        if isinstance(made, Unreadable):
            return made
        key = f"results/{claim.instance.id.hex}/{made.checksum[:2]}/{made.checksum}.parquet"
        async with worker_transaction() as session:
            key = await files.reserve(session, key)
        if not await storage.exists(key):
            await storage.put(folder / "result.parquet", key)
        return replace(made, location=key)


async def _download(claim: Claim, amc: Amc, folder: Path) -> list[Path]:
    amc_id = claim.execution.amc_execution_id or ""
    try:
        return await _parts(claim, amc, amc_id, folder)
    except LinkExpired:  # links are cheap: ask once for new ones
        return await _parts(claim, amc, amc_id, folder)


async def _parts(claim: Claim, amc: Amc, amc_id: str, folder: Path) -> list[Path]:
    urls = await amc.download_urls(claim.account, claim.instance.instance_id, amc_id)
    paths = []
    for number, url in enumerate(urls):
        path = folder / f"part-{number:04}.csv"
        await amc.download(url, path)
        paths.append(await pool.run(_named_by_packing, path))
    return paths


def _named_by_packing(path: Path) -> Path:
    """Name a gzip file `.csv.gz`: DuckDB goes by the name, and AMC does not tell."""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    return path.rename(path.with_suffix(".csv.gz")) if packed else path


def convert(
    parts: Sequence[Path],
    folder: Path,
    expected: Sequence[str],
    told: Mapping[str, Any],
    additive: Sequence[str],
) -> Ingested | Unreadable:
    """Write all parts as `result.parquet` in the folder, and return its checksum and summary.

    `expected` are the query's columns, `told` is what AMC declares about the result, and `additive`
    are the columns that may be summed. Raises duckdb.Error if a part is not CSV or a value does not
    have its column's type.
    """
    headers = [_header(part) for part in parts]
    if (wrong := _wrong_header(expected, headers)) is not None:
        return wrong
    names = headers[0]
    given = {"parts": [str(part) for part in parts], "columns": dict.fromkeys(names, "VARCHAR")}
    with duck.over(folder) as connection:
        types = _types(connection, given, told.get("amc_columns") or ())
        target = folder / "result.parquet"
        row_count = _write(connection, given, types, target)
        connection.execute(f"CREATE VIEW result AS SELECT * FROM read_parquet('{target}')")
        suppressed = _suppressed(connection) if FILTERED in types else 0
        return Ingested(
            location="",
            checksum=duck.checksum(connection, "result", types),
            row_count=row_count,
            size_bytes=target.stat().st_size,
            outcome=_outcome(row_count, suppressed, told.get("data_gaps")),
            summary=_summary(connection, additive, types, suppressed)
            | {"data_gaps": told.get("data_gaps") or []},
            campaigns=campaigns.campaigns_in(connection, names),
            asins=campaigns.asins_in(connection, names),
        )


def _header(part: Path) -> list[str]:
    """Return the first record of a part. DuckDB does not read it: it renames repeated columns."""
    with gzip.open(part) if part.suffix == ".gz" else part.open("rb") as file:
        line = file.readline(LONGEST_HEADER).decode("utf-8-sig", "replace")
    return next(csv.reader([line], escapechar="\\", doublequote=False), [])


def _wrong_header(expected: Sequence[str], headers: Sequence[Sequence[str]]) -> Unreadable | None:
    for header in headers:
        names = [one for one in header if one != FILTERED] if FILTERED not in expected else header
        if header != headers[0] or (expected and [one.lower() for one in names] != list(expected)):
            return Unreadable(
                "RESULT_HEADER_CHANGED",
                f"AMC's result has the columns {', '.join(header) or '(none)'}; "
                f"the query asks for {', '.join(expected)}.",
            )
    return None


def _types(
    connection: duckdb.DuckDBPyConnection,
    given: Mapping[str, Any],
    told: Sequence[Mapping[str, Any]],
) -> dict[str, str]:
    """Return the type of each column: AMC's declared type, or else the one all its values match."""
    declared = {
        str(one.get("name", "")).lower(): TYPES.get(str(one.get("dataType"))) for one in told
    }
    found = {name: declared.get(name.lower()) for name in given["columns"]}
    found |= {name: "BOOLEAN" for name in found if name == FILTERED}
    unknown = [name for name, type_ in found.items() if type_ is None and not _is_id(name)]
    shaped = _shapes(connection, given, unknown) if unknown else {}
    return {name: type_ or shaped.get(name, "VARCHAR") for name, type_ in found.items()}


def _is_id(name: str) -> bool:
    """Return whether the column holds ids or names, which may be all digits in some weeks only."""
    return IDS.fullmatch(name.lower()) is not None or CAMEL_CASE_IDS.fullmatch(name) is not None


def _shapes(
    connection: duckdb.DuckDBPyConnection, given: Mapping[str, Any], names: Sequence[str]
) -> dict[str, str]:
    """Return the types of the columns whose values all match one pattern."""
    # No value matches two patterns, so one value tells which pattern the others have to match.
    values = ", ".join(f"any_value({duck.name(name)})" for name in names)
    row = connection.execute(f"SELECT {values} FROM {CSV_FILES}", given).fetchone()
    likely = {
        name: (type_, f"regexp_full_match({duck.name(name)}, '{pattern}')")
        for name, value in zip(names, row or (), strict=False)
        for type_, pattern in SHAPES
        if value is not None and re.fullmatch(pattern, value)
    }
    if not likely:
        return {}
    tests = ", ".join(f"bool_and({test})" for _, test in likely.values())
    fits = connection.execute(f"SELECT {tests} FROM {CSV_FILES}", given).fetchone()
    found = zip(likely.items(), fits or (), strict=False)
    return {name: type_ for (name, (type_, _)), fit in found if fit}


def _write(
    connection: duckdb.DuckDBPyConnection,
    given: Mapping[str, Any],
    types: Mapping[str, str],
    target: Path,
) -> int:
    columns = ", ".join(
        f"CAST({duck.name(name)} AS {type_}) AS {duck.name(name)}" for name, type_ in types.items()
    )
    typed = target.with_name("typed.parquet")
    row_count = duck.write(connection, f"SELECT {columns} FROM {CSV_FILES}", typed, given)
    if row_count <= SORTED:
        duck.write(connection, f"SELECT * FROM read_parquet('{typed}') ORDER BY ALL", target)
    else:
        typed.rename(target)
    return row_count


def _suppressed(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute("SELECT count(*) FILTER (filtered) FROM result").fetchone()
    return row[0] if row else 0


def _outcome(row_count: int, suppressed: int, data_gaps: object) -> str:
    """Return DATA_GAP, EMPTY, SUPPRESSED (privacy removed the dimensions of all rows) or DATA."""
    if data_gaps:
        return "DATA_GAP"
    if row_count == 0:
        return "EMPTY"
    return "SUPPRESSED" if suppressed == row_count else "DATA"


def _summary(
    connection: duckdb.DuckDBPyConnection,
    additive: Sequence[str],
    types: Mapping[str, str],
    suppressed: int,
) -> dict[str, Any]:
    numeric = [name for name, type_ in types.items() if type_.startswith(("BIGINT", "DECIMAL"))]
    summed = [name for name in numeric if name in additive]
    totals: dict[str, str | None] = {}
    if summed:
        sums = ", ".join(duck.digits(f"sum({duck.name(name)})") for name in summed)
        row = connection.execute(f"SELECT {sums} FROM result").fetchone()
        totals = dict(zip(summed, row or (), strict=False))
    return {
        "columns": [{"name": name, "type": type_} for name, type_ in types.items()],
        "totals": totals,
        "suppressed_rows": suppressed,
        "first_rows": results.rows(connection, "result", list(types), FIRST_ROWS, 0),
    }


async def store(session: AsyncSession, execution: Execution, found: Ingested) -> None:
    """Complete the execution with its result. It ingests again if the file is being removed."""
    if not await files.may_name(session, found.location):
        states.postpone(execution, timedelta(0))
        bus.later(session, bus.Job.STEP_EXECUTION, kinds.public_id(execution))
        return
    await campaigns.remember(session, execution.instance_id, found.campaigns, found.asins)
    await states.finish(
        session,
        execution,
        "completed",
        output_location=found.location,
        checksum=found.checksum,
        row_count=found.row_count,
        size_bytes=found.size_bytes,
        outcome=found.outcome,
        result_summary=found.summary,
        error_message=None,
    )
    states.nudge_views(session, execution)
