"""DuckDB over one folder: no network, no other files, bounded memory."""

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import orjson

MEMORY = "512MB"
THREADS = 2


@contextmanager
def over(*folders: Path, timeout: float | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can read and write these folders and nothing else.

    Raises TimeoutError where it takes longer than so many seconds.
    """
    with duckdb.connect(":memory:") as connection:
        allowed = [f"{folder}/" for folder in folders]
        connection.execute("SET allowed_directories = $folders", {"folders": allowed})
        # What does not fit in memory goes beside what is made, not to where we were started.
        spilled = str(folders[-1] / ".spilled")
        connection.execute("SET temp_directory = $spilled", {"spilled": spilled})
        connection.execute("SET enable_external_access = false")
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute(f"SET threads = {THREADS}")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET lock_configuration = true")
        with _interrupted_after(timeout, connection):
            yield connection


@contextmanager
def _interrupted_after(
    timeout: float | None, connection: duckdb.DuckDBPyConnection
) -> Iterator[None]:
    if timeout is None:
        yield
        return
    timer = threading.Timer(timeout, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException as interrupted:
        raise TimeoutError(f"It takes more than {timeout:g} seconds.") from interrupted
    finally:
        timer.cancel()


def name(identifier: str) -> str:
    """A column name as DuckDB reads it, whatever is in it."""
    return '"' + identifier.replace('"', '""') + '"'


def digits(expression: str) -> str:
    """Return SQL for a number as text with all its digits, without trailing zeros."""
    return f"regexp_replace(({expression})::VARCHAR, '(\\.[0-9]*?)0+$', '\\1').rtrim('.')"


def write(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    target: Path,
    given: Mapping[str, Any] | None = None,
) -> int:
    """Write what the query gives as Parquet; the number of rows."""
    row = connection.execute(
        f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)", given
    ).fetchone()
    return row[0] if row else 0


def checksum(connection: duckdb.DuckDBPyConnection, source: str, types: Mapping[str, str]) -> str:
    """Return the SHA-256 of the column names, their types, and all rows in any order.

    It is the same in every version of DuckDB. `types` are all columns of the table or view.
    """
    # The digests of rows are summed, so nothing is sorted, and a repeated row changes the sum. MD5
    # is enough: nobody gains by a forged result, and a collision by chance has 128 bits against it.
    # Sums of halves do not overflow. DuckDB's own hash() is faster, but may change between
    # versions.
    line = ", ".join(_canonical(one, type_) for one, type_ in types.items())
    row = connection.execute(
        f"""
        SELECT count(*)::VARCHAR,
               coalesce(sum((digest >> 64)::UBIGINT), 0)::VARCHAR,
               coalesce(sum((digest & 18446744073709551615)::UBIGINT), 0)::VARCHAR
        FROM (SELECT md5_number(concat_ws('|', {line})) AS digest FROM {source})
        """  # noqa: S608
    ).fetchone()
    return hashlib.sha256(orjson.dumps([list(types.items()), row])).hexdigest()


def _canonical(identifier: str, type_: str) -> str:
    """A value as text that no other value of its column has, in every version of DuckDB."""
    column = name(identifier)
    if type_ == "VARCHAR":  # with its length, for it may hold the separator
        return f"coalesce(strlen({column}) || ':' || {column}, '')"
    if type_ == "DECIMAL(38,10)":  # the same text either way; from 64 bits it takes a third
        short = f"TRY_CAST({column} AS DECIMAL(18,10))::VARCHAR"
        return f"coalesce({short}, {column}::VARCHAR, '')"
    return f"coalesce({column}::VARCHAR, '')"
