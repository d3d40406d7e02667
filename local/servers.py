"""Runs the API, the local AMC, the worker and the clock."""

import asyncio
import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING

from domain import logs
from local.children import die_with

if TYPE_CHECKING:
    from domain.roles import Role

GRACE = 5  # seconds for open subscriptions, which would never end by themselves


def api(host: str, port: int) -> int:
    """Serve the API until told to stop."""
    _check_documents()
    _check_role("api")
    protocols = {"http": "graph.http.connections:Http", "ws": "graph.http.frames:WebSocket"}
    return _serve("graph.app:app", host, port, factory=False, **protocols)


def sandbox() -> int:
    """Serve the local AMC until told to stop."""
    from sandbox.engine.settings import Settings

    factory, given = "sandbox.http.app:create_app_from_environment", Settings()
    return _serve(factory, given.host, given.port, factory=True)


def _serve(
    app: str,
    host: str,
    port: int,
    *,
    factory: bool,
    http: str = "auto",
    ws: str = "websockets-sansio",
) -> int:
    from local import web_server

    logs.configure()
    web_server.run(
        app,
        factory=factory,
        host=host,
        port=port,
        http=http,
        ws=ws,
        ws_per_message_deflate=False,  # it would take longer than the rest of a small message
        timeout_graceful_shutdown=GRACE,
        access_log=False,  # our own line has the operation, the person and the cost
        log_config=None,  # its lines look like ours
    )
    return 0


def worker(processes: int, threads: int) -> int:
    """Run background jobs until told to stop."""
    _check_role("worker", 2 * processes)  # each has connections of both roles
    _check_role("api", 2 * processes)  # by which exports are read
    from jobs import worker

    with contextlib.suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())  # of the loop of each process
    _kill_forks_with_their_parent()
    logs.configure()
    return worker.run(processes, threads)


def _kill_forks_with_their_parent() -> None:
    """The worker's processes survive when their parent is killed, so they are killed with it.

    The work is done again, and they may not yet handle a request to end.
    """
    # Known before the fork: a child of a parent that is dead by then has another one.
    forks = [os.getpid()]
    os.register_at_fork(
        before=lambda: forks.__setitem__(0, os.getpid()),
        after_in_child=lambda: die_with(forks[0], signal.SIGKILL),
    )


def clock() -> int:
    """Find what is due until told to stop."""
    _check_role("worker")
    from domain.roles import WrongRole
    from jobs.clock import main

    try:
        asyncio.run(main())
    except WrongRole as wrong:
        _refuse(wrong.reason)
    return 0


def _refuse(reason: str) -> None:
    logs.refuse([reason])
    sys.exit(1)


def _check_documents() -> None:
    """Exit with a sentence if the list of trusted documents cannot be used."""
    from domain.settings import settings
    from graph.http import documents

    try:
        if settings.trusted_documents:
            documents.read(settings.trusted_documents)
    except ValueError as wrong:
        _refuse(str(wrong))


def _check_role(role: "Role", pools: int = 1) -> None:
    """Exit with a sentence if the database does not see this process as this role.

    Warn if the connections of all processes do not fit into the database.
    """
    import structlog

    from domain import db, health, logs
    from domain.roles import WrongRole

    async def check() -> None:
        try:
            await db.check_role(role)
            if (mend := await health.cramped(role, pools)) is not None:
                logs.configure()
                structlog.get_logger().warning("database.cramped", mend=mend)
        finally:
            await db.dispose()

    try:
        asyncio.run(check())
    except WrongRole as wrong:
        _refuse(wrong.reason)
