"""Logs: one line per event, as keys and values. Tracebacks show no values of variables.

On a terminal they are for people. Otherwise every line is a JSON object, whoever wrote it: this
server, a library, Python's warnings, or an exception that nobody caught.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass
from types import TracebackType

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict

# These tell the URL of each request at INFO, and URLs of results are secrets.
CHATTY = ("httpx2", "httpx", "httpcore2", "httpcore", "aiosmtplib", "alembic")
# A server that is lost is noticed again and again, until it is back. It is told ever less often.
LASTING = {
    "bus.deaf",
    "bus.lost",
    "clock.server_lost",
    "database.away",
    "graph.lacks",
    "health.database",
    "lease.not_renewed",
    "signing_in.not_rechecked",
    "step.database_away",
    "tokens.keys_not_fetched",
    "watch.waits",
}
SOCKETS = ('%s - "WebSocket', "connection open", "connection closed")
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 300.0  # seconds between two lines about the same
OVER = 30.0  # seconds of silence after which the same is told as something new


@dataclass
class _Told:
    """What was told about one trouble."""

    began: float
    newest: float
    next: float
    pause: float
    times: int = 1


class Pauses:
    """Lets the same line pass at once, and then after ever longer pauses."""

    def __init__(self) -> None:
        self._told: dict[Hashable, _Told] = {}

    def pass_on(self, key: Hashable) -> dict[str, int] | None:
        """None if the line is not told now. Else how often it happened, and for how long."""
        now = time.monotonic()
        told = self._told.get(key)
        if told is None or now - told.newest > OVER:
            self._told[key] = _Told(now, now, now + FIRST_PAUSE, FIRST_PAUSE)
            return {}
        told.times += 1
        told.newest = now
        if now < told.next:
            return None
        told.pause = min(told.pause * 2, LONGEST_PAUSE)
        told.next = now + told.pause
        return {"times": told.times, "seconds": round(now - told.began)}


_pauses = Pauses()


def _rarely(logger: object, method: str, event: EventDict) -> EventDict:
    """A processor that drops lines about a lasting trouble between its pauses."""
    if event.get("event") in LASTING:
        more = _pauses.pass_on((event["event"], event.get("error")))
        if more is None:
            raise structlog.DropEvent
        event.update(more)
    return event


def _of_library(record: logging.LogRecord) -> bool:
    """The same for the lines of Dramatiq, which looks for Redis again and again.

    Uvicorn's lines about sockets are dropped: ours say more, and its have what is in the URL.
    """
    if record.name == "uvicorn.error" and str(record.msg).startswith(SOCKETS):
        return False
    is_trouble = record.name.startswith("dramatiq") and record.levelno >= logging.WARNING
    return not is_trouble or _pauses.pass_on((record.name, record.msg)) is not None


def configure() -> None:
    """Set up logging for this process: readable on a terminal, JSON otherwise."""
    people = os.isatty(2)
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Local variables are never shown: they hold tokens, and rows that logs must not reveal.
    rendered: list[structlog.types.Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if people
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]
    )
    structlog.configure(
        processors=[_rarely, *shared, *rendered],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),  # each line in one piece
        cache_logger_on_first_use=False,
    )
    _take_over(shared, rendered)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _take_over(
    shared: list[structlog.types.Processor], rendered: list[structlog.types.Processor]
) -> None:
    """Have the lines of libraries look like ours."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    handler.addFilter(_of_library)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(True)


def _uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger().critical("process.bug", exc_info=(kind, error, traceback))


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    if given.exc_value is not None:
        _uncaught(given.exc_type, given.exc_value, given.exc_traceback)


def refuse(sentences: list[str]) -> None:
    """Say why a server does not start: in sentences on a terminal, in a line for each otherwise."""
    if os.isatty(2):
        print("\n".join(sentences), file=sys.stderr)
        return
    configure()
    for sentence in sentences:
        structlog.get_logger().critical("process.refused_to_start", reason=sentence)
