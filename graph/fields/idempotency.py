"""The argument `idempotencyKey`, which makes a mutation safe to repeat."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from domain import idempotency, ids
from domain.people import access
from domain.viewer import Viewer
from graph.node import MODELS

Row = TypeVar("Row")

IdempotencyKey = Annotated[
    str | None,
    strawberry.argument(
        description="A key of your choice that makes the mutation safe to repeat. A repeat with "
        "the same key within a day returns the first answer. CONFLICT if the other "
        "arguments differ."
    ),
]


async def once(
    session: AsyncSession,
    viewer: Viewer,
    key: str | None,
    request: Sequence[object],
    prefix: str,
    make: Callable[[], Awaitable[Row]],
) -> Row:
    """The row that `make` creates, or the row that it created when the key was first used."""
    made: list[Row] = []

    async def public_id() -> str:
        made.append(await make())
        return ids.encode(prefix, made[0].id)  # type: ignore[attr-defined]

    answer = await idempotency.once(session, viewer, key, request, public_id)
    model: type[Row] = MODELS[prefix]
    return made[0] if made else await access.get(session, prefix, model, answer)
