"""Subscriptions that outlast an outage: they begin again, and go on with the newest state."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import structlog

from domain import failures, pauses
from domain.errors import Unavailable
from graph.fields.context import Context

log = structlog.get_logger()

SHORTEST, LONGEST = timedelta(seconds=0.2), timedelta(seconds=5)  # between two tries

Begin = Callable[[], Awaitable[AsyncGenerator[Any, None]]]


async def lasting(begin: Begin, context: Context) -> AsyncGenerator[Any, None]:
    """Yield the results of a subscription, and begin it again for as long as the database is away.

    The first result after an outage is the present state. It is left out if the watcher has it. No
    watch ends because of an outage, and none is paid for twice.
    """
    newest: Any = None
    tries = 0
    while True:
        is_again, is_away = context.resumed, False
        async with aclosing(await begin()) as results:
            async for result in results:
                if is_away := _is_away(result):
                    break
                if not (is_again and result.data is not None and result.data == newest):
                    yield result
                newest, is_again, tries = result.data, False, 0
        if not is_away:
            return
        if not tries:
            log.warning("watch.waits", lacks="DATABASE")
        context.resumed = True
        await asyncio.sleep(pauses.growing(tries, 2, SHORTEST, LONGEST).total_seconds())
        tries += 1


def _is_away(result: Any) -> bool:
    """Return whether the result is incomplete because the database was away."""
    causes = [error.original_error for error in result.errors or ()]
    return any(
        isinstance(one, Unavailable) or failures.lacking(one) == "DATABASE" for one in causes if one
    )
