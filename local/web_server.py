"""Uvicorn, as this product runs it: it sleeps until somebody asks or a signal arrives.

Uvicorn itself wakes up ten times a second, to see whether it has to end and to tell the date.
"""

import asyncio
import contextlib
import sys
import time
from email.utils import formatdate
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.server import ServerState


class _State(ServerState):
    """What the connections share. The date of an answer is made when it is needed."""

    def __init__(self, config: uvicorn.Config) -> None:
        self._config = config
        self._second, self._date = 0, b""
        super().__init__()

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """Headers of each answer."""
        second = int(time.time())
        if second != self._second:
            self._second, self._date = second, formatdate(second, usegmt=True).encode()
        return [(b"date", self._date), *self._config.encoded_headers]

    @default_headers.setter
    def default_headers(self, headers: list[tuple[bytes, bytes]]) -> None:
        """Leave out what Uvicorn sets at the start."""


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.server_state = _State(config)
        self._told = asyncio.Event()

    async def main_loop(self) -> None:
        """Serve until a signal arrives."""
        while not self.should_exit:
            await self._told.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Note the signal, and wake the loop up."""
        super().handle_exit(sig, frame)
        asyncio.get_running_loop().call_soon_threadsafe(self._told.set)


def run(app: Any, **options: Any) -> None:
    """Serve an application with these options of Uvicorn, until told to stop. Exits if it fails."""
    config = uvicorn.Config(app, **options)
    config.load_app()  # its modules are imported before the loop runs
    server = _Server(config)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)
