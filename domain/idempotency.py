"""A repeated mutation with the same key gets the first answer, for a day."""

import hashlib
from datetime import timedelta

import orjson
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access import Viewer
from domain.errors import Conflict, Invalid
from domain.models import IdempotencyKey

KEPT = timedelta(days=1)
LONGEST = 200


async def first_answer(
    session: AsyncSession, viewer: Viewer, key: str | None, operation: str, request: object
) -> str | None:
    """The id the first request with this key was answered with; None if this is the first.

    A second request waits here until the first one's transaction is over.
    """
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST:
        raise Invalid(f"An idempotency key has 1 to {LONGEST} characters.", field="idempotencyKey")
    digest = hashlib.sha256(orjson.dumps([operation, request], default=str)).hexdigest()
    mine = IdempotencyKey.user_id == viewer.user_id
    await session.execute(
        delete(IdempotencyKey).where(
            mine, IdempotencyKey.key == key, IdempotencyKey.expires_at < func.now()
        )
    )
    made = await session.scalar(
        insert(IdempotencyKey)
        .values(
            user_id=viewer.user_id,
            key=key,
            operation=operation,
            request_hash=digest,
            expires_at=func.now() + KEPT,
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    )
    if made is not None:
        return None
    row = (
        await session.scalars(select(IdempotencyKey).where(mine, IdempotencyKey.key == key))
    ).one()
    if row.request_hash != digest:
        raise Conflict(
            "This idempotency key was used for another request; use a new one.",
            field="idempotencyKey",
        )
    return row.answer_id


async def remember(session: AsyncSession, viewer: Viewer, key: str | None, answer_id: str) -> None:
    """Keep what this request is answered with, in the transaction that makes it true."""
    if key is None:
        return
    await session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.user_id == viewer.user_id, IdempotencyKey.key == key)
        .values(answer_id=answer_id)
    )
