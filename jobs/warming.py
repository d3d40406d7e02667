"""Does at the start of a process what it does once: no job has to wait for it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import dramatiq
from sqlalchemy import BindParameter
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.visitors import iterate

from domain import db, duck
from domain.collections import segments
from domain.executions import claims, dispatch, files, polling, states
from domain.snapshots import direct, statements
from domain.snapshots.columns import CONSTANT
from jobs.amazon import amc

ASKED: tuple[ModuleType, ...] = (claims, dispatch, files, polling, segments, states)


class Warm(dramatiq.Middleware):
    """Prepares each process of a worker."""

    def after_process_boot(self, broker: dramatiq.Broker) -> None:
        """Prepare it."""
        prepare()


def prepare() -> None:
    """Build the engine's statements, open DuckDB, and get ready to ask AMC."""
    dialect = db.engine("worker").sync_engine.dialect
    for statement in _constants():
        given = dict.fromkeys(_asked_for(statement))
        statements.prepared(dialect, statement, given, direct.ALL, tracked=True)
    for threads in (duck.ALONE, duck.THREADS):
        with duck.over(Path(tempfile.gettempdir()), threads=threads):
            pass
    amc().transport.prepare()


def _constants() -> Iterator[Any]:
    """Return the constant statements of the modules that ask most."""
    found = [value for module in ASKED for value in vars(module).values()]
    found += [one for value in found if isinstance(value, dict) for one in value.values()]
    for one in found:
        if isinstance(one, Executable) and one.get_execution_options().get(CONSTANT):
            yield one


def _asked_for(statement: Any) -> Iterator[str]:
    """Return the names of the parameters that whoever asks has to give."""
    for part in iterate(statement):
        if isinstance(part, BindParameter) and part.required:
            yield part.key
