"""Makes exports in the background, a few at the same time, under a lease with a fence.

1. `claim` leases the next export in line, if fewer than `exports_at_once` are being made. Persons
   take turns: first comes whoever has the fewest exports under way.
2. `make` reads the source as the export's person, and stores the file under its checksum. So equal
   exports have one file.
3. `record` names the file, if the lease is still held and nobody has cancelled the export.
4. `fail` is called instead if a step raised. It is tried again after a pause, or given up.
"""

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

import duckdb
import structlog
from sqlalchemy import Select, func, select, text, update
from sqlalchemy.exc import NoResultFound
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain import ids, leases, moments, pool, scratch, storage
from domain.bus import bus
from domain.db import worker_transaction
from domain.errors import DomainError
from domain.executions import files
from domain.exports import production
from domain.exports.exports import JOB
from domain.exports.production import Produced
from domain.exports.scans import TooManyRows
from domain.failures import Failure
from domain.leases import Held, Lease
from domain.models import ReportExport, ResultRemoval, User
from domain.notices import notices
from domain.settings import settings
from domain.viewer import Viewer

log = structlog.get_logger()

LEASE = Lease(ReportExport)
TRIES = 4
READ, WRITTEN = 30, 90  # percent: the source is read; the file is made, and not stored yet
EXPIRED_AT_ONCE = 100
NOT_SEEN = "You may no longer see what was to be exported, or it no longer exists."
SIGNED_OUT = "This person may no longer sign in."


@dataclass(frozen=True)
class Task:
    """A claimed export, and the person it is made for."""

    export: ReportExport
    held: Held
    viewer: Viewer


@dataclass(frozen=True)
class Made:
    """A stored file."""

    key: str
    name: str
    size: int
    checksum: str
    missing_parts: list[str]


async def claim(session: AsyncSession, subject: str) -> Task | None:
    """Claim the next export. Return None if there is none, or enough are being made."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('exports', 0))"))
    if await _is_full(session):
        return None
    while (key := await session.scalar(_next())) is not None:
        export = await leases.take(
            session, LEASE, ReportExport.id == key, state="running", progress=0
        )
        if export is None:
            return None
        bus.changed(session, export.id)
        if export.step_tries > TRIES:
            await _end(session, export, "failed", export.error_message or leases.DIED)
            continue
        person = await session.scalar(
            select(User).where(User.id == export.exported_by, User.is_active)
        )
        if person is None:
            await _end(session, export, "failed", SIGNED_OUT)
            continue
        viewer = Viewer(user_id=person.id, email=person.email, name=person.name)
        bus.later(session, *JOB)  # there may be room for another one
        return Task(export, leases.held(LEASE, export), viewer)
    return None


async def _is_full(session: AsyncSession) -> bool:
    """Return whether as many exports are being made as may be."""
    under_way = select(func.count()).where(
        ReportExport.state == "running", ReportExport.lease_until >= func.now()
    )
    return (await session.scalar(under_way) or 0) >= settings.exports_at_once


def _next() -> Select[UUID]:
    """Select the export that is next in line: of whoever has the fewest under way, the oldest."""
    other = aliased(ReportExport)
    under_way = (
        select(func.count())
        .where(
            other.exported_by == ReportExport.exported_by,
            other.state == "running",
            other.lease_until >= func.now(),
        )
        .correlate(ReportExport)
        .scalar_subquery()
    )
    return (
        select(ReportExport.id)
        .where(ReportExport.due_at <= func.now(), LEASE.is_free())
        .order_by(under_way, ReportExport.due_at, ReportExport.id)
        .limit(1)
    )


async def make(task: Task) -> Made | str:
    """Make and store the file. Return why there is none, if trying again would not help."""
    pool.act_for(JOB)  # all exports together take a share, and executions have the rest
    scratch.sweep()  # files of an export are large: those of a killed worker go soon
    with scratch.folder() as place:
        try:
            read = partial(_tell, task.held, READ)
            produced = await production.produce(task.viewer, task.export, place, read)
        except NoResultFound:
            return NOT_SEEN
        except (DomainError, TooManyRows) as refused:
            return str(refused)
        await _tell(task.held, WRITTEN)
        return await _stored(produced)


async def _tell(held: Held, percent: int) -> None:
    """Tell watchers how much is done, unless the lease was lost or the export cancelled."""
    mine = update(ReportExport).where(
        ReportExport.id == held.id,
        ReportExport.fence == held.fence,
        ReportExport.state == "running",
    )
    async with worker_transaction() as session:
        await session.execute(mine.values(progress=percent))
        bus.changed(session, held.id)


async def _stored(produced: Produced) -> Made:
    checksum = await pool.run(_checksum, produced.path)
    size = produced.path.stat().st_size
    # A store keeps the name with the file, so equal files have one key if they have one name.
    named = hashlib.sha256(produced.name.encode()).hexdigest()[:8]
    key = f"exports/{checksum[:2]}/{checksum}-{named}{produced.path.suffix}"
    async with worker_transaction() as session:
        key = await files.reserve(session, key)
    if not await storage.exists(key):
        await storage.put(produced.path, key, produced.name)
    return Made(key, produced.name, size, checksum, produced.missing_parts)


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def record(session: AsyncSession, task: Task, made: Made | str) -> None:
    """Name the file, unless the lease was lost or the export was cancelled meanwhile."""
    bus.later(session, *JOB)
    export = await leases.lock(session, task.held, ReportExport.state == "running")
    if export is None:
        return
    if isinstance(made, str):
        await _end(session, export, "failed", made)
        return
    if not await files.may_name(session, made.key):  # it is being removed: make it once more
        leases.release(LEASE, export)
        export.state = "pending"
        return
    export.file_url, export.file_name = made.key, made.name
    export.file_size_bytes, export.checksum = made.size, made.checksum
    export.missing_parts, export.progress = made.missing_parts, 100
    export.completed_at = moments.now()
    export.expires_at = moments.now() + settings.export_files_kept
    await _end(session, export, "completed", None)
    log.info("export.made", export=ids.encode("exp", export.id), bytes=made.size)


def words(error: Exception) -> str | None:
    """Return the reason for a failure in words for people, or None for an unexpected error."""
    if isinstance(error, duckdb.Error):
        return f"A result file cannot be read: {type(error).__name__}."
    return None


async def fail(
    session: AsyncSession, subject: str, held: Held | None, task: Task | None, failure: Failure
) -> None:
    """Postpone the next try by a growing pause. After the last one, give up with the reason."""
    if held is None:
        return  # nothing was claimed; the clock sends the job again
    bus.later(session, *JOB)
    export = await leases.lock(session, held, ReportExport.state == "running")
    if export is None:
        return
    export.step_tries = failure.used(export.step_tries, TRIES)
    if export.step_tries >= TRIES:
        await _end(session, export, "failed", failure.message)
        return
    export.state, export.error_message = "pending", failure.message
    leases.postpone(LEASE, export)
    bus.changed(session, export.id)


async def _end(session: AsyncSession, export: ReportExport, state: str, why: str | None) -> None:
    leases.release(LEASE, export)
    export.state, export.due_at, export.error_message = state, None, why
    await session.flush()
    bus.changed(session, export.id)
    await notices.export_is_over(session, export.id)


async def expire(session: AsyncSession) -> None:
    """End the exports whose files have been kept long enough. The rows stay; files are removed."""
    over = await session.scalars(
        select(ReportExport)
        .where(ReportExport.state == "completed", ReportExport.expires_at <= func.now())
        .order_by(ReportExport.expires_at)
        .limit(EXPIRED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    for export in over:
        session.add(ResultRemoval(location=export.file_url))
        export.state, export.file_url = "expired", None
        bus.changed(session, export.id)
