"""A process that submits a builder session and is killed, each time one statement later.

python -m tests.builder.killed_submit USER SESSION

It prints when it was killed, and goes on when it is told to.
"""

import asyncio
import os
import signal
import sys
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import event

from domain import db
from domain.builder import builder
from domain.viewer import Viewer


async def submit(last: int) -> None:
    """Submit, and die before the statement or commit of this number is sent."""
    sent = count(1)

    def die() -> None:
        if next(sent) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        die()

    def commit(conn: Any) -> None:
        die()

    engine = db.engine("api").sync_engine
    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "commit", commit)
    viewer = Viewer(UUID(sys.argv[1]), "alice@example.com", "Alice")
    async with db.transaction(viewer) as session:
        await builder.submit(session, viewer, sys.argv[2])
    die()  # the report was created, but the answer was not sent


def main() -> None:
    """Die again and again until told to stop. A fork saves the time to start Python."""
    for last in count(1):
        child = os.fork()
        if child == 0:
            asyncio.run(submit(last))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("killed" if os.WIFSIGNALED(status) else "ended", flush=True)
        if not sys.stdin.readline():
            return


if __name__ == "__main__":
    main()
