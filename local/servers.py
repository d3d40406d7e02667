"""The processes that `up` starts, as other programs run them: uvicorn and Dramatiq."""

import os
import signal

from local.children import die_with

GRACE = 5  # seconds for open subscriptions, which would never end by themselves
WORKER_GRACE = 5_000  # ms for jobs under way; a job that is cut off is done again


def api(host: str, port: int) -> int:
    """Serve the API until told to stop."""
    protocols = {"http": "graph.http.connections:Http", "ws": "graph.http.frames:WebSocket"}
    return _serve("graph.app:app", host, port, factory=False, **protocols)


def sandbox() -> int:
    """Serve the local AMC until told to stop."""
    from sandbox.engine.settings import Settings

    factory = "sandbox.http.app:create_app_from_environment"
    return _serve(factory, "127.0.0.1", Settings().port, factory=True)


def _serve(
    app: str,
    host: str,
    port: int,
    *,
    factory: bool,
    http: str = "auto",
    ws: str = "websockets-sansio",
) -> int:
    import uvicorn

    uvicorn.run(
        app,
        factory=factory,
        host=host,
        port=port,
        http=http,
        ws=ws,
        ws_per_message_deflate=False,  # it costs more than all the rest of a small message
        timeout_graceful_shutdown=GRACE,
        access_log=False,
    )
    return 0


def worker(processes: int, threads: int) -> int:
    """Do background jobs until told to stop."""
    # How long an idle worker sleeps before it looks into its queues again, in milliseconds. Read
    # by Dramatiq as it is imported; what waits for a message waits for half of it on average.
    os.environ.setdefault("dramatiq_worker_timeout", "50")
    from dramatiq.cli import main, make_argument_parser

    # Dramatiq's processes outlive their parent when that is killed; ours may not. They are killed
    # as it was: what they were doing is done again, and a request to end they might not heed yet.
    os.register_at_fork(after_in_child=lambda: die_with(os.getppid(), signal.SIGKILL))
    command = ["jobs", "--processes", str(processes), "--threads", str(threads)]
    command += ["--worker-shutdown-timeout", str(WORKER_GRACE)]
    command += ["--skip-logging"]  # it would log each request to AMC with its address
    return int(main(make_argument_parser().parse_args(command)))  # type: ignore[no-untyped-call]
