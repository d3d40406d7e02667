"""A process that submits a builder session and is killed as it sends one of its statements.

python -m tests.submitting USER SESSION STATEMENT
"""

import asyncio
import os
import signal
import sys
from typing import Any
from uuid import UUID

from sqlalchemy import event

from domain import builder, db
from domain.access import Viewer

left = iter(range(int(sys.argv[3]) - 1, -1, -1))


def die(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
    """Be gone before the statement of this number is sent."""
    if next(left) == 0:
        os.kill(os.getpid(), signal.SIGKILL)


async def main() -> None:
    """Submit, as far as it goes."""
    event.listen(db.engine("api").sync_engine, "before_cursor_execute", die)
    viewer = Viewer(UUID(sys.argv[1]), "alice@example.com", "Alice")
    async with db.transaction(viewer) as session:
        await builder.submit(session, viewer, sys.argv[2])


if __name__ == "__main__":
    asyncio.run(main())
