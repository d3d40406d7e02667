"""A worker: processes whose threads wait for jobs, without waking up before there is one.

Dramatiq's own command line has each thread look once a second whether it has to end.
"""

import multiprocessing
import queue
import signal
from typing import Any

import dramatiq
import structlog

log = structlog.get_logger()

GRACE = 5_000  # milliseconds for running jobs; an interrupted job runs again
ENDS = {signal.SIGTERM, signal.SIGINT}


class _Jobs(queue.PriorityQueue[Any]):
    """The jobs of a process. Its threads wait for one, or for the end."""

    is_over = False

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Return the next job. Raises queue.Empty if there is none, and at the end."""
        if block:
            with self.not_empty:
                self.not_empty.wait_for(lambda: self.is_over or self._qsize())
        return super().get(block=False)

    def end(self) -> None:
        """Have nobody wait any longer."""
        with self.not_empty:
            self.is_over = True
            self.not_empty.notify_all()


def _work(threads: int) -> None:
    """Run jobs until told to end."""
    from jobs.actors import broker

    broker.emit_after("process_boot")
    worker = dramatiq.Worker(broker, worker_threads=threads)
    worker.work_queue = jobs = _Jobs()
    worker.start()
    signal.sigwait(ENDS)
    for thread in worker.workers:
        thread.stop()
    jobs.end()
    broker.end_waits()
    worker.stop(timeout=GRACE)
    broker.close()


def run(processes: int, threads: int) -> int:
    """Run jobs in so many processes until told to end. If one of them ends before, all do.

    Return 0, or 1 if a process ended by itself.
    """
    # Processes and their threads inherit what is blocked, and take it by `sigwait`.
    signal.pthread_sigmask(signal.SIG_BLOCK, {*ENDS, signal.SIGCHLD})
    started = [multiprocessing.Process(target=_work, args=(threads,)) for _ in range(processes)]
    for process in started:
        process.start()
    log.info("worker.started", processes=processes, threads=threads)
    told = signal.sigwait({*ENDS, signal.SIGCHLD})
    if told not in ENDS:
        log.error("worker.process_died", statuses=[one.exitcode for one in started])
    for process in started:
        process.terminate()
    for process in started:
        process.join()
    return 0 if told in ENDS else 1
