"""A result of AMC becomes Parquet under its checksum. Python never loops over its rows.

AMC's CSV: UTF-8, one header a part, backslash as escape, NULL as an empty unquoted field.
"""

import asyncio
import csv
import gzip
import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from domain import campaigns, duck, results, storage, work
from domain.amc import Amc, LinkExpired
from domain.claims import Claim
from domain.work import Execution

FILTERED = "filtered"  # the column in which AMC tells the rows that privacy took dimensions from
FIRST_ROWS = 20
LONGEST_HEADER = 1 << 20
GZIP = b"\x1f\x8b"
TYPES = {
    "STRING": "VARCHAR",
    "LONG": "BIGINT",
    "INTEGER": "BIGINT",
    "SHORT": "BIGINT",
    "BYTE": "BIGINT",
    "DECIMAL": "DECIMAL(38,10)",
    "DOUBLE": "DECIMAL(38,10)",  # a float that went through text; money must not come back as one
    "FLOAT": "DECIMAL(38,10)",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP",
}
# What a column of text holds throughout, where AMC does not say what it is. Whole numbers are
# decimals too: a column must not change its type with the week.
SHAPES = (
    ("DECIMAL(38,10)", r"-?(0|[1-9][0-9]{0,26})(\.[0-9]+)?([eE]-?[0-9]{1,2})?"),
    ("BOOLEAN", r"(?i)true|false"),
    ("DATE", r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    ("TIMESTAMP", r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"),
)


@dataclass(frozen=True)
class Ingested:
    """A stored result and what is kept of it in the row."""

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
    """The result is not what was asked for; asking again would bring the same."""

    code: str
    message: str


async def ingest(claim: Claim, amc: Amc) -> Ingested | Unreadable:
    """Fetch, check and store the result. Raises AmcError where it may work later."""
    with tempfile.TemporaryDirectory(prefix="amc-reports-") as name:
        folder = Path(name)
        parts = await _download(claim, amc, folder)
        try:
            made = await asyncio.to_thread(_convert, claim, parts, folder)
        except duckdb.Error as broken:
            message = f"AMC's result cannot be read as CSV: {str(broken).splitlines()[0]}"
            return Unreadable("RESULT_UNREADABLE", message.replace(name, ""))
        if isinstance(made, Unreadable):
            return made
        key = f"results/{claim.instance.id.hex}/{made.checksum[:2]}/{made.checksum}.parquet"
        if not await storage.exists(key):
            await storage.put(folder / "result.parquet", key)
        return Ingested(**{**made.__dict__, "location": key})


async def _download(claim: Claim, amc: Amc, folder: Path) -> list[Path]:
    amc_id = claim.execution.amc_execution_id or ""
    try:
        return await _parts(claim, amc, amc_id, folder)
    except LinkExpired:  # links are cheap: ask for new ones once, now
        return await _parts(claim, amc, amc_id, folder)


async def _parts(claim: Claim, amc: Amc, amc_id: str, folder: Path) -> list[Path]:
    urls = await amc.download_urls(claim.account, claim.instance.instance_id, amc_id)
    paths = []
    for number, url in enumerate(urls):
        path = folder / f"part-{number:04}.csv"
        await amc.download(url, path)
        paths.append(await asyncio.to_thread(_named_by_packing, path))
    return paths


def _named_by_packing(path: Path) -> Path:
    """DuckDB tells a packed file by its name; AMC does not always say that it packs."""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    return path.rename(path.with_suffix(".csv.gz")) if packed else path


def _convert(claim: Claim, parts: Sequence[Path], folder: Path) -> Ingested | Unreadable:
    """One typed, sorted Parquet file out of all parts, with its checksum and summary."""
    told: Mapping[str, Any] = claim.execution.result_summary or {}
    with duck.over(folder) as connection:
        headers = [_header(part) for part in parts]
        if (wrong := _wrong_header(claim.execution, headers)) is not None:
            return wrong
        names = headers[0]
        _read(connection, parts, names)
        types = _types(connection, names, told.get("amc_columns") or ())
        columns = ", ".join(
            f"CAST({duck.name(name)} AS {types[name]}) AS {duck.name(name)}" for name in names
        )
        connection.execute(f"CREATE TABLE result AS SELECT {columns} FROM raw")
        row_count, suppressed, checksum = _measure(connection, names, types)
        target = folder / "result.parquet"
        connection.execute(
            f"COPY (SELECT * FROM result ORDER BY ALL) TO '{target}' "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
        return Ingested(
            location="",
            checksum=checksum,
            row_count=row_count,
            size_bytes=target.stat().st_size,
            outcome=_outcome(row_count, suppressed, told.get("data_gaps")),
            summary=_summary(connection, claim.additive, names, types, suppressed)
            | {"data_gaps": told.get("data_gaps") or []},
            campaigns=campaigns.campaigns_in(connection, names),
            asins=campaigns.asins_in(connection, names),
        )


def _header(part: Path) -> list[str]:
    """The first record of a part, read by Python: DuckDB would rename what it finds twice."""
    with gzip.open(part) if part.suffix == ".gz" else part.open("rb") as file:
        line = file.readline(LONGEST_HEADER).decode("utf-8-sig", "replace")
    return next(csv.reader([line], escapechar="\\", doublequote=False), [])


def _wrong_header(execution: Execution, headers: Sequence[Sequence[str]]) -> Unreadable | None:
    expected = list(execution.expected_columns or [])
    for header in headers:
        names = [one for one in header if one != FILTERED] if FILTERED not in expected else header
        if header != headers[0] or (expected and [one.lower() for one in names] != expected):
            return Unreadable(
                "RESULT_HEADER_CHANGED",
                f"AMC's result has the columns {', '.join(header) or '(none)'}; "
                f"the query asks for {', '.join(expected)}.",
            )
    return None


def _read(
    connection: duckdb.DuckDBPyConnection, parts: Sequence[Path], names: Sequence[str]
) -> None:
    # Nothing is sniffed: a column's type must not depend on the rows that came first.
    connection.execute(
        """
        CREATE TABLE raw AS SELECT * FROM read_csv(
            $parts, columns = $columns, header = true, auto_detect = false,
            delim = ',', quote = '"', escape = '\\', allow_quoted_nulls = false
        )
        """,
        {
            "parts": [str(part) for part in parts],
            "columns": dict.fromkeys(names, "VARCHAR"),
        },
    )


def _types(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str], told: Sequence[Mapping[str, Any]]
) -> dict[str, str]:
    """The type of each column: as AMC declares it, else as every value in it is shaped."""
    declared = {
        str(one.get("name", "")).lower(): TYPES.get(str(one.get("dataType"))) for one in told
    }
    found = {name: declared.get(name.lower()) for name in names}
    found |= {name: "BOOLEAN" for name in names if name == FILTERED}
    unknown = [name for name in names if found[name] is None]
    for name in unknown:
        found[name] = "VARCHAR" if _is_id(name) else _shape(connection, name)
    return {name: type_ or "VARCHAR" for name, type_ in found.items()}


def _is_id(name: str) -> bool:
    """Ids look like numbers one week and not the next: they stay text."""
    return name.lower().endswith(("id", "id_string", "asin", "code", "name"))


def _shape(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    column = duck.name(name)
    tests = ", ".join(
        f"bool_and(regexp_full_match({column}, '{pattern}'))" for _, pattern in SHAPES
    )
    row = connection.execute(f"SELECT {tests} FROM raw WHERE {column} IS NOT NULL").fetchone()
    for (type_, _), fits in zip(SHAPES, row or (), strict=False):
        if fits:
            return type_
    return "VARCHAR"


def _measure(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str], types: Mapping[str, str]
) -> tuple[int, int, str]:
    """Rows, rows that privacy touched, and a checksum that does not mind the order of rows."""
    touched = "count(*) FILTER (filtered)" if FILTERED in names else "0"
    row = connection.execute(
        f"""
        SELECT count(*), {touched}, coalesce(sha256(string_agg(line, '' ORDER BY line)), '')
        FROM (SELECT *, sha256(CAST(to_json(result) AS VARCHAR)) AS line FROM result)
        """
    ).fetchone()
    assert row is not None
    head = orjson.dumps([[name, types[name]] for name in names])
    return row[0], row[1], hashlib.sha256(head + row[2].encode()).hexdigest()


def _outcome(row_count: int, suppressed: int, data_gaps: object) -> str:
    """Four different things: incomplete, nothing there, nothing that may be shown, data."""
    if data_gaps:
        return "DATA_GAP"
    if row_count == 0:
        return "EMPTY"
    return "SUPPRESSED" if suppressed == row_count else "DATA"


def _summary(
    connection: duckdb.DuckDBPyConnection,
    additive: Sequence[str],
    names: Sequence[str],
    types: Mapping[str, str],
    suppressed: int,
) -> dict[str, Any]:
    numeric = [name for name in names if types[name].startswith(("BIGINT", "DECIMAL"))]
    summed = [name for name in numeric if name in additive]
    totals: dict[str, str | None] = {}
    if summed:
        sums = ", ".join(duck.digits(f"sum({duck.name(name)})") for name in summed)
        row = connection.execute(f"SELECT {sums} FROM result").fetchone()
        totals = dict(zip(summed, row or (), strict=False))
    return {
        "columns": [{"name": name, "type": types[name]} for name in names],
        "totals": totals,
        "suppressed_rows": suppressed,
        "first_rows": results.rows(connection, "result", names, FIRST_ROWS, 0),
    }


async def store(session: AsyncSession, execution: Execution, found: Ingested) -> None:
    """Complete the execution with its result."""
    await campaigns.remember(session, execution.instance_id, found.campaigns, found.asins)
    await work.finish(
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
