"""Idempotency keys: a repeated mutation with the same key gets the first answer, for a day."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import orjson
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Conflict
from domain.models import IdempotencyKey
from domain.problems import check_text, refuse
from domain.viewer import Viewer

KEPT = timedelta(days=1)
LONGEST = 200


async def once(
    session: AsyncSession,
    viewer: Viewer,
    key: str | None,
    request: Sequence[object],
    make: Callable[[], Awaitable[str]],
) -> str:
    """Return the id that `make` creates, or that it created when this key came first.

    `request` is the operation and its arguments. A second request waits here until the first one's
    transaction has ended. Raises Conflict if the key was used for another request.
    """
    if key is None:
        return await make()
    first = await _first_answer(session, viewer, key, request)
    if first is not None:
        return first
    answer = await make()
    await session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.user_id == viewer.user_id, IdempotencyKey.key == key)
        .values(answer_id=answer)
    )
    return answer


async def _first_answer(
    session: AsyncSession, viewer: Viewer, key: str, request: Sequence[object]
) -> str | None:
    refuse(check_text("idempotencyKey", key, 1, LONGEST))
    digest = hashlib.sha256(orjson.dumps(list(request), default=str)).hexdigest()
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
            operation=str(request[0]),
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
