"""The events of the local AMC: one DuckDB file of synthetic data, opened read-only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from sandbox.tables import Table


@dataclass(frozen=True)
class Warehouse:
    """A file of events with AMC's tables over it."""

    path: Path
    tables: Mapping[str, Table]

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        events: int,
        seed: int = 7,
        today: date,
        on_progress: Callable[[float], None] | None = None,
    ) -> "Warehouse":
        """The events up to the day before `today`; what is missing is made first.

        Several processes may open one folder at once, and may be killed at any moment.
        """
        raise NotImplementedError

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection that reads these events and nothing else."""
        raise NotImplementedError
