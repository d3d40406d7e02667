"""The files of stored results: under which key one is kept, and when it is removed.

A file is named by every row that has its key: executions, segments, their revisions, and archived
executions. It is removed once no row names it, in three steps. Each is safe to repeat and to kill.

1. *Note* its key in `result_removals`. A trigger does so for each deleted row that named it, and a
   worker for a file that it is about to store, in case it dies before it records the result.
2. *Decide*. If no row names the key, `decided_at` is set, and from then on no row may name it.
   Otherwise the note is deleted. Deciding and naming exclude each other by a lock on the key.
3. *Remove* the file, GRACE later: whoever has read the key from a row can still read the file.
   The note stays for KEPT, and the key is not used again meanwhile. A worker that was frozen just
   before it removes a file can do no harm when it wakes up.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from domain import bus, kinds, moments, pauses, storage
from domain.models import ResultRemoval
from domain.settings import settings

log = structlog.get_logger()

GRACE = timedelta(minutes=15)  # links to files live for ten
UNRECORDED = timedelta(hours=1)  # from storing a file; to record it takes seconds
KEPT = timedelta(days=7)
SLOWEST = timedelta(hours=1)  # pause between two tries to remove a file
AT_ONCE = 100
JOB = (bus.Job.REMOVE_RESULTS, "results")  # one for all files

LOCK = "hashtextextended('result ' || key, 0)"
KEYS = bindparam("keys", type_=ARRAY(Text()))
LOCK_TO_DECIDE, LOCK_TO_NAME = (
    text(f"SELECT {lock}({LOCK}) FROM unnest(:keys) AS key").bindparams(KEYS)
    for lock in ("pg_advisory_xact_lock", "pg_advisory_xact_lock_shared")
)
# What an execution of a collection brought belongs to the collection, and goes with it.
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


async def reserve(session: AsyncSession, key: str) -> str:
    """The key to store a file under, noted: this one, or another if this one is being removed."""
    if await _is_decided(session, key):
        stem, _, ending = key.rpartition(".")
        key = f"{stem}-{uuid4().hex}.{ending}"
    await _note(session, key, UNRECORDED)
    return key


async def may_name(session: AsyncSession, key: str) -> bool:
    """Whether a row may name this file, as long as this transaction lasts."""
    await session.execute(LOCK_TO_NAME, {"keys": [key]})
    if not await _is_decided(session, key):
        return True
    await _note(session, key, timedelta(0))  # it may have been stored after it was removed
    return False


async def _is_decided(session: AsyncSession, key: str) -> bool:
    found = select(ResultRemoval.id).where(
        ResultRemoval.location == key, ResultRemoval.decided_at.is_not(None)
    )
    return await session.scalar(found) is not None


async def _note(session: AsyncSession, key: str, wait: timedelta) -> None:
    session.add(ResultRemoval(location=key, due_at=func.now() + wait))
    await session.flush()


async def due(session: AsyncSession) -> dict[tuple[bus.Job, str], datetime]:
    """What the clock nudges: the job, if there is anything to decide or to remove."""
    since = await session.scalar(
        select(func.min(ResultRemoval.due_at)).where(ResultRemoval.due_at <= func.now())
    )
    return {} if since is None else {JOB: since}


async def decide(session: AsyncSession) -> None:
    """Judge the notes that are due: their files are named, or will never be again."""
    notes = (await session.scalars(_due(ResultRemoval.decided_at.is_(None)))).all()
    if not notes:
        return
    keys = sorted({note.location for note in notes})  # everybody locks in this order
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
    # A file that was decided before may have been stored again by a worker that was late.
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
    """Have the executions of deleted collections name these files no more."""
    for model in kinds.EXECUTIONS:
        changed = await session.scalars(
            update(model)
            .where(model.output_location.in_(keys))
            .values(output_location=None)
            .returning(model.id)
        )
        bus.changed(session, *changed)


def _due(*which: Any) -> Any:
    """The notes that are due and meet these conditions, locked."""
    return (
        select(ResultRemoval)
        .where(ResultRemoval.due_at <= func.now(), *which)
        .order_by(ResultRemoval.due_at, ResultRemoval.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )


def _go_on(session: AsyncSession, number: int) -> None:
    """Have the job done once more if there may be more notes than it took."""
    if number == AT_ONCE:
        bus.later(session, *JOB)


@dataclass(frozen=True)
class Removal:
    """A file that is to be removed."""

    id: UUID
    key: str
    tries: int


async def claim(session: AsyncSession) -> list[Removal]:
    """The files to remove now. Twice does no harm; they are due again if this worker dies."""
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
    """Remove the files; for each that the store would not remove the reason, by the note's key."""
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
    """Write down what is removed. The rest is tried again, for as long as it takes."""
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
    """Forget the files that were removed long ago."""
    await session.execute(delete(ResultRemoval).where(ResultRemoval.removed_at < func.now() - KEPT))
