"""Work for a client lasts as long as the client waits for it.

Most work is over before anyone could leave, so the client is watched only after a moment.
"""

import asyncio
from types import TracebackType

from starlette.requests import ClientDisconnect
from starlette.types import Receive

MOMENT = 0.2  # seconds


class WhileConnected:
    """Ends the work of its block as soon as the client has gone. Raises ClientDisconnect then.

    The body of the request must have been read.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._has_gone = False
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        """Begin the work of this task."""
        loop = asyncio.get_running_loop()
        self._worker = asyncio.current_task(loop)
        self._beginning = loop.call_later(MOMENT, self._begin)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it."""
        self._beginning.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        is_ended = self._has_gone and isinstance(error, asyncio.CancelledError)
        if is_ended and self._worker is not None and self._worker.uncancel() == 0:
            raise ClientDisconnect from None

    def _begin(self) -> None:
        self._watcher = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass  # a GET without a body says so first
        self._has_gone = True
        if self._worker is not None:
            self._worker.cancel()
