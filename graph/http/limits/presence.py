"""Work for a client lasts as long as the client waits for it.

Most work is over before anyone could leave, so the client is watched only after a moment.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

MOMENT = 0.2  # seconds


@asynccontextmanager
async def while_connected(request: Request) -> AsyncIterator[None]:
    """End the work within as soon as the client has gone. Raises ClientDisconnect then.

    The body of the request must have been read.
    """
    worker = asyncio.current_task()
    has_gone = False
    watcher: asyncio.Task[None] | None = None

    async def watch() -> None:
        nonlocal has_gone
        while (await request.receive())["type"] != "http.disconnect":
            pass  # a GET without a body says so first
        has_gone = True
        if worker is not None:
            worker.cancel()

    def begin() -> None:
        nonlocal watcher
        watcher = asyncio.create_task(watch())

    beginning = asyncio.get_running_loop().call_later(MOMENT, begin)
    try:
        yield
    except asyncio.CancelledError:
        if has_gone and worker is not None and worker.uncancel() == 0:
            raise ClientDisconnect from None
        raise
    finally:
        beginning.cancel()
        if watcher is not None:
            watcher.cancel()
