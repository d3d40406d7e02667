"""Workers that make the next export and are killed on the way.

python -m tests.exports.killed_worker

It reads where to be killed, line by line, and prints when a worker was killed:

* `begun`: the file is asked of the process that draws, or half of it is written.
* `written`: the file is whole, and lies on this machine.
* `stored`: it lies in the store, and no row names it.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from domain.bus import queues
from domain.exports import drawing_process, making, production
from jobs.exports import make_export


def die(*given: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def half(table: Any, target: Path, options: Any) -> None:
    target.write_bytes(b"half of it")
    die()


async def work(place: str) -> None:
    """Make an export, and die at this place."""
    queues.enqueue = lambda jobs: None
    if place == "begun":
        drawing_process.receive, production._write = die, half
    elif place == "written":
        making._stored = die
    else:
        making.record = die
    await make_export.fn.__wrapped__("exports")


def main() -> None:
    """Let one worker after the other die. A fork saves the time to start Python."""
    for place in sys.stdin:
        child = os.fork()
        if child == 0:
            asyncio.run(work(place.strip()))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else "ended", flush=True)


if __name__ == "__main__":
    main()
