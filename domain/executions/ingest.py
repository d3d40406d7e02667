"""Ingest turns AMC's result into a Parquet file named by its checksum.

1. Ask AMC for the links and download all parts.
2. Read the parts once (`parts`): count the records, and check the header that the query asks for.
3. Let DuckDB read the parts once. If it did not read every record, the result fails.
4. Choose a type for each column (`columns`), let DuckDB write one Parquet file, and summarise it
   (`contents`): checksum, totals, first rows, campaigns and ASINs.
5. Reserve its key (see `files`) and put the file into storage.
6. `store` records it on the execution, if the key may still be named.

DuckDB reads and writes large results directly: memory does not grow with the number of rows.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy.ext.asyncio import AsyncSession

from domain import duck, failures, kinds, pool, scratch, storage
from domain.amc import answers, currencies
from domain.amc.client import Amc, LinkExpired
from domain.amc.currencies import NO_AMOUNTS, Amounts
from domain.bus import bus
from domain.bus.queues import Job
from domain.db import worker_statements
from domain.executions import column_values, columns, contents, files, parts, states
from domain.executions.claims import Claim
from domain.executions.column_values import InFile, InMemory
from domain.executions.columns import FILTERED, Typed
from domain.executions.contents import Contents
from domain.executions.parts import Part, Unreadable
from domain.instances import campaigns
from domain.kinds import Execution

# Results of up to this many rows are sorted, because people page through them by day and name.
# Larger results are mostly exported. They keep AMC's order: sorting a million rows takes as long as
# reading and writing them, and several times their memory. Files never change, so pages are stable.
SORTED = 100_000
# DuckDB must not guess types: a column's type may not depend on which rows come first.
CSV_FILES = """read_csv(
    $parts, columns = $columns, header = true, auto_detect = false, max_line_size = $longest,
    delim = ',', quote = '"', escape = '\\', allow_quoted_nulls = false{more}
)"""
CAREFUL = ", parallel = false"  # slower; it cannot take a quoted line end for the end of a record
USUAL_LINE = 2_000_000  # bytes; DuckDB's default
LINE = re.compile(r"CSV Error on Line: (\d+)")


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


async def ingest(claim: Claim, amc: Amc) -> Ingested | Unreadable:
    """Fetch, check and store the result. Raises AmcError if a later try may succeed."""
    with scratch.folder() as folder:
        paths = await _download(claim, amc, folder)
        try:
            made = await pool.run(
                convert,
                paths,
                folder,
                claim.execution.expected_columns or [],
                claim.execution.result_summary or {},
                claim.additive,
                claim.amounts,
            )
        except Unreadable as unreadable:
            return unreadable
        key = f"results/{claim.instance.id.hex}/{made.checksum[:2]}/{made.checksum}.parquet"
        async with worker_statements() as session:
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
    paths = [folder / f"part-{number:04}.csv" for number in range(len(urls))]
    for url, path in zip(urls, paths, strict=True):
        await amc.download(url, path)
    return paths


def convert(
    paths: Sequence[Path],
    folder: Path,
    expected: Sequence[str],
    told: Mapping[str, Any],
    additive: Sequence[str],
    amounts: Amounts = NO_AMOUNTS,
) -> Ingested:
    """Write all parts as `result.parquet` in the folder, and return its checksum and summary.

    `expected` are the query's columns, `told` is what AMC declares about the result, and `additive`
    are the columns that may be summed; `amounts` of several currencies are not. Raises Unreadable
    if the parts are not what was asked for or if a record was not stored, and AmcOdd if they are
    damaged.
    """
    found = [parts.read(path) for path in paths]
    _check_headers(expected, [part.header for part in found])
    names = found[0].header
    target = folder / "result.parquet"
    make, threads = (_small, duck.ALONE) if _is_small(found) else (_large, duck.THREADS)
    with duck.over(folder, threads=threads) as connection:
        try:
            typed, kept = make(connection, found, told.get("amc_columns") or (), additive, target)
            mixed = currencies.mixed(connection, target, typed.types, amounts)
        except duckdb.Error as wrong:
            if failures.lacking(wrong) is not None:
                raise
            raise parts.broken(_told(wrong, folder, names)) from wrong
    row_count = sum(part.records for part in found)
    return Ingested(
        location="",
        checksum=kept.checksum,
        row_count=row_count,
        size_bytes=target.stat().st_size,
        outcome=_outcome(row_count, kept.suppressed, told.get("data_gaps")),
        summary={
            "columns": [{"name": name, "type": type_} for name, type_ in typed.types.items()],
            "totals": {
                name: None if mixed and name.lower() in amounts.columns else total
                for name, total in kept.totals.items()
            },
            "suppressed_rows": kept.suppressed,
            "first_rows": kept.first_rows,
            "data_gaps": told.get("data_gaps") or [],
            "warnings": [*typed.warnings, *_nul_warnings(found), *mixed],
        },
        campaigns=kept.campaigns,
        asins=kept.asins,
    )


def _is_small(found: Sequence[Part]) -> bool:
    size = sum(part.path.stat().st_size for part in found)
    return sum(part.records for part in found) <= parts.SMALL and size <= parts.SMALL_SIZE


def _check_headers(expected: Sequence[str], headers: Sequence[Sequence[str]]) -> None:
    for header in headers:
        names = [one for one in header if one != FILTERED] if FILTERED not in expected else header
        if header != headers[0] or (expected and [one.lower() for one in names] != list(expected)):
            raise Unreadable(
                "RESULT_HEADER_CHANGED",
                f"AMC's result has the columns {', '.join(header) or '(none)'}; "
                f"the query asks for {', '.join(expected)}.",
            )
        if len({one.lower() for one in header}) < len(header):
            raise parts.broken(f"two columns have the same name: {', '.join(header)}.")


def _csv(found: Sequence[Part]) -> dict[str, Any]:
    """Return the parameters of CSV_FILES."""
    return {
        "parts": [str(part.path) for part in found],
        "columns": dict.fromkeys(found[0].header, "VARCHAR"),
        "longest": max([USUAL_LINE, *(part.longest + 1 for part in found)]),
    }


def _small(
    connection: duckdb.DuckDBPyConnection,
    found: Sequence[Part],
    told: Sequence[Mapping[str, Any]],
    additive: Sequence[str],
    target: Path,
) -> tuple[Typed, Contents]:
    """Read the records once and store them. Most of the rest is done in Python.

    DuckDB reads subtle records into a table first, and tells unusual values as it has stored them.
    """
    names, scan = found[0].header, CSV_FILES.format(more=CAREFUL)

    @cache
    def raw() -> InFile:
        connection.execute(f"CREATE TEMP TABLE raw AS SELECT * FROM {scan}", _csv(found))
        return InFile(connection, "raw", names)

    plain = _plain(found)
    rows = plain if plain is not None else raw().all()
    values = {
        name: [value for row in rows if (value := row[number]) is not None]
        for number, name in enumerate(names)
    }
    typed = columns.choose(InMemory(values, raw), told, additive)
    stored = column_values.stored(rows, list(typed.types.values()))
    if plain is not None and stored is not None:
        query, given = f"SELECT * FROM {scan}", _csv(found) | {"columns": typed.types}
    else:
        raw()
        query, given = f"SELECT {columns.casts(typed.types)} FROM raw", {}
    sorted_ = f"{query} ORDER BY ALL"
    # A few kilobytes: packing them harder takes longer than it is worth.
    records = duck.write(connection, sorted_, target, given, compression="snappy")
    _check_count(records, found)
    if stored is None:
        texts = f"SELECT COLUMNS(*)::VARCHAR FROM read_parquet('{target}')"
        stored = connection.execute(texts).fetchall()
    return typed, contents.of_rows(stored, typed.types, columns.summed(typed, additive))


def _plain(found: Sequence[Part]) -> list[tuple[str | None, ...]] | None:
    """Return all records if they are known without DuckDB."""
    if any(part.rows is None for part in found):
        return None
    return [tuple(value or None for value in row) for part in found for row in part.rows or ()]


def _large(
    connection: duckdb.DuckDBPyConnection,
    found: Sequence[Part],
    told: Sequence[Mapping[str, Any]],
    additive: Sequence[str],
    target: Path,
) -> tuple[Typed, Contents]:
    """Read the CSV once, into a file of texts, and store that with types."""
    raw = target.with_name("raw.parquet")
    for more in ("", CAREFUL):
        query = f"SELECT * FROM {CSV_FILES.format(more=more)}"
        records = duck.write(connection, query, raw, _csv(found), compression="snappy")
        if records == sum(part.records for part in found):
            break
    _check_count(records, found)
    source = f"read_parquet('{raw}')"
    typed = columns.choose(InFile(connection, source, found[0].header), told, additive)
    order = "ORDER BY ALL" if records <= SORTED else ""
    duck.write(connection, f"SELECT {columns.casts(typed.types)} FROM {source} {order}", target)
    connection.execute(f"CREATE TEMP VIEW result AS SELECT * FROM read_parquet('{target}')")
    return typed, contents.of_file(connection, typed.types, columns.summed(typed, additive))


def _check_count(stored: int, found: Sequence[Part]) -> None:
    """Raise Unreadable if a record is lost."""
    records = sum(part.records for part in found)
    if stored != records:
        raise parts.broken(f"it has {records} records, of which {stored} could be stored.")


def _told(error: duckdb.Error, folder: Path, names: Sequence[str]) -> str:
    """Return DuckDB's words for people: the first line, with the line of the file if it is told."""
    said = str(error).replace(str(folder), "").splitlines()
    found = LINE.search(said[0])
    if found is None or len(said) < 2:
        return answers.plain(said[0], 300)
    value = answers.plain(said[1].removeprefix("Original Line: "), parts.LONGEST_VALUE)
    why = next((one for one in said[2:] if one.strip()), "it cannot be parsed.")
    return f"line {found[1]}, in a record that begins with column {names[0]} ({why}): {value}"


def _nul_warnings(found: Sequence[Part]) -> list[dict[str, Any]]:
    nuls = sum(part.nuls for part in found)
    why = f"AMC sent the character U+0000, which is stored as {parts.REPLACED}."
    return [{"column": None, "count": nuls, "example": None, "message": why}] if nuls else []


def _outcome(row_count: int, suppressed: int, data_gaps: object) -> str:
    """Return DATA_GAP, EMPTY, SUPPRESSED (privacy removed the dimensions of all rows) or DATA."""
    if data_gaps:
        return "DATA_GAP"
    if row_count == 0:
        return "EMPTY"
    return "SUPPRESSED" if suppressed == row_count else "DATA"


async def store(session: AsyncSession, execution: Execution, found: Ingested) -> None:
    """Complete the execution with its result. It ingests again if the file is being removed."""
    if not await files.may_name(session, found.location):
        states.postpone(execution, timedelta(0))
        bus.later(session, Job.STEP_EXECUTION, kinds.public_id(execution))
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
