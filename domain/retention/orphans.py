"""Finds files that no row names, and rows whose file is not in the store.

Both sides are compared in the database, in a temporary table, however many files there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import moments, storage
from domain.executions import files
from domain.storage import Stored

AT_ONCE: Final = 1000
YOUNG: Final = timedelta(hours=1)  # a worker may be about to name it
SHOWN: Final = 100

TABLES: Final = (
    "CREATE TEMPORARY TABLE stored (key text PRIMARY KEY, size bigint, is_young boolean) "
    "ON COMMIT DROP",
    # Read before the store is, so that a file that is stored meanwhile is not taken for lost.
    f"CREATE TEMPORARY TABLE named_before ON COMMIT DROP AS {files.NAMED_KEYS.text}",
)
ADD: Final = text(
    "INSERT INTO stored SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:sizes AS bigint[]), "
    "CAST(:young AS boolean[])) ON CONFLICT DO NOTHING"
)
NAMED_NOW: Final = f"CREATE TEMPORARY TABLE named ON COMMIT DROP AS {files.NAMED_KEYS.text}"
UNNAMED: Final = """
    FROM stored s WHERE NOT s.is_young
    AND NOT EXISTS (SELECT 1 FROM named n WHERE n.output_location = s.key)
    AND NOT EXISTS (SELECT 1 FROM result_removals r WHERE r.location = s.key)
"""
LOST: Final = """
    FROM named n JOIN named_before b USING (output_location)
    WHERE NOT EXISTS (SELECT 1 FROM stored s WHERE s.key = n.output_location)
"""
COUNTED: Final = text(
    f"""
    SELECT (SELECT count(*) FROM stored) AS files,
        (SELECT coalesce(sum(size), 0)::bigint FROM stored) AS bytes,
        (SELECT count(*) {UNNAMED}) AS unnamed,
        (SELECT coalesce(sum(s.size), 0)::bigint {UNNAMED}) AS unnamed_bytes,
        ARRAY(SELECT s.key {UNNAMED} ORDER BY s.key LIMIT {SHOWN}) AS unnamed_keys,
        (SELECT count(*) {LOST}) AS lost,
        ARRAY(SELECT n.output_location {LOST} ORDER BY 1 LIMIT {SHOWN}) AS lost_keys
    """
)
NOTE: Final = text(f"INSERT INTO result_removals (location) SELECT s.key {UNNAMED}")


@dataclass(frozen=True)
class Found:
    """What is in the store, and what does not fit: of both kinds the number and the first keys."""

    files: int
    bytes: int
    unnamed: int
    unnamed_bytes: int
    unnamed_keys: Sequence[str]
    lost: int
    lost_keys: Sequence[str]


async def check(session: AsyncSession, *, remove: bool = False) -> Found:
    """Compare the store with the rows, as the owner. Files of the last hour count as named.

    With `remove`, files that no row names are noted for removal. The worker then decides once more
    whether a row names them (domain/executions/files.py).
    """
    for statement in TABLES:
        await session.execute(text(statement))
    page: list[Stored] = []
    async for one in storage.files():
        page.append(one)
        if len(page) == AT_ONCE:
            await _add(session, page)
            page = []
    await _add(session, page)
    await session.execute(text(NAMED_NOW))
    row = (await session.execute(COUNTED)).one()
    if remove:
        await session.execute(NOTE)
    return Found(**row._mapping)


async def _add(session: AsyncSession, page: list[Stored]) -> None:
    young = moments.now() - YOUNG
    given = {
        "keys": [one.key for one in page],
        "sizes": [one.size for one in page],
        "young": [one.stored_at > young for one in page],
    }
    await session.execute(ADD, given)
