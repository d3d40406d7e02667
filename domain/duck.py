"""DuckDB over one folder: no network, no other files, bounded memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

MEMORY = "512MB"
THREADS = 2


@contextmanager
def over(*folders: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that can read and write these folders and nothing else."""
    with duckdb.connect(":memory:") as connection:
        allowed = [f"{folder}/" for folder in folders]
        connection.execute("SET allowed_directories = $folders", {"folders": allowed})
        connection.execute("SET enable_external_access = false")
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute(f"SET threads = {THREADS}")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET lock_configuration = true")
        yield connection


def name(identifier: str) -> str:
    """A column name as DuckDB reads it, whatever is in it."""
    return '"' + identifier.replace('"', '""') + '"'


def digits(expression: str) -> str:
    """A number as text with all its digits, but without zeros that say nothing."""
    return f"regexp_replace(({expression})::VARCHAR, '(\\.[0-9]*?)0+$', '\\1').rtrim('.')"
