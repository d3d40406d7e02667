"""What is due: one statement over all tables that have work for the engine.

A row is due from the moment in its `due_at`, unless a worker holds its lease. Every part reads a
partial index that has only the open rows, so it costs little, however many rows there are.
"""

import math
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from domain import kinds
from domain.bus.queues import Job
from domain.kinds import Kind
from domain.schedules import lanes
from domain.settings import settings
from domain.views import pending

AT_ONCE = 1000  # rows of each sort
TOGETHER = 20  # seconds in which new results are waited for that are aggregated together
FREE = "(lease_until IS NULL OR lease_until < now())"
DUE = "due_at <= now()"
HEX = "replace(id::text, '-', '')"


def _id(prefix: str, column: str = "id") -> str:
    """Return SQL for a public id."""
    return f"'{prefix}_' || replace({column}::text, '-', '')"


def _rows(job: Job, subject: str, table: str, *, since: str = "due_at", where: str) -> str:
    """Return SQL for the due rows of a table: each is a job."""
    return (
        f"(SELECT '{job}', {subject}, {since} FROM {table} "  # noqa: S608
        f"WHERE {where} ORDER BY {since} LIMIT {AT_ONCE})"
    )


def _executions(kind: Kind, late: float) -> str:
    """Return SQL for the due executions. Those that are dispatched or polled together are one.

    Polls are due so many seconds later.
    """
    waits = "phase = 'waiting'"
    polled = (
        "phase = 'at_amc' AND cancel_state IS DISTINCT FROM 'REQUESTED' "
        "AND coalesce(deadline_at >= now(), true)"
    )
    looked = f"NOT ({polled} AND due_at > now() - interval '{late} seconds')" if late else "true"
    return f"""
        (SELECT job, subject, min(due_at) FROM (
            SELECT due_at,
                CASE WHEN {waits} THEN '{Job.DISPATCH_INSTANCE}'
                    WHEN {polled} THEN '{Job.POLL_INSTANCE}' ELSE '{Job.STEP_EXECUTION}' END AS job,
                CASE WHEN {waits} OR {polled} THEN {_id("inst", "instance_id")}
                    ELSE {_id(kind.execution.prefix)} END AS subject
            FROM {kind.execution.name} WHERE {DUE} AND {FREE} AND {looked}
            ORDER BY due_at LIMIT {AT_ONCE}
        ) AS executions GROUP BY 1, 2)
    """  # noqa: S608


def _brought(kind: Kind, late: float) -> str:
    """Return SQL for collections with open segments whose execution has ended a while ago."""
    # The ends are looked up row by row. A join could read all executions that ever ended.
    return f"""
        (SELECT '{Job.STEP_COLLECTION}', {_id("col", "collection_id")}, max(ended) FROM (
            SELECT collection_id, (
                SELECT completed_at FROM {kind.execution.name} e
                WHERE e.id = w.{kind.execution.key} AND e.phase = 'done'
            ) AS ended
            FROM report_data_weeks w WHERE is_open
        ) AS brought WHERE ended <= now() - interval '{late} seconds'
        GROUP BY collection_id LIMIT {AT_ONCE})
    """  # noqa: S608


def _followed(kind: Kind) -> str:
    """Return SQL for schedules that have to record how an execution ended."""
    schedule = kind.schedule
    return f"""
        (SELECT '{Job.FIRE_SCHEDULE}', {_id(schedule.prefix, schedule.key)}, max(ended) FROM (
            SELECT {schedule.key}, (
                SELECT completed_at FROM {kind.execution.name} e
                WHERE e.id = t.{kind.execution.key} AND e.phase = 'done'
            ) AS ended
            FROM schedule_ticks t WHERE NOT is_followed AND {kind.execution.key} IS NOT NULL
        ) AS followed WHERE ended IS NOT NULL GROUP BY {schedule.key} LIMIT {AT_ONCE})
    """  # noqa: S608


def _fired(kind: Kind) -> str:
    """Return SQL for the due schedules: a job for each hundred of them, in a few lanes."""
    return f"""
        (SELECT '{Job.FIRE_DUE}', '{kind.schedule.prefix}.' || lane, min(due_at) FROM (
            SELECT due_at, (row_number() OVER (ORDER BY due_at) - 1) / {lanes.AT_ONCE} AS lane
            FROM {kind.schedule.name} WHERE {DUE}
            ORDER BY due_at LIMIT {lanes.AT_ONCE * lanes.LANES}
        ) AS fired GROUP BY lane)
    """  # noqa: S608


TO_AGGREGATE = f"""
    (SELECT '{Job.AGGREGATE_COLLECTION}', {_id("col", "c.id")}, max(w.updated_at)
    FROM report_data_weeks w JOIN report_data_collections c ON c.id = w.collection_id
    WHERE w.needs_aggregation
        AND (c.aggregate_lease_until IS NULL OR c.aggregate_lease_until < now())
    GROUP BY c.id
    HAVING c.aggregate_tries > 0
        OR min(w.updated_at) < now() - interval '{TOGETHER} seconds'
    LIMIT {AT_ONCE})
"""  # noqa: S608
TO_EXPORT = f"""
    (SELECT '{Job.MAKE_EXPORT}', 'exports', min(due_at) FROM report_exports
    WHERE {DUE} AND {FREE} AND (
        SELECT count(*) FROM report_exports WHERE state = 'running' AND lease_until >= now()
    ) < {settings.exports_at_once} HAVING count(*) > 0)
"""  # noqa: S608
TO_REMOVE = f"""
    (SELECT '{Job.REMOVE_RESULTS}', 'results', min(due_at) FROM result_removals
    WHERE {DUE} HAVING count(*) > 0)
"""  # noqa: S608
DRAWN = pending.DUE.replace(":tries", str(pending.TRIES))
TO_DRAW = f"""
    (SELECT '{Job.MAKE_VIEWS}', {_id("conf")}, since FROM ({DRAWN}) AS views
    ORDER BY since LIMIT {AT_ONCE})
"""  # noqa: S608


def _next(kind: Kind, late: float) -> str:
    """Return SQL for a row without a job, which says when the next execution is due."""
    table = f"FROM {kind.execution.name} WHERE due_at > now()"
    if not late:
        return f"(SELECT NULL, NULL, min(due_at) {table})"
    wait = f"interval '{late} seconds'"
    return f"""
        (SELECT NULL, NULL, min(due_at) {table} AND phase <> 'at_amc')
        UNION ALL (SELECT NULL, NULL, min(due_at) + {wait} {table} - {wait} AND phase = 'at_amc')
    """


# The tables with rows that are due at some time, and those with rows that are open for a while.
TIMED = (
    *(kind.execution.name for kind in kinds.KINDS),
    *(kind.schedule.name for kind in kinds.KINDS),
    "report_data_collections",
    *("notices", "insight_runs", "ai_insights", "retention_rules"),
    *("report_exports", "result_removals"),
)
OPEN = ("is_open", "needs_aggregation")
# Rows without a job that say from when on anything is due, or is being worked on.
FIRST = " UNION ALL ".join(
    [f"(SELECT NULL, 'first', min(due_at) FROM {table})" for table in TIMED]  # noqa: S608
    + [
        f"(SELECT NULL, 'first', now() FROM report_data_weeks WHERE {one} LIMIT 1)"  # noqa: S608
        for one in OPEN
    ]
)


@cache
def _statement(late: float) -> TextClause:
    """Return the statement. It has no parameters: PostgreSQL plans it once for a connection."""
    parts = (
        *(_executions(kind, late) for kind in kinds.KINDS),
        *(_brought(kind, late) for kind in kinds.KINDS),
        *(_followed(kind) for kind in kinds.KINDS),
        *(_fired(kind) for kind in kinds.KINDS),
        _rows(Job.STEP_COLLECTION, _id("col"), "report_data_collections", where=DUE),
        _rows(Job.DELIVER_NOTICE, HEX, "notices", where=f"{DUE} AND {FREE}"),
        _rows(Job.MAKE_INSIGHTS, HEX, "insight_runs", where=f"{DUE} AND {FREE}"),
        _rows(Job.WORD_ANSWER, HEX, "ai_insights", where=f"{DUE} AND {FREE}"),
        _rows(Job.STEP_RETENTION, "name", "retention_rules", where=f"{DUE} AND {FREE}"),
        TO_AGGREGATE,
        TO_EXPORT,
        TO_REMOVE,
        TO_DRAW,
        *(_next(kind, late) for kind in kinds.KINDS),
        FIRST,
    )
    return text(
        "SELECT job, subject, since, extract(epoch FROM since - now())::float AS seconds FROM ("  # noqa: S608
        + " UNION ALL ".join(parts)
        + ") AS due (job, subject, since)"
    )


@dataclass(frozen=True)
class Due:
    """The jobs of all rows that are due, and since when.

    `next_in` are the seconds until another execution is due. `rests_for` are the seconds in which
    nothing is due and nothing is worked on: 0 as long as something is.
    """

    jobs: dict[tuple[Job, str], datetime]
    next_in: float
    rests_for: float

    @property
    def polls_since(self) -> datetime | None:
        """Since when AMC is to be polled, or None if that is not due."""
        polls = [since for (job, _), since in self.jobs.items() if job is Job.POLL_INSTANCE]
        return min(polls, default=None)


async def find(connection: AsyncConnection | AsyncSession, late: float = 0.0) -> Due:
    """Return all that is due and not leased.

    What workers look after by themselves is due so many seconds later: polls, and results that
    collections have not seen.
    """
    jobs: dict[tuple[Job, str], datetime] = {}
    next_in = rests_for = math.inf
    for row in await connection.execute(_statement(late)):
        if row.job is not None:
            jobs.setdefault((Job(row.job), row.subject), row.since)
        elif row.seconds is None:
            continue
        elif row.subject is None:
            next_in = min(next_in, row.seconds)
        else:
            rests_for = max(0.0, min(rests_for, row.seconds))
    return Due(jobs, next_in, 0.0 if jobs else rests_for)
