"""A full disk, too little memory, a store or a database that is away: told of, waited for, over."""

import errno

import duckdb
import pytest
from asyncpg import InternalClientError
from asyncpg.exceptions import DiskFullError, TooManyConnectionsError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain import db, failures, storage
from domain.executions import claims, ingest
from jobs import clock
from tests.executions.executions import RUN

READ = """
query($id: ID!) { execution(id: $id) {
  status phase errorMessage outcome blockedBy { reason message since until }
} }
"""
NO_SPACE = "No space left on device"
LACKS = {
    "a full disk": (OSError(errno.ENOSPC, NO_SPACE), "STORAGE"),
    "a read-only disk": (OSError(errno.EROFS, "Read-only file system"), "STORAGE"),
    "a disk that DuckDB finds full": (
        duckdb.IOException(f'IO Error: Could not write file "x": {NO_SPACE}'),
        "STORAGE",
    ),
    "no folder for temporary files": (
        FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']"),
        "STORAGE",
    ),
    "a store that refuses": (storage.StoreRefused("Generic S3 error: 503 SlowDown"), "STORAGE"),
    "memory": (MemoryError(), "MEMORY"),
    "memory of DuckDB": (duckdb.OutOfMemoryException("failed to allocate"), "MEMORY"),
    "a database without room": (DBAPIError("x", {}, DiskFullError("full")), "DATABASE"),
    "connections": (TooManyConnectionsError("too many clients"), "DATABASE"),
    "a farewell of the database": (InternalClientError("cannot switch to state 12"), "DATABASE"),
    "a database that is away": (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "DATABASE"),
}
DUE = text(
    "UPDATE report_executions SET due_at = now(), lease_until = NULL WHERE phase = 'ingesting'"
)


@pytest.mark.parametrize("what", LACKS)
def test_what_is_lacking_is_told_apart_from_bugs(what):
    error, lack = LACKS[what]
    failure = failures.of(error, failures.unknown)
    assert (failure.lacks, failure.passes) == (lack, True)
    assert failure.message == failures.SENTENCES[lack]


@pytest.mark.parametrize(
    "error",
    [
        ValueError("odd"),
        FileNotFoundError("results/x.parquet"),
        duckdb.IOException("IO Error: Input is not a GZIP stream"),
        DBAPIError("x", {}, ValueError("NUL")),
    ],
)
def test_a_bug_is_not_blamed_on_the_surroundings(error):
    failure = failures.of(error, failures.unknown)
    assert failure.lacks is None
    assert failure.message.startswith("Internal error (request id ")


@pytest.mark.parametrize(
    ("module", "name", "what"),
    [(ingest, "convert", "a full disk"), (storage, "put", "a store that refuses")],
)
async def test_what_is_lacking_for_longer_than_any_bug_may_last_ends_well(
    ask, report, sent, do, monkeypatch, work_until_done, module, name, what
):
    error, lack = LACKS[what]

    def lacking(*_: object, **__: object) -> None:
        raise error

    started = await ask(RUN, id=report["id"])
    seen: list[dict[str, str]] = []
    with monkeypatch.context() as poor:
        poor.setattr(module, name, lacking)
        for _ in range(200):
            if len(seen) == claims.MOST_TRIES + 2:
                break
            await clock.tick(tidy=False)
            await do()
            now = await ask(READ, id=started["id"])
            if now["phase"] != "INGESTING" or now["blockedBy"] is None:
                continue
            seen.append(now["blockedBy"])
            async with db.owner_transaction() as session:
                await session.execute(DUE)

    assert len(seen) == claims.MOST_TRIES + 2
    assert {one["reason"] for one in seen} == {lack}
    assert len({one["since"] for one in seen}) == 1, "one wait, however often it is tried"
    assert seen[0]["since"] is not None
    assert "by itself" in seen[0]["message"]
    await work_until_done()
    ended = await ask(READ, id=started["id"])
    assert (ended["status"], ended["errorMessage"], ended["blockedBy"]) == ("COMPLETED", None, None)
