"""What is going on, over all instances that the viewer sees: the first screen of a frontend."""

from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds
from domain.executions import lists as executions
from domain.models import Instance, ReportExecution, ReportSchedule
from domain.pages.pages import Across, OrderBy, PageArgs, page
from domain.schedules import lists as schedules

MOST = 10  # runs and results shown
KINDS = frozenset({"exec", "wexec", "col", "sch"})  # what it is made of
PAUSE = 1.0  # seconds between two overviews that are sent to a watcher
# Open executions are found by the index of those that are not done, and failed ones by the index of
# their end, for each instance by itself. Its expression is that of domain/pages/pages.py.
OPEN = kinds.union_all("SELECT phase, blocked_by FROM {kind.execution.name} WHERE phase <> 'done'")
FAILED = kinds.union_all(
    """
    SELECT e.id FROM amc_instances i JOIN {kind.execution.name} e ON e.instance_id = i.id
    WHERE CASE WHEN e.completed_at IS NULL THEN 'infinity'::timestamptz ELSE e.completed_at END
        BETWEEN now() - interval '1 day' AND now() AND e.status = '{kind.words[failed]}'
    """
)
COUNTS = text(
    f"""
    SELECT phase, blocked_by, count(*) AS number FROM ({OPEN}) o GROUP BY 1, 2
    UNION ALL SELECT 'failed', NULL, count(*) FROM ({FAILED}) f
    UNION ALL SELECT 'collections', NULL, count(*) FROM report_data_collections
        WHERE status IN ('pending', 'running', 'paused')
    """  # noqa: S608
)


@dataclass(frozen=True)
class Waiting:
    """How many executions wait for one reason. None before the server has said why."""

    reason: str | None
    count: int


@dataclass(frozen=True)
class Overview:
    """What runs, waits, has failed, comes next and came last."""

    running: int
    waiting: int
    waiting_by: list[Waiting]
    failed_since_yesterday: int
    open_collections: int
    next_runs: list[ReportSchedule]
    newest_results: list[ReportExecution]

    @property
    def shown(self) -> tuple[object, ...]:
        """What differs whenever an overview does."""
        return (
            *(self.running, self.waiting, tuple(self.waiting_by)),
            *(self.failed_since_yesterday, self.open_collections),
            *((one.id, one.updated_at) for one in self.next_runs),
            *((one.id, one.version) for one in self.newest_results),
        )


async def read(session: AsyncSession) -> Overview:
    """Return the overview of the viewer, in three statements."""
    rows = (await session.execute(COUNTS)).all()
    numbers = {row.phase: row.number for row in rows if row.phase in ("failed", "collections")}
    waits = [Waiting(row.blocked_by, row.number) for row in rows if row.phase == "waiting"]
    under_way = ("submitting", "at_amc", "ingesting")
    return Overview(
        running=sum(row.number for row in rows if row.phase in under_way),
        waiting=sum(one.count for one in waits),
        waiting_by=sorted(waits, key=lambda one: -one.count),
        failed_since_yesterday=numbers["failed"],
        open_collections=numbers["collections"],
        next_runs=await _next_runs(session),
        newest_results=await _newest_results(session),
    )


async def _next_runs(session: AsyncSession) -> list[ReportSchedule]:
    args = PageArgs(first=MOST, order_by=OrderBy("next_run_at", descending=False))
    planned = select(ReportSchedule).where(ReportSchedule.next_run_at.is_not(None))
    return (await page(session, planned, schedules.ORDERS, args)).rows


async def _newest_results(session: AsyncSession) -> list[ReportExecution]:
    args = PageArgs(first=MOST, order_by=OrderBy("completed_at", descending=True))
    completed = select(ReportExecution).where(ReportExecution.status == "completed")
    across = Across(ReportExecution.instance_id, select(Instance.id))
    return (await page(session, completed, executions.ORDERS, args, across=across)).rows
