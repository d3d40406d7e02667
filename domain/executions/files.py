"""The files of stored results: their keys, and when they are removed.

A row names a file by its key. Executions, segments, revisions of segments, archived executions and
archived views and exports name files. A file that no row names is removed in three steps. Each step
is safe to repeat and to interrupt.

1. *Note* the key in `result_removals`. A trigger notes it for each deleted row that named it, and
   for each segment that names another file. A worker notes it before storing a file, in case it
   dies before it records the result.
2. *Decide*. If no row names the key, `decided_at` is set, and from then on no row may name it.
   Otherwise the note is deleted. Deciding and naming exclude each other by a lock on the key.
3. *Remove* the file after GRACE: whoever has read the key from a row can still read the file.
   The note stays for KEPT, and its key is not used again in that time. A worker that froze just
   before removing a file does no harm when it wakes up.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Interval, Text

from domain import db, kinds, moments, pauses, storage
from domain.bus import bus
from domain.bus.queues import Job
from domain.models import ResultRemoval
from domain.settings import settings

log = structlog.get_logger()

GRACE = timedelta(minutes=15)  # longer than a link to a file lives
UNRECORDED = timedelta(hours=1)  # from storing a file to recording it, which normally takes seconds
KEPT = timedelta(days=7)
SLOWEST = timedelta(hours=1)  # longest pause between two tries to remove a file
AT_ONCE = 100
JOB = (Job.REMOVE_RESULTS, "results")  # one job for all files

LOCK = "hashtextextended('result ' || key, 0)"
KEYS = bindparam("keys", type_=ARRAY(Text()))
LOCK_TO_DECIDE, LOCK_TO_NAME = (
    db.constant(f"SELECT {lock}({LOCK}) FROM unnest(:keys) AS key", KEYS)
    for lock in ("pg_advisory_xact_lock", "pg_advisory_xact_lock_shared")
)
# The result of a collection's execution belongs to the collection and goes with it.
NAMED = " OR ".join(
    [
        *(
            f"EXISTS (SELECT 1 FROM {kind.execution.name} WHERE output_location = key "
            "AND (triggered_by <> 'backfill' OR collection_id IS NOT NULL))"
            for kind in kinds.KINDS
        ),
        "EXISTS (SELECT 1 FROM archived_workflow_executions WHERE output_location = key)",
        "EXISTS (SELECT 1 FROM report_data_weeks WHERE result_location = key)",
        "EXISTS (SELECT 1 FROM report_week_revisions WHERE result_location = key)",
        "EXISTS (SELECT 1 FROM dashboard_views WHERE archive_location = key)",
        "EXISTS (SELECT 1 FROM report_exports WHERE file_url = key)",
    ]
)
JUDGED = text(
    f"""
    SELECT key, {NAMED} AS is_named, EXISTS (
        SELECT 1 FROM result_removals WHERE location = key AND decided_at IS NOT NULL
    ) AS is_decided
    FROM unnest(:keys) AS key
    """
).bindparams(KEYS)


NOTE = db.constant(
    """
    INSERT INTO result_removals (location, due_at)
    SELECT :key, now() + :wait WHERE NOT EXISTS (
        SELECT FROM result_removals WHERE location = :key AND decided_at IS NOT NULL
    )
    RETURNING id
    """,
    bindparam("key", type_=Text()),
    bindparam("wait", type_=Interval()),
)
IS_DECIDED = db.constant(
    "SELECT EXISTS (SELECT FROM result_removals WHERE location = :key AND decided_at IS NOT NULL)"
)
NAMED_KEYS = text(
    " UNION ".join(
        f"SELECT {column} AS output_location FROM {table} WHERE {column} IS NOT NULL"
        for table, column in (
            *((kind.execution.name, "output_location") for kind in kinds.KINDS),
            ("archived_workflow_executions", "output_location"),
            ("report_data_weeks", "result_location"),
            ("report_week_revisions", "result_location"),
            ("dashboard_views", "archive_location"),
            ("report_exports", "file_url"),
        )
    )
)


async def named(session: AsyncSession) -> AsyncIterator[str]:
    """Yield the key of each file that a row names, once."""
    async for key in await session.stream_scalars(NAMED_KEYS):
        yield key


async def reserve(session: AsyncSession, key: str) -> str:
    """Note and return the key to store a file under: this key, or a new one if it is decided on."""
    noted = await session.execute(NOTE, {"key": key, "wait": UNRECORDED})
    if noted.one_or_none() is None:
        stem, _, ending = key.rpartition(".")
        key = f"{stem}-{uuid4().hex}.{ending}"
        await _note(session, key, UNRECORDED)
    return key


async def may_name(session: AsyncSession, key: str) -> bool:
    """Return whether a row may name this file until this transaction ends."""
    await session.execute(LOCK_TO_NAME, {"keys": [key]})
    if not await _is_decided(session, key):
        return True
    await _note(session, key, timedelta(0))  # the file may have been stored after its removal
    return False


async def _is_decided(session: AsyncSession, key: str) -> bool:
    return bool(await session.scalar(IS_DECIDED, {"key": key}))


async def _note(session: AsyncSession, key: str, wait: timedelta) -> None:
    session.add(ResultRemoval(location=key, due_at=func.now() + wait))
    await session.flush()


async def decide(session: AsyncSession) -> None:
    """Decide on the due notes: a file that no row names now may never be named again."""
    notes = (await session.scalars(_due(ResultRemoval.decided_at.is_(None)))).all()
    if not notes:
        return
    keys = sorted({note.location for note in notes})  # the order in which everybody locks keys
    await session.execute(LOCK_TO_DECIDE, {"keys": keys})
    judged = (await session.execute(JUDGED, {"keys": keys})).all()
    unnamed = {row.key for row in judged if not row.is_named and not row.is_decided}
    decisions = {note.location: note.id for note in notes if note.location in unnamed}
    judged_notes = {note.id for note in notes} - set(decisions.values())
    await _let_go(session, unnamed)
    await session.execute(delete(ResultRemoval).where(ResultRemoval.id.in_(judged_notes)))
    await session.execute(
        update(ResultRemoval)
        .where(ResultRemoval.id.in_(decisions.values()))
        .values(decided_at=func.now(), due_at=func.now() + GRACE)
    )
    # A late worker may have stored a file again after the decision, so the file is removed again.
    await session.execute(
        update(ResultRemoval)
        .where(
            ResultRemoval.location.in_([row.key for row in judged if row.is_decided]),
            ResultRemoval.decided_at.is_not(None),
        )
        .values(removed_at=None, due_at=func.now() + GRACE)
    )
    _go_on(session, len(notes))


async def _let_go(session: AsyncSession, keys: Collection[str]) -> None:
    """Clear these keys on the executions whose collections are deleted."""
    for model in kinds.EXECUTIONS:
        changed = await session.scalars(
            update(model)
            .where(model.output_location.in_(keys))
            .values(output_location=None)
            .returning(model.id)
        )
        bus.changed(session, *changed)


def _due(*which: Any) -> Any:
    """Return the due notes that meet these conditions, locked."""
    return (
        select(ResultRemoval)
        .where(ResultRemoval.due_at <= func.now(), *which)
        .order_by(ResultRemoval.due_at, ResultRemoval.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )


def _go_on(session: AsyncSession, number: int) -> None:
    """Send the job again if there may be more notes than this batch took."""
    if number == AT_ONCE:
        bus.later(session, *JOB)


@dataclass(frozen=True)
class Removal:
    """A file that is to be removed."""

    id: UUID
    key: str
    tries: int


async def claim(session: AsyncSession) -> list[Removal]:
    """Claim the files to remove. Removing twice is harmless, and a dead worker's claim expires."""
    notes = (await session.scalars(_due(ResultRemoval.decided_at.is_not(None)))).all()
    await session.execute(
        update(ResultRemoval)
        .where(ResultRemoval.id.in_([note.id for note in notes]))
        .values(due_at=func.now() + settings.lease, tries=ResultRemoval.tries + 1)
        .execution_options(synchronize_session=False)
    )
    _go_on(session, len(notes))
    return [Removal(note.id, note.location, note.tries + 1) for note in notes]


async def remove(removals: Sequence[Removal]) -> dict[UUID, str]:
    """Remove the files. Return the reasons for those that were not removed, by the note's id."""
    answers = await asyncio.gather(
        *(storage.remove(one.key) for one in removals), return_exceptions=True
    )
    failed: dict[UUID, str] = {}
    for one, answer in zip(removals, answers, strict=True):
        if isinstance(answer, Exception):
            failed[one.id] = f"{type(answer).__name__}: {answer}"
        elif isinstance(answer, BaseException):
            raise answer
    return failed


async def record(
    session: AsyncSession, removals: Iterable[Removal], failed: Mapping[UUID, str]
) -> None:
    """Record which files are removed. The others are retried for as long as it takes."""
    removed = [one.id for one in removals if one.id not in failed]
    await session.execute(
        update(ResultRemoval)
        .where(ResultRemoval.id.in_(removed))
        .values(removed_at=func.now(), due_at=None, error_message=None)
    )
    left = [
        {
            "id": one.id,
            "due_at": moments.now() + pauses.growing(one.tries, 2, settings.retry_min, SLOWEST),
            "error_message": failed[one.id],
        }
        for one in removals
        if one.id in failed
    ]
    if left:
        log.warning("results.not_removed", files=len(left), error=left[0]["error_message"])
        await session.execute(update(ResultRemoval), left)


async def forget(session: AsyncSession) -> None:
    """Delete the notes of files that were removed more than KEPT ago."""
    await session.execute(delete(ResultRemoval).where(ResultRemoval.removed_at < func.now() - KEPT))
