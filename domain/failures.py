"""Says whose fault the failure of a background step is, in words for people and in full for a log.

There are four kinds, and what follows is the same in every step:

* The data is wrong, as the step's own `words` tell it. Trying again would not help for long.
* AMC misbehaves. `domain/executions/amc_errors.py` handles that, and it never gets here.
* The surroundings fail: the disk, the object store, the memory or the database. The step waits,
  says what it lacks, and goes on by itself. It is never given up for that.
* Anything else is our bug. It has a request id, is tried a few times, and then given up.
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from uuid import uuid4

import asyncpg
import duckdb
import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, PendingRollbackError

from domain.errors import Unavailable

log = structlog.get_logger()

Words = Callable[[Exception], str | None]
Lack = Literal["STORAGE", "MEMORY", "DATABASE"]

SENTENCES: dict[Lack, str] = {
    "STORAGE": "The server cannot write or read its files: a disk is full or a store refuses.",
    "MEMORY": "The server has too little memory at the moment.",
    "DATABASE": "The database of the server cannot be used at the moment.",
}
FULL = "No space left on device"
# What DuckDB says if the disk fails. Other I/O errors of DuckDB are about the file that it reads.
DISK = (FULL, "Could not write", "Read-only file system", "Input/output error", "quota exceeded")
NO_FOLDER = "No usable temporary directory"  # Python's words, if no folder can be written to
# Classes of SQLSTATE: connection, resources, an operator or a restart, the server's own disk.
DATABASE_CLASSES = ("08", "53", "57", "58")
# Serialization failure, deadlock, and a standby that is not promoted yet.
DATABASE_STATES = ("40001", "40P01", "25006")


LOST_BEFORE = "8s2b"  # SQLAlchemy's code


class DatabaseAway(Exception):
    """The database cannot be reached, does not answer in time, or has no connection left."""


@dataclass(frozen=True)
class Failure:
    """The failure of a step. `message` is for people and reveals nothing internal."""

    message: str
    lacks: Lack | None = None  # what the surroundings lack

    @property
    def passes(self) -> bool:
        """Whether it passes by itself, so that the step is never given up."""
        return self.lacks is not None

    def used(self, tries: int, most: int) -> int:
        """Return how many of `most` tries are used up after this failure.

        What passes never uses up more than the first half. So the pauses grow, but the step is not
        given up, however long the shortage lasts, and afterwards it has tries left.
        """
        return min(tries, most // 2) if self.passes else tries


def unknown(_: Exception) -> None:
    """Describe no error: the words of a step that expects none."""


def of(error: Exception, words: Words, **subject: str) -> Failure:
    """Describe the error: as something that is lacking, by `words`, or as a bug with an id.

    The log has the same id with the traceback.
    """
    if (lack := lacking(error)) is not None:
        log.warning("step.waits", lacks=lack, error=f"{type(error).__name__}: {error}", **subject)
        return Failure(SENTENCES[lack], lack)
    if (known := words(error)) is not None:
        log.warning("step.failed", error=type(error).__name__, why=known, **subject)
        return Failure(known)
    reference = uuid4().hex
    log.error("step.bug", request_id=reference, exc_info=error, **subject)
    return Failure(f"Internal error (request id {reference}).")


def lacking(error: BaseException) -> Lack | None:
    """Return what the surroundings lack, or None if the error is about something else."""
    lack: Lack | None = None
    match error:
        case MemoryError():
            lack = "MEMORY"
        case DatabaseAway() | ConnectionError() | asyncpg.InternalClientError():
            lack = "DATABASE"
        case PendingRollbackError():  # a statement after the one that lost the connection
            lack = "DATABASE" if error.code == LOST_BEFORE else None
        case Unavailable():  # what a person is told; its cause is what failed
            lack = lacking(error.__cause__) if error.__cause__ else None
        case duckdb.OutOfMemoryException():
            lack = "STORAGE" if any(one in str(error) for one in DISK) else "MEMORY"
        case duckdb.IOException():
            lack = "STORAGE" if any(one in str(error) for one in DISK) else None
        case DBAPIError() | asyncpg.PostgresError() | asyncpg.InterfaceError():
            lack = "DATABASE" if _is_away(error) else None
        case FileNotFoundError():
            lack = "STORAGE" if NO_FOLDER in str(error) else None
        case OSError():
            lack = "MEMORY" if error.errno == errno.ENOMEM else "STORAGE"
    return lack


def _is_away(error: Exception) -> bool:
    """Return whether the database itself failed, not the request to it."""
    if isinstance(error, DBAPIError):
        if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError):
            return True
        error = error.orig if isinstance(error.orig, Exception) else error
    elif isinstance(error, asyncpg.InterfaceError):
        return True
    state = str(getattr(error, "sqlstate", None) or "")
    return state.startswith(DATABASE_CLASSES) or state in DATABASE_STATES
