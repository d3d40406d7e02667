"""Logs: one line per event, as keys and values. Tracebacks show no values of variables."""

import logging
import sys

import structlog


def configure() -> None:
    """Set up logging for this process: readable on a terminal, JSON otherwise."""
    people = sys.stderr.isatty()
    # Local variables are never shown: they hold tokens, and rows that logs must not reveal.
    renderer: structlog.types.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if people
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if people else [structlog.processors.format_exc_info]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
