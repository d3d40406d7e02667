"""DuckDB over files of ours: no network, no other files, bounded memory.

Each process keeps its instances, since opening one takes longer than converting a small result.
Each use has a connection of its own: its temporary tables and views are seen by no other use.
"""

import atexit
import gc
import hashlib
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import duckdb
import orjson

from domain import scratch
from domain.settings import settings

MEMORY = "1GB"  # of an instance, for all that it does at once; more is spilled to disk
THREADS = 2
SPARED = "statistics_propagation,common_subexpressions"
ALONE = 1  # thread, of an instance for little work: sharing that between threads takes longer

# Processes freeze what they have imported. DuckDB lists what of it is never freed when they end.
atexit.register(gc.unfreeze)


@contextmanager
def over(
    *folders: Path, timeout: float | None = None, threads: int = THREADS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can read and write these folders, and computes on THREADS or ALONE.

    They lie in the folder for temporary files, or in the store of results. Nothing else can be
    opened. Raises TimeoutError where it takes longer than so many seconds.
    """
    places = tuple(f"{one}/" for one in (*_places(), *_others(folders)))
    try:
        with (
            _instance(os.getpid(), places, threads).cursor() as connection,
            _interrupted_after(timeout, connection),
        ):
            yield connection
    except (duckdb.FatalException, duckdb.InternalException):
        _instance.cache_clear()  # DuckDB refuses everything after such an error
        raise


def _places() -> list[Path]:
    """The folders that every use may need."""
    store = urlsplit(settings.storage_url)
    kept = [Path(unquote(store.path))] if store.scheme == "file" else []
    return [Path(tempfile.gettempdir()), *kept]


def _others(folders: tuple[Path, ...]) -> list[Path]:
    return [one for one in folders if not any(one.is_relative_to(place) for place in _places())]


@lru_cache(maxsize=4)
def _instance(process: int, places: tuple[str, ...], threads: int) -> duckdb.DuckDBPyConnection:
    """The instance of this process. A fork opens one of its own, since it has no threads of it."""
    made = duckdb.connect(":memory:")
    made.execute("SET allowed_directories = $places", {"places": list(places)})
    spilled = str(scratch.root() / f"spilled-{threads}")
    made.execute("SET temp_directory = $spilled", {"spilled": spilled})
    made.execute("SET enable_external_access = false")
    # A file that was replaced or damaged is read anew.
    made.execute("SET enable_external_file_cache = false")
    made.execute(f"SET memory_limit = '{MEMORY}'")
    made.execute(f"SET threads = {threads}")
    if threads == ALONE:  # for little data, planning takes longer than what it saves
        made.execute(f"SET disabled_optimizers = '{SPARED}'")
    made.execute("SET GLOBAL TimeZone = 'UTC'")
    made.execute("SET lock_configuration = true")
    return made


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
    compression: str = "zstd",
) -> int:
    """Write what the query gives as Parquet; the number of rows."""
    row = connection.execute(
        f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION {compression})", given
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
    return _hash(types, row or ())


def checksum_of(rows: Sequence[Sequence[str | None]], types: Mapping[str, str]) -> str:
    """Return the same as `checksum`, from all rows with their values as DuckDB writes them."""
    is_text = [type_ == "VARCHAR" for type_ in types.values()]
    above = below = 0
    for row in rows:
        line = "|".join(
            "" if value is None else f"{len(value.encode())}:{value}" if text else value
            for value, text in zip(row, is_text, strict=True)
        )
        digest = int.from_bytes(
            hashlib.md5(line.encode(), usedforsecurity=False).digest(), "little"
        )
        above += digest >> 64
        below += digest & 0xFFFF_FFFF_FFFF_FFFF
    return _hash(types, (str(len(rows)), str(above), str(below)))


def _hash(types: Mapping[str, str], sums: Sequence[str]) -> str:
    return hashlib.sha256(orjson.dumps([list(types.items()), sums])).hexdigest()


def _canonical(identifier: str, type_: str) -> str:
    """A value as text that no other value of its column has, in every version of DuckDB."""
    column = name(identifier)
    if type_ == "VARCHAR":  # with its length, for it may hold the separator
        return f"coalesce(strlen({column}) || ':' || {column}, '')"
    if type_ == "DECIMAL(38,10)":  # the same text either way; from 64 bits it takes a third
        short = f"TRY_CAST({column} AS DECIMAL(18,10))::VARCHAR"
        return f"coalesce({short}, {column}::VARCHAR, '')"
    return f"coalesce({column}::VARCHAR, '')"
