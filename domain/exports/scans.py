"""Tables that DuckDB reads from files."""

from dataclasses import dataclass
from pathlib import Path


class TooManyRows(Exception):
    """Raised for more rows than a format holds. The message says what to do."""


@dataclass(frozen=True)
class Table:
    """What DuckDB reads a table from: a FROM clause, and the files that it names."""

    scan: str
    path: Path
