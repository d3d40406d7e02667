"""Processes that draw: charts, pages and workbooks are made beside the worker, not in it.

Drawing a chart keeps Python's lock for as long as it takes, so a thread would stop the worker's
event loop. A process of its own does not, and a drawing that hangs or crashes takes nothing along.
A process ends with the worker: it reads its orders from a pipe that closes with it. Another one
writes workbooks of rows, so that these take little memory and pages do not wait for them.
"""

import asyncio
import pickle
import struct
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import IO, Any

from domain.exports.drawing_orders import DrawingOrder, RowsOrder

LENGTH = struct.Struct(">Q")
PATIENCE = 120.0  # seconds for one export
MOST_ORDERS = 50  # of one process, so that it does not grow for ever


class NotDrawn(Exception):
    """Drawing failed. The text is for the log."""


async def paint(order: DrawingOrder | RowsOrder) -> None:
    """Have an order carried out by `domain/exports/drawing_program.py`.

    Raises NotDrawn, and TooManyRows for a sheet of Excel.
    """
    loop = asyncio.get_running_loop()
    painter = _painter(isinstance(order, RowsOrder))
    await loop.run_in_executor(painter.thread, painter.paint, order)


@cache
def _painter(writes_rows: bool) -> "DrawingProcess":
    """Return the process that writes workbooks of rows, or the one for everything else."""
    return DrawingProcess()


class DrawingProcess:
    """A process, started at the first order and again after a failure."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="painter")  # it waits for answers
        self._process: subprocess.Popen[bytes] | None = None
        self._orders = 0

    def paint(self, order: Any) -> None:
        """Carry out one order. Blocks. Raises NotDrawn."""
        process = self._running()
        timer = threading.Timer(PATIENCE, process.kill)
        timer.daemon = True
        timer.start()
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            send(process.stdin, order)
            error = receive(process.stdout)
        except (OSError, EOFError) as broken:
            self._end()
            raise NotDrawn("The process that draws has ended.") from broken
        finally:
            timer.cancel()
        if error is not None:
            raise error

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._orders >= MOST_ORDERS:
            self._end()
        if self._process is None or self._process.poll() is not None:
            self._orders = 0
            self._process = subprocess.Popen(
                [sys.executable, "-m", "domain.exports.drawing_program"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=Path(__file__).parents[2],
            )
        self._orders += 1
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def send(pipe: IO[bytes], message: Any) -> None:
    """Write one message."""
    body = pickle.dumps(message)
    pipe.write(LENGTH.pack(len(body)) + body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read one message. Raises EOFError at the end."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(head)
    body = pipe.read(length)
    if len(body) < length:
        raise EOFError
    return pickle.loads(body)  # noqa: S301 (from our own process)
