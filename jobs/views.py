"""Views in the background: the next one that a configuration has to have."""

import dramatiq
import duckdb
import structlog
from sqlalchemy.exc import DBAPIError

from domain.bus import Job
from domain.db import worker_transaction
from domain.views import views
from domain.views.drawing import TooLarge

log = structlog.get_logger()


@dramatiq.actor(actor_name=Job.MAKE_VIEWS, queue_name=Job.MAKE_VIEWS.queue)
async def make_views(subject: str) -> None:
    """Claim the next result, draw it, write it down. It nudges itself for what comes after."""
    async with worker_transaction() as session:
        task = await views.claim(session, subject)
    if task is None:
        return

    try:
        drawn = await views.make(task)
        async with worker_transaction() as session:
            await views.record(session, task, drawn)
    except (duckdb.Error, OSError, DBAPIError, TooLarge) as trouble:
        log.warning("view.trouble", subject=subject, error=str(trouble))
        async with worker_transaction() as session:
            await views.fail(session, task, trouble)
